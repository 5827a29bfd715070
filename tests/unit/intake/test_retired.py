"""What was accepted before its form was changed or its site's word was over, sent again: still one submission."""

import ipaddress
from collections.abc import Sequence
from typing import Any

import pytest

from services.intake.bodies import Body
from services.intake.followed import LINK_ENDED, Followed, Requests
from services.intake.guard import MOST_QUESTIONS, Guard
from services.intake.handlers import Sender
from services.intake.known import Known, Opened
from services.intake.retired import FormChanged, again_of, earlier
from shared.config import Settings
from shared.errors import DependencyDown, NotFound, SportelloError, TooMany
from shared.events import Requester, State
from shared.forms.guarding import Guarding
from shared.reload import Kept
from tests.unit.intake.fakes import FORMS, KEY, NUMBER
from tests.unit.samples import NOON

VALUES = {
    "name": "Ada",
    "email": "ada@x.example",
    "role": "student",
    "kind": "password",
    "description": "La password non viene accettata.",
}
LUCA = Requester(name="Luca", email="luca@x.example", verified=True, subject="luca.bianchi")
FORM = FORMS.current("credentials")
BODY = Body(VALUES, key="k", version=str(FORM.version))
SENDER = Sender("portal", "it", "k", None, ipaddress.ip_address("203.0.113.9"))


class Asked(Requests):
    """Tickets that have one answer; `asked`: of which tickets."""

    def __init__(self, answer: SportelloError | None = None) -> None:
        self._answer = answer
        self.asked: list[str] = []

    async def read(self, holder: Any, before: int | None = None) -> Followed:
        self.asked.append(holder.ticket)
        if self._answer:
            raise self._answer
        return Followed(number=NUMBER, state=State.OPEN, form="credentials", version=1, language="it")


def a_guard(tickets: Asked, **rules: Any) -> Guard:
    told = Guarding.model_validate(rules)
    return Guard(Settings(signing_key=KEY, internal_key=KEY), Kept([], lambda: told), Known(), tickets)


async def the_ticket(sender: Sender = SENDER) -> str:
    tickets = Asked()
    await again_of(FORMS, a_guard(tickets), FORM, BODY, sender, NOON)
    return tickets.asked[0]


async def test_what_was_accepted_stays_accepted_when_its_links_were_ended_since() -> None:
    ended = a_guard(Asked(NotFound(code=LINK_ENDED)))
    accepted = await earlier(FORMS, ended, FORM, BODY, SENDER, NOON)
    assert accepted.number is None
    assert accepted.ticket_id
    with pytest.raises(FormChanged):
        await earlier(FORMS, a_guard(Asked(NotFound())), FORM, BODY, SENDER, NOON)


@pytest.mark.parametrize("opened", [None, Opened(NUMBER, "credentials")])
async def test_what_still_waits_for_its_ticket_was_accepted(opened: Opened | None) -> None:
    """The form was changed while the submission was in its queue: tickets knows nothing of it yet."""
    tickets = Asked(NotFound())
    guard = a_guard(tickets)
    guard.known.add(await the_ticket(), opened)
    number, queue = opened or (None, "")
    assert await earlier(FORMS, guard, FORM, BODY, SENDER, NOON) == (await the_ticket(), number, queue)
    assert tickets.asked == []


async def test_another_content_key_or_person_is_another_submission() -> None:
    guard = a_guard(Asked(NotFound()))
    guard.known.add(await the_ticket())
    others: Sequence[tuple[Body, Sender]] = (
        (Body({**VALUES, "description": "Un'altra cosa."}, key="k", version=BODY.version), SENDER),
        (BODY, Sender("portal", "it", "other", None)),
        (BODY, Sender("portal", "it", None, None)),
        (BODY, Sender("portal", "it", "k", LUCA)),
        (Body({**VALUES, "kind": "nonsense"}, key="k", version=BODY.version), SENDER),
        (Body(VALUES, key="k", version="99"), SENDER),
    )
    for body, sender in others:
        assert await again_of(FORMS, guard, FORM, body, sender, NOON) is None


async def test_when_nobody_can_say_it_is_to_come_again() -> None:
    with pytest.raises(DependencyDown):
        await earlier(FORMS, a_guard(Asked(DependencyDown())), FORM, BODY, SENDER, NOON)


async def test_tickets_is_asked_so_often_and_no_more() -> None:
    tickets = Asked(NotFound())
    guard = a_guard(tickets, lookups={"burst": 2, "per_hour": 0})
    for _ in range(2):
        assert await again_of(FORMS, guard, FORM, BODY, SENDER, NOON) is None
    with pytest.raises(TooMany):
        await again_of(FORMS, guard, FORM, BODY, SENDER, NOON)
    assert len(tickets.asked) == 2


async def test_a_flood_of_repeats_does_not_become_one_of_questions() -> None:
    """As many wait for an answer as may; the next is told to come again."""
    guard = a_guard(Asked())

    class Nested(Asked):
        async def read(self, holder: Any, before: int | None = None) -> Followed:
            self.asked.append(holder.ticket)
            await again_of(FORMS, deep, FORM, BODY, SENDER, NOON)
            return await super().read(holder, before)

    nested = Nested()
    deep = a_guard(nested)
    with pytest.raises(DependencyDown):
        await again_of(FORMS, deep, FORM, BODY, SENDER, NOON)
    assert len(nested.asked) == MOST_QUESTIONS
    assert await again_of(FORMS, guard, FORM, BODY, SENDER, NOON)
