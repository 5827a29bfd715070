"""Files that change while a service runs: the new ones hold once they are right, the old ones until then.

Each process looks for itself, each second. A file is only read when two looks in a row found the same bytes: editors
write in two steps, and for a moment a file is gone or half there.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Generic, TypeVar

from shared.errors import ConfigError
from shared.log import get_logger
from shared.yamlfile import yaml_files

T = TypeVar("T")
# Seconds between two looks.
PAUSE: Final = 1.0
# A named file or folder that can't be read.
_GONE: Final = b"\0gone"

log = get_logger()


class Kept(Generic[T]):
    """What `load` made of the files: the last time they were right.

    `paths`: files, and folders of YAML files. `took` hears of each newer value. Building one loads at once:
    `ConfigError` when the files are wrong.
    """

    def __init__(
        self,
        paths: Iterable[Path],
        load: Callable[[], T],
        took: Callable[[T], None] = lambda newer: None,
        pause: float = PAUSE,
    ) -> None:
        self._paths, self._load, self._took, self._pause = tuple(paths), load, took, pause
        self.fingerprint = self._last = self._tried = self._digest()
        self.current = load()
        self.since = datetime.now(UTC)
        # What keeps newer files out: `file:line: sentence`.
        self.fault: str | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Look from now on."""
        self._task = asyncio.create_task(self._watch(), name="config")

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def again(self) -> None:
        """What the files are checked against has changed: refused ones may be right now, and others wrong."""
        self._tried = ""

    async def look(self) -> None:
        """One look: load when the files differ from those last tried, and didn't change since the last look."""
        found = await asyncio.to_thread(self._digest)
        settled, self._last = found == self._last, found
        if not settled or found == self._tried:
            return
        try:
            newer = await asyncio.to_thread(self._load)
        except ConfigError as error:
            if await asyncio.to_thread(self._digest) == found:
                self._refuse(found, error.detail)
            return
        if await asyncio.to_thread(self._digest) == found:
            self._take(found, newer)

    def _refuse(self, found: str, sentence: str) -> None:
        self._tried, self.fault = found, sentence
        log.error("configuration refused, the old one stays", fault=sentence)

    def _take(self, found: str, newer: T) -> None:
        self._tried, self.fault = found, None
        if found == self.fingerprint:
            # Back to what is in force.
            return
        self.current, self.fingerprint, self.since = newer, found, datetime.now(UTC)
        self._took(newer)
        log.info("configuration taken", fingerprint=found)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            try:
                await self.look()
            except Exception as error:  # whatever it was, the next look must come
                self._refuse(self._last, f"could not be read: {type(error).__name__}")

    def _digest(self) -> str:
        seen = hashlib.sha256()
        for path in self._paths:
            for file in yaml_files(path) if path.is_dir() else (path,):
                try:
                    content = file.read_bytes()
                except OSError:
                    content = _GONE
                seen.update(b"%s\0%d\0%s" % (file.name.encode(), len(content), content))
        return seen.hexdigest()[:12]
