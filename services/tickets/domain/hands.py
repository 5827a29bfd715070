"""Who holds a ticket or question, who hears of it, where it lies: the verbs that both have."""

from typing import Any, Final

from services.tickets.commands import (
    AddNote,
    ChangeResponsible,
    HandOver,
    MoveTicket,
    ReleaseTicket,
    SetPriority,
    TagTicket,
    TakeTicket,
    UnwatchTicket,
    WatchTicket,
)
from services.tickets.domain.child import Child
from services.tickets.domain.refusals import Refused
from services.tickets.domain.root import Root
from services.tickets.domain.saying import Saying
from services.tickets.typed import MOST_TAGS
from shared.events import (
    ArticleKind,
    PersonRef,
    ResponsibleChanged,
    State,
    TicketHandedOver,
    TicketMoved,
    TicketNoted,
    TicketPrioritized,
    TicketReleased,
    TicketTagged,
    TicketTaken,
    TicketUnwatched,
    TicketWatched,
)
from shared.mentions import mentioned

# Everybody of the house could watch one ticket; so many are enough.
MOST_WATCHERS: Final = 100


def take(saying: Saying[Root], wish: TakeTicket | None = None) -> None:
    """The actor becomes the owner, and the responsible when there is none. Taking claims, it never locks out."""
    ticket, me = saying.ticket, saying.me
    new = ticket.state is State.NEW
    if ticket.owner and ticket.owner.id == me.id and not new:
        return
    # Only the first taking is news to the user; a change of hands among colleagues is not.
    saying.say(
        TicketTaken,
        owner=me,
        responsible=ticket.responsible or me,
        former_owner=ticket.owner if ticket.owner and ticket.owner.id != me.id else None,
        subject=ticket.subject,
        mail=saying.article(ArticleKind.MAIL_TAKEN) if new else None,
    )


def act(saying: Saying[Root]) -> None:
    """Whoever acts on a ticket that nobody holds becomes its owner; a colleague's stays the colleague's."""
    owner = saying.ticket.owner
    if owner is None or owner.id == saying.me.id:
        take(saying)


def release(saying: Saying[Root], wish: ReleaseTicket) -> None:
    """Nobody's again."""
    if saying.ticket.owner:
        saying.say(TicketReleased, owner=None, former_owner=saying.ticket.owner, reason=wish.reason)


def hand_over(saying: Saying[Root], wish: HandOver) -> None:
    """A transfer changes no state: the user is told when the new owner takes it or acts."""
    ticket, to = saying.ticket, operator(saying, wish.to)
    if ticket.owner and ticket.owner.id == to.id:
        return
    saying.say(
        TicketHandedOver,
        owner=to,
        responsible=ticket.responsible or to,
        former_owner=ticket.owner,
        subject=ticket.subject,
        reason=wish.reason,
    )


def change_responsible(saying: Saying[Root], wish: ChangeResponsible) -> None:
    """Another person hears everything."""
    former, to = saying.ticket.responsible, operator(saying, wish.to)
    if former is None or former.id != to.id:
        saying.say(ResponsibleChanged, responsible=to, former_responsible=former)


def move(saying: Saying[Root], wish: MoveTicket) -> None:
    """Into another queue of its level; the owner stays."""
    if wish.queue == saying.ticket.queue:
        return
    (second_level if isinstance(saying.ticket, Child) else first_level)(saying, wish.queue)
    saying.say(TicketMoved, queue=wish.queue, former_queue=saying.ticket.queue, reason=wish.reason)


def prioritize(saying: Saying[Root], wish: SetPriority) -> None:
    """1 very low to 5 very high."""
    former = saying.ticket.priority
    if former != wish.priority:
        saying.say(TicketPrioritized, priority=wish.priority, former_priority=former)


def tag(saying: Saying[Root], wish: TagTicket) -> None:
    """Tags are a set in the order they came."""
    if not wish.add and not wish.remove:
        raise Refused("nothing_to_tag", field="add")
    before = saying.ticket.tags
    kept = [each for each in before if each not in wish.remove]
    after = tuple(dict.fromkeys([*kept, *wish.add]))
    if len(after) > MOST_TAGS:
        raise Refused("too_many_tags", field="add", limit=MOST_TAGS)
    if set(after) != set(before):
        added = tuple(each for each in after if each not in before)
        removed = tuple(each for each in before if each not in after)
        saying.say(TicketTagged, tags=after, added=added, removed=removed)


def note(saying: Saying[Root], wish: AddNote) -> None:
    """Never changes the state, never reaches the user."""
    saying.say(TicketNoted, article=saying.article(ArticleKind.NOTE), mentions=_mentioned(saying, wish.text))


def _mentioned(saying: Saying[Root], text: str) -> tuple[PersonRef, ...]:
    """The operators whose ids follow an `@`, in order; anything else after one is only text."""
    known = saying.rules.operators
    return tuple(known[name] for name in mentioned(text) if name in known)


def watch(saying: Saying[Root], wish: WatchTicket) -> None:
    """Hears of everything from now on."""
    person = operator(saying, wish.person, "person") if wish.person else saying.me
    watchers = saying.ticket.watchers
    if any(each.id == person.id for each in watchers):
        return
    if len(watchers) >= MOST_WATCHERS:
        raise Refused("too_many_watchers", field="person", limit=MOST_WATCHERS)
    saying.say(TicketWatched, person=person, watchers=(*watchers, person))


def unwatch(saying: Saying[Root], wish: UnwatchTicket) -> None:
    """Hears no more; whoever it is may also be somebody who is no operator any more."""
    wanted = wish.person or saying.me.id
    watchers = saying.ticket.watchers
    for person in watchers:
        if person.id == wanted:
            left = tuple(each for each in watchers if each.id != wanted)
            saying.say(TicketUnwatched, person=person, watchers=left)


def operator(saying: Saying[Root], person: str, field: str = "to") -> PersonRef:
    """The operator a ticket can be given to."""
    found = saying.rules.operators.get(person)
    if found is None:
        raise Refused("unknown_person", field=field, person=person)
    return found


def first_level(saying: Saying[Any], queue: str) -> None:
    """Refuse what is no queue, or one that never meets the user (S17)."""
    if _level(saying, queue) != 1:
        raise Refused("second_level", field="queue", queue=queue)


def second_level(saying: Saying[Any], queue: str) -> None:
    """Refuse what is no queue, or one that meets the user: questions go behind it (S17)."""
    if _level(saying, queue) != 2:
        raise Refused("first_level", field="queue", queue=queue)


def _level(saying: Saying[Any], queue: str) -> int:
    rule = saying.rules.queues.get(queue)
    if rule is None:
        raise Refused("unknown_queue", field="queue", queue=queue)
    return rule.level
