"""Request bodies: JSON, form data or multipart, read up to the form's limit, never further."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pydantic_core
from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message

from services.intake.arriving import ROOM, Lease
from services.intake.entries import entries_digest, entries_of
from services.intake.texts import say
from shared.errors import BadInput, TooLarge, UnsupportedType
from shared.events import Language
from shared.forms.data import KEY_FIELD, TRAP_FIELD, from_pairs
from shared.forms.files import HEAD_BYTES, Upload
from shared.forms.model import Form
from shared.forms.texts import UNPRINTABLE

# Bytes of everything that isn't a file: more than all fields of any form at their limits.
TEXT_LIMIT = 512 * 1024
MOST_FIELDS = 300
MOST_FILES = 50
# Controls of the page beside the answers, and what `script/proof.js` adds.
CONTEXT_FIELD = "_context"
PROOF_FIELD = "_proof"
VERSION_FIELD = "_version"
PAGE_FIELD = "_page"
# `script/proof.js` knows them too: they are no part of what a proof is for.
HIDDEN = frozenset({KEY_FIELD, CONTEXT_FIELD, VERSION_FIELD, PAGE_FIELD, PROOF_FIELD, TRAP_FIELD})
LONGEST_PLACE = 300
# A form's id and what somebody says of its version, to that version; None when there is no such.
Versions = Callable[[str, str], Awaitable[Form | None]]

_SENTENCES: dict[str, dict[Language, str]] = {
    "too_large": {
        "it": "La richiesta supera la dimensione massima: riduci gli allegati o il testo.",
        "en": "The request is larger than allowed: send smaller files or a shorter text.",
    },
    "not_readable": {
        "it": "La richiesta non si può leggere: è incompleta o non è nel formato dichiarato.",
        "en": "The request can't be read: it is incomplete or not in the format it claims.",
    },
    "type": {
        "it": "Invia la richiesta come JSON, dati di modulo o multipart.",
        "en": "Send the request as JSON, form data or multipart.",
    },
}


@dataclass(frozen=True)
class Body:
    """What was sent. `contents` are the bytes of `uploads`; what follows comes from hidden fields.

    `version`: of the form that was filled in, None when the sender doesn't say; `page`: where that form stood;
    `entries`: a digest of all answers as they came, as `script/proof.js` makes it before sending.
    """

    values: dict[str, Any]
    uploads: tuple[Upload, ...] = ()
    contents: tuple[bytes, ...] = ()
    key: str | None = None
    context: str | None = None
    version: str | None = None
    page: str | None = None
    proof: str | None = None
    trap: str = ""
    entries: str = ""

    def files_digest(self) -> list[tuple[str, str]]:
        """(field, sha256) of each file: part of what makes two submissions the same."""
        pairs = zip(self.uploads, self.contents, strict=True)
        return [(upload.field, hashlib.sha256(content).hexdigest()) for upload, content in pairs]


async def read(
    request: Request, form: Form, language: Language, *, spare: int = 0, versions: Versions | None = None
) -> Body:
    """The body of a submission of `form`. `spare`: bytes beyond what it may hold that are read all the same, so that a
    file too many is told at its field. `versions`: finds another version, which it may be of.

    Raises `TooLarge` (413), `UnsupportedType` (415) or `BadInput` (422) with a sentence in `language`.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedType(_SENTENCES["type"][language])
    multipart = kind == "multipart/form-data"
    limit = TEXT_LIMIT + (form.max_upload_bytes + spare if multipart else 0)
    limited = _limited(request, limit, language)
    try:
        if kind == "application/json":
            body = _from_json(await limited.body(), language)
            if versions and body.version:
                await versions(form.id, body.version)
            return body
        if multipart or kind == "application/x-www-form-urlencoded":
            async with limited.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=limit) as data:
                await _make_room(request, data)
                return await _from_form(data, form, versions)
    except HTTPException as error:
        raise BadInput(_broken(error.detail, language)) from error
    except ClientDisconnect as error:
        # Nobody hears it.
        raise BadInput(_SENTENCES["not_readable"][language]) from error
    raise UnsupportedType(_SENTENCES["type"][language])


def _broken(detail: str, language: Language) -> str:
    """Starlette's words for a multipart body that it doesn't take, in ours."""
    if detail.startswith("Too many files"):
        return say(language, "too_many_parts", maximum=MOST_FILES)
    if detail.startswith("Too many fields"):
        return say(language, "too_many_fields", maximum=MOST_FIELDS)
    return _SENTENCES["not_readable"][language]


async def _make_room(request: Request, data: FormData) -> None:
    """Until now the files were on disk."""
    lease: Lease | None = request.scope.get(ROOM)
    if lease is not None:
        await lease.take(sum(value.size or 0 for value in data.values() if isinstance(value, UploadFile)))


def _limited(request: Request, limit: int, language: Language) -> Request:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(_SENTENCES["too_large"][language])
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise TooLarge(_SENTENCES["too_large"][language])
        return message

    return Request(request.scope, receive)


def _from_json(raw: bytes, language: Language) -> Body:
    try:
        values = pydantic_core.from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        raise BadInput(_SENTENCES["not_readable"][language]) from error
    if not isinstance(values, dict):
        raise BadInput(_SENTENCES["not_readable"][language])
    if len(values) > MOST_FIELDS:
        raise BadInput(say(language, "too_many_fields", maximum=MOST_FIELDS))
    hidden = {name: _text(values.pop(name)) for name in HIDDEN if name in values}
    return _body(values, hidden, entries_digest(entries_of(values)))


async def _from_form(data: FormData, form: Form, versions: Versions | None) -> Body:
    pairs: list[tuple[str, str]] = []
    uploads: list[Upload] = []
    contents: list[bytes] = []
    entries: list[tuple[str, str | bytes]] = []
    hidden: dict[str, str | None] = {}
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
            # A file control left empty sends a nameless, empty part.
            if value.filename or content:
                media_type = value.content_type or ""
                uploads.append(Upload(name, value.filename or "", media_type, len(content), content[:HEAD_BYTES]))
                contents.append(content)
                entries.append((name, content))
        elif name in HIDDEN:
            hidden[name] = value
        else:
            pairs.append((name, value))
            entries.append((name, value))
    # Read as the version that was filled in has it.
    filled_in = await versions(form.id, hidden.get(VERSION_FIELD) or "") if versions else None
    digest = await asyncio.to_thread(entries_digest, entries) if contents else entries_digest(entries)
    return _body(from_pairs(filled_in or form, pairs), hidden, digest, tuple(uploads), tuple(contents))


def place_of(said: str | None) -> str | None:
    """Where a form stood, in one short line; never a reason to refuse what was written there."""
    return UNPRINTABLE.sub(" ", said or "").strip()[:LONGEST_PLACE] or None


def _body(
    values: dict[str, Any],
    hidden: dict[str, str | None],
    entries: str,
    uploads: tuple[Upload, ...] = (),
    contents: tuple[bytes, ...] = (),
) -> Body:
    return Body(
        values,
        uploads,
        contents,
        key=hidden.get(KEY_FIELD),
        context=hidden.get(CONTEXT_FIELD),
        version=hidden.get(VERSION_FIELD) or None,
        page=place_of(hidden.get(PAGE_FIELD)),
        proof=hidden.get(PROOF_FIELD),
        trap=hidden.get(TRAP_FIELD) or "",
        entries=entries,
    )


def _text(value: Any) -> str | None:
    # A number is how a program writes a version.
    return str(value) if isinstance(value, (str, int)) else None
