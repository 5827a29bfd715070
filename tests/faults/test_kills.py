"""Promises 1 to 4 while everything is killed in turn: nothing accepted is lost, nothing is done twice."""

import asyncio
import sys
from functools import partial

import httpx
import pytest

from shared.ids import random_id
from tests.faults.reckoning import Run
from tests.system import Sent, System, a_form

pytestmark = pytest.mark.faults

SUBMISSIONS = 200
CLIENTS = 8


async def test_200_submissions_while_each_part_is_killed(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    """SIGKILL for each service, the broker and the store, each in the middle of the run."""
    run = Run(system)
    stack = system.stack
    waiting = iter(range(SUBMISSIONS))
    reached = {at: asyncio.Event() for at in range(0, SUBMISSIONS, 20)}

    async def client() -> None:
        for n in waiting:
            sent = await system.send_until_accepted(f"s{n:03d}-{random_id()[:8]}@studenti.example")
            run.sent.append(sent)
            if n % 10 == 0:
                await a_refused_form(n)
            for at, event in reached.items():
                if run.progress() >= at:
                    event.set()

    async def a_refused_form(n: int) -> None:
        address = f"refused-{n:03d}@studenti.example"
        answer = await patiently(system, a_form(address, role="nobody"))
        assert answer in (422, 503, 0)
        run.refused.append(address)

    async def killer() -> None:
        for at, name in ((20, "intake"), (40, "routing"), (60, "tickets"), (80, "notifier"), (100, "portal")):
            await reached[at].wait()
            await run.accident(name, partial(stack.kill, name, 1), partial(stack.start_again, name, 1))
        await reached[120].wait()
        await run.accident("broker", stack.broker.kill, stack.broker.start)
        await reached[140].wait()
        await run.accident("store", stack.store.kill, stack.store.start)
        await reached[160].wait()
        for name in ("tickets", "notifier", "routing", "intake"):
            await run.accident(name, partial(stack.kill, name, 2), partial(stack.start_again, name, 2))

    await asyncio.gather(killer(), *(client() for _ in range(CLIENTS)))
    assert run.progress() == SUBMISSIONS
    await run.settle()
    counts = await run.reckon()
    assert counts["tickets"] >= SUBMISSIONS
    with capsys.disabled():
        sys.stdout.write(f"\n  after the kills: {', '.join(f'{count} {what}' for what, count in counts.items())}\n")


async def test_whoever_gives_up_has_at_most_one_ticket(system: System) -> None:
    """A submission that was never repeated after a 503 or a cut: one ticket, or none."""
    run = Run(system)
    stack = system.stack

    async def impatient(n: int) -> None:
        sent = Sent(key=random_id(), email=f"impatient-{n}@studenti.example")
        sent.answers.append(await patiently(system, a_form(sent.email), sent.key))
        run.sent.append(sent)

    kill = run.accident("broker", stack.broker.kill, stack.broker.start)
    await asyncio.gather(kill, *(impatient(n) for n in range(30)))
    await run.settle()
    await run.reckon()


async def patiently(system: System, values: dict[str, object], key: str | None = None) -> int:
    """The status of one try; 0 when the connection was cut."""
    try:
        answer = await system.send(values, **({"Idempotency-Key": key} if key else {}))
    except httpx.TransportError:
        return 0
    return answer.status_code
