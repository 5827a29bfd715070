"""The internal HTTP door of notifier: what became of a mail, for operators."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel

from services.notifier.domain import MailState, OutgoingMail
from services.notifier.repository import OutgoingMails
from shared import policy
from shared.errors import Forbidden, NotFound
from shared.policy import Person
from shared.web import internal_caller


class Fate(BaseModel):
    """A mail's state. `next_try` is null once it is decided; `reason` is the mail server's last word against it.

    `notice`: it went to a colleague, and belongs to no article.
    """

    id: str
    ticket_id: str
    article_id: str
    notice: bool
    recipient: str
    subject: str
    state: MailState
    attempts: int
    first_at: AwareDatetime
    next_try: AwareDatetime | None
    reason: str


class FullMail(Fate):
    """With its words, as its reader reads them."""

    text: str


class MailsOfTicket(BaseModel):
    """All mails of a ticket, the oldest first."""

    items: list[Fate]


def routes(internal_key: str) -> APIRouter:
    """All routes, for operators."""
    router = APIRouter()
    caller: Callable[..., Any] = internal_caller(internal_key)

    async def operator(person: Annotated[Person, Depends(caller)]) -> None:
        if not policy.may_see_history(person):
            raise Forbidden("This is for operators.")

    @router.get("/mails", dependencies=[Depends(operator)])
    async def mails_of_ticket(
        outgoing: Annotated[OutgoingMails, Depends(rows)], ticket: Annotated[str, Query(min_length=1, max_length=64)]
    ) -> MailsOfTicket:
        """What was written because of a ticket, and whether it left; notices to colleagues too."""
        return MailsOfTicket(items=[Fate(**_fate(row)) for row in await outgoing.of_ticket(ticket)])

    @router.get("/mails/{mail_id}", dependencies=[Depends(operator)])
    async def read_mail(mail_id: str, outgoing: Annotated[OutgoingMails, Depends(rows)]) -> FullMail:
        """One mail with its words."""
        row = await outgoing.find(mail_id)
        if row is None:
            raise NotFound("There is no such mail.")
        return FullMail(**_fate(row), text=row.text)

    return router


def rows(request: Request) -> OutgoingMails:
    """The running app's repository."""
    found: OutgoingMails = request.app.state.outgoing
    return found


def _fate(row: OutgoingMail) -> dict[str, Any]:
    waiting = row.state is MailState.WAITING
    return {
        **row.model_dump(
            include={"id", "ticket_id", "article_id", "notice", "recipient", "subject", "state", "attempts", "reason"}
        ),
        "first_at": datetime.fromtimestamp(row.first_at, UTC),
        "next_try": datetime.fromtimestamp(row.next_try, UTC) if waiting else None,
    }
