"""Le mie richieste: a person's own requests, in plain words, with nothing of our inner life."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from services.portal import my_download, my_files, my_wishes
from services.portal.gate import Gate, Visitor
from services.portal.my_own import as_requester, own
from services.portal.my_page import MyPage
from services.portal.my_timeline import OPEN, OVER, timeline
from services.portal.pages import Pages, with_query
from services.portal.preview_pages import PreviewPages
from services.portal.rows import form_of, rows_of
from services.portal.shapes import View
from services.portal.tickets import Tickets
from shared.blobs import Blobs
from shared.errors import BadInput
from shared.events import State
from shared.forms import Forms

ROWS: Final = 20
LONGEST_SEARCH: Final = 200
# Pages of one request that a download reads; each shows at least twenty messages, unless there are no more.
MOST_PAGES: Final = 200
TABS: Final[Mapping[str, tuple[State, ...]]] = {"open": OPEN, "closed": OVER}


def routes(gate: Gate, pages: Pages, tickets: Tickets, forms: Forms, blobs: Blobs, look: PreviewPages) -> APIRouter:
    """`/my`"""
    router = APIRouter()
    page = MyPage(pages, forms)
    _list(router, gate, page, tickets)
    _reading(router, gate, page, tickets, blobs)
    my_files.wire(router, gate, tickets, blobs, look)
    my_wishes.wire(router, gate, page, tickets, blobs)
    return router


def _list(router: APIRouter, gate: Gate, page: MyPage, tickets: Tickets) -> None:
    @router.get("/my", include_in_schema=False)
    async def my_requests(
        request: Request,
        visitor: Annotated[Visitor, Depends(gate.signed_in)],
        after: str = "",
        show: str = "open",
        q: str = "",
    ) -> HTMLResponse:
        """The person's own requests, newest first: the open ones, or the closed ones; `q`: words or a number."""
        person, words = as_requester(visitor.person), q.strip()[:LONGEST_SEARCH]
        tab = show if show in TABS else "open"
        counts = await tickets.mine(person)
        totals = {name: sum(counts.get(state, 0) for state in states) for name, states in TABS.items()}
        asked: dict[str, Any] = {"requester": person.id, "text": words or None, "limit": ROWS}
        try:
            found = await tickets.page(person, states=TABS[tab], after=after or None, **asked)
        except BadInput:
            # The address was cut, or is another list's: from the beginning.
            found = await tickets.page(person, states=TABS[tab], **asked)
            after = ""
        # Nobody looks for a request on the wrong tab, nor for the answer that is already there.
        elsewhere = False
        if words and not after:
            other = "closed" if tab == "open" else "open"
            elsewhere = bool((await tickets.page(person, states=TABS[other], **{**asked, "limit": 1})).items)
        here = [("show", tab if tab != "open" else None), ("q", words or None)]
        older = with_query("/my", [*here, ("after", found.next)]) if found.next else None
        return page.pages.show(
            request,
            visitor,
            "my.html",
            page=found,
            start=after,
            older=older,
            first=with_query("/my", here),
            tab=tab,
            totals=totals,
            words=words,
            elsewhere=elsewhere,
        )


def _reading(router: APIRouter, gate: Gate, page: MyPage, tickets: Tickets, blobs: Blobs) -> None:
    @router.get("/my/{number}", include_in_schema=False)
    async def my_request(
        request: Request,
        number: str,
        visitor: Annotated[Visitor, Depends(gate.signed_in)],
        before: Annotated[int | None, Query(ge=1)] = None,
        written: str = "",
    ) -> HTMLResponse:
        """One of them."""
        return page.show(request, visitor, await own(visitor.person, number, tickets, before), written=written)

    @router.get("/my/{number}/download", include_in_schema=False)
    async def my_download_all(
        request: Request, number: str, visitor: Annotated[Visitor, Depends(gate.signed_in)]
    ) -> Response:
        """All of it as one ZIP: the timeline with every message, and the files."""
        views = [await own(visitor.person, number, tickets)]
        while views[0].earlier is not None and len(views) < MOST_PAGES:
            views.insert(0, await own(visitor.person, number, tickets, views[0].earlier))
        ticket = _whole(views)
        files, left = my_download.packed(my_download.files_of(ticket))
        form = form_of(ticket, page.forms)
        transcript = page.pages.render(
            request,
            visitor,
            "my_transcript.html",
            ticket=ticket,
            entries=timeline(ticket, rows_of(ticket, form, visitor.language)),
            names={each.place: each.name for each in files},
            left=left,
            limit=my_download.LARGEST,
        )
        name = f"richiesta-{ticket.number}"
        return StreamingResponse(
            my_download.archive(name, transcript, files, blobs, datetime.now(UTC)),
            media_type="application/zip",
            headers={
                "Content-Disposition": f'attachment; filename="{name}.zip"',
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, no-store",
            },
        )


def _whole(views: list[View]) -> View:
    """All pages as one; each article once, and the request's with the first."""
    articles = {article.id: article for view in views for article in view.articles}
    steps = {(step.what, step.at): step for view in views for step in view.steps}
    return views[-1].model_copy(update={"articles": tuple(articles.values()), "steps": tuple(steps.values())})
