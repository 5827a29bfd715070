"""What a child may do once it is confined, and that it never outlives who asked it."""

import asyncio
import os
from pathlib import Path

import pytest

from shared.child import a_child

PROGRAM = """
import os, sys

def tried(what):
    try:
        what()
        return "done"
    except (OSError, MemoryError) as error:
        return type(error).__name__

def main(confine):
    confine(5, 3)
    sys.stdout.write(" ".join([
        tried(lambda: os.open("/dev/null", os.O_RDONLY)),
        tried(lambda: bytearray(2_000_000_000)),
        str(sorted(os.environ)), os.getcwd(), *sys.argv[1:],
    ]))
    sys.stdout.flush()
"""


async def test_a_confined_child_opens_nothing_takes_no_more_memory_and_knows_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "tries.py"
    program.write_text(PROGRAM)
    monkeypatch.setenv("SPORTELLO_SIGNING_KEY", "a secret")
    async with a_child(program, "one", "2") as child:
        said, _ = await child.communicate()
    assert said.decode() == "OSError MemoryError ['LC_CTYPE'] / one 2"
    assert child.returncode == 0


async def test_a_child_that_computes_for_ever_ends_by_itself(tmp_path: Path) -> None:
    program = tmp_path / "turns.py"
    program.write_text("def main(confine):\n    confine(1, 3)\n    while True:\n        pass\n")
    async with a_child(program) as child:
        assert await asyncio.wait_for(child.wait(), 20) < 0


async def test_a_child_ends_with_the_block_that_it_was_started_for(tmp_path: Path) -> None:
    program = tmp_path / "waits.py"
    program.write_text("import time\ndef main(confine):\n    time.sleep(60)\n")
    with pytest.raises(TimeoutError):
        async with a_child(program) as child:
            await asyncio.wait_for(child.wait(), 0.2)
    assert child.returncode is not None
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)
