"""Polling with a limit: nobody here sleeps and hopes."""

import threading
import time
from collections.abc import Callable

from demo.errors import Interrupted


def wait_until(
    check: Callable[[], bool], seconds: float, *, every: float = 0.05, given_up: threading.Event | None = None
) -> bool:
    """Asks `check` every `every` seconds for at most `seconds`; whether it said yes. `Interrupted` when given up."""
    pause = given_up or threading.Event()
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() >= deadline:
            return False
        if pause.wait(every):
            raise Interrupted("Stopped while starting.")
    return True
