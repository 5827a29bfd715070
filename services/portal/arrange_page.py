"""`/arrange`: every widget with its place and its filter; each button is one small wish, and can be undone."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Final, Literal, NamedTuple

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from services.portal import arrangement as moves
from services.portal.arrangement import COLUMNS, MINE, ROWS, Column, Layout, Narrowing, Patience, find, hidden, shown
from services.portal.arrangements import Arrangement, Arrangements
from services.portal.gate import Gate, Visitor
from services.portal.i18n import marked as _
from services.portal.pages import Pages, with_query
from services.portal.store import store_of
from services.portal.widgets import WIDGETS, usual
from shared.errors import BadInput, Conflict, NotFound
from shared.queues import Queues

Deed = Literal["up", "down", "across", "hide", "show", "place", "narrow", "undo", "usual"]
MOVES: Final[Mapping[str, Callable[[Layout, str], Layout]]] = {
    "up": moves.up,
    "down": moves.down,
    "across": moves.across,
    "hide": moves.hide,
    "show": moves.show,
}
# What is said of a deed, once it is done.
SAID: Final[Mapping[str, str]] = {
    "up": _("%(widget)s: place %(place)s of %(of)s, %(column)s."),
    "down": _("%(widget)s: place %(place)s of %(of)s, %(column)s."),
    "across": _("%(widget)s: place %(place)s of %(of)s, %(column)s."),
    "place": _("%(widget)s: place %(place)s of %(of)s, %(column)s."),
    "hide": _("%(widget)s: put away. It can be shown again at any time."),
    "show": _("%(widget)s: place %(place)s of %(of)s, %(column)s."),
    "narrow": _("%(widget)s: the filter is saved."),
    "undo": _("The last change is undone."),
    "usual": _("Everything is as usual again."),
    "elsewhere": _("You have arranged on another device meanwhile. This is how it is now: look, then decide again."),
}
COLUMN_NAMES: Final[Mapping[Column, str]] = {"main": _("wide column"), "side": _("narrow column")}


class Wish(NamedTuple):
    """A pressed button. `seen`: the version of the arrangement on that page."""

    do: Deed
    widget: str
    seen: int
    column: Column
    before: str
    narrowing: Narrowing


async def _wish(
    do: Annotated[Deed, Form()],
    widget: Annotated[str, Form(max_length=20)] = "",
    seen: Annotated[int, Form(ge=0)] = 0,
    column: Annotated[Column, Form()] = "main",
    before: Annotated[str, Form(max_length=20)] = "",
    queue: Annotated[str, Form(max_length=60)] = "",
    order: Annotated[Patience, Form()] = "newest",
    rows: Annotated[int, Form()] = 5,
) -> Wish:
    return Wish(do, widget, seen, column, before, Narrowing(queue, order, rows))


def routes(gate: Gate, pages: Pages, queues: Queues) -> APIRouter:
    """`/arrange`"""
    router = APIRouter()

    @router.get("/arrange", include_in_schema=False)
    async def arrange(
        request: Request,
        visitor: Annotated[Visitor, Depends(gate.operator)],
        did: Annotated[Literal["", Deed, "elsewhere"], Query()] = "",
        widget: Annotated[str, Query(max_length=20)] = "",
    ) -> HTMLResponse:
        """The arrangement as it is, with its buttons. `?did=`: what was just done."""
        person = visitor.person
        ids = [queue.id for queue in queues]
        now = await store_of(request).arrangements.of(person.id, usual(person, queues), ids)
        tongue = pages.tongue(visitor)
        said = ""
        if did:
            about = _about(now.layout, widget, tongue.say) if widget in WIDGETS else {}
            said = tongue.say(SAID[did], **about) if about or did in ("undo", "usual", "elsewhere") else ""
        return pages.show(
            request,
            visitor,
            "arrange.html",
            now=now,
            columns={column: shown(now.layout, column) for column in COLUMNS},
            column_names=COLUMN_NAMES,
            away=hidden(now.layout),
            widgets=WIDGETS,
            queues=queues,
            most=ROWS,
            said=said,
            changed=now.layout != usual(person, queues),
        )

    @router.post("/arrange", include_in_schema=False)
    async def rearrange(
        request: Request,
        visitor: Annotated[Visitor, Depends(gate.wishing(gate.operator))],
        wish: Annotated[Wish, Depends(_wish)],
    ) -> RedirectResponse:
        """Do it to the arrangement as it is now, whichever device changed it last; then show that."""
        did: str = wish.do
        try:
            await _do(wish, store_of(request).arrangements, visitor, queues)
        except Conflict:
            did = "elsewhere"
        place = f"#arrange-{wish.widget}" if wish.widget else ""
        return RedirectResponse(with_query("/arrange", [("did", did), ("widget", wish.widget)]) + place, 303)

    return router


async def _do(wish: Wish, arrangements: Arrangements, visitor: Visitor, queues: Queues) -> Arrangement:
    person, ids = visitor.person, [queue.id for queue in queues]
    ordinary = usual(person, queues)
    if wish.do == "undo":
        return await arrangements.undo(person.id, ordinary, ids, wish.seen)
    if wish.do == "usual":
        # Takes back everything at once: only what the person was looking at.
        return await arrangements.change(person.id, ordinary, ids, lambda _: ordinary, seen=wish.seen)
    if wish.widget not in WIDGETS:
        raise NotFound("There is no such widget.")
    return await arrangements.change(person.id, ordinary, ids, _change(wish, ids))


def _change(wish: Wish, ids: list[str]) -> Callable[[Layout], Layout]:
    if wish.do == "place":
        return partial(moves.place, widget=wish.widget, column=wish.column, before=wish.before)
    if wish.do == "narrow":
        if wish.narrowing.queue not in ("", MINE, *ids):
            raise BadInput("There is no such queue.")
        return partial(moves.narrow, widget=wish.widget, to=wish.narrowing)
    move = MOVES[wish.do]
    return lambda layout: move(layout, wish.widget)


def _about(layout: Layout, widget: str, say: Callable[[str], str]) -> dict[str, object]:
    one = find(layout, widget)
    there = shown(layout, one.column)
    place = there.index(one) + 1 if one in there else 0
    column = say(COLUMN_NAMES[one.column])
    return {"widget": say(WIDGETS[widget].title), "place": place, "of": len(there), "column": column}
