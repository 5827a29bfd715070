"""One conversation with the mail server, and what its answer means for the mail.

| the server | outcome |
|---|---|
| takes the message | `Sent` |
| answers 5xx to the recipient or the message | `Refused`: it will never take this mail |
| answers 4xx, or breaks off, or is too slow | `Deferred`: this mail, later |
| can't be reached, or doesn't let us in | `Unreachable`: no mail's fault |

The sender adds `Incomplete`: a mail whose files can't be read just now is kept, and no server was asked. And `Faulty`:
something happened that nobody thought of.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import aiosmtplib
from aiosmtplib import errors

from services.notifier.letters import Mail
from services.notifier.markup import one_line
from services.notifier.message import mailbox, to_bytes
from shared.errors import ConfigError

# Seconds a server gets to answer our goodbye; the mail is sent by then.
_GOODBYE = 1.0
_LONGEST_REASON = 300
_NO_ADDRESS = "This is not an address mail can be sent to"


@dataclass(frozen=True)
class Sent:
    """The server took it."""


@dataclass(frozen=True)
class Refused:
    """The server will never take it; `reason` is in its words."""

    reason: str


@dataclass(frozen=True)
class Deferred:
    """Not this time."""

    reason: str


@dataclass(frozen=True)
class Unreachable:
    """There was no conversation about this mail."""

    reason: str


@dataclass(frozen=True)
class Incomplete:
    """There was no conversation: what belongs to the mail isn't there yet."""

    reason: str


@dataclass(frozen=True)
class Faulty:
    """A fault of ours: nobody knows how far the conversation came."""

    reason: str


Outcome = Sent | Refused | Deferred | Unreachable | Incomplete | Faulty


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed over. Nothing is kept between two conversations."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "none"
    user: str | None = None
    password: str | None = None

    @classmethod
    def parse(cls, url: str) -> "MailServer":
        """From `smtp://host:port`, `smtp://user:pass@host:587?starttls=1` or `smtps://...`."""
        try:
            parts = urlsplit(url)
            options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
            port = parts.port
        except ValueError:
            parts, options, port = urlsplit(""), {}, None
        known = options in ({}, {"starttls": "0"}) or (options == {"starttls": "1"} and parts.scheme == "smtp")
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or not known:
            # Never the value itself: it may hold a password.
            raise ConfigError(
                "SPORTELLO_SMTP_URL must look like smtp://host:port, smtp://user:password@host:587?starttls=1 or smtps://host"
            )
        security: Literal["none", "starttls", "tls"] = "tls" if parts.scheme == "smtps" else "none"
        if options.get("starttls") == "1":
            security = "starttls"
        standard = {"none": 25, "starttls": 587, "tls": 465}[security]
        user, password = (unquote(each) if each is not None else None for each in (parts.username, parts.password))
        return cls(parts.hostname, port or standard, security, user, password)

    async def deliver(self, mail: Mail, seconds: float, files: Sequence[bytes] = ()) -> Outcome:
        """Hand `mail` over with the content of its `files`; the conversation ends after `seconds` at the latest,
        whatever the server does."""
        try:
            recipient = mailbox(mail.recipient)
            content = to_bytes(mail, files)
        except ValueError as error:
            return Refused(f"{_NO_ADDRESS} ({type(error).__name__}).")
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.user,
            password=self.password,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",
            # Ours would be looked up in DNS, each time.
            local_hostname=mail.sender.rpartition("@")[2],
            timeout=None,
        )
        welcome = False
        try:
            async with asyncio.timeout(seconds):
                await client.connect()
                welcome = True
                options = [] if recipient.isascii() else ["SMTPUTF8"]
                refusals, _ = await client.sendmail(mail.sender, [recipient], content, mail_options=options)
            return _answer(*refusals[recipient]) if refusals else Sent()
        except (errors.SMTPException, OSError, ValueError) as error:
            return _meaning(error, welcome)
        finally:
            _part(client)


def _meaning(error: Exception, welcome: bool) -> Outcome:
    if isinstance(error, errors.SMTPRecipientsRefused):
        return _answer(error.recipients[0].code, error.recipients[0].message)
    if isinstance(error, errors.SMTPResponseException):
        words = f"{error.code} {error.message}"
        if not welcome or isinstance(error, errors.SMTPHeloError):
            return Unreachable(_trim(words))
        return _answer(error.code, error.message)
    if not welcome:
        return Unreachable(f"The mail server can't be reached ({type(error).__name__}).")
    if isinstance(error, errors.SMTPNotSupported):
        return Refused("The mail server does not take addresses with letters outside ASCII.")
    if isinstance(error, TimeoutError):
        return Deferred("The mail server took too long.")
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return Refused(f"{_NO_ADDRESS} ({type(error).__name__}).")
    return Deferred("The connection to the mail server was lost.")


def _answer(code: int, words: str) -> Outcome:
    reason = _trim(f"{code} {words}")
    return Refused(reason) if 500 <= code < 600 else Deferred(reason)


def _trim(words: str) -> str:
    return one_line(words, _LONGEST_REASON)


_leaving: set[asyncio.Task[None]] = set()


def _part(client: aiosmtplib.SMTP) -> None:
    """Say goodbye without waiting: the outcome is known, and must not get lost while a slow server says its own."""
    if not client.is_connected:
        client.close()
        return
    task = asyncio.create_task(_goodbye(client))
    _leaving.add(task)
    task.add_done_callback(_leaving.discard)


async def _goodbye(client: aiosmtplib.SMTP) -> None:
    with contextlib.suppress(errors.SMTPException, OSError, TimeoutError):
        async with asyncio.timeout(_GOODBYE):
            await client.quit()
    client.close()
