"""Files leave as downloads: with their name, never as a page, and only when the person's view names them."""

from pathlib import Path

import pytest

from services.portal.download import disposition, download
from shared.blobs import Blobs
from shared.errors import NotFound
from shared.events import ArticleKind, Attachment
from shared.policy import Visibility
from tests.unit.portal.samples import a_view
from tests.unit.samples import NOON


def a_file(**changes: object) -> Attachment:
    """A PDF."""
    fields = {"key": "sub/abc", "name": "ricevuta.pdf", "media_type": "application/pdf", "size": 3, "field": "receipt"}
    return Attachment.model_validate({**fields, **changes})


def article_with(file: Attachment) -> dict[str, object]:
    """The request that brought it."""
    return {
        "id": "a",
        "kind": ArticleKind.REQUEST,
        "visibility": Visibility.REQUESTER,
        "at": NOON,
        "attachments": (file,),
    }


@pytest.fixture
async def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path.as_uri())


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("application/pdf", "application/pdf"),
        ("image/png", "image/png"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/html\r\nX: y", "application/octet-stream"),
    ],
)
async def test_a_browser_never_runs_it(blobs: Blobs, given: str, sent: str) -> None:
    key = await blobs.put("sub", b"abc")
    answer = await download(a_view(articles=(article_with(a_file(key=key, media_type=given)),)), key, blobs)
    assert answer.body == b"abc"
    assert answer.headers["content-type"].split(";")[0] == sent
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"].startswith("attachment;")


async def test_a_file_that_no_visible_article_names_is_not_there(blobs: Blobs) -> None:
    key = await blobs.put("other", b"secret")
    with pytest.raises(NotFound):
        await download(a_view(), key, blobs)


def test_a_name_can_hold_anything() -> None:
    header = disposition(a_file(name='perché "no"\r\n.pdf'))
    assert header == "attachment; filename=\"perch_ _no___.pdf\"; filename*=UTF-8''perch%C3%A9%20%22no%22%0D%0A.pdf"
    assert header.isascii()
