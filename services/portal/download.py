"""Uploaded files on their way out: only those the ticket shows to this person, never as something a browser runs."""

import re
from urllib.parse import quote

from fastapi import Response

from services.portal.tickets import View
from shared.blobs import Blobs
from shared.errors import NotFound
from shared.events import Attachment

# Types a browser can't be talked into running; everything else leaves as plain bytes.
HARMLESS = frozenset({"application/pdf", "image/jpeg", "image/png", "image/webp", "text/plain", "text/csv"})
PLAIN_BYTES = "application/octet-stream"


async def download(ticket: View, key: str, blobs: Blobs) -> Response:
    """The file stored under `key`. `NotFound` unless an article that this person may see names it."""
    file = ticket.attachment(key)
    if file is None:
        raise NotFound("There is no such file.")
    return Response(
        await blobs.get(file.key),
        media_type=file.media_type if file.media_type in HARMLESS else PLAIN_BYTES,
        headers={
            "Content-Disposition": disposition(file),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        },
    )


def disposition(file: Attachment) -> str:
    """`attachment`, with the name for browsers of today (RFC 5987) and a plain one for the others."""
    name = file.name or "file"
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
