"""C7: copies of each service are added and removed under load, and nothing else changes."""

import asyncio
from functools import partial

import pytest

from demo.programs import SERVICES
from shared.ids import random_id
from tests.conftest import eventually
from tests.faults.reckoning import Run
from tests.system import System

pytestmark = pytest.mark.faults


async def test_c7_copies_come_and_go_under_load(system: System) -> None:
    run = Run(system)
    stack = system.stack
    over = asyncio.Event()

    async def client() -> None:
        while not over.is_set():
            run.sent.append(await system.send_until_accepted(f"{random_id()}@studenti.example"))
            # A load, not a race: how much comes in must not hang on how long a copy takes to start.
            await asyncio.sleep(0.15)

    def reached(count: int) -> bool:
        return run.progress() >= count

    async def operations() -> None:
        for name in SERVICES:
            enough = run.progress() + 20
            added = await asyncio.to_thread(stack.add_copy, name)
            assert added == 3
            await asyncio.to_thread(stack.remove_copy, name, 1)
            await asyncio.to_thread(stack.remove_copy, name, 2)
            await eventually(partial(reached, enough), timeout=60)
            await asyncio.to_thread(stack.scale, name, 2)
        over.set()

    await asyncio.gather(operations(), *(client() for _ in range(4)))
    await run.settle()
    counts = await run.reckon()
    assert counts["further copies of a mail"] == 0
