"""All verbs at random while everything is killed in turn: done once, never half, never lost."""

import asyncio
import random
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from shared.ids import random_id
from shared.policy import Person
from tests.conftest import eventually
from tests.faults.reckoning import Run
from tests.faults.wishing import (
    SECRET,
    Life,
    check_histories,
    check_repeats,
    go_on_while_killed,
    is_on_its_way,
    of_servers,
    of_service,
)
from tests.system import EMMA, GIULIA, LUCA, MARCO, System

pytestmark = pytest.mark.faults

TICKETS = 12
# Wishes before each accident, and after the last.
BETWEEN = 40
CLIENTS = 6
OPERATORS = (GIULIA, MARCO, EMMA)
# The server of the second refuses everybody.
THIRD = ("example.org", "refuses.example")


# A ticket that was split off and isn't open yet.
NEW: dict[str, Any] = {"links": []}


class VerbLife(Life):
    """Any verb of any ticket."""

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
        """One wish of one ticket."""
        ticket = self.chance.choice(self.tickets)
        seen = await self.patiently(partial(self.system.view, ticket))
        verb, person, body = self.a_wish(seen)
        await self.wish(seen, verb, person, body)


async def test_all_verbs_at_random_while_each_part_is_killed(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = random.randrange(10**6)
    run = Run(system)
    life = VerbLife(system, random.Random(seed), [await system.opened(LUCA) for _ in range(TICKETS)])
    stack = system.stack
    await asyncio.to_thread(stack.mails.refuse, f"*@{THIRD[1]}")
    copies = (("tickets", 1), ("notifier", 1), ("portal", 1), ("tickets", 2), ("notifier", 2))
    kills = [*(of_service(stack, name, copy) for name, copy in copies), *of_servers(stack)]
    await go_on_while_killed(life, run, kills, CLIENTS, BETWEEN)
    await settle(life)
    await reckon(life, run)
    with capsys.disabled():
        sys.stdout.write(f"\n  seed {seed}: {life}\n")


async def settle(life: VerbLife) -> None:
    """Wait until nothing is on its way any more: no merge, no mail, no link one side knows only."""

    async def at_rest() -> bool:
        # Also those that were split off.
        life.tickets = await life.system.all_tickets(requester=LUCA.id)
        views = {ticket["id"]: await life.system.view(ticket) for ticket in life.tickets}
        for ticket, view in views.items():
            if is_on_its_way(view):
                return False
            into = view["merged_into"]
            if into and ticket not in {each["id"] for each in views[into["id"]]["absorbed"]}:
                return False
            for link in view["links"]:
                if ticket not in {each["ticket"]["id"] for each in views.get(link["ticket"]["id"], NEW)["links"]}:
                    return False
        return True

    await eventually(at_rest, timeout=120, every=0.5)


async def reckon(life: VerbLife, run: Run) -> None:
    """Fail on anything lost, doubled, half-done or leaked."""
    system = life.system
    journals = [(await life.whole(ticket["id"]))["journal"] for ticket in life.tickets]
    check_histories(life, journals)
    await check_repeats(life, 30)
    mails = await asyncio.to_thread(system.stack.mails.all)
    for mail in mails:
        if LUCA.email in str(mail["to"]):
            assert SECRET not in mail["text"] + mail["html"], "an internal word reached the user"
    identities = Counter(str(mail["message_id"]) for mail in mails)
    doubled = sum(count - 1 for count in identities.values())
    in_hand = sum(each.what in ("notifier", "store") for each in run.accidents) * 16
    assert doubled <= in_hand, f"{doubled} further copies of a mail"
    # Each mail that a ticket calls delivered came, and none that no ticket knows of.
    delivered = sum(row["name"] == "article.delivered.v1" for rows in journals for row in rows)
    to_users = {m["message_id"] for m in mails if LUCA.email in str(m["to"]) or "@example.org" in str(m["to"])}
    assert len(to_users) == delivered
