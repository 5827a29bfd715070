"""What tickets hears: one line of translation each, then the facts are said (again, when it came twice).

Some facts are its own: what one ticket says of another becomes a command on the other, with an id from the fact.
"""

from datetime import UTC, datetime

from services.tickets import commands as c
from services.tickets.commands import Command, InnerWish, RecordDelivery
from services.tickets.domain import Child
from services.tickets.handlers import Outcome, handle, open_child, open_split, open_ticket
from services.tickets.repository import Tickets
from services.tickets.rules import Rules
from shared import events as e
from shared.broker import Bus
from shared.errors import Hopeless, NotFound
from shared.events import Event, MailEvent, PersonRef, TicketRef
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
        command = command_of(event, ticket, wish)
        try:
            outcome = await handle(command, self.tickets, self.rules, datetime.now(UTC))
        except NotFound as error:
            raise Hopeless(f"{event.name} speaks of a ticket that does not exist.") from error
        await self.say(outcome)

    async def say(self, outcome: Outcome) -> None:
        """Publish what the command caused. A repeat says just that again, for whoever missed it the first time.

        Never more: the rest of the outbox, said anew at every repeat, is answered by repeats in turn; what a ticket and
        its questions tell each other would go round faster than anybody could settle it.
        """
        if outcome.repeated:
            for fact in outcome.facts:
                await self.bus.publish(fact)
        elif outcome.facts:
            await self.relay.publish(outcome.ticket)

    async def record(self, event: MailEvent, reason: str | None) -> None:
        """Write on the article what became of its mail."""
        wish = RecordDelivery(article_id=event.article_id, subject=event.subject, text=event.text, reason=reason)
        await self.do(event, event.ticket_id, wish)


def command_of(event: Event, ticket: str, wish: InnerWish) -> Command:
    """What `event` asks of `ticket`. One fact may take back many questions: each is a command of its own."""
    which = (ticket,) if isinstance(wish, c.WithdrawChild) else ()
    identity = derived(type(wish).__name__, event.event_id, *which)
    return Command(id=identity, ticket_id=ticket, actor=event.actor, wish=wish)


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
    _questions(ear)
    _children(ear)


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


def _questions(ear: Ear) -> None:
    """What the root that asks says to its questions."""

    @ear.bus.hears(e.ChildRouted)
    async def on_child_routed(event: e.ChildRouted) -> None:
        await ear.say(await open_child(event, ear.tickets, ear.rules, datetime.now(UTC)))

    @ear.bus.hears(e.SecondLevelWithdrawn)
    async def on_second_level_withdrawn(event: e.SecondLevelWithdrawn) -> None:
        # Those that aren't open yet are taken back again when they are: `child.opened` brings it up.
        for child in await ear.tickets.existing(list(event.children)):
            wish = c.WithdrawChild(because=event.because, reason=event.reason, round=event.children[child])
            await ear.do(event, child, wish)


def _children(ear: Ear) -> None:
    """What a question says to the root that asked it."""

    @ear.bus.hears(e.ChildOpened)
    async def on_child_opened(event: e.ChildOpened) -> None:
        child = await ear.tickets.find(event.ticket_id)
        live = isinstance(child, Child) and child.ending is None and child.round == 1
        await ear.do(event, event.parent.id, c.HearOpened(child=_said_by(event), live=live))

    @ear.bus.hears(e.ChildClosed)
    async def on_child_closed(event: e.ChildClosed) -> None:
        if event.article is None:
            return  # taken back: the root that asked knows
        words = (await ear.tickets.words([event.article.id])).get(event.article.id)
        wish = c.HearAnswer(
            child=_said_by(event),
            child_queue=event.queue,
            ending=event.ending,
            by=PersonRef(id=event.actor.id, name=event.actor.name),
            round=event.round,
            text=words.text if words else "",
            attachments=words.attachments if words else (),
        )
        await ear.do(event, event.parent.id, wish)

    @ear.bus.hears(e.ChildReopened)
    async def on_child_reopened(event: e.ChildReopened) -> None:
        wish = c.HearReopened(child=_said_by(event), child_queue=event.queue, round=event.round)
        await ear.do(event, event.parent.id, wish)

    @ear.bus.hears(e.ChildOverdue)
    async def on_child_overdue(event: e.ChildOverdue) -> None:
        wish = c.HearOverdue(child=_said_by(event), child_queue=event.queue, due_at=event.due_at)
        await ear.do(event, event.parent.id, wish)


def _said_by(event: e.RootEvent) -> TicketRef:
    return TicketRef(id=event.ticket_id, number=event.number)
