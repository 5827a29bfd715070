"""The state folder of one stack: its lock, its keys, its logs, what it tells other programs."""

import fcntl
import json
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from demo.errors import StackError


class State:
    """`folder` with everything one stack keeps. Only one stack at a time may hold it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.logs = self.folder / "logs"
        self.blobs = self.folder / "blobs"
        self.mails = self.folder / "mails"
        self._lock: IO[str] | None = None

    def lock(self) -> None:
        """Takes the folder for this process; `StackError` when another has it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (self.folder / "lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise StackError(
                f"Sportello is already running from {self.folder} (process {self.running().get('pid', 'unknown')}):"
                " use that one, or stop it with Ctrl-C first."
            ) from None
        self._lock = lock

    def unlock(self) -> None:
        """Gives the folder back."""
        if self._lock is not None:
            self._running_file.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def running(self) -> dict[str, Any]:
        """What the running stack says of itself: `pid`, `socket`. Empty when none runs."""
        try:
            told: dict[str, Any] = json.loads(self._running_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return told

    def tell(self, **facts: Any) -> None:
        """Says it, for `running`."""
        self._running_file.write_text(json.dumps(facts), encoding="utf-8")

    def keys(self) -> dict[str, str]:
        """INTERNAL_KEY and SIGNING_KEY, made once, readable by the owner alone."""
        return self._made("keys.json", "INTERNAL_KEY", "SIGNING_KEY")

    @property
    def site_key(self) -> str:
        """With which the pretend Servizi Online signs who its user is."""
        return self._made("site_key.json", "SITE_KEY")["SITE_KEY"]

    def _made(self, name: str, *keys: str) -> dict[str, str]:
        file = self.folder / name
        if not file.exists():
            made = {key: secrets.token_urlsafe(48) for key in keys}
            file.touch(mode=0o600)
            file.write_text(json.dumps(made), encoding="utf-8")
        kept: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
        return kept

    def new_logs(self) -> None:
        """Starts with empty logs; those of the last run stay in `logs.before`."""
        before = self.folder / "logs.before"
        if self.logs.exists():
            shutil.rmtree(before, ignore_errors=True)
            self.logs.rename(before)
        self.logs.mkdir()

    def empty(self) -> None:
        """Forgets mails, uploads and which samples were sent."""
        for folder in (self.mails, self.blobs):
            shutil.rmtree(folder, ignore_errors=True)
        self.samples_sent.unlink(missing_ok=True)

    def write_settings(self, settings: Mapping[str, str]) -> Path:
        """`stack.env`, to be read with `set -a; . FILE` before `sportello dead list` and the like."""
        file = self.folder / "stack.env"
        file.touch(mode=0o600)
        file.write_text("".join(f"{name}='{value}'\n" for name, value in settings.items()), encoding="utf-8")
        return file

    @property
    def samples_sent(self) -> Path:
        """Exists once the sample data is in."""
        return self.folder / "samples-sent"

    @property
    def _running_file(self) -> Path:
        return self.folder / "running.json"
