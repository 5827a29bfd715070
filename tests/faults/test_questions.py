"""Questions and answers at random while everything is killed in turn: each asked once, answered once, told once."""

import contextlib
import random
import sys
from typing import Any

import pytest

from shared.dead import DeadLetters
from shared.errors import NotFound
from tests.conftest import eventually
from tests.faults.answers import (
    Picture,
    check_answers,
    check_overdue,
    check_questions,
    check_waiting,
    look,
    unsettled,
)
from tests.faults.asking import QuestionLife
from tests.faults.hearing import check_notices, check_responsible, everybody, hear, unheard
from tests.faults.reckoning import Run
from tests.faults.wishing import (
    SECRET,
    check_histories,
    check_repeats,
    go_on_while_killed,
    of_servers,
    of_service,
)
from tests.system import LUCA, MARCO, System

pytestmark = pytest.mark.faults

TICKETS = 12
# Wishes before each accident, and after the last.
BETWEEN = 35
CLIENTS = 6


async def test_questions_and_answers_at_random_while_each_part_is_killed(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = random.randrange(10**6)
    run, stack = Run(system), system.stack
    life = QuestionLife(system, random.Random(seed), [await a_ticket_of_marco(system) for _ in range(TICKETS)])
    kills = [
        of_service(stack, "tickets", 1),
        of_service(stack, "routing", 1, 2),
        of_service(stack, "notifier", 1, 2),
        of_service(stack, "tickets", 2),
        *of_servers(stack),
        of_service(stack, "tickets", 1, 2),
    ]
    await go_on_while_killed(life, run, kills, CLIENTS, BETWEEN)
    check_waiting(await settle(life))
    await life.answer_the_rest()
    counts = await reckon(life, run, await settle(life))
    with capsys.disabled():
        told = ", ".join(f"{count} {what}" for what, count in counts.items())
        sys.stdout.write(f"\n  seed {seed}: {life}; {told}\n")


async def a_ticket_of_marco(system: System) -> dict[str, Any]:
    """Whoever takes it, Marco is responsible."""
    ticket = await system.opened(LUCA)
    await system.wish(ticket, "responsible", to=MARCO.id)
    return ticket


async def settle(life: QuestionLife) -> Picture:
    """Wait until nothing is on its way any more."""
    people, last = everybody(life), list[Picture]()

    async def at_rest() -> bool:
        last[:] = [await look(life)]
        if unsettled(last[0]):
            return False
        await hear(life, last[0])
        return not unheard(last[0], people)

    with contextlib.suppress(AssertionError):
        await eventually(at_rest, timeout=150, every=1)
    (picture,) = last
    missing = unsettled(picture) or unheard(picture, people)
    assert not missing, f"never came to rest: {missing}"
    return picture


async def reckon(life: QuestionLife, run: Run, picture: Picture) -> dict[str, int]:
    """Fail on anything lost, doubled, half-done or leaked. The counts, to be printed."""
    check_histories(life, [view["journal"] for view in picture.roots.values()])
    await check_repeats(life, 100)
    check_questions(picture, life)
    check_answers(picture, life)
    check_waiting(picture)
    check_overdue(picture)
    await check_secrets(life, picture)
    check_notices(picture, everybody(life))
    heard = check_responsible(picture)
    resting = await DeadLetters(life.system.stack.urls.amqp).counts()
    assert not any(resting.values()), f"dead messages: {resting}"
    return {
        "questions": len(picture.children),
        "answers": len(list(picture.answers())),
        "overdue": len(list(picture.rows("child.overdue.v1"))),
        "closed by themselves": picture.waited(),
        "notices": sum(map(len, picture.inboxes.values())),
        "of them Marco's as responsible": heard,
        "mails": len(picture.mails),
        "further copies of a mail": run.further_copies(picture.mails),
    }


async def check_secrets(life: QuestionLife, picture: Picture) -> None:
    """No word between colleagues and no question's number is in a mail to the user, or in what they are shown."""
    system = life.system
    hidden = {SECRET, *picture.children, *(child["number"] for child in picture.children.values())}
    mails = [mail for mail in picture.mails if LUCA.email in mail["to"]]
    theirs = [await life.whole(ticket, LUCA) for ticket in picture.tickets]
    listed = await system.tickets.get("/tickets", LUCA, limit=200)
    assert {each["id"] for each in listed["items"]} == set(picture.tickets)
    for shown in (*map(str, mails), *map(str, theirs), str(listed)):
        assert not [word for word in hidden if word in shown], "an internal word reached the user"
    for child in list(picture.children)[:20]:
        with pytest.raises(NotFound):
            await system.view(child, LUCA)
    # Each mail that a ticket calls delivered came, and none that no ticket knows of.
    delivered = len(list(picture.rows("article.delivered.v1")))
    assert len({mail["message_id"] for mail in mails}) == delivered
