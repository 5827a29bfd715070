"""Small JSON objects that a script of ours asks with: read up to a limit, whatever the sender calls their type.

A browser asks first when JSON comes from another origin; as plain text it just comes.
"""

from typing import Any

import pydantic_core
from fastapi import Request

from shared.errors import BadInput, TooLarge


async def small_json(request: Request, longest: int) -> dict[str, Any]:
    """The object. `TooLarge` (413) beyond `longest` bytes, `BadInput` (422) when it is something else."""
    raw = b""
    async for piece in request.stream():
        raw += piece
        if len(raw) > longest:
            raise TooLarge(f"This takes {longest:,} bytes at most.")
    try:
        said = pydantic_core.from_json(raw)
    except ValueError as error:
        raise BadInput("This takes JSON.") from error
    if not isinstance(said, dict):
        raise BadInput("This takes a JSON object.")
    return said
