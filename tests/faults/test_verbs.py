"""All verbs at random while everything is killed in turn: done once, never half, never lost."""

import asyncio
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from shared.errors import BadInput, Conflict, DependencyDown
from shared.ids import random_id
from shared.policy import Person
from tests.conftest import eventually
from tests.faults.reckoning import Run
from tests.system import EMMA, GIULIA, LUCA, MARCO, System

pytestmark = pytest.mark.faults

TICKETS = 12
# Wishes before each accident, and after the last.
BETWEEN = 40
CLIENTS = 6
OPERATORS = (GIULIA, MARCO, EMMA)
SECRET = "solo-per-noi"
# The server of the second refuses everybody.
THIRD = ("example.org", "refuses.example")


# A ticket that was split off and isn't open yet.
NEW: dict[str, Any] = {"links": []}


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

    def a_wish(self, seen: dict[str, Any]) -> tuple[str, Person, dict[str, Any]]:
        """Something an operator or the user might do next, having seen the ticket so."""
        chance = self.chance
        mark = random_id()[:8]
        other = chance.choice(self.tickets)["number"]
        soon = (datetime.now(UTC) + timedelta(seconds=chance.randint(2, 6))).isoformat()
        wishes: list[tuple[str, dict[str, Any]]] = [
            ("take", {}),
            ("release", {"reason": SECRET}),
            ("hand-over", {"to": chance.choice(OPERATORS).id, "reason": SECRET}),
            ("responsible", {"to": chance.choice(OPERATORS).id}),
            ("move", {"queue": chance.choice(["fees", "students", "credentials"]), "reason": SECRET}),
            ("priority", {"priority": chance.randint(1, 5)}),
            ("tags", {"add": [mark]}),
            ("notes", {"text": f"{SECRET} {mark}"}),
            ("answers", {"text": f"risposta {mark}"}),
            ("answers", {"text": f"risposta {mark}", "outcome": "closed_successful"}),
            ("information-requests", {"fields": ["description"], "text": f"domanda {mark}", "until": soon}),
            ("forwards", {"to": f"{mark}@{chance.choice(THIRD)}", "subject": "Un caso", "text": f"{SECRET} {mark}"}),
            ("close", {"outcome": "closed_unsuccessful", "reason": f"motivo {mark}"}),
            ("reopen", {"reason": "di nuovo"}),
            ("pending", {"until": soon, "then": chance.choice(["remind", "close"])}),
            ("resume", {}),
            ("links", {"other": other}),
            ("links/remove", {"other": other}),
            ("merge", {"target": other}),
            ("unmerge", {}),
            ("split", {"article": chance.choice(seen["articles"])["id"], "subject": f"parte {mark}"}),
        ]
        for article in seen["articles"]:
            named = {"article": article["id"]}
            if article["delivery"] in ("held", "stopped") and chance.random() < 0.3:
                return chance.choice(["mails/undo", "mails/send"]), chance.choice(OPERATORS), named
            if article["delivery"] == "refused" and chance.random() < 0.3:
                return "mails/retry", chance.choice(OPERATORS), {**named, "to": f"{mark}@example.org"}
        if chance.random() < 0.12:
            return "replies", LUCA, {"text": f"replica {mark}"}
        verb, body = chance.choice(wishes)
        return verb, chance.choice(OPERATORS), body

    async def go_on(self) -> None:
        """One wish, repeated with its key until somebody answers."""
        ticket = self.chance.choice(self.tickets)
        seen = await self.patiently(partial(self.system.view, ticket))
        verb, person, body = self.a_wish(seen)
        if verb != "replies":
            body = {"seen": seen["seq"], **body}
        key = random_id()
        wish = partial(self.system.tickets.post, f"/tickets/{ticket['id']}/{verb}", person, body, key)
        try:
            answer = await self.patiently(wish)
        except (Conflict, BadInput) as refusal:
            self.refused[str(refusal.extra.get("code"))] += 1
            return
        self.done.append(Done(ticket["id"], verb, person, body, key, answer["facts"]))

    async def patiently(self, call: Any) -> Any:
        """The answer, however long it takes until there is one."""
        async with asyncio.timeout(120):
            while True:
                try:
                    return await call()
                except DependencyDown:
                    self.repeats += 1
                    await asyncio.sleep(0.2)

    async def journal(self, ticket: str) -> list[dict[str, Any]]:
        """Every fact of a ticket, in order."""
        rows: dict[str, dict[str, Any]] = {}
        before: int | None = None
        while True:
            view = await self.system.tickets.get(f"/tickets/{ticket}", GIULIA, before=before)
            rows |= {row["event_id"]: row for row in view["journal"]}
            before = view["earlier"]
            if before is None:
                return sorted(rows.values(), key=lambda row: int(row["seq"]))


async def test_all_verbs_at_random_while_each_part_is_killed(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = random.randrange(10**6)
    run = Run(system)
    life = Life(system, random.Random(seed), [await system.opened(LUCA) for _ in range(TICKETS)])
    stack = system.stack
    await asyncio.to_thread(stack.mails.refuse, f"*@{THIRD[1]}")
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
        """Each accident in the middle of the work."""
        steps: list[tuple[str, Any, Any]] = [
            (name, partial(stack.kill, name, copy), partial(stack.start_again, name, copy))
            for name, copy in (("tickets", 1), ("notifier", 1), ("portal", 1), ("tickets", 2), ("notifier", 2))
        ]
        steps.append(("broker", stack.broker.kill, stack.broker.start))
        steps.append(("store", stack.store.kill, stack.store.start))
        for what, kill, start in steps:
            await reached(begun + BETWEEN)
            await run.accident(what, kill, start)
        await reached(begun + BETWEEN)
        over.set()

    await asyncio.gather(killer(), *(client() for _ in range(CLIENTS)))
    await settle(life)
    await reckon(life, run)
    with capsys.disabled():
        sys.stdout.write(
            f"\n  seed {seed}: {len(life.done)} wishes done, {sum(life.refused.values())} refused "
            f"({dict(life.refused)}), {life.repeats} repeated after a cut\n"
        )


async def settle(life: Life) -> None:
    """Wait until nothing is on its way any more: no merge, no mail, no link one side knows only."""

    async def at_rest() -> bool:
        # Also those that were split off.
        life.tickets = await life.system.all_tickets(requester=LUCA.id)
        views = {ticket["id"]: await life.system.view(ticket) for ticket in life.tickets}
        for ticket, view in views.items():
            on_its_way = {"held", "waiting"} & {each["delivery"] for each in view["articles"]}
            if view["merging"] or on_its_way or soon(view):
                return False
            into = view["merged_into"]
            if into and ticket not in {each["id"] for each in views[into["id"]]["absorbed"]}:
                return False
            for link in view["links"]:
                if ticket not in {each["ticket"]["id"] for each in views.get(link["ticket"]["id"], NEW)["links"]}:
                    return False
        return True

    await eventually(at_rest, timeout=120, every=0.5)


def soon(view: dict[str, Any]) -> bool:
    """Whether the ticket's clock is about to strike. After a reminder it doesn't for a day."""
    until = str((view["waiting"] or {}).get("until") or "")
    return until != "" and datetime.fromisoformat(until) < datetime.now(UTC) + timedelta(minutes=1)


async def reckon(life: Life, run: Run) -> None:
    """Fail on anything lost, doubled, half-done or leaked."""
    system = life.system
    journals = {ticket["id"]: await life.journal(ticket["id"]) for ticket in life.tickets}
    for rows in journals.values():
        assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1)), "a gap in the history"
    known = {row["event_id"] for rows in journals.values() for row in rows}
    for done in life.done:
        assert {fact["event_id"] for fact in done.facts} <= known, f"{done.verb} was answered and is gone"
    # What changed nothing is not recorded: asked again, it may find something to do.
    caused = [done for done in life.done if done.facts]
    for done in life.chance.sample(caused, 30):
        again = await system.tickets.post(f"/tickets/{done.ticket}/{done.verb}", done.person, done.body, done.key)
        assert again["facts"] == done.facts, f"{done.verb} repeated was done twice"
    mails = await asyncio.to_thread(system.stack.mails.all)
    for mail in mails:
        if LUCA.email in str(mail["to"]):
            assert SECRET not in mail["text"] + mail["html"], "an internal word reached the user"
    identities = Counter(str(mail["message_id"]) for mail in mails)
    doubled = sum(count - 1 for count in identities.values())
    in_hand = sum(each.what in ("notifier", "store") for each in run.accidents) * 16
    assert doubled <= in_hand, f"{doubled} further copies of a mail"
    # Each mail that a ticket calls delivered came, and none that no ticket knows of.
    delivered = sum(row["name"] == "article.delivered.v1" for rows in journals.values() for row in rows)
    to_users = {m["message_id"] for m in mails if LUCA.email in str(m["to"]) or "@example.org" in str(m["to"])}
    assert len(to_users) == delivered
