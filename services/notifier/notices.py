"""Who hears of what: the one table, and from a fact to those who get a notice of it. Pure: choices and time come in.

`docs/notices.md` shows the table to readers; `tests/unit/notifier/test_who_hears.py` walks every cell with real facts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from services.notifier.preferences import Audience, Kind
from shared import events as e
from shared.events import PersonRef, RootEvent
from shared.policy import Person


class Why(StrEnum):
    """Why somebody hears of a fact; a notice keeps all that are true."""

    RESPONSIBLE = "responsible"
    OWNER = "owner"
    WATCHER = "watcher"
    FORMER_OWNER = "former_owner"
    FORMER_RESPONSIBLE = "former_responsible"
    FORMER_WATCHER = "former_watcher"
    MENTIONED = "mentioned"
    FOLLOWER = "follower"
    DEPUTY = "deputy"


# Whether those who follow the queue hear of it: always, only while nobody owns the root, or never.
Followers = Literal["always", "unowned", "never"]


@dataclass(frozen=True)
class Row:
    """One fact's line. `because`: why followers do or don't hear. `own`: the kind it has for some, who hear it as
    something else. `by_mail`: False where a mail would tell of a mail (promise 7), or of nothing to do."""

    kind: Kind
    followers: Followers
    because: str
    own: dict[Why, Kind] = field(default_factory=dict)
    by_mail: bool = True

    def kind_for(self, why: Why) -> Kind:
        """The kind that the fact has for whoever hears of it for this reason."""
        return self.own.get(why, self.kind)


_WORK = "it waits in the queue for somebody"
_MOVES = "it comes into the queue, or leaves it"
_NOBODYS = "it is nobody's again"
_BACK = "work that was done is back in the queue"
_WAKES = "somebody must look, and nobody owns it"
_HELD = "somebody has it: they hear"
_DAILY = "daily work inside the ticket, no arrival"
_OVER = "there is nothing left to do"
_SORTS = "it changes how the ticket is found, not who works"
_ASKED = "the queue that was asked hears when the question opens there"
_LATE = "its time has passed in this queue"

_NEW_OWNER: Final = {Why.OWNER: Kind.ASSIGNED}
_NEW_RESPONSIBLE: Final = {Why.RESPONSIBLE: Kind.ASSIGNED}
_MENTIONED: Final = {Why.MENTIONED: Kind.MENTION}

# Responsible (S10), owner and watchers hear of every fact; so the table says its kind, and what followers hear.
TABLE: Final[dict[type[RootEvent], Row]] = {
    e.TicketOpened: Row(Kind.NEW, "always", _WORK),
    e.TicketTaken: Row(Kind.HANDS, "never", _HELD),
    e.TicketReleased: Row(Kind.HANDS, "always", _NOBODYS),
    e.TicketHandedOver: Row(Kind.HANDS, "never", _HELD, own=_NEW_OWNER),
    e.ResponsibleChanged: Row(Kind.HANDS, "never", _DAILY, own=_NEW_RESPONSIBLE),
    e.TicketMoved: Row(Kind.HANDS, "always", _MOVES),
    e.TicketPrioritized: Row(Kind.SORTING, "never", _SORTS),
    e.TicketTagged: Row(Kind.SORTING, "never", _SORTS),
    e.TicketNoted: Row(Kind.NOTE, "never", _DAILY, own=_MENTIONED),
    e.TicketWatched: Row(Kind.SORTING, "never", _SORTS),
    e.TicketUnwatched: Row(Kind.SORTING, "never", _SORTS),
    e.TicketDeferred: Row(Kind.STATE, "never", _DAILY),
    e.TicketResumed: Row(Kind.STATE, "unowned", _WAKES),
    e.TicketReminded: Row(Kind.MAIL, "never", _DAILY),
    e.TicketAnswered: Row(Kind.MAIL, "never", _DAILY),
    e.InformationRequested: Row(Kind.MAIL, "never", _DAILY),
    e.TicketForwarded: Row(Kind.MAIL, "never", _DAILY),
    e.TicketClosed: Row(Kind.STATE, "never", _OVER),
    e.TicketReopened: Row(Kind.STATE, "always", _BACK),
    e.TicketReplied: Row(Kind.USER_WROTE, "unowned", _WAKES),
    e.ReplyFollowed: Row(Kind.USER_WROTE, "unowned", _WAKES),
    # They are read in the inbox: nobody needs a mail of thanks.
    e.TicketThanked: Row(Kind.STATE, "never", _OVER, by_mail=False),
    e.TicketRated: Row(Kind.STATE, "never", _OVER, by_mail=False),
    e.FollowLinksEnded: Row(Kind.SORTING, "never", _DAILY),
    e.FollowLinkRequested: Row(Kind.MAIL, "never", _DAILY, by_mail=False),
    # Mails on their way. That one has left is never told by another one.
    e.ArticlePrepared: Row(Kind.MAIL, "never", _DAILY),
    e.ArticleWithdrawn: Row(Kind.MAIL, "never", _DAILY),
    e.ArticleDelivered: Row(Kind.MAIL, "never", _DAILY, by_mail=False),
    e.ArticleRetried: Row(Kind.MAIL, "never", _DAILY),
    e.ArticleStopped: Row(Kind.TROUBLE, "unowned", _WAKES),
    e.ArticleRefused: Row(Kind.TROUBLE, "unowned", _WAKES),
    # Tickets that join and part.
    e.TicketLinked: Row(Kind.SORTING, "never", _SORTS),
    e.TicketUnlinked: Row(Kind.SORTING, "never", _SORTS),
    e.TicketSplit: Row(Kind.SORTING, "never", "the new ticket is told when it opens in its queue"),
    e.MergeStarted: Row(Kind.SORTING, "never", _SORTS),
    e.MergeAccepted: Row(Kind.SORTING, "never", _SORTS),
    e.MergeRefused: Row(Kind.SORTING, "never", _SORTS),
    e.TicketMerged: Row(Kind.STATE, "never", _OVER),
    e.MergeTakenBack: Row(Kind.SORTING, "never", _SORTS),
    e.TicketUnmerged: Row(Kind.STATE, "unowned", _WAKES),
    e.MergeReleased: Row(Kind.SORTING, "never", _SORTS),
    # What who asks the second level hears on its own side.
    e.SecondLevelRequested: Row(Kind.QUESTION, "never", _ASKED),
    e.SecondLevelAnswered: Row(Kind.ANSWERED, "unowned", _WAKES),
    e.SecondLevelReopened: Row(Kind.QUESTION, "never", _DAILY),
    e.SecondLevelWithdrawn: Row(Kind.QUESTION, "never", _DAILY),
    e.SecondLevelOverdue: Row(Kind.OVERDUE, "unowned", _WAKES),
    # The second level's own work.
    e.ChildOpened: Row(Kind.QUESTION, "always", _WORK),
    e.ChildTaken: Row(Kind.HANDS, "never", _HELD),
    e.ChildReleased: Row(Kind.HANDS, "always", _NOBODYS),
    e.ChildHandedOver: Row(Kind.HANDS, "never", _HELD, own=_NEW_OWNER),
    e.ChildResponsibleChanged: Row(Kind.HANDS, "never", _DAILY, own=_NEW_RESPONSIBLE),
    e.ChildMoved: Row(Kind.HANDS, "always", _MOVES),
    e.ChildPrioritized: Row(Kind.SORTING, "never", _SORTS),
    e.ChildTagged: Row(Kind.SORTING, "never", _SORTS),
    e.ChildNoted: Row(Kind.NOTE, "never", _DAILY, own=_MENTIONED),
    e.ChildWatched: Row(Kind.SORTING, "never", _SORTS),
    e.ChildUnwatched: Row(Kind.SORTING, "never", _SORTS),
    e.ChildDeferred: Row(Kind.STATE, "never", _DAILY),
    e.ChildResumed: Row(Kind.STATE, "unowned", _WAKES),
    e.ChildOverdue: Row(Kind.OVERDUE, "always", _LATE),
    e.ChildClosed: Row(Kind.STATE, "never", _OVER),
    e.ChildReopened: Row(Kind.STATE, "always", _BACK),
}


@dataclass(frozen=True)
class Hearer:
    """One person's notice of one fact. `by_mail`: False: it stays in the inbox, whatever they chose."""

    person: Person
    kind: Kind
    why: tuple[Why, ...]
    instead_of: tuple[PersonRef, ...] = ()
    by_mail: bool = True


def hearers(event: RootEvent, audience: Audience, now: datetime) -> list[Hearer]:
    """Everybody who gets a notice of `event`: each once, nobody of their own act, operators only."""
    row, own_act = TABLE[type(event)], doers(event)
    reasons: dict[str, dict[Why, Kind]] = {}
    for person_id, why in _concerned(event, row, audience):
        if person_id not in own_act and audience.operator(person_id):
            reasons.setdefault(person_id, {})[why] = row.kind_for(why)
    instead: dict[str, list[Person]] = {}
    for person_id, kinds in list(reasons.items()):
        person = audience.operator(person_id)
        deputy = audience.stand_in(person, now) if person else None
        if person is None or deputy is None or deputy is person:
            continue
        instead.setdefault(deputy.id, []).append(person)
        if deputy.id not in own_act:
            standing_in = reasons.setdefault(deputy.id, {})
            standing_in[Why.DEPUTY] = min(_urgent(kinds), standing_in.get(Why.DEPUTY, Kind.SORTING), key=_RANK.index)
    away = {person.id for people in instead.values() for person in people}
    return [
        Hearer(
            person=person,
            kind=_urgent(kinds),
            why=tuple(sorted(kinds, key=_ORDER.index)),
            instead_of=tuple(each.ref for each in instead.get(person_id, ())),
            by_mail=row.by_mail and person_id not in away,
        )
        for person_id, kinds in reasons.items()
        if (person := audience.operator(person_id))
    ]


def doers(event: RootEvent) -> frozenset[str]:
    """Whose act the fact is: they hear nothing of it. Who answered a question did what its asker's side tells."""
    answered = {event.by.id} if isinstance(event, e.SecondLevelAnswered) else set()
    return frozenset({event.actor.id} | answered)


_RANK: Final = tuple(Kind)
_ORDER: Final = tuple(Why)


def _urgent(kinds: dict[Why, Kind]) -> Kind:
    return min(kinds.values(), key=_RANK.index)


def _concerned(event: RootEvent, row: Row, audience: Audience) -> Iterator[tuple[str, Why]]:
    named: list[tuple[PersonRef | None, Why]] = [
        (event.responsible, Why.RESPONSIBLE),
        (event.owner, Why.OWNER),
        *((person, Why.WATCHER) for person in event.watchers),
        # The fact that takes it from them is the last they hear of it.
        (getattr(event, "former_owner", None), Why.FORMER_OWNER),
        (getattr(event, "former_responsible", None), Why.FORMER_RESPONSIBLE),
    ]
    if isinstance(event, e.TicketUnwatched | e.ChildUnwatched):
        named.append((event.person, Why.FORMER_WATCHER))
    if isinstance(event, e.TicketNoted | e.ChildNoted):
        named.extend((person, Why.MENTIONED) for person in event.mentions)
    yield from ((person.id, why) for person, why in named if person)
    if row.followers == "always" or (row.followers == "unowned" and event.owner is None):
        queues = {event.queue, getattr(event, "former_queue", event.queue)}
        yield from ((person.id, Why.FOLLOWER) for person in audience.followers(queues))
