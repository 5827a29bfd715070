"""One child process with a log file, which ends when we end, however we end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil

from demo.errors import StackError
from demo.waiting import wait_until

# The kernel ties a child to the thread that started it, so all are started by one that lives as long as we do.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="demo-spawn")
_LEASH = str(Path(__file__).with_name("leash.py"))


class Child:
    """`command` with exactly `env` as environment, in `cwd`, its output appended to `log`. It can start again."""

    def __init__(self, name: str, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._env = dict(env)
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it; `StackError` when the program isn't there."""
        if self.alive:
            raise StackError(f"{self.name} is already running (process {self.pid}).")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._process = _SPAWNER.submit(self._spawn).result()
        except OSError as error:
            raise StackError(f"{self.name} could not be started: {error}.") from error

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", _LEASH, str(os.getpid()), *self._command],
                env=self._env,
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is ours to handle, in our order
            )

    @property
    def pid(self) -> int | None:
        """Its process id, also after it ended; None before it was ever started."""
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def ending(self) -> str:
        """How it ended, for a sentence: `ended with code 1`, `was killed (SIGKILL)`."""
        code = self._process.poll() if self._process else None
        if code is None:
            return "is running" if self._process else "was never started"
        return f"ended with code {code}" if code >= 0 else f"was killed ({signal.Signals(-code).name})"

    def last_line(self) -> str:
        """The last line of its log that says something, cut to a readable length."""
        if not self.log.exists():
            return ""
        lines = [line.strip() for line in self.log.read_text(encoding="utf-8", errors="replace")[-4000:].splitlines()]
        return next((line[:300] for line in reversed(lines) if line), "")

    def terminate(self) -> None:
        """Asks it to end (SIGTERM); returns at once."""
        if self.alive and self._process:
            self._process.terminate()

    def kill(self) -> None:
        """Ends it and whatever it started, now (SIGKILL); returns when they are gone."""
        self.finish(0)

    def stop(self, seconds: float) -> None:
        """SIGTERM, up to `seconds` to obey, then SIGKILL; returns when it and whatever it started are gone."""
        self.terminate()
        self.finish(seconds)

    def finish(self, seconds: float) -> None:
        """The second half of `stop`, for who has sent SIGTERM to several at once."""
        if self._process is None:
            return
        family = self._family()
        if seconds > 0:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        if self.alive:
            self._process.kill()
        self._process.wait()
        # What it started mostly ends by itself, a moment later.
        wait_until(lambda: all(map(is_gone, family)), 0.5)
        end(family)

    def _family(self) -> list[psutil.Process]:
        if not self.alive:
            return []
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []


def is_gone(process: psutil.Process) -> bool:
    """Whether it has ended, be it still unburied (a slow init may leave orphans as zombies for long)."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def end(processes: Iterable[psutil.Process]) -> None:
    """Kills those still there; returns when they are gone, after 3 s at the latest."""
    there = [process for process in processes if not is_gone(process)]
    for process in there:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    wait_until(lambda: all(map(is_gone, there)), 3)
