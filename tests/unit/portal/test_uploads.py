"""Files that an operator sends with a mail: checked as the user's own are, stored, and only this ticket's go along."""

import io
from typing import Any

import pytest
from starlette.datastructures import FormData, UploadFile

from services.portal.shapes import View
from services.portal.tickets import Tickets
from services.portal.uploads import ALONG, CONTROL, control, files_on, has_files, sent_along
from shared.blobs import Blobs
from shared.errors import BadInput
from shared.events import Attachment, Language
from shared.forms.reply import FILES, REPLY
from shared.internal import InternalClient
from shared.policy import Person
from shared.scan import Scan
from tests.unit.portal.samples import NUMBER, a_view
from tests.unit.samples import GIULIA, NOON
from tests.unit.shared.filesamples import JS, PDF, a_pdf, root

FIELD: Any = REPLY.by_id[FILES]


class FakeClient(InternalClient):
    """A tickets service with one ticket on several pages, the newest first."""

    def __init__(self, *pages: View) -> None:
        self.pages = {page.earlier: page for page in pages}
        self.newest = pages[0]

    async def get(self, path: str, person: Person, **params: Any) -> Any:
        before = params["before"]
        page = next(each for each in self.pages.values() if each.seq == before) if before else self.newest
        return page.model_dump(mode="json")


def upload(content: bytes = PDF, name: str = "modulo.pdf") -> UploadFile:
    return UploadFile(io.BytesIO(content), filename=name)


def a_form(*files: UploadFile, along: tuple[str, ...] = ()) -> FormData:
    return FormData([("text", "Ecco"), *((CONTROL, file) for file in files), *((ALONG, key) for key in along)])


def stored(name: str = "tessera.png", key: str = "elsewhere/1", field: str = "card") -> Attachment:
    return Attachment(key=key, name=name, media_type="image/png", size=12, field=field)


def with_files(*files: Attachment, **changes: Any) -> View:
    request = {"id": "a", "kind": "request", "visibility": "requester", "at": NOON, "attachments": files}
    return a_view(articles=(request,), **changes)


async def sent(form: FormData, *pages: View, blobs: Blobs | None = None, language: Language = "it") -> list[Any]:
    tickets = Tickets(FakeClient(*(pages or (a_view(),))))
    return [*await sent_along(GIULIA, NUMBER, form, language, tickets, blobs or Blobs("memory:///"), Scan())]


async def test_a_file_is_stored_under_its_ticket_before_it_is_named() -> None:
    blobs, ticket = Blobs("memory:///"), a_view()
    (file,) = await sent(a_form(upload(name="../../ricevuta è.pdf")), ticket, blobs=blobs)
    assert file["key"].startswith(f"{ticket.id}/")
    assert await blobs.get(file["key"]) == PDF
    named = {"name": "ricevuta è.pdf", "media_type": "application/pdf", "size": len(PDF), "field": ""}
    assert file == {"key": file["key"], **named}


async def test_without_files_nothing_is_asked_and_nothing_said() -> None:
    assert await sent(a_form(upload(b"", ""))) == []
    assert not has_files(a_form(upload(b"", "")))
    assert has_files(a_form(upload()))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([upload(b"MZ\x90\x00", "virus.exe")], "virus.exe"),
        ([upload(b"MZ\x90\x00", "finto.pdf")], "finto.pdf"),
        ([upload(b"", "vuoto.pdf")], "vuoto.pdf"),
        ([upload(PDF + b"x" * FIELD.max_bytes, "grande.pdf")], "grande.pdf"),
        ([upload(), upload(a_pdf(root(OpenAction=JS)), "attivo.pdf")], "attivo.pdf"),
        ([upload()] * (FIELD.max_count + 1), str(FIELD.max_count)),
        ([upload(), upload(b"MZ", "uno.exe"), upload(b"MZ", "due.exe")], "due.exe"),
    ],
)
async def test_a_file_that_is_not_allowed_is_named_at_its_field_and_nothing_is_stored(
    files: list[UploadFile], words: str
) -> None:
    blobs = Blobs("memory:///")
    with pytest.raises(BadInput) as refused:
        await sent(a_form(*files), blobs=blobs)
    (fault,) = refused.value.extra["errors"]
    assert fault["field"] == CONTROL
    assert words in fault["message"]
    assert [each async for each in blobs.listing()] == []


async def test_the_ticket_s_own_files_go_along_first_and_once() -> None:
    one, two = stored(), stored("foto.png", "elsewhere/2")
    ticket = with_files(one, two)
    along, new = await sent(a_form(upload(), along=(two.key, two.key)), ticket)
    assert (along["key"], along["name"], along["field"]) == (two.key, "foto.png", "")
    assert new["name"] == "modulo.pdf"


async def test_a_file_of_an_earlier_page_is_the_ticket_s_too() -> None:
    file = stored()
    newest, oldest = a_view(earlier=40, seq=60), with_files(file, seq=40)
    (along,) = await sent(a_form(along=(file.key,)), newest, oldest)
    assert along["key"] == file.key


async def test_a_file_that_is_not_the_ticket_s_never_goes_along() -> None:
    with pytest.raises(BadInput) as refused:
        await sent(a_form(along=("elsewhere/9",)), with_files(stored()))
    assert refused.value.extra["code"] == "unknown_file"


def test_the_field_is_that_of_the_user_s_own_reply() -> None:
    drawn = control("it")
    assert (drawn["max_count"], drawn["max_bytes"]) == (FIELD.max_count, FIELD.max_bytes)
    assert ".pdf" in drawn["accept"]


def test_a_file_that_two_articles_name_is_offered_once() -> None:
    assert files_on(with_files(stored(), stored())) == [stored()]
