"""A request as one ZIP: every file as often as it was sent, under a name that is safe and its own."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from services.portal.my_download import Packed, archive, files_of, packed, safe_name
from shared.blobs import Blobs
from shared.events import Attachment
from shared.ids import random_id
from tests.unit.portal.samples import a_view
from tests.unit.samples import NOON


def file(name: str, key: str = "owner/one", size: int = 10) -> Attachment:
    """A stored one."""
    return Attachment(key=key, name=name, media_type="application/pdf", size=size, field="")


def article(name: str, *files: Attachment) -> dict[str, Any]:
    """One of the user's own, with files."""
    return {"id": name, "kind": "requester_reply", "visibility": "requester", "at": NOON, "attachments": files}


def test_the_same_file_sent_twice_is_there_twice_under_names_that_tell_them_apart() -> None:
    same = file("tessera.pdf")
    view = a_view(
        articles=(article("a", same, same), article("b", file("TESSERA.pdf"), file("altro.pdf", "owner/two")))
    )
    found, left = packed(files_of(view))
    assert [each.name for each in found] == ["tessera.pdf", "tessera (2).pdf", "TESSERA (3).pdf", "altro.pdf"]
    assert [each.place for each in found] == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
    assert left == []


def test_what_does_not_fit_is_told_and_a_smaller_one_after_it_still_comes() -> None:
    view = a_view(articles=(article("a", file("a", size=60), file("b", "k/b", 50), file("c", "k/c", 40)),))
    found, left = packed(files_of(view), limit=100)
    assert ([each.name for each in found], [each.name for each in left]) == (["a", "c"], ["b"])


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\con.pdf", "_con.pdf"),
        ("a\u202egpj.exe", "a_gpj.exe"),
        ("<b>&.pdf", "_b_.pdf"),
        ("...", "file"),
        ("", "file"),
        ("è" * 300 + ".pdf", "è" * 96 + ".pdf"),
    ],
)
def test_a_name_is_read_by_no_system_as_more_than_a_name(name: str, safe: str) -> None:
    assert safe_name(name) == safe


async def test_two_of_one_content_are_two_entries_and_a_lost_one_is_named(tmp_path: Path) -> None:
    blobs, owner = Blobs(tmp_path.as_uri()), random_id()
    key = await blobs.put(owner, b"%PDF-1.4 the same")
    lost = f"{owner}/{'0' * 64}"
    files = [Packed(("a", 0), file("a.pdf", key), "a.pdf"), Packed(("a", 1), file("a.pdf", key), "a (2).pdf")]
    files.append(Packed(("b", 0), file("c.pdf", lost), "c.pdf"))
    content = b"".join([piece async for piece in archive("r", "<p>", files, blobs, NOON)])
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        assert found.testzip() is None
        assert found.namelist() == ["r/richiesta.html", "r/allegati/a.pdf", "r/allegati/a (2).pdf", "r/mancanti.txt"]
        assert found.read("r/allegati/a.pdf") == found.read("r/allegati/a (2).pdf") == b"%PDF-1.4 the same"
        assert found.read("r/mancanti.txt") == b"c.pdf"
