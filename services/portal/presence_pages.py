"""The one small request that an open ticket page makes again and again: I am here; who else is?"""

import re
import time
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from services.portal.gate import Gate, Visitor
from services.portal.pages import Pages
from services.portal.presence import Doing
from services.portal.store import store_of
from shared.errors import BadInput

_NUMBER = re.compile(r"[0-9]{1,30}", re.ASCII)
_TAB = re.compile(r"[A-Za-z0-9-]{8,40}", re.ASCII)
GONE = "gone"


def routes(gate: Gate, pages: Pages) -> APIRouter:
    """`/tickets/{number}/presence`"""
    router = APIRouter()

    @router.post("/tickets/{number}/presence", include_in_schema=False)
    async def be_there(
        request: Request,
        number: str,
        visitor: Annotated[Visitor, Depends(gate.wishing(gate.operator))],
        tab: Annotated[str, Form()] = "",
        doing: Annotated[str, Form()] = "",
    ) -> Response:
        """Keeps the tab's word and answers with the people present, as a piece of the page; 204 to a goodbye.

        Tickets is not asked: operators may see every ticket, and a row of a number that is none tells nobody anything.
        """
        if not _NUMBER.fullmatch(number) or not _TAB.fullmatch(tab) or doing not in (*get_args(Doing), GONE):
            raise BadInput("This is no word of an open page.")
        presence, now = store_of(request).presence, time.time()
        if doing == GONE:
            await presence.go(number, visitor.person, tab)
            return Response(status_code=204)
        what: Doing = next(each for each in get_args(Doing) if each == doing)
        await presence.come(number, visitor.person, tab, what, now)
        present = await presence.others(number, visitor.person, now)
        return pages.show(request, visitor, "ticket_presence.html", present=present)

    return router
