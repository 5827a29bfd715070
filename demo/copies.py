"""The copies of one program: they share one port, and each can be killed, started again, added and taken away."""

import http.client
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from demo.errors import StackError
from demo.process import Child
from demo.waiting import wait_until

# The kernel spreads connections over the copies, so one answer tells of one copy: this many in a row tell of all.
_READY_IN_A_ROW = 8


@dataclass(frozen=True)
class Program:
    """What to run: it listens on `port` of 127.0.0.1, and answers 204 at `ready` once it can work."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    port: int
    ready: str = "/health/ready"


class Copies:
    """The running copies of `program`, numbered from 1; a number is free again once its copy was removed."""

    def __init__(self, program: Program, *, cwd: Path, logs: Path) -> None:
        self.program = program
        self._cwd = cwd
        self._logs = logs
        self._children: dict[int, Child] = {}

    @property
    def children(self) -> dict[int, Child]:
        """By number, also those that were killed or died."""
        return dict(self._children)

    @property
    def dead(self) -> list[int]:
        """The copies that should run and don't."""
        return [number for number, child in self._children.items() if not child.alive]

    def add(self) -> int:
        """Starts one more copy and returns its number; it may not be ready yet."""
        number = next(n for n in range(1, len(self._children) + 2) if n not in self._children)
        name = f"{self.program.name}-{number}"
        log = self._logs / f"{name}.log"
        child = Child(name, self.program.command, env=self.program.env, cwd=self._cwd, log=log)
        child.start()
        self._children[number] = child
        return number

    def kill(self, number: int) -> None:
        """SIGKILL for one copy; it stays counted, and dead, until `start_again` or `remove`."""
        self._copy(number).kill()

    def start_again(self, number: int) -> None:
        """Starts a copy that was killed or died."""
        self._copy(number).start()

    def remove(self, number: int | None = None, seconds: float = 10) -> int:
        """SIGTERM for one copy, the youngest unless told; returns its number when it is gone."""
        if not self._children:
            raise StackError(f"There is no copy of {self.program.name} to take away.")
        chosen = max(self._children) if number is None else number
        self._copy(chosen).stop(seconds)
        del self._children[chosen]
        return chosen

    def terminate(self) -> None:
        """SIGTERM for all, without waiting."""
        for child in self._children.values():
            child.terminate()

    def finish(self, seconds: float) -> None:
        """Waits up to `seconds` for each to end, then kills it; none is left."""
        for child in self._children.values():
            child.finish(seconds)
        self._children.clear()

    def wait_ready(self, seconds: float, *, given_up: threading.Event | None = None) -> None:
        """Returns when every copy listens and answers ready; `StackError` when one ends, or doesn't in `seconds`."""
        if self._children and not wait_until(self._all_ready, seconds, every=0.1, given_up=given_up):
            child = self._children[max(self._children)]
            raise StackError(
                f"{self.program.name} did not become ready within {seconds:.0f} s: read {child.log}."
                f" Its last line: {child.last_line()}"
            )

    def _all_ready(self) -> bool:
        for child in self._children.values():
            if not child.alive:
                last = child.last_line()
                raise StackError(f"{child.name} {child.ending} while starting: read {child.log}. Its last line: {last}")
        if not all(_listens(child, self.program.port) for child in self._children.values()):
            return False
        asked = _READY_IN_A_ROW if len(self._children) > 1 else 1
        return all(_is_ready(self.program) for _ in range(asked))

    def _copy(self, number: int) -> Child:
        if number not in self._children:
            raise StackError(f"There is no copy {number} of {self.program.name}.")
        return self._children[number]


def _listens(child: Child, port: int) -> bool:
    with suppress(psutil.Error):
        for connection in psutil.Process(child.pid).net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,):
                return True
    return False


def _is_ready(program: Program) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=3)
    try:
        connection.request("GET", program.ready)
        return connection.getresponse().status == 204
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
