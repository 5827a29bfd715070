"""The door for proofs of work: a challenge for one submission, which `script/proof.js` solves."""

import re
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from services.intake.guard import Attempt
from services.intake.negotiation import cors, language_of, site_of
from services.intake.refusals import answer
from services.intake.small import small_json
from services.intake.texts import say
from shared.errors import BadInput, SportelloError

if TYPE_CHECKING:
    from services.intake.api import Door

# Bytes of the question: a key and a digest.
LONGEST = 2000
KEY = re.compile(r"[\x21-\x7e]{1,100}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def routes(router: APIRouter, door: "Door") -> None:
    """`/forms/{form_id}/challenge`"""

    @router.post("/forms/{form_id}/challenge")
    async def challenge(form_id: str, request: Request) -> Response:
        """Work for the sender's device, good for one submission of this form: `{"key": ..., "content": ...}`.

        `key`: its `Idempotency-Key`; `content`: sha256 of what will be sent, as `script/proof.js` makes it.
        Answers an ALTCHA challenge (version 2), or 204 when none is needed. The solution is sent as the field `_proof`.
        """
        form, language = door.forms.current(form_id), language_of(request)
        headers = {**cors(request, door.forms.origins(form)), "Cache-Control": "no-store"}
        try:
            site = site_of(request, form, door.forms, door.origin, language)
            key, content = await _asked(request)
            attempt = Attempt(form, site, language, door.guard.address_of(request), None, key, content)
            made = await door.guard.challenge(attempt)
        except SportelloError as error:
            return answer(request, error, headers)
        return JSONResponse(made, headers=headers) if made else Response(status_code=204, headers=headers)


async def _asked(request: Request) -> tuple[str, str]:
    asked = await small_json(request, LONGEST)
    key, content = asked.get("key"), asked.get("content")
    if not (isinstance(key, str) and KEY.fullmatch(key) and isinstance(content, str) and _DIGEST.fullmatch(content)):
        raise BadInput(say(language_of(request), "takes_json"))
    return key, content
