"""Runs a command that can't outlive its parent: `python -I -S leash.py PARENT_PID COMMAND...`.

On Linux the kernel kills it when the thread that started it ends; elsewhere the next start does (`demo.leftovers`).
A small program between, because code that runs between fork and exec is not safe in a process with threads.
"""

import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ties this process to PARENT_PID and becomes COMMAND."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we could tie ourselves to it
            sys.exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606
    except OSError as error:
        sys.exit(f"{command[0]} can't be run: {error.strerror}")


if __name__ == "__main__":
    main()
