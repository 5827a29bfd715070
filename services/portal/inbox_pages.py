"""`/notices`: an operator's inbox, and the count in the head of every page."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from services.portal.gate import Asking, Gate, Visitor, local_path
from services.portal.i18n import Tongue
from services.portal.i18n import marked as _
from services.portal.inbox import Inbox, Notice
from services.portal.pages import Pages, with_query
from shared.errors import DependencyDown, Forbidden
from shared.ids import is_id, random_id
from shared.policy import may_have_notices

ROWS: Final = 50
# More than this is only "many".
MOST: Final = 99
WHYS: Final = {
    "responsible": _("I am responsible"),
    "owner": _("I own it"),
    "watcher": _("I watch it"),
    "mentioned": _("I am mentioned"),
    "follower": _("I follow the queue"),
    "deputy": _("I stand in for somebody"),
}


class Wanted(BaseModel):
    """What the address asks for. `show` is `unread` or empty: all."""

    kind: str = Field(default="", max_length=40)
    why: str = Field(default="", max_length=40)
    ticket: str = Field(default="", max_length=64)
    show: str = Field(default="", max_length=10)
    after: str = Field(default="", max_length=100)

    def address(self, after: str | None = None) -> str:
        """The page of these filters, from the cursor `after` on."""
        pairs = [("kind", self.kind), ("why", self.why), ("ticket", self.ticket), ("show", self.show), ("after", after)]
        return with_query("/notices", pairs)

    @property
    def narrowed(self) -> bool:
        """Whether some notices are left out."""
        return bool(self.kind or self.why or self.ticket or self.show)


@dataclass(frozen=True)
class Day:
    """The notices of one day."""

    name: str
    notices: list[Notice]


def routes(gate: Gate, pages: Pages, inbox: Inbox) -> APIRouter:
    """`/notices`"""

    async def reader(request: Request) -> Visitor:
        visitor = await gate.signed_in(request)
        if not may_have_notices(visitor.person):
            raise Forbidden
        return visitor

    router = APIRouter()
    _reading(router, reader, pages, inbox)
    _wishes(router, gate.wishing(reader), inbox)
    return router


def days(notices: list[Notice], tongue: Tongue) -> Iterator[Day]:
    """Day by day, as they stand in the inbox."""
    for name, those in groupby(notices, key=lambda notice: tongue.day(notice.at)):
        yield Day(name, list(those))


def _reading(router: APIRouter, reader: Asking, pages: Pages, inbox: Inbox) -> None:
    @router.get("/notices", include_in_schema=False)
    async def list_notices(
        request: Request,
        wanted: Annotated[Wanted, Query()],
        visitor: Annotated[Visitor, Depends(reader)],
    ) -> HTMLResponse:
        """One page of the notices that fit the filter. `?read=MARK`: what was just marked, with its undo."""
        page = await inbox.page(
            visitor.person,
            visitor.language,
            kinds=[wanted.kind] if wanted.kind else [],
            why=wanted.why,
            ticket=wanted.ticket,
            unread=wanted.show == "unread",
            after=wanted.after,
            limit=ROWS,
        )
        mark = request.query_params.get("read", "")
        return pages.show(
            request,
            visitor,
            "inbox.html",
            wanted=wanted,
            page=page,
            days=list(days(page.items, pages.tongue(visitor))),
            whys=WHYS,
            start=wanted.address() if wanted.after else None,
            older=wanted.address(page.next) if page.next else None,
            mark=mark if is_id(mark) else "",
            undone="undone" in request.query_params,
        )

    @router.get("/notices/bell", include_in_schema=False)
    async def count_unread(request: Request, visitor: Annotated[Visitor, Depends(reader)]) -> HTMLResponse:
        """How many are unread, for the bell; nothing while notifier doesn't answer."""
        count = 0
        with suppress(DependencyDown):
            count = await inbox.unread(visitor.person)
        return pages.show(request, visitor, "bell.html", count=count, most=MOST)


def _wishes(router: APIRouter, wishing: Asking, inbox: Inbox) -> None:
    @router.post("/notices/read", include_in_schema=False)
    async def mark_read(
        visitor: Annotated[Visitor, Depends(wishing)],
        notice: Annotated[str, Form(max_length=64)] = "",
        until: Annotated[str, Form(max_length=100)] = "",
        kind: Annotated[str, Form(max_length=40)] = "",
        why: Annotated[str, Form(max_length=40)] = "",
        ticket: Annotated[str, Form(max_length=64)] = "",
        back: Annotated[str, Form(max_length=500)] = "",
    ) -> RedirectResponse:
        """Mark one, or all that the filter shows, up to the newest one that was shown."""
        shown = {"until": until, "kinds": [kind] if kind else [], "why": why or None, "ticket": ticket}
        mark = await inbox.read(visitor.person, {"ids": [notice]} if notice else shown, random_id())
        return _back(back, f"read={mark}")

    @router.post("/notices/unread", include_in_schema=False)
    async def mark_unread(
        visitor: Annotated[Visitor, Depends(wishing)],
        notice: Annotated[str, Form(max_length=64)] = "",
        mark: Annotated[str, Form(max_length=100)] = "",
        back: Annotated[str, Form(max_length=500)] = "",
    ) -> RedirectResponse:
        """Mark one as unread again, or undo a mark."""
        await inbox.undo(visitor.person, {"ids": [notice]} if notice else {"mark": mark}, random_id())
        return _back(back, "undone")

    @router.post("/notices/{notice}/open", include_in_schema=False)
    async def open_notice(
        notice: str,
        visitor: Annotated[Visitor, Depends(wishing)],
        number: Annotated[str, Form(pattern=r"^[0-9]{1,30}$")],
        article: Annotated[str, Form(max_length=64)] = "",
        until: Annotated[str, Form(max_length=100)] = "",
    ) -> RedirectResponse:
        """To what it is about; what was shown of that ticket's notices (`until`) is read with it, as its page says it
        all. The way there is open also while nothing can be marked."""
        wish = {"until": until, "ticket": number} if until else {"ids": [notice]}
        with suppress(DependencyDown):
            await inbox.read(visitor.person, wish, random_id())
        place = f"#article-{article}" if is_id(article) else ""
        return RedirectResponse(f"/tickets/{number}{place}", 303)


def _back(back: str, said: str) -> RedirectResponse:
    path = local_path(back, "/notices")
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}{said}", 303)
