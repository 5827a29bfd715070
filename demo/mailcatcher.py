"""The mail catcher: a real SMTP server that keeps every mail, and pages to read them in.

`python -m demo.mailcatcher --folder DIR --smtp-port 8125 --port 8180`. Nothing ever leaves this machine.
"""

import argparse
import asyncio
import fnmatch
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import APIRouter, FastAPI, HTTPException, Response
from pydantic import BaseModel, Field

from demo import mailpages
from demo.mailbox import Mailbox, as_json
from demo.webpages import add_static, secure

_LARGEST_MAIL = 33_554_432


class Fault(BaseModel):
    """How to misbehave for recipients like `match` (with * and ?), `times` times, or until told to stop."""

    match: str
    does: Literal["refuse", "hang", "drop"]
    code: int = Field(default=550, ge=400, le=599)
    text: str = "No such person here"
    times: int | None = None


@dataclass
class Faults:
    """What tests told us to do wrong; the first match counts."""

    known: list[Fault]

    def take(self, addresses: list[str], *kinds: str) -> Fault | None:
        """The fault of one of `kinds` for one of `addresses`, counted as used; None to behave."""
        for fault in self.known:
            hit = any(fnmatch.fnmatchcase(address.casefold(), fault.match.casefold()) for address in addresses)
            if fault.does in kinds and hit and fault.times != 0:
                fault.times = None if fault.times is None else fault.times - 1
                return fault
        return None


class Catcher:
    """What aiosmtpd asks at each step of a conversation."""

    def __init__(self, mailbox: Mailbox, faults: Faults) -> None:
        self._mailbox = mailbox
        self._faults = faults

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks it up by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Takes every recipient but those a test wants refused."""
        if fault := self._faults.take([address], "refuse"):
            return f"{fault.code} {fault.text}"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keeps the mail, then says so."""
        fault = self._faults.take(envelope.rcpt_tos, "hang", "drop")
        if fault and fault.does == "hang":
            await asyncio.Event().wait()  # until the client has had enough
        content = envelope.original_content or b""
        mail = self._mailbox.add(envelope.mail_from or "", envelope.rcpt_tos, content, datetime.now(UTC))
        if fault:
            assert isinstance(server.transport, asyncio.WriteTransport)  # noqa: S101 - a connection that talked has one
            server.transport.abort()
        return f"250 2.0.0 OK: kept as {mail.id}"

    async def handle_exception(self, error: Exception) -> str:
        """Try again later: a 5xx would make the sender give up on a mail that is fine."""
        return f"451 4.3.0 Not now: {type(error).__name__}"


def create_app(folder: Path, smtp_port: int) -> FastAPI:
    """The pages, the JSON API and, for as long as the app runs, the SMTP server on 127.0.0.1:`smtp_port`."""
    mailbox, faults = Mailbox(folder), Faults([])

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def conversation() -> SMTP:
            return SMTP(
                Catcher(mailbox, faults),
                hostname="mailcatcher.sportello.example",
                ident="Sportello mail catcher",
                data_size_limit=_LARGEST_MAIL,
                enable_SMTPUTF8=True,
                loop=loop,
            )

        server = await loop.create_server(conversation, "127.0.0.1", smtp_port)
        yield
        server.close()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    secure(app, "default-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'")
    add_static(app)
    app.include_router(_api(mailbox, faults))
    app.include_router(mailpages.router(mailbox))
    return app


def _api(mailbox: Mailbox, faults: Faults) -> APIRouter:
    api = APIRouter()

    @api.get("/health/ready", status_code=204)
    async def ready() -> Response:
        return Response(status_code=204)

    @api.get("/api/mails")
    def mails(to: str = "", message_id: str = "", limit: int = 100_000) -> list[dict[str, Any]]:
        return [as_json(mail) for mail in mailbox.newest(to=to, message_id=message_id)[:limit]]

    @api.get("/api/count")
    async def count() -> dict[str, int]:
        return {"count": len(mailbox)}

    @api.get("/api/mails/{name}")
    def mail(name: str) -> dict[str, Any]:
        found = mailbox.get(name)
        if not found:
            raise HTTPException(404)
        return as_json(found)

    @api.delete("/api/mails")
    async def clear() -> dict[str, int]:
        mailbox.clear()
        return {"count": 0}

    @api.get("/api/faults")
    async def told() -> list[Fault]:
        return faults.known

    @api.post("/api/faults")
    async def misbehave(fault: Fault) -> list[Fault]:
        faults.known.append(fault)
        return faults.known

    @api.delete("/api/faults")
    async def behave() -> list[Fault]:
        faults.known.clear()
        return faults.known

    return api


def main() -> None:
    """Runs it until SIGTERM."""
    arguments = argparse.ArgumentParser(prog="python -m demo.mailcatcher", description=__doc__)
    arguments.add_argument("--folder", type=Path, required=True, help="where the mails are kept")
    arguments.add_argument("--port", type=int, default=8180, help="of the pages")
    arguments.add_argument("--smtp-port", type=int, default=8125)
    told = arguments.parse_args()
    uvicorn.run(
        create_app(told.folder, told.smtp_port),
        host="127.0.0.1",
        port=told.port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
