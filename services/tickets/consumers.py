"""What tickets hears: one line of translation each, then the facts are said (again, when it came twice).

Some facts are its own: what one ticket says of another becomes a command on the other, with an id from the fact.
"""

from datetime import UTC, datetime

from services.tickets import commands as c
from services.tickets.commands import Command, InnerWish, RecordDelivery
from services.tickets.handlers import Outcome, handle, open_split, open_ticket
from services.tickets.repository import Tickets
from services.tickets.rules import Rules
from shared import events as e
from shared.broker import Bus
from shared.errors import Hopeless, NotFound
from shared.events import Event, MailEvent, TicketRef
from shared.ids import derived
from shared.relay import Relay


class Ear:
    """Does what a heard fact asks for, and says what comes of it."""

    def __init__(self, bus: Bus, tickets: Tickets, rules: Rules, relay: Relay) -> None:
        self.bus = bus
        self.tickets = tickets
        self.rules = rules
        self.relay = relay

    async def do(self, event: Event, ticket: str, wish: InnerWish) -> None:
        """A command on `ticket`, the same however often the fact comes."""
        identity = derived(type(wish).__name__, event.event_id)
        command = Command(id=identity, ticket_id=ticket, actor=event.actor, wish=wish)
        try:
            outcome = await handle(command, self.tickets, self.rules, datetime.now(UTC))
        except NotFound as error:
            raise Hopeless(f"{event.name} speaks of a ticket that does not exist.") from error
        await self.say(outcome)

    async def say(self, outcome: Outcome) -> None:
        """Publish what the command caused; a repeat says the same again, for whoever missed it the first time."""
        if outcome.repeated:
            for fact in outcome.facts:
                await self.bus.publish(fact)
        await self.relay.publish(outcome.ticket)

    async def record(self, event: MailEvent, reason: str | None) -> None:
        """Write on the article what became of its mail."""
        wish = RecordDelivery(article_id=event.article_id, subject=event.subject, text=event.text, reason=reason)
        await self.do(event, event.ticket_id, wish)


def wire(ear: Ear) -> None:
    """Register the consumers."""
    bus = ear.bus

    @bus.hears(e.SubmissionRouted)
    async def on_submission_routed(event: e.SubmissionRouted) -> None:
        await ear.say(await open_ticket(event, ear.tickets, ear.rules, datetime.now(UTC)))

    @bus.hears(e.MailSent)
    async def on_mail_sent(event: e.MailSent) -> None:
        await ear.record(event, None)

    @bus.hears(e.MailFailed)
    async def on_mail_failed(event: e.MailFailed) -> None:
        await ear.record(event, event.reason)

    @bus.hears(e.TicketSplit)
    async def on_ticket_split(event: e.TicketSplit) -> None:
        await ear.say(await open_split(event, ear.tickets, ear.rules, datetime.now(UTC)))

    _links(ear)
    _replies(ear)
    _merges(ear)


def _links(ear: Ear) -> None:
    @ear.bus.hears(e.TicketLinked)
    async def on_ticket_linked(event: e.TicketLinked) -> None:
        if not event.reflected:
            await ear.do(event, event.other.id, c.ReflectLink(other=_said_by(event), linked=True, turn=event.turn))

    @ear.bus.hears(e.TicketUnlinked)
    async def on_ticket_unlinked(event: e.TicketUnlinked) -> None:
        if not event.reflected:
            await ear.do(event, event.other.id, c.ReflectLink(other=_said_by(event), linked=False, turn=event.turn))


def _replies(ear: Ear) -> None:
    @ear.bus.hears(e.TicketReplied)
    async def on_ticket_replied(event: e.TicketReplied) -> None:
        if event.follows_to:
            await ear.do(event, event.follows_to.id, c.FollowReply(source=_said_by(event), article=event.article))

    @ear.bus.hears(e.ReplyFollowed)
    async def on_reply_followed(event: e.ReplyFollowed) -> None:
        if event.follows_to:
            await ear.do(event, event.follows_to.id, c.FollowReply(source=event.source, article=event.article))


def _merges(ear: Ear) -> None:
    @ear.bus.hears(e.MergeStarted)
    async def on_merge_started(event: e.MergeStarted) -> None:
        wish = c.AcceptMerge(
            source=_said_by(event), attempt=event.event_id, requester=event.requester, closed=event.closed
        )
        await ear.do(event, event.target.id, wish)

    @ear.bus.hears(e.MergeAccepted)
    async def on_merge_accepted(event: e.MergeAccepted) -> None:
        await ear.do(event, event.source.id, c.SettleMerge(target=_said_by(event), attempt=event.attempt))

    @ear.bus.hears(e.MergeRefused)
    async def on_merge_refused(event: e.MergeRefused) -> None:
        wish = c.SettleMerge(target=_said_by(event), attempt=event.attempt, because=event.because)
        await ear.do(event, event.source.id, wish)

    @ear.bus.hears(e.TicketUnmerged)
    async def on_ticket_unmerged(event: e.TicketUnmerged) -> None:
        await ear.do(event, event.target.id, c.ReleaseMerged(source=_said_by(event), attempt=event.attempt))


def _said_by(event: e.TicketEvent) -> TicketRef:
    return TicketRef(id=event.ticket_id, number=event.number)
