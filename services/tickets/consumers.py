"""What tickets hears: one line of translation each, then the facts are said (again, when it came twice)."""

from datetime import UTC, datetime

from services.tickets.commands import Command, RecordDelivery
from services.tickets.handlers import Outcome, handle, open_ticket
from services.tickets.repository import Tickets
from shared.broker import Bus
from shared.errors import Hopeless, NotFound
from shared.events import MailEvent, MailFailed, MailSent, SubmissionRouted
from shared.ids import derived
from shared.relay import Relay


def wire(bus: Bus, tickets: Tickets, relay: Relay) -> None:
    """Register the consumers."""

    @bus.hears(SubmissionRouted)
    async def on_submission_routed(event: SubmissionRouted) -> None:
        await say(await open_ticket(event, tickets, datetime.now(UTC)), bus, relay)

    @bus.hears(MailSent)
    async def on_mail_sent(event: MailSent) -> None:
        await say(await record(event, None, tickets), bus, relay)

    @bus.hears(MailFailed)
    async def on_mail_failed(event: MailFailed) -> None:
        await say(await record(event, event.reason, tickets), bus, relay)


async def record(event: MailEvent, reason: str | None, tickets: Tickets) -> Outcome:
    """Write on the article what became of its mail."""
    wish = RecordDelivery(article_id=event.article_id, subject=event.subject, text=event.text, reason=reason)
    command = Command(id=derived("delivery", event.event_id), ticket_id=event.ticket_id, actor=event.actor, wish=wish)
    try:
        return await handle(command, tickets, datetime.now(UTC))
    except NotFound as error:
        raise Hopeless("This mail belongs to no ticket.") from error


async def say(outcome: Outcome, bus: Bus, relay: Relay) -> None:
    """Publish what the command caused; a repeat says the same again, for whoever missed it the first time."""
    if outcome.repeated:
        for fact in outcome.facts:
            await bus.publish(fact)
    await relay.publish(outcome.ticket)
