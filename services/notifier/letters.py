"""A mail in full, and how its headers are made: who writes, to whom, in which thread. Pure."""

from datetime import datetime
from email.utils import format_datetime, formataddr
from typing import Final, Literal
from zoneinfo import ZoneInfo

import babel.dates

from services.notifier.markup import one_line
from services.notifier.templates import Rendered
from shared.events import Attachment, Frozen, Id, Language, RootEvent, TicketEvent
from shared.ids import mail_id
from shared.queues import Queue, Queues
from shared.subjects import marked

ROME: Final = ZoneInfo("Europe/Rome")
LONGEST_SUBJECT: Final = 250
# Whose conversation a mail belongs to: a third party's and a colleague's never mix with the requester's.
Thread = Literal["ticket", "forward", "notice"]


class Mail(Frozen):
    """One mail to one person, in full. `sender` and `recipient` are bare addresses, `headers` all but the MIME ones.

    `attachments`: stored files that are read when it is sent. `notice`: a mail to a colleague; it belongs to no article
    (`article_id` is empty), and nobody is told on the bus what became of it.
    """

    id: Id
    ticket_id: Id
    article_id: str
    correlation_id: Id
    cause_id: Id
    sender: str
    recipient: str
    message_id: str
    subject: str
    headers: dict[str, str]
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    notice: bool = False


class Envelope(Frozen):
    """What a mail is beside its words. `automatic`: no person wrote it, so nobody's absence note shall answer it.

    `id`: its own, where the fact and the recipient don't make it: one person may get a mail as a user and a notice.
    """

    recipient: str
    language: Language
    id: str = ""
    article_id: str = ""
    thread: Thread = "ticket"
    automatic: bool = False
    attachments: tuple[Attachment, ...] = ()


def post(event: RootEvent, queue: Queue, envelope: Envelope, words: Rendered) -> Mail:
    """The mail that `event` owes, from `queue`: the same fact to the same person is the same mail."""
    identifier = envelope.id or mail_id(event.event_id, envelope.recipient)
    sender = str(queue.mail_from)
    domain = sender.rpartition("@")[2]
    # Not the queue's domain: a ticket that moves to a queue with another one stays one conversation.
    thread = f"<{envelope.thread}-{event.ticket_id}@sportello>"
    headers = {
        "Subject": one_line(marked(event.number, words.title), LONGEST_SUBJECT),
        "From": formataddr((queue.names.say(envelope.language), sender), "utf-8"),
        "To": envelope.recipient,
        "Date": format_datetime(event.occurred_at.astimezone(ROME)),
        "Message-ID": f"<{identifier}@{domain}>",
        "In-Reply-To": thread,
        "References": thread,
        **({"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"} if envelope.automatic else {}),
        "Content-Language": envelope.language,
    }
    return Mail(
        id=identifier,
        ticket_id=event.ticket_id,
        article_id=envelope.article_id,
        correlation_id=event.correlation_id,
        cause_id=event.event_id,
        sender=sender,
        recipient=envelope.recipient,
        message_id=headers["Message-ID"],
        subject=headers["Subject"],
        headers=headers,
        text=words.text,
        html=words.html,
        attachments=envelope.attachments,
        notice=envelope.thread == "notice",
    )


def post_digest(identifier: str, queue: Queue, envelope: Envelope, when: datetime, words: Rendered) -> Mail:
    """A notice of many things, from `queue`: of no ticket, so its own id stands for what a mail of a fact names."""
    sender = str(queue.mail_from)
    message_id = f"<{identifier}@{sender.rpartition('@')[2]}>"
    headers = {
        "Subject": one_line(words.title, LONGEST_SUBJECT),
        "From": formataddr((queue.names.say(envelope.language), sender), "utf-8"),
        "To": envelope.recipient,
        "Date": format_datetime(when.astimezone(ROME)),
        "Message-ID": message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": envelope.language,
    }
    return Mail(
        id=identifier,
        ticket_id=identifier,
        article_id="",
        correlation_id=identifier,
        cause_id=identifier,
        sender=sender,
        recipient=envelope.recipient,
        message_id=message_id,
        subject=headers["Subject"],
        headers=headers,
        text=words.text,
        html=words.html,
        notice=True,
    )


def post_again(mail: Mail, event: TicketEvent, recipient: str) -> Mail:
    """The same words in the same thread as a mail of its own, to `recipient`, because of `event`."""
    identifier = mail_id(event.event_id, recipient)
    message_id = f"<{identifier}@{mail.sender.rpartition('@')[2]}>"
    date = format_datetime(event.occurred_at.astimezone(ROME))
    changes = {
        "id": identifier,
        "correlation_id": event.correlation_id,
        "cause_id": event.event_id,
        "recipient": recipient,
        "message_id": message_id,
        "headers": {**mail.headers, "To": recipient, "Date": date, "Message-ID": message_id},
    }
    return Mail(**{**mail.model_dump(include=set(Mail.model_fields)), **changes})


def office(queues: Queues, queue_id: str) -> Queue:
    """Who speaks: the queue, else the first above it with an address, else the fallback."""
    queue = queues.get(queue_id)
    while queue is not None and queue.mail_from is None:
        queue = queues.get(queue.parent) if queue.parent else None
    return queue or queues.fallback


def say_when(moment: datetime, language: Language) -> str:
    """The moment as people in Italy say it: `lunedì 23 novembre 2026, ore 18:45`."""
    locale, pattern = ("it", "EEEE d MMMM y, 'ore' HH:mm") if language == "it" else ("en_GB", "EEEE d MMMM y, HH:mm")
    return babel.dates.format_datetime(moment, pattern, tzinfo=ROME, locale=locale)
