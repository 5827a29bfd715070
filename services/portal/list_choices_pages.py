"""`/list`: a person's saved filters and columns. Each form leads back to the list it stood in."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from services.portal import list_changes as changes
from services.portal.gate import Gate, Visitor
from services.portal.list_columns import chosen
from services.portal.list_filter import of_address
from services.portal.list_pages import ListPages
from services.portal.list_store import Choices
from services.portal.pages import Pages
from services.portal.store import store_of
from shared.errors import NotFound
from shared.ids import random_id

Back = Annotated[str, Form(max_length=4_000)]
Name = Annotated[str, Form(max_length=4_000)]
Columns = Annotated[list[str] | None, Form(max_length=50)]


def routes(gate: Gate, pages: Pages, lists: ListPages) -> APIRouter:
    """`/list/filters` and `/list/columns`"""
    router = APIRouter()
    theirs = Annotated[Visitor, Depends(gate.wishing(gate.operator))]

    async def change(
        request: Request, visitor: Visitor, back: str, name: str, how: Callable[[Choices], Choices]
    ) -> Response:
        """Save it and lead back; what doesn't fit comes back with the name that was typed."""
        wanted = of_address(back)
        try:
            await store_of(request).list_choices.change(visitor.person.id, how)
        except changes.Unfit as why:
            sentence = pages.tongue(visitor).say(why.sentence, limit=why.limit)
            return await lists.show(request, visitor, wanted, naming=name, naming_wrong=sentence, status=422)
        return RedirectResponse(wanted.here(wanted.after or None), 303)

    @router.post("/list/filters", include_in_schema=False)
    async def save(request: Request, visitor: theirs, back: Back = "", name: Name = "") -> Response:
        """Remember the filter of the list one came from, under a name."""
        address, fresh = of_address(back).here(), random_id()
        return await change(request, visitor, back, name, lambda had: changes.saved(had, fresh, name, address))

    @router.post("/list/filters/{verb}", include_in_schema=False)
    async def removed_one(request: Request, verb: str, visitor: theirs, back: Back = "") -> Response:
        """Bring back what was removed last, or offer it no longer."""
        hows = {"restore": changes.restored, "forget": changes.forgotten}
        if verb not in hows:
            raise NotFound("There is no such wish.")
        return await change(request, visitor, back, "", hows[verb])

    @router.post("/list/filters/{wanted}/{verb}", include_in_schema=False)
    async def one(
        request: Request, wanted: str, verb: str, visitor: theirs, back: Back = "", name: Name = ""
    ) -> Response:
        """Rename a saved filter, begin with it, or remove it."""
        hows: dict[str, Callable[[Choices], Choices]] = {
            "rename": lambda had: changes.renamed(had, wanted, name),
            "first": lambda had: changes.first(had, wanted),
            "remove": lambda had: changes.removed(had, wanted),
        }
        if verb not in hows:
            raise NotFound("There is no such wish.")
        return await change(request, visitor, back, name, hows[verb])

    @router.post("/list/columns", include_in_schema=False)
    async def columns(request: Request, visitor: theirs, column: Columns = None, back: Back = "") -> Response:
        """Show these columns beside the subject, whatever the filter."""
        these = chosen(column or ())
        return await change(request, visitor, back, "", lambda had: had.model_copy(update={"columns": these}))

    @router.get("/list/{rest:path}", include_in_schema=False)
    async def again(rest: str, visitor: Annotated[Visitor, Depends(gate.operator)]) -> RedirectResponse:
        """The address of a form that was refused, opened anew: the list."""
        return RedirectResponse("/tickets", 303)

    return router
