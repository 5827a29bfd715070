"""Starts a confined child (`confined`) and sees to it that it ends."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

_CONFINED: Final = Path(__file__).with_name("confined.py")


@contextlib.asynccontextmanager
async def a_child(program: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`program` without our environment, with pipes to talk; killed when the block ends before it. `OSError`: no child
    can be started just now."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(_CONFINED), str(program), *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={}, cwd="/",
    )  # fmt: skip
    try:
        yield child
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
