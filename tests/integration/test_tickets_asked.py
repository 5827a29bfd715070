"""What a root shows of its questions, page by page, out of the real store."""

from typing import Any

import pytest

from services.tickets import commands as c
from services.tickets.handlers import open_child, open_ticket
from shared.events import SYSTEM, ChildRouted, RootEvent, RuleQuestion, SecondLevelRequested
from shared.ids import derived
from shared.mongo import Database
from tests.integration.ticketing import RULES, Desk, now
from tests.unit.samples import routed

pytestmark = pytest.mark.integration

IDENTITY, MAIL = "credentials-identity", "credentials-mail"
BY_RULE = RuleQuestion(rule="spid", queue=IDENTITY, title="È attivo?", text="Da verificare.", hours=8)


async def child_of(desk: Desk, facts: list[RootEvent]) -> None:
    """The question that was asked opens where routing sends it."""
    request = next(fact for fact in facts if isinstance(fact, SecondLevelRequested))
    event = ChildRouted(
        event_id=derived(request.event_id, "routed"),
        occurred_at=now(),
        correlation_id=request.correlation_id,
        cause_id=request.event_id,
        actor=SYSTEM,
        request=request,
        queue=request.child_queue or MAIL,
        rule="mail",
    )
    await open_child(event, desk.tickets, RULES, now())


async def test_an_open_question_of_an_earlier_page_is_shown_as_on_its_own(database: Database) -> None:
    """One that a rule asked, one that an operator asked, and one that isn't open yet."""
    desk = Desk(database)
    await desk.tickets.prepare()
    event = routed().model_copy(update={"questions": (BY_RULE,)})
    outcome: Any = await open_ticket(event, desk.tickets, RULES, now())
    ticket = outcome.ticket
    await child_of(desk, outcome.facts)
    wish: dict[str, Any] = {"seen": 99, "text": "È piena?", "about": outcome.facts[-1].asks_about}
    await child_of(desk, (await desk.do(ticket, c.AskSecondLevel(title="Posta", **wish))).facts)
    await desk.do(ticket, c.AskSecondLevel(title="Non ancora aperta", queue=MAIL, **wish))
    shown = (await desk.view(ticket)).questions
    assert [(each.title, each.rule, each.state is None) for each in shown] == [
        ("È attivo?", "spid", False),
        ("Posta", "", False),
        ("Non ancora aperta", "", True),
    ]
    await desk.notes(ticket, 5)
    later = await desk.view(ticket, limit=5)
    # Only a question that isn't open yet is still told by the fact that asked it.
    assert later.questions == [*(each.model_copy(update={"article": ""}) for each in shown[:2]), shown[2]]
    assert later.questions_more == 0
