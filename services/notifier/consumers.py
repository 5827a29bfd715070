"""What notifier hears: each fact that owes the requester a mail becomes a row; the sender does the rest."""

from services.notifier.mails import Mails
from services.notifier.repository import OutgoingMails
from shared.broker import Bus
from shared.events import TicketOpened, TicketTaken


def wire(bus: Bus, outgoing: OutgoingMails, mails: Mails) -> None:
    """Register the consumers. A fact that comes twice finds its row and changes nothing."""

    @bus.hears(TicketOpened)
    async def on_ticket_opened(event: TicketOpened) -> None:
        await outgoing.add(mails.received(event))

    @bus.hears(TicketTaken)
    async def on_ticket_taken(event: TicketTaken) -> None:
        if mail := mails.taken(event):
            await outgoing.add(mail)
