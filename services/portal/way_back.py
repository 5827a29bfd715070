"""The way back from a ticket: to the list that led to it, with its filter and place, else to the Cruscotto.

The browser says which page led here. Between two wishes on a ticket that is the ticket itself, so the list is kept in a
cookie of this ticket's pages alone: two tabs with two lists don't mix. Of both only a filter is read, never an address.
"""

from typing import Final
from urllib.parse import quote, unquote, urlsplit

from fastapi import Request
from fastapi.responses import Response

from services.portal.list_filter import LIST, of_address

COOKIE: Final = "sportello_list"
# Seconds: a working day. Letters of a filter that is kept; a longer one leads back to the Cruscotto.
KEPT: Final = 10 * 3600
LONGEST: Final = 1500


class WayBack:
    """Where the reader of a ticket came from. `address`: the list's; empty: no list."""

    def __init__(self, request: Request, number: str) -> None:
        self._page = f"/tickets/{number}"
        self._before = COOKIE in request.cookies
        self.address = _list_of(request, self._page)

    def keep(self, response: Response, secure: bool) -> None:
        """For the next page of this ticket."""
        if self.address:
            query = quote(urlsplit(self.address).query, safe="")
            response.set_cookie(
                COOKIE, query, max_age=KEPT, path=self._page, secure=secure, httponly=True, samesite="lax"
            )
        elif self._before:
            response.delete_cookie(COOKIE, path=self._page, secure=secure, httponly=True, samesite="lax")


def _list_of(request: Request, page: str) -> str:
    try:
        came = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return ""
    if came.netloc != request.headers.get("host"):
        return ""
    if came.path == LIST:
        return _understood(came.query)
    if came.path == page or came.path.startswith(f"{page}/"):
        kept = request.cookies.get(COOKIE)
        return "" if kept is None else _understood(unquote(kept))
    return ""


def _understood(query: str) -> str:
    """The list with what this query says of a filter; without any when it says nothing that the list knows."""
    if len(query) > LONGEST:
        return ""
    wanted = of_address(f"{LIST}?{query}")
    return wanted.here(wanted.after or None)
