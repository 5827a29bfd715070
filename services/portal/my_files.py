"""The files of a person's own request: downloaded, and looked at as pictures that we draw (docs/adr/0015).

Only those that `own` leaves: no file of an internal article, of a mail that hasn't left, or of somebody else's request.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.download import download
from services.portal.gate import Gate, Visitor
from services.portal.my_own import own
from services.portal.preview_pages import PageOf, PreviewPages
from services.portal.previews import Size
from services.portal.shapes import View
from services.portal.tickets import Tickets
from shared.blobs import Blobs
from shared.errors import NotFound
from shared.events import Attachment
from shared.policy import Person


def wire(router: APIRouter, gate: Gate, tickets: Tickets, blobs: Blobs, look: PreviewPages) -> None:
    """`/my/{number}/attachments/...`, `/my/{number}/previews/...` and its pictures."""

    @router.get("/my/{number}/attachments/{key:path}", include_in_schema=False)
    async def my_attachment(number: str, key: str, visitor: Annotated[Visitor, Depends(gate.signed_in)]) -> Response:
        """The file itself."""
        ticket, _ = await _found(visitor.person, number, key, tickets)
        return await download(ticket, key, blobs)

    @router.get("/my/{number}/previews/{key:path}", include_in_schema=False)
    async def my_preview(
        request: Request,
        number: str,
        key: str,
        visitor: Annotated[Visitor, Depends(gate.signed_in)],
        page: PageOf = 1,
    ) -> HTMLResponse:
        """The file, large."""
        ticket, file = await _found(visitor.person, number, key, tickets)
        return await look.large(request, visitor, ticket, file, page, f"/my/{ticket.number}")

    @router.get("/my/{number}/preview-images/{key:path}", include_in_schema=False)
    async def my_picture(
        number: str,
        key: str,
        visitor: Annotated[Visitor, Depends(gate.signed_in)],
        page: PageOf = 1,
        size: Size = "small",
    ) -> Response:
        """A picture of it."""
        _, file = await _found(visitor.person, number, key, tickets)
        return await look.picture(visitor, file, page, size)


async def _found(person: Person, number: str, key: str, tickets: Tickets) -> tuple[View, Attachment]:
    """The file and the page of the request that shows it, however far back. `NotFound` when none does."""
    ticket = await own(person, number, tickets)
    while (file := ticket.attachment(key)) is None:
        if ticket.earlier is None:
            raise NotFound("There is no such file.")
        ticket = await own(person, number, tickets, ticket.earlier)
    return ticket, file
