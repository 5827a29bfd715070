"""Files on their way in: forms are read with room for them, and what an operator sends with a mail is checked, stored
and named. What is allowed is what the user's own reply takes (`shared.forms.reply`)."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from fastapi import Request
from pydantic import JsonValue
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from services.portal.gate import Visitor
from services.portal.shapes import Article
from services.portal.tickets import Tickets, View
from shared.blobs import Blobs
from shared.errors import BadInput
from shared.events import Attachment, Language
from shared.forms.check import check
from shared.forms.files import HEAD_BYTES, Upload
from shared.forms.reply import FILES, REPLY, Reply, wish
from shared.forms.texts import say
from shared.forms.view import fields
from shared.policy import Person
from shared.scan import Scan

# The controls of our pages: files to send, and the ticket's own files that shall go along.
CONTROL = "files"
ALONG = "along"
# Bytes of a whole form: twice what it may hold, so that a file too many is told at its field and the words are kept.
LARGEST_UPLOAD = 2 * REPLY.max_upload_bytes + 1_000_000


def form_read(then: Callable[[Request], Awaitable[Visitor]]) -> Callable[[Request], AsyncIterator[Visitor]]:
    """A dependency: `then`, while the form is read with room for a text that is too long: it is told so, and kept."""

    async def reading(request: Request) -> AsyncIterator[Visitor]:
        try:
            await request.form(max_files=50, max_fields=100, max_part_size=LARGEST_UPLOAD)
        except HTTPException as error:
            if error.status_code != 400:
                raise
            raise BadInput(error.detail) from error
        try:
            yield await then(request)
        finally:
            # Its files.
            await request.close()

    return reading


def control(language: Language) -> dict[str, Any]:
    """What a page needs to draw the field for files: its label and its limits."""
    return next(field for field in fields(REPLY, language) if field["id"] == FILES)


def has_files(form: FormData) -> bool:
    """Whether there are any: what a page that comes back can't hold."""
    return any(isinstance(each, UploadFile) and each.filename for each in form.getlist(CONTROL))


async def files_of(form: FormData) -> tuple[list[Upload], list[bytes]]:
    """The files that were chosen, and their bytes."""
    uploads: list[Upload] = []
    contents: list[bytes] = []
    for given in form.getlist(CONTROL):
        if not isinstance(given, UploadFile):
            continue
        content = await given.read()
        # A control left empty sends a nameless, empty part.
        if given.filename or content:
            head = content[:HEAD_BYTES]
            uploads.append(Upload(FILES, given.filename or "", given.content_type or "", len(content), head))
            contents.append(content)
    return uploads, contents


def scan_of(request: Request) -> Scan:
    """What looks into files, as `app` built it."""
    found: Scan = request.app.state.scan
    return found


async def sent_along(
    person: Person, number: str, form: FormData, language: Language, tickets: Tickets, blobs: Blobs, scan: Scan
) -> list[JsonValue]:
    """The `attachments` of an operator's mail: the ticket's files that were ticked, then the new ones, now stored.

    `BadInput` when a file isn't allowed, with `errors` at `CONTROL` in the reader's language; with the code
    `unknown_file` when one that was ticked isn't the ticket's.
    """
    uploads, contents = await files_of(form)
    ticked = dict.fromkeys(each for each in form.getlist(ALONG) if isinstance(each, str) and each)
    if not uploads and not ticked:
        return []
    files = _checked(uploads, language)
    try:
        await scan.look(files, contents, language, say(language, "reply_detail"))
    except BadInput as refused:
        raise _at_control(refused) from refused
    ticket = await tickets.view(person, number)
    along = [(await holding(ticket, key, tickets, person)).attachment(key) for key in ticked]
    # In a mail a file is no answer to a field of the form.
    named = [file.model_copy(update={"field": ""}).model_dump(mode="json") for file in along if file]
    if len(named) < len(ticked):
        fault = {"field": ALONG, "message": "not a file of this ticket"}
        raise BadInput("A file that was ticked is not this ticket's.", code="unknown_file", errors=[fault])
    # Before the wish that names them.
    keys = [await blobs.put(ticket.id, content) for content in contents]
    new: Any = wish(Reply("", {}, files), keys, None)["attachments"]
    return [*named, *new]


async def holding(ticket: View, key: str, tickets: Tickets, person: Person) -> View:
    """The page of the ticket on which an article names the file `key`, however far back; else its first page."""
    while ticket.attachment(key) is None and ticket.earlier is not None:
        ticket = await tickets.view(person, ticket.number, ticket.earlier)
    return ticket


async def saying(ticket: View, article: str, tickets: Tickets, person: Person) -> View:
    """The page of the ticket on which the article stands, however far back; else its first page."""
    while ticket.article(article) is None and ticket.earlier is not None:
        ticket = await tickets.view(person, ticket.number, ticket.earlier)
    return ticket


def files_on(ticket: View, more: Sequence[Article] = ()) -> list[Attachment]:
    """Every file of this page of the ticket and of the articles `more`, once."""
    found = {file.key: file for article in (*ticket.articles, *more) for file in article.attachments}
    return list(found.values())


def _checked(uploads: list[Upload], language: Language) -> tuple[Upload, ...]:
    try:
        return check(REPLY, {}, uploads, language).files
    except BadInput as refused:
        raise _at_control(refused) from refused


def _at_control(refused: BadInput) -> BadInput:
    said = " ".join(fault["message"] for fault in refused.extra["errors"])
    return BadInput(refused.detail, errors=[{"field": CONTROL, "message": said}])
