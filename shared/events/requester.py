"""What the requester says without writing, and the links by which they follow their request without sign-in."""

from typing import ClassVar

from shared.events.base import ArticleRef, TicketEvent


class TicketThanked(TicketEvent):
    """The requester said thanks for a closed ticket: once per closing, and it opens nothing."""

    name: ClassVar[str] = "ticket.thanked.v1"


class TicketRated(TicketEvent):
    """Whether it was helpful, as the requester says after a closing. `former`: what they had said before."""

    name: ClassVar[str] = "ticket.rated.v1"
    helpful: bool
    former: bool | None = None


class FollowLinksEnded(TicketEvent):
    """Every link to this ticket that was mailed until now leads nowhere. `follow_epoch`: what new links carry."""

    name: ClassVar[str] = "ticket.follow_links_ended.v1"


class FollowLinkRequested(TicketEvent):
    """The requester asked for a new link: `mail` brings it to the request's own address."""

    name: ClassVar[str] = "ticket.follow_link_requested.v1"
    subject: str
    mail: ArticleRef
