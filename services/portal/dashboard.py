"""The Cruscotto: its frame is sent before tickets is asked anything, and each widget in its place as it comes.

All in one answer, so that it works without JavaScript. A widget whose service doesn't answer says so; the others show.
"""

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from services.portal.arrangement import COLUMNS, Layout, find, shown
from services.portal.boards import Reading
from services.portal.gate import Gate, Visitor
from services.portal.inbox import Inbox
from services.portal.notices import Notices
from services.portal.pages import Pages
from services.portal.store import store_of
from services.portal.tickets import Tickets
from services.portal.widgets import WIDGETS, usual
from shared.errors import DependencyDown, SportelloError
from shared.log import get_logger
from shared.queues import Queues

# Seconds a page waits for its parts; what isn't there by then is fetched by itself, or by the reader.
PATIENCE = 3.0
GLANCE = "glance"
NOTICE = "notice"
# Where a part goes in the frame.
PLACE = re.compile(r"<!--place:(\w+)-->")
# What differs between two renderings of the same rows.
CHANCE = re.compile(r' hx-swap-oob="true"|name="key" value="[^"]*"')
KNOWN = "@known@"

log = get_logger()
Known = Annotated[str, Query(pattern=r"^[a-z]{1,20}:[0-9a-f]{0,16}$")]


class Cruscotto:
    """Renders the parts."""

    def __init__(self, pages: Pages, tickets: Tickets, inbox: Inbox, queues: Queues, notices: Notices) -> None:
        self.pages = pages
        self.tickets = tickets
        self.inbox = inbox
        self.queues = queues
        self.notices = notices

    async def layout(self, request: Request, visitor: Visitor) -> Layout:
        """The person's own arrangement."""
        person = visitor.person
        ids = [queue.id for queue in self.queues]
        return (await store_of(request).arrangements.of(person.id, usual(person, self.queues), ids)).layout

    def reading(self, visitor: Visitor) -> Reading:
        """A new reading."""
        return Reading(self.tickets, self.inbox, self.queues, visitor)

    async def part(
        self, name: str, reading: Reading, layout: Layout, request: Request, visitor: Visitor, again: bool = False
    ) -> str:
        """The HTML of a widget, or of the strip of numbers. `again`: to take the place of what a page shows."""
        if name == GLANCE:
            placed = [each for column in COLUMNS for each in shown(layout, column)]
            numbers = await reading.glance(placed)
            html = self.pages.render(request, visitor, "glance.html", numbers=numbers, again=again)
        else:
            content = await reading.content(find(layout, name))
            html = self.pages.render(request, visitor, "widget.html", content=content, again=again)
        digest = hashlib.sha256(CHANCE.sub("", html).encode()).hexdigest()[:12]
        return html.replace(KNOWN, f"{name}:{digest}")

    def missing(self, name: str, late: bool, request: Request, visitor: Visitor) -> str:
        """What stands in the place of a part that can't be shown. `late`: it may still come."""
        if name == GLANCE:
            return self.pages.render(request, visitor, "glance.html", numbers=(), again=False).replace(KNOWN, "glance:")
        widget = WIDGETS[name]
        return self.pages.render(request, visitor, "widget_missing.html", widget=widget, late=late)

    async def notice(self, request: Request, visitor: Visitor) -> str:
        """What became of the wish that led here."""
        notice = await self.notices.read(request, visitor.person)
        return self.pages.render(request, visitor, "notice.html", notice=notice)


def routes(gate: Gate, cruscotto: Cruscotto) -> APIRouter:
    """`/`, and its parts under `/widgets`"""
    router = APIRouter()

    # HEAD: nothing is asked for an answer that has no body.
    @router.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def dashboard(request: Request, visitor: Annotated[Visitor, Depends(gate.signed_in)]) -> Response:
        """Operators see the Cruscotto; everybody else their own requests."""
        if not visitor.person.is_operator:
            return RedirectResponse("/my", 303)
        if request.method == "HEAD":
            return HTMLResponse()
        # The last thing that can still become an error page: from here on the answer has begun.
        layout = await cruscotto.layout(request, visitor)
        columns = {column: shown(layout, column) for column in COLUMNS}
        # Only an address that a wish led to says something of it.
        led = bool(request.query_params)
        frame = cruscotto.pages.render(request, visitor, "dashboard.html", columns=columns, widgets=WIDGETS, led=led)
        # Proxies must not wait for the end of it either.
        return StreamingResponse(
            _streamed(frame, cruscotto, layout, request, visitor),
            media_type="text/html; charset=utf-8",
            headers={"X-Accel-Buffering": "no"},
        )

    # One request for all widgets, whatever happened and however many there are: one grouped count serves them all, and
    # thirty open pages ask thirty times, not three hundred. What looks as it did is not sent again, so nothing flickers
    # and the focus stays; each page says by a digest what it shows. Notices are not among them: they change with facts
    # of their own (`noticed`), are asked of another service, and read themselves again.
    @router.get("/widgets", include_in_schema=False)
    async def read_again(
        request: Request,
        visitor: Annotated[Visitor, Depends(gate.operator)],
        have: Annotated[list[Known] | None, Query(max_length=30)] = None,
    ) -> Response:
        """Those parts that look otherwise by now than the page that asks has them."""
        known = dict(each.split(":") for each in have or ())
        layout, reading = await cruscotto.layout(request, visitor), cruscotto.reading(visitor)
        # Without the counts there is nothing to say: the page keeps what it shows.
        await reading.counts()
        names = [name for name in known if name == GLANCE or (name in WIDGETS and name != "notices")]
        parts = await asyncio.gather(
            *(_if_possible(cruscotto.part(name, reading, layout, request, visitor, again=True)) for name in names)
        )
        changed = [
            part for name, part in zip(names, parts, strict=True) if part and f'"{name}:{known[name]}"' not in part
        ]
        return HTMLResponse("".join(changed)) if changed else Response(status_code=204)

    @router.get("/widgets/{widget}", include_in_schema=False)
    async def one_widget(
        widget: str, request: Request, visitor: Annotated[Visitor, Depends(gate.operator)]
    ) -> HTMLResponse:
        """One widget: notices when one more has come, any when it could not be shown before."""
        layout, reading = await cruscotto.layout(request, visitor), cruscotto.reading(visitor)
        find(layout, widget)
        try:
            return HTMLResponse(await cruscotto.part(widget, reading, layout, request, visitor))
        except DependencyDown:
            return HTMLResponse(cruscotto.missing(widget, False, request, visitor))

    return router


async def _streamed(
    frame: str, cruscotto: Cruscotto, layout: Layout, request: Request, visitor: Visitor
) -> AsyncIterator[str]:
    # What is between two places, and the places.
    head, *rest = PLACE.split(frame)
    yield head
    reading, deadline = cruscotto.reading(visitor), time.monotonic() + PATIENCE
    tasks = _begun(rest[::2], cruscotto, reading, layout, request, visitor)
    try:
        for name, after in zip(rest[::2], rest[1::2], strict=True):
            yield await _in_time(tasks[name], deadline, name, cruscotto, request, visitor) + after
    finally:
        # Also when the reader has left meanwhile.
        for task in tasks.values():
            task.cancel()
        reading.stop()


def _begun(
    names: Sequence[str], cruscotto: Cruscotto, reading: Reading, layout: Layout, request: Request, visitor: Visitor
) -> Mapping[str, asyncio.Task[str]]:
    def begun(name: str) -> Awaitable[str]:
        if name == NOTICE:
            return cruscotto.notice(request, visitor)
        return cruscotto.part(name, reading, layout, request, visitor)

    return {name: asyncio.ensure_future(begun(name)) for name in names}


async def _in_time(
    task: "asyncio.Task[str]", deadline: float, name: str, cruscotto: Cruscotto, request: Request, visitor: Visitor
) -> str:
    # Each gets a moment even after the deadline: it may have been ready for long.
    await asyncio.wait([task], timeout=max(0.01, deadline - time.monotonic()))
    late = not task.done()
    if not late and (error := task.exception()) is None:
        return task.result()
    if not late and not isinstance(error, SportelloError):
        # The answer has begun: no handler can make a page of this any more.
        log.error("a part of the page failed", part=name, error=type(error).__name__, exc_info=error)
    return "" if name == NOTICE else cruscotto.missing(name, late, request, visitor)


async def _if_possible(part: Awaitable[str]) -> str:
    try:
        return await part
    except DependencyDown:
        return ""
