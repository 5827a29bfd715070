"""What routing hears, and what it says in turn."""

from collections.abc import Callable
from datetime import UTC, datetime

from services.routing.table import Table
from shared.broker import Bus
from shared.events import SYSTEM, ChildRouted, FormSubmitted, SecondLevelRequested, SubmissionRouted
from shared.ids import fact_id


def wire(bus: Bus, table: Callable[[], Table]) -> None:
    """Register the consumers. Routing keeps nothing: the message is acked once its answer is confirmed.

    `table`: the rules in force now.
    """

    @bus.hears(FormSubmitted)
    async def on_form_submitted(event: FormSubmitted) -> None:
        await bus.publish(route(event, table(), datetime.now(UTC)))

    @bus.hears(SecondLevelRequested)
    async def on_second_level_requested(event: SecondLevelRequested) -> None:
        await bus.publish(route_question(event, table(), datetime.now(UTC)))


def route(event: FormSubmitted, table: Table, now: datetime) -> SubmissionRouted:
    """The submission with its queue; the same submission always gives the same fact id."""
    plan = table.plan(event.submission)
    return SubmissionRouted(
        event_id=fact_id(event.event_id, 0),
        occurred_at=now,
        correlation_id=event.correlation_id,
        cause_id=event.event_id,
        actor=SYSTEM,
        submission=event.submission,
        queue=plan.queue,
        rule=plan.rule,
        questions=plan.questions,
    )


def route_question(event: SecondLevelRequested, table: Table, now: datetime) -> ChildRouted:
    """The question with its queue; a queue that was chosen and has gone meanwhile loses no question."""
    plan = table.plan_question(event.asks_about, event.child_queue)
    return ChildRouted(
        event_id=fact_id(event.event_id, 0),
        occurred_at=now,
        correlation_id=event.correlation_id,
        cause_id=event.event_id,
        actor=SYSTEM,
        request=event,
        queue=plan.queue,
        rule=plan.rule,
    )
