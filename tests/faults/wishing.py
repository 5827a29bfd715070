"""Wishes of many people at once while everything is killed in turn, and what must hold of every history afterwards."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from demo.stack import Stack
from shared.errors import BadInput, Conflict, DependencyDown
from shared.ids import random_id
from shared.policy import Person
from tests.conftest import eventually
from tests.faults.reckoning import Run
from tests.system import GIULIA, System

# In every word that is for colleagues only.
SECRET = "solo-per-noi"
# More facts than a root of these tests has.
ALL_FACTS = 500


@dataclass
class Done:
    """A wish that was answered: its key, so that it can be repeated, and the facts it caused."""

    ticket: str
    verb: str
    person: Person
    body: dict[str, Any]
    key: str
    facts: list[dict[str, Any]]


@dataclass
class Life:
    """What was wished of the tickets, and how it went."""

    system: System
    chance: random.Random
    tickets: list[dict[str, Any]]
    done: list[Done] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    repeats: int = 0

    async def go_on(self) -> None:
        """One wish of somebody; each test has its own."""
        raise NotImplementedError

    async def wish(self, seen: dict[str, Any], verb: str, person: Person, body: dict[str, Any]) -> None:
        """One wish of a root that was seen so, repeated with its key until somebody answers."""
        if verb != "replies":
            body = {"seen": seen["seq"], **body}
        key = random_id()
        wish = partial(self.system.tickets.post, f"/tickets/{seen['id']}/{verb}", person, body, key)
        try:
            answer = await self.patiently(wish)
        except (Conflict, BadInput) as refusal:
            self.refused[str(refusal.extra.get("code"))] += 1
            return
        self.done.append(Done(seen["id"], verb, person, body, key, answer["facts"]))

    async def patiently(self, call: Any) -> Any:
        """The answer, however long it takes until there is one."""
        async with asyncio.timeout(120):
            while True:
                try:
                    return await call()
                except DependencyDown:
                    self.repeats += 1
                    await asyncio.sleep(0.2)

    async def whole(self, root: str, person: Person = GIULIA) -> dict[str, Any]:
        """The view of a root with every fact and every article on it."""
        view: dict[str, Any] = await self.system.tickets.get(f"/tickets/{root}", person, limit=ALL_FACTS)
        assert view["earlier"] is None, f"{view['number']} has more than {ALL_FACTS} facts"
        return view

    def __str__(self) -> str:
        return (
            f"{len(self.done)} wishes done, {sum(self.refused.values())} refused ({dict(self.refused)}), "
            f"{self.repeats} repeated after a cut"
        )


@dataclass(frozen=True)
class Kill:
    """Something that is killed and started again."""

    what: str
    steps: tuple[Callable[[], Any], ...]


def of_service(stack: Stack, name: str, *copies: int) -> Kill:
    """These copies of a service, all dead before the first comes back."""
    *first, last = copies
    kills = (partial(stack.kill, name, copy) for copy in copies)
    # Only the last is waited for: until then not all are alive.
    starts = (partial(stack.programs[name].start_again, copy) for copy in first)
    return Kill(name, (*kills, *starts, partial(stack.start_again, name, last)))


def of_servers(stack: Stack) -> list[Kill]:
    """The broker, then the store."""
    return [
        Kill("broker", (stack.broker.kill, stack.broker.start)),
        Kill("store", (stack.store.kill, stack.store.start)),
    ]


async def go_on_while_killed(life: Life, run: Run, kills: Sequence[Kill], clients: int, between: int) -> None:
    """Many clients; `between` wishes begin before each accident, so that all come in the middle of the work."""
    over = asyncio.Event()
    begun = 0

    async def client() -> None:
        nonlocal begun
        while not over.is_set():
            begun += 1
            await life.go_on()

    async def reached(count: int) -> None:
        await eventually(lambda: begun >= count, timeout=180)

    async def killer() -> None:
        for kill in kills:
            await reached(begun + between)
            await run.accident(kill.what, *kill.steps)
        await reached(begun + between)
        over.set()

    await asyncio.gather(killer(), *(client() for _ in range(clients)))


def soon(view: dict[str, Any]) -> bool:
    """Whether the ticket's clock is about to strike. After a reminder it doesn't for a day."""
    until = str((view["waiting"] or {}).get("until") or "")
    return until != "" and datetime.fromisoformat(until) < datetime.now(UTC) + timedelta(minutes=1)


def is_on_its_way(view: dict[str, Any]) -> bool:
    """Whether something of the ticket is still to come by itself: a merge, a mail, a date."""
    mails = {"held", "waiting"} & {each["delivery"] for each in view["articles"]}
    return bool(view["merging"] or mails or soon(view))


def check_histories(life: Life, histories: Iterable[list[dict[str, Any]]]) -> None:
    """No gap, no double, and whatever was answered has happened."""
    known = set()
    for rows in histories:
        assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1)), "a gap in the history"
        known |= {row["event_id"] for row in rows}
    for done in life.done:
        assert {fact["event_id"] for fact in done.facts} <= known, f"{done.verb} was answered and is gone"


async def check_repeats(life: Life, count: int) -> None:
    """Wishes asked again with their keys: the same facts and no others."""
    # What changed nothing is not recorded: asked again, it may find something to do.
    caused = [done for done in life.done if done.facts]
    for done in life.chance.sample(caused, count):
        again = await life.system.tickets.post(f"/tickets/{done.ticket}/{done.verb}", done.person, done.body, done.key)
        assert again["facts"] == done.facts, f"{done.verb} repeated was done twice"
