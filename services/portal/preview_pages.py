"""Previews of attached files: a page to look at one, and the pictures in it; for operators here, for who asked in `my`.

No byte of a file reaches the browser: what it shows was drawn anew by us. The file itself is only downloaded.
"""

from typing import Annotated
from xml.sax.saxutils import escape

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.gate import Gate, Visitor
from services.portal.i18n import Tongue
from services.portal.i18n import marked as _
from services.portal.pages import Pages
from services.portal.previews import Previews, Size
from services.portal.shapes import View
from services.portal.tickets import Tickets
from services.portal.uploads import holding
from services.portal.wording import SEEN
from shared.errors import NotFound
from shared.events import Attachment

# Why there is no picture: a few words for a small place, and a sentence.
FAULTS: dict[str, tuple[str, str]] = {
    "unknown": (_("No preview"), _("Files of this kind have no preview. Download it to look at it.")),
    "broken": (_("Can’t be read"), _("This file is damaged, or not what its name says: it can’t be shown.")),
    "encrypted": (_("Has a password"), _("This PDF is protected by a password: download it and open it with that.")),
    "too_large": (
        _("Too large to show"),
        _("Showing this file would take too much. Download it only if you expect it."),
    ),
    "no_page": (_("No such page"), _("This file has no such page.")),
    "busy": (_("Not just now"), _("The preview can’t be made just now. Try again in a moment.")),
}
# What a preview shows of a file that has several.
PageOf = Annotated[int, Query(ge=1, le=10_000)]
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Content-Disposition": "inline",
    "Cache-Control": "private, no-store",
}


class PreviewPages:
    """A page to look at one file, and the pictures in it; which files are shown, the caller has asked the policy."""

    def __init__(self, pages: Pages, previews: Previews) -> None:
        self._pages = pages
        self._previews = previews

    async def large(
        self, request: Request, visitor: Visitor, ticket: View, file: Attachment, page: int, address: str
    ) -> HTMLResponse:
        """One file, large: a page of it, the way to the next, and the download; `address`: of the ticket's page."""
        picture = await self._previews.picture(file.key, page, "large")
        fault = FAULTS.get(picture.fault, FAULTS["broken"])[1] if picture.fault else ""
        status = 404 if picture.fault == "no_page" else 200
        shown = [each for article in ticket.articles for each in article.attachments if each.media_type in SEEN]
        place = next((at for at, each in enumerate(shown) if each.key == file.key), 0)
        return self._pages.show(
            request,
            visitor,
            "preview.html",
            status,
            ticket=ticket,
            address=address,
            file=file,
            picture=picture,
            page=page,
            fault=fault,
            before=shown[place - 1] if place > 0 else None,
            after=shown[place + 1] if place + 1 < len(shown) else None,
        )

    async def picture(self, visitor: Visitor, file: Attachment, page: int, size: Size) -> Response:
        """The picture, or one that says in a few words why there is none."""
        picture = await self._previews.picture(file.key, page, size)
        if picture.fault:
            drawing = placeholder(picture.fault, self._pages.tongue(visitor))
            return Response(drawing, media_type="image/svg+xml", headers=HEADERS)
        return Response(picture.content, media_type=picture.media_type, headers=HEADERS)


def routes(gate: Gate, tickets: Tickets, look: PreviewPages) -> APIRouter:
    """`/tickets/{number}/previews/{key}` and its pictures."""
    router = APIRouter()

    @router.get("/tickets/{number}/previews/{key:path}", include_in_schema=False)
    async def large(
        request: Request, number: str, key: str, visitor: Annotated[Visitor, Depends(gate.operator)], page: PageOf = 1
    ) -> HTMLResponse:
        """One file, large."""
        ticket, file = await _found(number, key, visitor)
        return await look.large(request, visitor, ticket, file, page, f"/tickets/{ticket.number}")

    @router.get("/tickets/{number}/preview-images/{key:path}", include_in_schema=False)
    async def picture(
        number: str,
        key: str,
        visitor: Annotated[Visitor, Depends(gate.operator)],
        page: PageOf = 1,
        size: Size = "small",
    ) -> Response:
        """A picture of it."""
        _, file = await _found(number, key, visitor)
        return await look.picture(visitor, file, page, size)

    async def _found(number: str, key: str, visitor: Visitor) -> tuple[View, Attachment]:
        ticket = await tickets.view(visitor.person, number)
        held = await holding(ticket, key, tickets, visitor.person)
        file = held.attachment(key)
        if file is None:
            raise NotFound("There is no such file.")
        return held, file

    return router


def placeholder(fault: str, tongue: Tongue) -> str:
    """A small drawing of ours with the words in it; nothing in it comes from the file."""
    words = escape(tongue.say(FAULTS.get(fault, FAULTS["broken"])[0]))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240" viewBox="0 0 320 240">'
        '<rect width="320" height="240" fill="#e3e8ee"/>'
        '<path d="M130 40h40l24 24v60h-64z" fill="none" stroke="#455a70" stroke-width="5"/>'
        '<path d="M170 40v24h24" fill="none" stroke="#455a70" stroke-width="5"/>'
        '<text x="160" y="180" font-family="sans-serif" font-size="26" fill="#1a1a1a" text-anchor="middle">'
        f"{words}</text>"
        "</svg>"
    )
