"""A second look at files on their way in, by a child without our secrets and with bounds (`scanning`).

`shared.forms.check` compares names, sizes and first bytes; this opens the file as a reader would. It never blocks the
event loop, whatever the file was made for.
"""

import asyncio
import contextlib
import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from shared.child import a_child
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
# Files whose words are remembered.
REMEMBERED: Final = 5000
_KINDS: Final = {each.media_type: name for name, each in FILE_TYPES.items()}
_STATUS: Final[dict[str, type[BadInput]]] = {"too_many_pixels": TooLarge, "too_complex": TooLarge}

log = get_logger()


class Scan:
    """Takes turns: two files are looked into at a time, in each process."""

    def __init__(self, at_once: int = AT_ONCE, wait: float = LONGEST_WAIT, patience: float = PATIENCE) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._wait = wait
        self._patience = patience
        self._said: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def look(
        self, uploads: Sequence[Upload], contents: Sequence[bytes], language: Language, sentence: str
    ) -> None:
        """Returns when all files are harmless. `uploads`: as the check gave them, with their true types.

        Raises `UnsupportedType` (415) or `TooLarge` (413) with `sentence` and `errors` at the fields, each naming its
        file; `DependencyDown` (503) when there are too many to look at just now.
        """
        if not uploads:
            return
        kinds = [_KINDS.get(each.media_type, "") for each in uploads]
        digests = await asyncio.to_thread(lambda: [hashlib.sha256(content).hexdigest() for content in contents])
        words = self._remembered(list(zip(kinds, digests, strict=True)))
        if words is None:
            words = await self._words(kinds, contents)
            self._remember(dict(zip(zip(kinds, digests, strict=True), words, strict=True)))
        errors: list[dict[str, str]] = []
        faults: set[type[BadInput]] = set()
        for upload, word in zip(uploads, words, strict=True):
            if word != "ok":
                errors.append({"field": upload.field, "message": say(language, f"file_{word}", name=upload.name)})
                faults.add(_STATUS.get(word, UnsupportedType))
        if errors:
            raise (TooLarge if faults == {TooLarge} else UnsupportedType)(sentence, errors=errors)

    def _remembered(self, files: list[tuple[str, str]]) -> list[str] | None:
        """The words for files that came before: who sends the same again must not cost the same again."""
        return [self._said[each] for each in files] if all(each in self._said for each in files) else None

    def _remember(self, words: dict[tuple[str, str], str]) -> None:
        # Behind a file that broke its reader the others were not looked into.
        kept = words if all(word == "ok" for word in words.values()) else {}
        kept = kept or {file: word for file, word in words.items() if word != "ok"}
        self._said.update(kept)
        while len(self._said) > REMEMBERED:
            self._said.popitem(last=False)

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
            async with a_child(PROGRAM) as child:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(_talk(child, asked, contents, said), self._patience)
        except OSError as error:
            raise DependencyDown("Files can't be looked at just now.") from error
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
