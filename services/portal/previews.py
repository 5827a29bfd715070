"""Pictures of attached files: drawn by a child process that may do nothing else, kept for a while in memory.

A key is named by what is in the file, so a picture never grows old. The memory is small: drawing again is cheap.
"""

import asyncio
import json
from collections import OrderedDict
from pathlib import Path
from typing import Final, Literal, NamedTuple

from shared.blobs import Blobs
from shared.child import a_child
from shared.log import get_logger

log = get_logger()

Size = Literal["small", "large"]
SIZES: Final[dict[Size, tuple[int, int]]] = {"small": (320, 240), "large": (1600, 1600)}
PROGRAM = Path(__file__).with_name("rendering.py")
# Bytes of pictures that one process keeps.
KEPT = 32_000_000
# Larger files are for downloading; uploads are smaller by far.
LARGEST_FILE = 20_000_000
# Seconds until a child that hangs is ended; of the processor it gets fewer (`rendering.SECONDS`).
PATIENCE = 15.0
AT_ONCE = 2


class Picture(NamedTuple):
    """A page of a file. `fault`: why there is none, a key of `PREVIEW_FAULTS`; `pages` that can be seen, of `all`."""

    content: bytes = b""
    media_type: str = ""
    pages: int = 1
    all: int = 1
    width: int = 0
    height: int = 0
    fault: str = ""


class Previews:
    """Draws, at most two at once, and remembers."""

    def __init__(self, blobs: Blobs, kept: int = KEPT, at_once: int = AT_ONCE) -> None:
        self._blobs = blobs
        self._kept = kept
        self._size = 0
        self._pictures: OrderedDict[tuple[str, int, Size], Picture] = OrderedDict()
        self._drawing: dict[tuple[str, int, Size], asyncio.Task[Picture]] = {}
        self._turns = asyncio.Semaphore(at_once)

    async def picture(self, key: str, page: int, size: Size) -> Picture:
        """The page of the stored file. `NotFound`, `DependencyDown` as the files' store says."""
        wanted = (key, page, size)
        if found := self._pictures.get(wanted):
            self._pictures.move_to_end(wanted)
            return found
        # Ten people opening one ticket ask for the same pictures: each is drawn once.
        task = self._drawing.get(wanted)
        if task is None:
            task = self._drawing[wanted] = asyncio.create_task(self._draw(wanted))
            task.add_done_callback(lambda _: self._drawing.pop(wanted, None))
        return await asyncio.shield(task)

    async def _draw(self, wanted: tuple[str, int, Size]) -> Picture:
        key, page, size = wanted
        async with self._turns:
            content = await self._blobs.get(key)
            drawn = (
                Picture(fault="too_large") if len(content) > LARGEST_FILE else await draw(content, page, SIZES[size])
            )
        if drawn.fault != "busy":
            self._keep(wanted, drawn)
        return drawn

    def _keep(self, wanted: tuple[str, int, Size], drawn: Picture) -> None:
        self._pictures[wanted] = drawn
        self._size += len(drawn.content) + 500
        while self._size > self._kept:
            _, oldest = self._pictures.popitem(last=False)
            self._size -= len(oldest.content) + 500


async def draw(content: bytes, page: int, size: tuple[int, int]) -> Picture:
    """The page of a file with these bytes, by a child without our secrets and with bounds (`rendering`)."""
    try:
        async with a_child(PROGRAM, *(str(each) for each in (page, *size))) as child:
            output, _ = await asyncio.wait_for(child.communicate(content), PATIENCE)
    except TimeoutError:
        # The processor's time is bounded below that: it is this machine that has too much to do, not the file.
        return Picture(fault="busy")
    except OSError as error:
        log.warning("a preview could not be drawn", error=type(error).__name__)
        return Picture(fault="busy")
    if child.returncode:
        # It went over a bound, or its reader gave up: no file that a person made does that.
        return Picture(fault="too_large")
    return _read(output)


def _read(output: bytes) -> Picture:
    told, _, picture = output.partition(b"\n")
    said = json.loads(told)
    if fault := said.get("fault"):
        return Picture(fault=str(fault))
    media_type = "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
    pages = int(said["pages"])
    return Picture(picture, media_type, pages, int(said.get("all", pages)), int(said["width"]), int(said["height"]))
