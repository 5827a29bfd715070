"""The requester writes: always accepted, whatever the state; what it wakes depends on the state."""

from services.tickets.commands import FollowReply, ReplyTicket
from services.tickets.domain.refusals import Clash, Refused
from services.tickets.domain.saying import Saying
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.waking import wake_closed
from shared.events import Actor, ActorKind, ArticleKind, ReplyFollowed, TicketReplied


def reply(saying: Saying[Ticket], wish: ReplyTicket) -> None:
    """Wakes a pending ticket; reopens a closed one within the queue's follow-up window, else becomes a new one.

    A reply to a merged ticket stays its article and is followed to the target.
    """
    fields = _answered(saying, wish)
    if not wish.text and not fields and not wish.attachments:
        raise Refused("empty", field="text")
    ticket = saying.ticket
    article = saying.article(ArticleKind.REQUESTER_REPLY)
    author = Actor(id=saying.command.actor.id, name=ticket.requester.name, kind=ActorKind.REQUESTER)
    saying.say(
        TicketReplied,
        actor=author,
        article=article,
        fields=fields,
        information=wish.information,
        follows_to=ticket.merged_into,
    )
    wake_closed(saying, article, author)


def follow(saying: Saying[Ticket], wish: FollowReply) -> None:
    """The user wrote to a ticket that is part of this one: as if they had written here."""
    ticket = saying.ticket
    saying.say(ReplyFollowed, source=wish.source, article=wish.article, follows_to=ticket.merged_into)
    wake_closed(saying, wish.article, saying.command.actor)


def _answered(saying: Saying[Ticket], wish: ReplyTicket) -> tuple[str, ...]:
    given = tuple(dict.fromkeys([*wish.values, *(file.field for file in wish.attachments if file.field)]))
    asked = saying.ticket.information
    if wish.information is None:
        if wish.values:
            raise Refused("unknown_field", field=next(iter(wish.values)))
        return ()
    if asked is None or asked.article != wish.information:
        raise Clash("information_over", number=saying.ticket.number)
    for field in given:
        if field not in asked.fields:
            raise Refused("unknown_field", field=field)
    return given
