"""A wish must come from one of our own pages: the browser says where from, and our forms carry the session's token."""

import secrets
from urllib.parse import urlsplit

from fastapi import Request

from services.portal.i18n import marked as _
from services.portal.sessions import Session
from shared.errors import Forbidden

FIELD = "csrf"
REFUSED = _("This form did not come from a page of Sportello, or its session has ended. Open the page again.")


def from_our_pages(request: Request, portal_url: str) -> bool:
    """What the browser itself says. A program that says nothing has no cookies of a person to misuse."""
    fetched_from = request.headers.get("sec-fetch-site")
    if fetched_from is not None:
        # "none": typed or bookmarked; a POST can't be.
        return fetched_from == "same-origin"
    origin = request.headers.get("origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc in (request.headers.get("host"), urlsplit(portal_url).netloc)


async def check(request: Request, session: Session | None, portal_url: str) -> None:
    """`Forbidden` unless the wish comes from our own page; with a session also its token is needed."""
    if not from_our_pages(request, portal_url):
        raise Forbidden(REFUSED)
    if session is None:
        return
    given = (await request.form()).get(FIELD)
    if not isinstance(given, str) or not secrets.compare_digest(given.encode(), session.csrf.encode()):
        raise Forbidden(REFUSED)
