"""Processes of an earlier run that was killed before it could tidy up.

Each of our children carries `SPORTELLO_STACK=<its state folder>`: surer than a file of process ids, which are reused.
"""

import os
from pathlib import Path

import psutil

from demo.process import end, is_gone

MARK = "SPORTELLO_STACK"


def marked_environment(state: Path) -> dict[str, str]:
    """Our environment with the mark, without settings meant for other programs of the same kind."""
    foreign = ("SPORTELLO_", "RABBITMQ_", "ERL_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {MARK: str(state), "PYTHONUNBUFFERED": "1"}


def leftovers(state: Path) -> list[psutil.Process]:
    """The living processes that belong to the stack in `state`; never this one."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARK) == str(state) and not is_gone(process):
                found.append(process)
        except (psutil.Error, OSError):
            continue  # gone meanwhile, or somebody else's
    return found


def end_leftovers(state: Path) -> int:
    """Kills them; how many there were. Only for who holds the lock of `state`."""
    found = leftovers(state)
    end(found)
    return len(found)
