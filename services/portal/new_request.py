"""The way to the forms for somebody who is signed in: the portal vouches for them, so that the request is theirs."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse

from services.portal.gate import Gate, Visitor
from shared.config import Settings
from shared.events import Requester
from shared.identity import site_context

# The portal is one of the sites of config/sites.yml.
SITE = "portal"


def routes(gate: Gate, settings: Settings) -> APIRouter:
    """`/new-request`"""
    router = APIRouter()
    intake = settings.intake_url.rstrip("/")
    key = settings.site_key(SITE) or ""

    @router.get("/new-request", include_in_schema=False)
    async def new_request(visitor: Annotated[Visitor, Depends(gate.signed_in)]) -> RedirectResponse:
        """On to intake's list of forms, with a word for who this is that is good for an hour."""
        person = visitor.person
        requester = Requester(name=person.name, email=person.email, verified=True, subject=person.id)
        query = urlencode({"lang": visitor.language, "context": site_context(SITE, requester, key)})
        return RedirectResponse(f"{intake}/forms?{query}", 303)

    return router
