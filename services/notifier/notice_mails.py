"""Notices by mail: one by one, or many in a digest. Pure.

They never hold what somebody wrote in a ticket, but for its subject and a hand-over's reason: the link leads to it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from services.notifier.digests import Slot
from services.notifier.inbox import Notice
from services.notifier.letters import Envelope, Mail, office, post, post_digest, say_when
from services.notifier.mails import HandedOver, Links, Mails
from services.notifier.markup import one_line
from services.notifier.notices import Why
from services.notifier.sentences import Sentences
from services.notifier.templates import Item, Templates, Values
from shared.events import Language, RootEvent
from shared.ids import derived
from shared.policy import Person
from shared.queues import Queue, Queues

_LONGEST_NAME, _LONGEST_SUBJECT, _LONGEST_LINE = 80, 120, 300
# What a digest shows: of so many tickets, so many facts each; the inbox has the rest.
TICKETS: Final = 40
FACTS: Final = 8


class NoticeMails:
    """Writes them; `mails` has the one that a hand-over owes."""

    def __init__(self, templates: Templates, queues: Queues, links: Links, sentences: Sentences, mails: Mails) -> None:
        self._templates = templates
        self._queues = queues
        self._links = links
        self._sentences = sentences
        self._mails = mails

    def notice(self, event: RootEvent, notice: Notice, person: Person, language: Language) -> Mail | None:
        """The mail of one notice. The new owner gets the colleague's reason with it."""
        if isinstance(event, HandedOver) and event.owner and event.owner.id == person.id:
            return self._mails.handed_over(event, language)
        queue = office(self._queues, event.queue)
        said = self._sentences.say(notice.key, notice.data, language)
        instead_of = [each.name for each in notice.instead_of]
        values = Values(
            number=event.number,
            # The queue itself: the office is only where the mail comes from.
            queue=self._queues.name(event.queue, language),
            when=say_when(event.occurred_at, language),
            signature=_signature(queue, language),
            subject=one_line(notice.subject, _LONGEST_SUBJECT),
            name=one_line(person.name, _LONGEST_NAME),
            says=one_line(said, _LONGEST_LINE),
            reason=one_line(self._sentences.reason(notice.why, instead_of, language), _LONGEST_LINE),
            link=self._links.desk(event.number),
            preferences=self._links.preferences(),
            automatic=True,
        )
        envelope = Envelope(
            recipient=person.email,
            language=language,
            id=derived("notice mail", notice.id),
            thread="notice",
            automatic=True,
        )
        return post(event, queue, envelope, self._templates.render("notice", language, values))

    def digest(self, slot: Slot, person: Person, language: Language, notices: Iterable[Notice]) -> Mail:
        """What happened since the last one, ticket by ticket, in the order in which it was heard."""
        told = list(notices)
        by_ticket: dict[str, list[Notice]] = {}
        for notice in told:
            by_ticket.setdefault(notice.number, []).append(notice)
        items = tuple(self._item(each, language) for each in list(by_ticket.values())[:TICKETS])
        queue, when = self._queues.fallback, datetime.fromtimestamp(slot.at, UTC)
        values = Values(
            number="",
            queue=queue.names.say(language),
            when=say_when(when, language),
            signature=_signature(queue, language),
            name=one_line(person.name, _LONGEST_NAME),
            link=self._links.inbox(),
            preferences=self._links.preferences(),
            items=items,
            count=len(told),
            more=len(told) - sum(len(item.lines) for item in items),
            automatic=True,
        )
        envelope = Envelope(recipient=person.email, language=language, thread="notice", automatic=True)
        words = self._templates.render("digest", language, values)
        return post_digest(derived("digest mail", slot.digest_id), queue, envelope, when, words)

    def _item(self, notices: list[Notice], language: Language) -> Item:
        first = notices[0]
        lines = (self._line(each, language) for each in notices[:FACTS])
        return Item(
            number=first.number,
            subject=one_line(first.subject, _LONGEST_SUBJECT),
            link=self._links.desk(first.number),
            lines=tuple(one_line(line, _LONGEST_LINE) for line in lines),
        )

    def _line(self, notice: Notice, language: Language) -> str:
        said = self._sentences.say(notice.key, notice.data, language)
        names = [each.name for each in notice.instead_of]
        instead = f", {self._sentences.reason((Why.DEPUTY,), names, language)}" if names else ""
        return f"{said} ({say_when(notice.at, language)}{instead})"


def _signature(queue: Queue, language: Language) -> str:
    return queue.signature.say(language).strip() if queue.signature else queue.names.say(language)
