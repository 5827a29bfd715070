"""What notifier hears: each fact that owes somebody a mail becomes a row; the sender does the rest. And every fact of a
ticket or question, in one stream, becomes the notices of those it concerns."""

from services.notifier.handlers import owe, send_again
from services.notifier.hearing import Hearing
from services.notifier.mails import Mails
from services.notifier.repository import OutgoingMails
from shared.broker import Bus
from shared.events import (
    ArticleRetried,
    FollowLinkRequested,
    InformationRequested,
    RootEvent,
    TicketAnswered,
    TicketClosed,
    TicketForwarded,
    TicketOpened,
    TicketReminded,
    TicketReopened,
    TicketTaken,
)


def wire(bus: Bus, outgoing: OutgoingMails, mails: Mails, hearing: Hearing) -> None:
    """Register the consumers. A fact that comes twice finds its row and changes nothing."""

    @bus.hears(TicketOpened)
    async def on_ticket_opened(event: TicketOpened) -> None:
        await owe(mails.received(event), outgoing)

    @bus.hears(TicketTaken)
    async def on_ticket_taken(event: TicketTaken) -> None:
        await owe(mails.taken(event), outgoing)

    @bus.hears(InformationRequested)
    async def on_information_requested(event: InformationRequested) -> None:
        await owe(mails.information(event), outgoing)

    @bus.hears(TicketReminded)
    async def on_ticket_reminded(event: TicketReminded) -> None:
        await owe(mails.reminder(event), outgoing)

    @bus.hears(TicketAnswered)
    async def on_ticket_answered(event: TicketAnswered) -> None:
        await owe(mails.answer(event), outgoing)

    @bus.hears(TicketClosed)
    async def on_ticket_closed(event: TicketClosed) -> None:
        await owe(mails.closed(event), outgoing)

    @bus.hears(TicketReopened)
    async def on_ticket_reopened(event: TicketReopened) -> None:
        await owe(mails.reopened(event), outgoing)

    _wire_others(bus, outgoing, mails)

    @bus.hears_stream("notices")
    async def on_any_fact(event: RootEvent) -> None:
        await hearing.hear(event)


def _wire_others(bus: Bus, outgoing: OutgoingMails, mails: Mails) -> None:
    @bus.hears(TicketForwarded)
    async def on_ticket_forwarded(event: TicketForwarded) -> None:
        await owe(mails.forward(event), outgoing)

    @bus.hears(FollowLinkRequested)
    async def on_follow_link_requested(event: FollowLinkRequested) -> None:
        await owe(mails.link(event), outgoing)

    @bus.hears(ArticleRetried)
    async def on_article_retried(event: ArticleRetried) -> None:
        await send_again(event, outgoing)
