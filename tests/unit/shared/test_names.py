"""Names of files: shown honestly, and safe wherever they are written."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.forms.files import check_files
from shared.forms.model import FileField
from shared.forms.names import MOST_BYTES, MOST_CHARACTERS, safe_name
from shared.yamlfile import Texts
from tests.unit.shared.filesamples import PDF
from tests.unit.shared.formsamples import upload

PROOF = FileField(id="proof", type="file", label=Texts(it="a", en="a"), max_bytes=9999, types=("pdf", "jpg", "png"))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("ricevuta 1ª rata «è».pdf", "ricevuta 1ª rata «è».pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\ada\\foto.png", "foto.png"),
        ("fattura.pdf.exe", "fattura.pdf.exe"),
        ("fattura\u202efdp.exe", "fatturafdp.exe"),
        ("\u200frosa\u2066.pdf", "rosa.pdf"),
        ("a\x00b\r\n.pdf", "ab.pdf"),
        ("fattura.pdf          .exe", "fattura.pdf.exe"),
        ("CON.pdf", "_CON.pdf"),
        ("lpt1", "_lpt1"),
        ("a:b?.pdf", "a_b_.pdf"),
        (".pdf", "file.pdf"),
        ("..", "file"),
        ("", "file"),
        ("nome. . .", "nome"),
        ("z" + "\u0301" * 50 + ".pdf", "ź\u0301\u0301\u0301.pdf"),
    ],
)
def test_what_a_name_becomes(given: str, shown: str) -> None:
    assert safe_name(given) == shown


@given(st.text(max_size=300))
def test_any_name_is_short_visible_and_stays_what_it_became(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe) <= MOST_CHARACTERS + 1
    assert len(safe.encode()) <= MOST_BYTES + 1
    assert not any(unicodedata.category(letter)[0] == "C" for letter in safe)
    assert not set(safe) & set('/\\:*?"<>|')
    assert not safe.endswith((".", " "))
    assert safe_name(safe) == safe


def test_a_long_name_keeps_its_ending() -> None:
    assert safe_name("è" * 400 + ".pdf").endswith("è.pdf")


@pytest.mark.parametrize(
    ("name", "head", "words"),
    [
        ("foto.heic", b"\x00\x00\x00\x18ftypheic" + bytes(40), "formato HEIC"),
        ("foto.jpg", b"\x00\x00\x00\x18ftypmif1" + bytes(40), "formato HEIC"),
        ("logo.svg", b'<?xml version="1.0"?><SVG onload="alert(1)">', "disegno SVG"),
        ("logo.png", b"<svg><script>alert(1)</script></svg>", "disegno SVG"),
        ("lettera.pdf", b"PK\x03\x04" + bytes(60), "non contiene davvero un PDF"),
        ("pagina.pdf", b"<html>\n" + PDF, "non contiene davvero un PDF"),
        ("ricevuta.pdf.exe", PDF, "di un tipo che non si può allegare"),
    ],
)
def test_what_a_file_pretends_to_be_is_told_in_words_that_help(name: str, head: bytes, words: str) -> None:
    _, (fault,) = check_files(PROOF, [upload("proof", name, head)], "it")
    assert fault.kind.status == 415
    assert words in fault.message
    assert f"«{name}»" in fault.message
