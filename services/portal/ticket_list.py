"""The list of tickets that the filter in the address asks for, and the search by number."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from services.portal.gate import Gate, Visitor
from services.portal.list_filter import LIST, NOT_CLOSED, Wanted, unfit
from services.portal.list_pages import ListPages
from services.portal.pages import with_query
from services.portal.store import store_of
from shared.errors import BadInput

__all__ = ["NOT_CLOSED", "Wanted", "routes"]


def routes(gate: Gate, lists: ListPages) -> APIRouter:
    """`/tickets` and `/find`"""
    router = APIRouter()

    @router.get(LIST, include_in_schema=False)
    async def list_tickets(request: Request, visitor: Annotated[Visitor, Depends(gate.operator)]) -> Response:
        """One page of the tickets that fit the filter; the bare address leads to the filter a person begins with."""
        query = request.query_params
        if not request.url.query:
            choices = await store_of(request).list_choices.of(visitor.person.id)
            if first := choices.filter(choices.first):
                return RedirectResponse(first.address, 303)
        if saved := query.get("saved"):
            choices = await store_of(request).list_choices.of(visitor.person.id)
            found = choices.filter(saved)
            return RedirectResponse(found.address, 303) if found else lists.unknown_filter(request, visitor)
        try:
            wanted = Wanted.model_validate(dict(query))
        except ValidationError as error:
            return lists.unfit(request, visitor, *unfit(query, error))
        try:
            return await lists.show(request, visitor, wanted)
        except BadInput:
            if not wanted.after:
                raise
            # What the address holds otherwise fits; a cursor of another order, or of no list, does not.
            return lists.unfit(request, visitor, ["after"], wanted.here())

    @router.get("/find", include_in_schema=False)
    async def find(
        request: Request, visitor: Annotated[Visitor, Depends(gate.operator)], number: str = ""
    ) -> RedirectResponse:
        """To the ticket with this number, however it was written down; words are looked for in the list."""
        digits = "".join(character for character in number if character.isascii() and character.isdigit())
        words = number.strip()[:100]
        searched = with_query(LIST, [("text", words)]) if words else LIST
        return RedirectResponse(f"/tickets/{digits[:20]}" if digits else searched, 303)

    return router
