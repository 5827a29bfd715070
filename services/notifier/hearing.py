"""A fact comes in: everybody it concerns gets a notice in their inbox, and by mail what they want by mail.

The inbox first: it must fill also when nothing can be sent. Each step is inserted once under an id made of the fact and
the person, so a fact that comes again changes nothing, and one that was cut off half-way is finished.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from services.notifier.choices import Choices
from services.notifier.digests import next_slot
from services.notifier.inbox import Inbox, Notice
from services.notifier.notice_mails import NoticeMails
from services.notifier.notices import Hearer, hearers
from services.notifier.preferences import Audience, When
from services.notifier.repository import OutgoingMails
from services.notifier.sentences import data_of, key_for, subject_of
from shared.broker import Bus
from shared.errors import PublishFailed
from shared.events import SYSTEM, ArticleRef, ChildEvent, NoticeAdded, PersonRef, RootEvent
from shared.ids import derived
from shared.log import get_logger
from shared.people import People
from shared.queues import Queues

log = get_logger()


class Hearing:
    """The handler of the stream of facts. `now`: the clock."""

    def __init__(
        self,
        inbox: Inbox,
        choices: Choices,
        outgoing: OutgoingMails,
        mails: NoticeMails,
        bus: Bus,
        people: People,
        queues: Queues,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._inbox = inbox
        self._choices = choices
        self._outgoing = outgoing
        self._mails = mails
        self._bus = bus
        self._people = people
        self._queues = queues
        self._now = now

    async def hear(self, event: RootEvent) -> None:
        """Store the notices of `event`, tell the open pages, owe the mails."""
        audience = Audience(self._people, self._queues, await self._choices.all())
        now = self._now()
        found = [
            (hearer, await self._inbox.add(notice_of(event, hearer, audience.preferences(hearer.person.id).when, now)))
            for hearer in hearers(event, audience, datetime.fromtimestamp(now, UTC))
        ]
        for _, notice in found:
            if notice.heard == now:
                await self._tell(event, notice)
        for hearer, notice in found:
            # What was decided when it was stored: a repeat asks nobody anew.
            if notice.by_mail is When.NOW:
                language = audience.language(hearer.person)
                if mail := self._mails.notice(event, notice, hearer.person, language):
                    await self._outgoing.add(mail)

    async def _tell(self, event: RootEvent, notice: Notice) -> None:
        """Open pages count at once. When that fails they count a little later, and the notice is there all the same."""
        added = NoticeAdded(
            event_id=derived("notice added", notice.id),
            occurred_at=event.occurred_at,
            correlation_id=event.correlation_id,
            cause_id=event.event_id,
            actor=SYSTEM,
            person=notice.person,
            ticket_id=notice.ticket_id,
        )
        try:
            await self._bus.publish(added)
        except PublishFailed as error:
            log.warning("open pages not told", notice=notice.id, error=type(error).__name__)


def notice_of(event: RootEvent, hearer: Hearer, when: Callable[..., When], now: float) -> Notice:
    """The notice as it is stored for this person; `when`: their choice for a kind."""
    by_mail = when(hearer.kind) if hearer.by_mail else When.NEVER
    person = hearer.person.id
    return Notice(
        id=derived("notice", event.event_id, person),
        person=person,
        fact=event.name,
        key=key_for(event, person, hearer.why),
        data=data_of(event),
        kind=hearer.kind,
        why=hearer.why,
        at=event.occurred_at,
        heard=now,
        by=PersonRef(id=event.actor.id, name=event.actor.name),
        ticket_id=event.ticket_id,
        number=event.number,
        subject=subject_of(event),
        child=isinstance(event, ChildEvent),
        article=_article(event),
        instead_of=hearer.instead_of,
        by_mail=by_mail,
        slot=next_slot(by_mail, person, now),
    )


def _article(event: RootEvent) -> str:
    """The article that the fact made, to lead the reader right to it."""
    for field in ("article", "mail", "question"):
        found = getattr(event, field, None)
        if isinstance(found, ArticleRef):
            return found.id
    return ""
