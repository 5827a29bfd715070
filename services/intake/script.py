"""`/embed.js`: the files of `script/`, put together once: a site needs one address, and a browser one request."""

import gzip
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from fastapi import Request, Response

_FOLDER: Final = Path(__file__).parent / "script"
# Each may use what stands before it, and inside its functions what comes after.
PARTS: Final = (
    "basics",
    "questions",
    "files",
    "drafts",
    "proof",
    "sending",
    "results",
    "form",
    "similar",
    "changes",
    "element",
    "search",
    "page",
)


class Packed(NamedTuple):
    """Bytes as they are, compressed, and their name for caches."""

    plain: bytes
    small: bytes
    digest: str


@cache
def embed() -> Packed:
    """The whole script."""
    parts = "\n".join((_FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in PARTS)
    return packed(f'(() => {{\n"use strict";\n{parts}}})();\n'.encode())


def packed(plain: bytes) -> Packed:
    """`plain` with its compressed form, which is the same whenever it is made."""
    return Packed(plain, gzip.compress(plain, 9, mtime=0), hashlib.sha256(plain).hexdigest()[:16])


def embedded(request: Request) -> Response:
    """The script, for any site."""
    headers = {
        "Cache-Control": "public, max-age=300",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": f'"{embed().digest}"',
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match", "") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return _sent(request, embed(), "text/javascript; charset=utf-8", headers)


def packed_json(content: Any) -> Packed:
    """Public JSON. Never answers that hold a secret or what somebody typed: compressed, their length tells of it."""
    return packed(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


def sent_small(request: Request, packet: Packed, headers: Mapping[str, str]) -> Response:
    """Compressed for who can read it so."""
    vary = ", ".join(filter(None, [headers.get("Vary"), "Accept-Encoding"]))
    return _sent(request, packet, "application/json", {**headers, "Vary": vary})


def _sent(request: Request, packet: Packed, media_type: str, headers: Mapping[str, str]) -> Response:
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packet.small, media_type=media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(packet.plain, media_type=media_type, headers=dict(headers))
