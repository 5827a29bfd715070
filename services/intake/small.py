"""Small JSON objects that a script of ours asks with: read up to a limit, whatever the sender calls their type.

A browser asks first when JSON comes from another origin; as plain text it just comes.
"""

from typing import Any

import pydantic_core
from fastapi import Request

from services.intake.negotiation import language_of
from services.intake.texts import say
from shared.errors import BadInput, TooLarge


async def small_json(request: Request, longest: int) -> dict[str, Any]:
    """The object. `TooLarge` (413) beyond `longest` bytes, `BadInput` (422) when it is something else."""
    raw, language = b"", language_of(request)
    async for piece in request.stream():
        raw += piece
        if len(raw) > longest:
            raise TooLarge(say(language, "takes_bytes", count=longest))
    try:
        said = pydantic_core.from_json(raw)
    except ValueError as error:
        raise BadInput(say(language, "takes_json")) from error
    if not isinstance(said, dict):
        raise BadInput(say(language, "takes_json"))
    return said
