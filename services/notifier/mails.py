"""From a fact to the mail it owes the requester: pure, nothing is stored or sent here.

An address nobody verified gets nothing back of what was typed: neither name nor subject nor fields.
"""

from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime, formataddr
from typing import Final
from zoneinfo import ZoneInfo

import babel.dates

from services.notifier.markup import one_line
from services.notifier.templates import Templates, Values
from shared.events import ArticleRef, Frozen, Id, Language, TicketEvent, TicketOpened, TicketTaken
from shared.ids import mail_id
from shared.queues import Queue, Queues

ROME: Final = ZoneInfo("Europe/Rome")
_LONGEST_NAME, _LONGEST_SUBJECT = 80, 120


class Mail(Frozen):
    """One mail to one person, in full. `sender` and `recipient` are bare addresses, `headers` all but the MIME ones."""

    id: Id
    ticket_id: Id
    article_id: Id
    correlation_id: Id
    cause_id: Id
    sender: str
    recipient: str
    message_id: str
    subject: str
    headers: dict[str, str]
    text: str
    html: str


class Mails:
    """Writes the mails. `link` gives the address where the requester of a ticket follows it."""

    def __init__(self, templates: Templates, queues: Queues, link: Callable[[TicketEvent], str]) -> None:
        self._templates = templates
        self._queues = queues
        self._link = link

    def received(self, event: TicketOpened) -> Mail:
        """The receipt: we have it, this is its number, this happens next."""
        return self._write("received", event, event.mail, event.subject, event.submitted_at)

    def taken(self, event: TicketTaken) -> Mail | None:
        """Somebody has taken it in charge; None when the requester was told before."""
        return self._write("taken", event, event.mail, event.subject, event.occurred_at) if event.mail else None

    def _write(self, name: str, event: TicketEvent, article: ArticleRef, subject: str, when: datetime) -> Mail:
        queue, language, known = self._office(event.queue), event.language, event.requester.verified
        values = Values(
            number=event.number,
            queue=queue.names.say(language),
            when=say_when(when, language),
            link=self._link(event),
            signature=queue.signature.say(language).strip() if queue.signature else queue.names.say(language),
            verified=known,
            name=one_line(event.requester.name, _LONGEST_NAME) if known else "",
            subject=one_line(subject, _LONGEST_SUBJECT) if known else "",
        )
        rendered = self._templates.render(name, language, values)
        identifier = mail_id(event.event_id, event.requester.email)
        sender = str(queue.mail_from)
        domain = sender.rpartition("@")[2]
        thread = f"<ticket-{event.ticket_id}@{domain}>"
        headers = {
            "Subject": one_line(f"[Ticket#{event.number}] {rendered.title}", 250),
            "From": formataddr((values.queue, sender), "utf-8"),
            "To": event.requester.email,
            "Date": format_datetime(event.occurred_at.astimezone(ROME)),
            "Message-ID": f"<{identifier}@{domain}>",
            "In-Reply-To": thread,
            "References": thread,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "Content-Language": language,
        }
        return Mail(
            id=identifier,
            ticket_id=event.ticket_id,
            article_id=article.id,
            correlation_id=event.correlation_id,
            cause_id=event.event_id,
            sender=sender,
            recipient=event.requester.email,
            message_id=headers["Message-ID"],
            subject=headers["Subject"],
            headers=headers,
            text=rendered.text,
            html=rendered.html,
        )

    def _office(self, queue_id: str) -> Queue:
        """Who speaks to the requester: the queue, else the first above it with an address, else the fallback."""
        queue = self._queues.get(queue_id)
        while queue is not None and queue.mail_from is None:
            queue = self._queues.get(queue.parent) if queue.parent else None
        return queue or self._queues.fallback


def say_when(moment: datetime, language: Language) -> str:
    """The moment as people in Italy say it: `lunedì 23 novembre 2026, ore 18:45`."""
    locale, pattern = ("it", "EEEE d MMMM y, 'ore' HH:mm") if language == "it" else ("en_GB", "EEEE d MMMM y, HH:mm")
    return babel.dates.format_datetime(moment, pattern, tzinfo=ROME, locale=locale)
