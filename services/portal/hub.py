"""Tells the open pages what has changed: one stream per visible tab, each only what its person may know.

A stream says which ticket changed and never what is in it: the page reads again, through the policy.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final

from shared.events import (
    EVENTS,
    ArticleDelivered,
    ArticleRefused,
    ArticleRetried,
    ChildEvent,
    ChildHandedOver,
    Event,
    FollowLinkRequested,
    FollowLinksEnded,
    Frozen,
    InformationRequested,
    NoticeAdded,
    RootEvent,
    TicketAnswered,
    TicketClosed,
    TicketDeferred,
    TicketEvent,
    TicketHandedOver,
    TicketMerged,
    TicketMoved,
    TicketOpened,
    TicketRated,
    TicketReminded,
    TicketReopened,
    TicketReplied,
    TicketResumed,
    TicketTaken,
    TicketThanked,
    TicketUnmerged,
)
from shared.policy import Person, may_have_notices, may_see_article, may_see_ticket

# What the portal listens to: every fact of a ticket or question, and who has a new notice.
HEARD: Final = tuple(event for event in EVENTS.values() if issubclass(event, (RootEvent, NoticeAdded)))
# What changes a requester's own page. Of every other fact, and of those still to come, they don't even learn the time.
TOLD_TO_REQUESTER: Final = (
    TicketOpened,
    TicketMoved,
    TicketReminded,
    TicketAnswered,
    InformationRequested,
    TicketClosed,
    TicketReopened,
    TicketReplied,
    TicketThanked,
    TicketRated,
    FollowLinksEnded,
    FollowLinkRequested,
    TicketMerged,
    TicketUnmerged,
)
# The fate of a mail is for those who may see the mail.
FATES: Final = (ArticleDelivered, ArticleRefused, ArticleRetried)
# A page that leaves this many words unread has to read everything again.
WAITING = 32
# Streams of one person; the oldest makes room for the next.
TABS = 16


class Handed(Frozen):
    """Somebody gave this person a ticket."""

    by: str
    subject: str
    reason: str


class Word(Frozen):
    """What a stream says: ticket `number` changed; without a number, read everything again.

    `parent`: the ticket whose question changed, which shows it. `noticed`: this person has a notice more, and nothing
    else changed.
    """

    number: str | None = None
    parent: str | None = None
    what: str | None = None
    handed: Handed | None = None
    noticed: bool = False


AGAIN: Final = Word()


def word_for(person: Person, event: Event) -> Word | None:
    """What `person` may be told of `event`. Whoever is no operator hears of their own tickets only, and not what."""
    if isinstance(event, NoticeAdded):
        return Word(noticed=True) if event.person == person.id and may_have_notices(person) else None
    if not isinstance(event, RootEvent):
        return None
    requester = event.requester if isinstance(event, TicketEvent) else None
    if not may_see_ticket(person, event.ticket_id, requester):
        return None
    if person.is_operator:
        parent = event.parent.number if isinstance(event, ChildEvent) else None
        return Word(number=event.number, parent=parent, what=event.name, handed=_handed(person, event))
    if isinstance(event, FATES):
        return Word(number=event.number) if may_see_article(person, event.article.kind) else None
    return Word(number=event.number) if _is_theirs(event) else None


def _is_theirs(event: RootEvent) -> bool:
    """Whether it changes the requester's page. A wait does when it is for them, a taking when it is the first: how we
    put work off or change hands is ours."""
    if isinstance(event, TicketTaken):
        return event.mail is not None
    if isinstance(event, TicketDeferred):
        return event.waiting.for_user or event.waited_for_user
    if isinstance(event, TicketResumed):
        return event.waited_for_user
    return isinstance(event, TOLD_TO_REQUESTER)


def _handed(person: Person, event: RootEvent) -> Handed | None:
    if not isinstance(event, (TicketHandedOver, ChildHandedOver)) or event.owner is None or event.actor.id == person.id:
        return None
    if event.owner.id != person.id:
        return None
    subject = event.subject if isinstance(event, TicketHandedOver) else event.ticket_subject
    return Handed(by=event.actor.name, subject=subject, reason=event.reason)


class Stream:
    """One open page. `now`: its person as they are at this moment, for a page stays open longer than a role may."""

    def __init__(self, now: Callable[[], Person]) -> None:
        self._now = now
        self._words: asyncio.Queue[Word | None] = asyncio.Queue(WAITING)

    @property
    def person(self) -> Person:
        """Who reads the page, with the rights that they have now."""
        return self._now()

    def tell(self, word: Word) -> None:
        """Say `word`; when too many wait, one "read everything" takes their place."""
        if self._words.full():
            self._forget()
            word = AGAIN
        self._words.put_nowait(word)

    def end(self) -> None:
        """Say no more."""
        self._forget()
        self._words.put_nowait(None)

    async def words(self, seconds: float) -> AsyncIterator[Word]:
        """Each word as it comes, for `seconds` at most."""
        deadline = time.monotonic() + seconds
        with contextlib.suppress(TimeoutError):
            while word := await asyncio.wait_for(self._words.get(), deadline - time.monotonic()):
                yield word

    def _forget(self) -> None:
        while not self._words.empty():
            self._words.get_nowait()


class Hub:
    """All open pages of this process."""

    def __init__(self) -> None:
        # In the order they were opened.
        self._streams: dict[Stream, None] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._streams)

    @contextlib.contextmanager
    def stream(self, now: Callable[[], Person]) -> Iterator[Stream]:
        """A stream for the person that `now` says, each time anew, as long as the block lasts."""
        stream = Stream(now)
        theirs = [each for each in self._streams if each.person.id == stream.person.id]
        if len(theirs) >= TABS:
            theirs[0].end()
        if self._closed:
            stream.end()
        self._streams[stream] = None
        try:
            yield stream
        finally:
            del self._streams[stream]

    async def hear(self, event: Event) -> None:
        """Tell everybody who may know."""
        for stream in self._streams:
            if word := word_for(stream.person, event):
                stream.tell(word)

    def read_again(self) -> None:
        """We may have missed something: every page reads again."""
        for stream in self._streams:
            stream.tell(AGAIN)

    def close(self) -> None:
        """End every stream: the process is leaving."""
        self._closed = True
        for stream in self._streams:
            stream.end()
