"""A real SMTP server that misbehaves as told, and keeps what it was given."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session

HANG, DROP = "hang", "drop"


@dataclass(frozen=True)
class Received:
    """A mail as it arrived."""

    recipient: str
    message: EmailMessage


class MailServer:
    """`at_rcpt` and `at_data` hold, per address, what to do next time: an SMTP answer, `HANG` or `DROP`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.received: list[Received] = []
        self.at_rcpt: defaultdict[str, list[str]] = defaultdict(list)
        self.at_data: defaultdict[str, list[str]] = defaultdict(list)
        self.go_on = asyncio.Event()
        self.hanging = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, recipient: str) -> list[Received]:
        """What arrived for one address."""
        return [mail for mail in self.received if mail.recipient == recipient]

    @asynccontextmanager
    async def running(self) -> AsyncIterator["MailServer"]:
        """Listens until the block ends."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(self, hostname="mail.example", enable_SMTPUTF8=True, loop=loop), "127.0.0.1", self.port
        )
        try:
            yield self
        finally:
            self.go_on.set()
            server.close()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks it up by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if told := self.at_rcpt[address]:
            return told.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        (address,) = envelope.rcpt_tos
        told = self.at_data[address].pop(0) if self.at_data[address] else ""
        if told == HANG:
            self.hanging += 1
            with suppress(asyncio.CancelledError):
                await self.go_on.wait()
        elif told and told != DROP:
            return told
        message = message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(message, EmailMessage)
        self.received.append(Received(address, message))
        if told == DROP:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return "250 OK"
