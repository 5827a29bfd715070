"""The mails that were caught: one `.eml` file each, as a mail server would keep them, and the newest first."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.policy import default
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

_NAME = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True)
class Mail:
    """What a list shows of one mail; `id` is the name of its file, and sorts by time."""

    id: str
    received_at: datetime
    sender: str
    to: tuple[str, ...]
    message_id: str
    subject: str
    file: Path = field(repr=False)


class Mailbox:
    """All mails in `folder`, kept across restarts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._serial = itertools.count(1)
        found = (_read(file) for file in sorted(folder.glob("*.eml")))
        self._mails: dict[str, Mail] = {mail.id: mail for mail in found}

    def add(self, sender: str, recipients: list[str], content: bytes, now: datetime) -> Mail:
        """Stores one mail whole, or not at all."""
        name = f"{now.strftime(_NAME)}-{next(self._serial):04d}"
        trace = [f"Return-Path: <{sender}>", *(f"Delivered-To: {to}" for to in recipients)]
        trace.append(f"Received: by mailcatcher.sportello.example; {format_datetime(now)}")
        file = self._folder / f"{name}.eml"
        unfinished = file.with_suffix(".part")
        unfinished.write_bytes("\r\n".join([*trace, ""]).encode("utf-8") + content)
        unfinished.rename(file)
        self._mails[name] = _read(file)
        return self._mails[name]

    def newest(self, *, to: str = "", message_id: str = "") -> list[Mail]:
        """The newest first; only those to an address that contains `to`, or with exactly that Message-ID."""
        wanted = to.casefold()
        return [
            mail
            for mail in reversed(list(self._mails.values()))
            if (not wanted or any(wanted in address.casefold() for address in mail.to))
            and (not message_id or mail.message_id == message_id)
        ]

    def get(self, name: str) -> Mail | None:
        """One mail by its id."""
        return self._mails.get(name)

    def clear(self) -> None:
        """Throws all mails away."""
        for mail in self._mails.values():
            mail.file.unlink(missing_ok=True)
        self._mails.clear()

    def __len__(self) -> int:
        return len(self._mails)


@lru_cache(maxsize=500)
def content_of(mail: Mail) -> dict[str, Any]:
    """`text`, `html` (either may be None), `headers`, name to value in the order of the mail, and `attachments`, each
    with its `name`, `media_type` and `size` in bytes."""
    message = _parse(mail.file)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return {
        "text": reflowed(text) if text else None,
        "html": html.get_content().replace("\r\n", "\n") if html else None,
        "headers": {name: str(value) for name, value in reversed(message.items()) if name not in _TRACE},
        "attachments": [
            {
                "name": file.get_filename() or "",
                "media_type": file.get_content_type(),
                "size": len(file.get_payload(decode=True) or b""),
            }
            for file in message.iter_attachments()
        ],
    }


def reflowed(part: MIMEPart) -> str:
    """The words of a text part; lines that were broken for the way are whole again, as mail programs show them."""
    words: str = part.get_content().replace("\r\n", "\n")
    if part["Content-Type"].params.get("format") != "flowed":
        return words
    lines = [line.removeprefix(" ") for line in words.split("\n")]
    return "".join(line if line.endswith(" ") and line != "-- " else f"{line}\n" for line in lines)[:-1]


_TRACE = frozenset({"Return-Path", "Delivered-To", "Received"})


def as_json(mail: Mail) -> dict[str, Any]:
    """The whole mail for `GET /api/mails`."""
    return {
        "id": mail.id,
        "received_at": mail.received_at.isoformat(),
        "from": mail.sender,
        "to": list(mail.to),
        "message_id": mail.message_id,
        "subject": mail.subject,
        **content_of(mail),
    }


def _read(file: Path) -> Mail:
    message = _parse(file)
    return Mail(
        id=file.stem,
        received_at=datetime.strptime(file.stem.split("-")[0], _NAME).replace(tzinfo=UTC),
        sender=str(message.get("From", "")),
        to=tuple(str(address) for address in message.get_all("Delivered-To", [])),
        message_id=str(message.get("Message-ID", "")).strip(),
        subject=str(message.get("Subject", "")),
        file=file,
    )


def _parse(file: Path) -> EmailMessage:
    message = BytesParser(policy=default).parsebytes(file.read_bytes())
    assert isinstance(message, EmailMessage)  # noqa: S101 - the default policy makes nothing else
    return message
