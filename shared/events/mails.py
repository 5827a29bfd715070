"""What notifier says of a mail it sent, or could not send."""

from typing import ClassVar

from shared.events.base import Event, Id


class MailEvent(Event):
    """What became of one mail; `ticket_id` and `article_id` come from the fact that caused it."""

    mail_id: Id
    ticket_id: Id
    article_id: Id
    message_id: str
    subject: str
    text: str


class MailSent(MailEvent):
    name: ClassVar[str] = "mail.sent.v1"


class MailFailed(MailEvent):
    """`reason` is the mail server's own words."""

    name: ClassVar[str] = "mail.failed.v1"
    reason: str
