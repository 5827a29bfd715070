"""What routing hears, and what it says in turn."""

from datetime import UTC, datetime

from services.routing.table import Table
from shared.broker import Bus
from shared.events import SYSTEM, FormSubmitted, SubmissionRouted
from shared.ids import fact_id


def wire(bus: Bus, table: Table) -> None:
    """Register the consumer. Routing keeps nothing: the message is acked once its answer is confirmed."""

    @bus.hears(FormSubmitted)
    async def on_form_submitted(event: FormSubmitted) -> None:
        await bus.publish(route(event, table, datetime.now(UTC)))


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
    )
