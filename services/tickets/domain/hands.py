"""Who holds the ticket, and where it lies: take, release, hand over, responsible, queue, priority, tags, notes."""

from services.tickets.commands import (
    AddNote,
    ChangeResponsible,
    HandOver,
    MoveTicket,
    ReleaseTicket,
    SetPriority,
    TagTicket,
    TakeTicket,
)
from services.tickets.domain.refusals import Refused
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
)


def take(saying: Saying, wish: TakeTicket | None = None) -> None:
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


def act(saying: Saying) -> None:
    """Whoever acts on a ticket that nobody holds becomes its owner; a colleague's stays the colleague's."""
    owner = saying.ticket.owner
    if owner is None or owner.id == saying.me.id:
        take(saying)


def release(saying: Saying, wish: ReleaseTicket) -> None:
    """Nobody's again."""
    if saying.ticket.owner:
        saying.say(TicketReleased, owner=None, former_owner=saying.ticket.owner, reason=wish.reason)


def hand_over(saying: Saying, wish: HandOver) -> None:
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


def change_responsible(saying: Saying, wish: ChangeResponsible) -> None:
    """Another person hears everything."""
    former, to = saying.ticket.responsible, operator(saying, wish.to)
    if former is None or former.id != to.id:
        saying.say(ResponsibleChanged, responsible=to, former_responsible=former)


def move(saying: Saying, wish: MoveTicket) -> None:
    """Into another first-level queue; the owner stays."""
    if wish.queue == saying.ticket.queue:
        return
    first_level(saying, wish.queue)
    saying.say(TicketMoved, queue=wish.queue, former_queue=saying.ticket.queue, reason=wish.reason)


def prioritize(saying: Saying, wish: SetPriority) -> None:
    """1 very low to 5 very high."""
    former = saying.ticket.priority
    if former != wish.priority:
        saying.say(TicketPrioritized, priority=wish.priority, former_priority=former)


def tag(saying: Saying, wish: TagTicket) -> None:
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


def note(saying: Saying, wish: AddNote) -> None:
    """Never changes the state, never reaches the user."""
    saying.say(TicketNoted, article=saying.article(ArticleKind.NOTE))


def operator(saying: Saying, person: str) -> PersonRef:
    """The operator a ticket can be given to."""
    found = saying.rules.operators.get(person)
    if found is None:
        raise Refused("unknown_person", field="to", person=person)
    return found


def first_level(saying: Saying, queue: str) -> None:
    """Refuse what is no queue, or one that never meets the user (S17)."""
    rule = saying.rules.queues.get(queue)
    if rule is None:
        raise Refused("unknown_queue", field="queue", queue=queue)
    if rule.level != 1:
        raise Refused("second_level", field="queue", queue=queue)
