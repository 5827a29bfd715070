"""Tickets that join, part and point at each other: each root decides its own side, and hears the other's facts.

A merge is never in limbo: the source says that it is merging, the target accepts or refuses, the source settles it or
takes it back. Of two that ask each other at once the one that isn't closed becomes the target, else the one with the
smaller id.
"""

from typing import Literal

from services.tickets.commands import (
    AcceptMerge,
    LinkTicket,
    MergeTicket,
    ReflectLink,
    ReleaseMerged,
    SettleMerge,
    SplitArticle,
    UnlinkTicket,
    UnmergeTicket,
)
from services.tickets.domain.hands import first_level
from services.tickets.domain.refusals import Clash, Refused
from services.tickets.domain.root import CLOSED
from services.tickets.domain.saying import Saying
from services.tickets.domain.ticket import Merging, Ticket
from services.tickets.domain.waking import split_off, wake_closed
from shared.events import (
    MergeAccepted,
    MergeRefused,
    MergeReleased,
    MergeStarted,
    MergeTakenBack,
    ReplyFollowed,
    State,
    TicketLinked,
    TicketMerged,
    TicketRef,
    TicketUnlinked,
    TicketUnmerged,
)
from shared.ids import derived
from shared.policy import may_become_request, same_requester

MOST_LINKS = 200
Reason = Literal["merging", "merged", "closed", "requester"]


def link(saying: Saying[Ticket], wish: LinkTicket) -> None:
    """Shown to operators only."""
    other = _other(saying, wish.found)
    if any(each.ticket.id == other.id for each in saying.ticket.links):
        return
    if len(saying.ticket.links) >= MOST_LINKS:
        raise Refused("too_many_links", field="other", limit=MOST_LINKS)
    saying.say(TicketLinked, other=other, turn=_turn(saying, other) + 1)


def unlink(saying: Saying[Ticket], wish: UnlinkTicket) -> None:
    """On both sides."""
    other = _other(saying, wish.found)
    if any(each.ticket.id == other.id for each in saying.ticket.links):
        saying.say(TicketUnlinked, other=other, turn=_turn(saying, other) + 1)


def reflect(saying: Saying[Ticket], wish: ReflectLink) -> None:
    """The other side of a link: both end at the highest turn, in whatever order they hear; of one turn, linked wins."""
    known = _turn(saying, wish.other)
    linked = any(each.ticket.id == wish.other.id for each in saying.ticket.links)
    if wish.turn > known or (wish.turn == known and wish.linked and not linked):
        fact = TicketLinked if wish.linked else TicketUnlinked
        saying.say(fact, other=wish.other, reflected=True, turn=wish.turn)


def split(saying: Saying[Ticket], wish: SplitArticle) -> None:
    """What the user wrote in one article becomes a ticket of its own; an internal article never can."""
    if wish.found is None:
        raise Refused("unknown_article", field="article")
    if not may_become_request(wish.found.kind):
        raise Refused("not_the_users_words", field="article")
    queue = wish.queue or saying.ticket.queue
    first_level(saying, queue)
    split_off(saying, wish.found, wish.subject, queue, derived("split", saying.command.id))


def merge(saying: Saying[Ticket], wish: MergeTicket) -> None:
    """Ask the target. Only tickets of the same requester become one; others can be linked."""
    ticket, target = saying.ticket, _other(saying, wish.found, "target")
    if any(each.source.id == target.id for each in ticket.absorbed):
        raise Clash("part_of_this", number=ticket.number, target=target.number)
    if wish.requester is None or not same_requester(ticket.requester, wish.requester):
        raise Refused("other_requester", field="target", target=target.number)
    if ticket.held:
        raise Clash("mail_held", number=ticket.number)
    if ticket.open_questions:
        # Its answers would come to a ticket where nobody looks. The other way round they come to where all goes on.
        raise Clash("questions_open_merge", number=ticket.number)
    saying.say(MergeStarted, target=target, closed=ticket.state in CLOSED)


def accept_merge(saying: Saying[Ticket], wish: AcceptMerge) -> None:
    """The target's side."""
    ticket = saying.ticket
    if any(each.attempt == wish.attempt for each in ticket.absorbed):
        return
    if because := _against(saying, wish):
        saying.say(MergeRefused, source=wish.source, attempt=wish.attempt, because=because)
        return
    if ticket.merging:
        # They asked each other at once, and this one is the target.
        _take_back(saying, ticket.merging, "crossing")
    saying.say(MergeAccepted, source=wish.source, attempt=wish.attempt)


def settle_merge(saying: Saying[Ticket], wish: SettleMerge) -> None:
    """The source's side, when the target has spoken of this very attempt."""
    merging, merged = saying.ticket.merging, saying.ticket.merged
    if merging is None or merging.attempt != wish.attempt:
        if wish.because is None and not (merged and merged.attempt == wish.attempt):
            # Given up when the two crossed, and accepted late: the target must let go again.
            saying.say(TicketUnmerged, target=wish.target, attempt=wish.attempt)
    elif wish.because is None:
        saying.say(TicketMerged, target=merging.target, attempt=wish.attempt)
        for each in merging.wrote:
            saying.say(
                ReplyFollowed, actor=each.author, source=each.source, article=each.article, follows_to=merging.target
            )
    else:
        _take_back(saying, merging, wish.because)


def _take_back(saying: Saying[Ticket], merging: Merging, because: str) -> None:
    """As it was, and what the user wrote meanwhile does here what it would have done."""
    saying.say(MergeTakenBack, target=merging.target, attempt=merging.attempt, because=because)
    for each in merging.wrote:
        wake_closed(saying, each.article, each.author)


def unmerge(saying: Saying[Ticket], wish: UnmergeTicket) -> None:
    """A ticket of its own again."""
    if merged := saying.ticket.merged:
        saying.say(TicketUnmerged, target=merged.target, attempt=merged.attempt)


def release_merged(saying: Saying[Ticket], wish: ReleaseMerged) -> None:
    """The target's side of unmerging."""
    if any(each.attempt == wish.attempt for each in saying.ticket.absorbed):
        saying.say(MergeReleased, source=wish.source, attempt=wish.attempt)


def _against(saying: Saying[Ticket], wish: AcceptMerge) -> Reason | None:
    ticket = saying.ticket
    closed = ticket.state in CLOSED
    if ticket.state is State.MERGED:
        return "merged"
    if ticket.merging:
        # While it merges its state can't change, so both sides of a crossing compare the same.
        crossing = ticket.merging.target.id == wish.source.id
        if not crossing or (closed, ticket.id) > (wish.closed, wish.source.id):
            return "merging"
    if closed and not wish.closed:
        return "closed"
    if not same_requester(ticket.requester, wish.requester):
        return "requester"
    return None


def _turn(saying: Saying[Ticket], other: TicketRef) -> int:
    return saying.ticket.link_turns.get(other.id, 0)


def _other(saying: Saying[Ticket], found: TicketRef | None, field: str = "other") -> TicketRef:
    if found is None or found.id == saying.ticket.id:
        raise Refused("same_ticket", field=field)
    return found
