"""What the requester says without writing, and the links they follow it by."""

from datetime import timedelta
from typing import Final

from services.tickets.commands import EndFollowLinks, MailFollowLink, RateTicket, ThankTicket
from services.tickets.domain.refusals import Clash
from services.tickets.domain.saying import Saying
from services.tickets.domain.ticket import Ticket
from shared.events import (
    Actor,
    ActorKind,
    ArticleKind,
    FollowLinkRequested,
    FollowLinksEnded,
    TicketClosed,
    TicketRated,
    TicketThanked,
)

# Nobody's mailbox is filled by whoever knows a number and an address.
LINK_EVERY: Final = timedelta(minutes=10)


def thank(saying: Saying[Ticket], wish: ThankTicket) -> None:
    """Once per closing; it opens nothing and owes no mail."""
    if not saying.ticket.thanked:
        saying.say(TicketThanked, actor=author_of(saying))


def rate(saying: Saying[Ticket], wish: RateTicket) -> None:
    """May be changed as long as a reply would reopen it."""
    ticket = saying.ticket
    if wish.helpful is ticket.helpful:
        return
    closed = ticket.last.get(TicketClosed.name)
    if closed and saying.now - closed.at > saying.rules.queue(ticket.queue).follow_up:
        raise Clash("rating_over", number=ticket.number)
    saying.say(TicketRated, actor=author_of(saying), helpful=wish.helpful, former=ticket.helpful)


def end_links(saying: Saying[Ticket], wish: EndFollowLinks) -> None:
    """Links carry the epoch that they were made in; only those of the present one lead anywhere."""
    saying.say(FollowLinksEnded, actor=author_of(saying), follow_epoch=saying.ticket.follow_epoch + 1)


def mail_link(saying: Saying[Ticket], wish: MailFollowLink) -> None:
    """To the address of the request, whoever asks."""
    ticket = saying.ticket
    last = ticket.last.get(FollowLinkRequested.name)
    if last and saying.now - last.at < LINK_EVERY:
        return
    mail = saying.article(ArticleKind.MAIL_LINK)
    saying.say(FollowLinkRequested, actor=author_of(saying), subject=ticket.subject, mail=mail)


def author_of(saying: Saying[Ticket]) -> Actor:
    """Who follows a link wishes under the requester's name; an operator under their own."""
    actor = saying.command.actor
    if actor.kind is not ActorKind.REQUESTER:
        return actor
    return Actor(id=actor.id, name=saying.ticket.requester.name, kind=ActorKind.REQUESTER)
