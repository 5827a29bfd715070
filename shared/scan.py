"""A second look at files on their way in, by a child without our secrets and with bounds (`scanning`).

`shared.forms.check` compares names, sizes and first bytes; this opens the file as a reader would. It never blocks the
event loop, whatever the file was made for.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from shared.errors import BadInput, DependencyDown, TooLarge, UnsupportedType
from shared.events import Language
from shared.forms.files import Upload
from shared.forms.model import FILE_TYPES
from shared.forms.texts import say
from shared.log import get_logger

PROGRAM: Final = Path(__file__).with_name("scanning.py")
# Seconds until a child that hangs is ended; of the processor it gets fewer (`scanning.SECONDS`).
PATIENCE: Final = 20.0
# Children of one process at once, and seconds until who waits for a turn is told to come again.
AT_ONCE: Final = 2
LONGEST_WAIT: Final = 15.0
_KINDS: Final = {each.media_type: name for name, each in FILE_TYPES.items()}
_STATUS: Final[dict[str, type[BadInput]]] = {"too_many_pixels": TooLarge, "too_complex": TooLarge}

log = get_logger()


class Scan:
    """Takes turns: two files are looked into at a time, in each process."""

    def __init__(self, at_once: int = AT_ONCE, wait: float = LONGEST_WAIT, patience: float = PATIENCE) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._wait = wait
        self._patience = patience

    async def look(
        self, uploads: Sequence[Upload], contents: Sequence[bytes], language: Language, sentence: str
    ) -> None:
        """Returns when all files are harmless. `uploads`: as the check gave them, with their true types.

        Raises `UnsupportedType` (415) or `TooLarge` (413) with `sentence` and `errors` at the fields, each naming its
        file; `DependencyDown` (503) when there are too many to look at just now.
        """
        if not uploads:
            return
        words = await self._words([_KINDS.get(each.media_type, "") for each in uploads], contents)
        errors: list[dict[str, str]] = []
        kinds: set[type[BadInput]] = set()
        for upload, word in zip(uploads, words, strict=True):
            if word != "ok":
                errors.append({"field": upload.field, "message": say(language, f"file_{word}", name=upload.name)})
                kinds.add(_STATUS.get(word, UnsupportedType))
        if errors:
            raise (TooLarge if kinds == {TooLarge} else UnsupportedType)(sentence, errors=errors)

    async def _words(self, kinds: list[str], contents: Sequence[bytes]) -> list[str]:
        try:
            await asyncio.wait_for(self._turns.acquire(), self._wait)
        except TimeoutError as error:
            raise DependencyDown("Too many files are being looked at just now.") from error
        try:
            return await self._ask(kinds, contents)
        finally:
            self._turns.release()

    async def _ask(self, kinds: list[str], contents: Sequence[bytes]) -> list[str]:
        started = time.monotonic()
        asked = json.dumps([[kind, len(content)] for kind, content in zip(kinds, contents, strict=True)]).encode()
        said: list[str] = []
        try:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-I", str(PROGRAM),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
                env={}, cwd="/",
            )  # fmt: skip
        except OSError as error:
            raise DependencyDown("Files can't be looked at just now.") from error
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_talk(child, asked, contents, said), self._patience)
        finally:
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
        if not said:
            # It never came to look at anything: that says nothing of the files.
            log.error("files could not be looked into", status=child.returncode)
            raise DependencyDown("Files can't be looked at just now.")
        words = said[1 : len(kinds) + 1]
        if len(words) < len(kinds):
            # The next one went over a bound, or broke its reader: no file that a person made does that.
            words += ["too_complex", *["ok"] * len(kinds)]
        milliseconds = round((time.monotonic() - started) * 1000)
        log.info("files looked into", files=len(kinds), words=sorted(set(words)), ms=milliseconds)
        return words[: len(kinds)]


async def _talk(child: asyncio.subprocess.Process, asked: bytes, contents: Sequence[bytes], said: list[str]) -> None:
    """Hands over the files and hears the words in `said`, at once: neither waits for the other's pipe."""
    give = asyncio.create_task(_give(child, asked, contents))
    try:
        assert child.stdout  # noqa: S101  # for the type checker: it was made with pipes
        while line := await child.stdout.readline():
            said.append(line.decode().strip())
        await child.wait()
    finally:
        give.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await give


async def _give(child: asyncio.subprocess.Process, asked: bytes, contents: Sequence[bytes]) -> None:
    assert child.stdin  # noqa: S101
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        child.stdin.write(asked + b"\n")
        for content in contents:
            child.stdin.write(content)
            await child.stdin.drain()
    child.stdin.close()
