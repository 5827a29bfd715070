"""The bounds of a child that reads what a stranger sent. Runs as a program of its own, which may do nothing else.

`python -I confined.py PROGRAM ARGUMENT...` loads the program and calls its `main(confine)`: that loads the libraries it
needs, then confines itself before it reads the first byte, because a file may have been made to break its reader. No
import of ours, here or in the program: a child must start quickly and know nothing.
"""

import importlib.util
import resource
import sys
from typing import Any

MEMORY = 1024 * 1024 * 1024


def confine(seconds: int, descriptors: int) -> None:
    """From now on no more than `seconds` of the processor, no other process, no file written, and no memory beyond the
    bound; what goes over it ends. `descriptors`: how many may be open at once, with the three that everybody has."""
    for what, limit in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, descriptors),
    ):
        resource.setrlimit(what, (limit, limit))


def main() -> None:
    """Hand over to the program."""
    _, program, *arguments = sys.argv
    sys.argv = [program, *arguments]
    spec = importlib.util.spec_from_file_location("program", program)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{program} is no program")
    loaded: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    loaded.main(confine)


if __name__ == "__main__":
    main()
