"""What an operator wrote goes into a mail as it was written."""

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.notifier.markup import WORDS, as_written, put_words, to_html

TYPED = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), min_size=1, max_size=200)


def read(page: str) -> str:
    """What a reader of the HTML sees, with its lines."""
    page = re.sub(r"<br>\n?|</p>\n?(?=<p)", "\n", page.replace("</p>\n<p", "</p><p").replace("</p><p", "\n\n<p"))
    return html.unescape(re.sub(r"<[^>]*>", "", page)).replace("\xa0", " ").strip("\n")


@given(TYPED)
@example("una riga\n\n\n  rientrata\nhttps://ateneo.example/x.")
@example("<b>x</b> & <script>alert(1)</script> <!-- y --> &amp; [a](javascript:b)")
@example('https://ateneo.example/"onmouseover=alert(1)')
def test_every_line_is_read_as_it_was_written(text: str) -> None:
    written = as_written(text)
    page = to_html(WORDS, written)
    assert read(page) == written.replace("\t", "    ").replace("\xa0", " ").strip("\n")
    assert set(re.findall(r"<(\w+)", page)) <= {"p", "br", "a"}
    assert WORDS not in page


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Vai su https://a.example/b, poi torna.", ["https://a.example/b"]),
        ("(vedi http://a.example/b_(c))", ["http://a.example/b_(c)"]),
        ("https://a.example/?x=1&y=2", ["https://a.example/?x=1&y=2"]),
        ("ftp://a.example javascript:alert(1) www.a.example https://", []),
        ("«https://a.example/»", ["https://a.example/"]),
    ],
)
def test_an_address_can_be_clicked_and_its_sentence_goes_on(text: str, links: list[str]) -> None:
    page = to_html(WORDS, text)
    assert [html.unescape(link) for link in re.findall(r'href="([^"]*)"', page)] == links
    assert read(page) == text


def test_words_in_a_box_or_in_a_sentence_stay_there() -> None:
    assert put_words(f"  {WORDS}\n", "a\n\nb") == "  a\n\n  b\n"
    assert put_words(f"Motivo: {WORDS}.", "a\nb") == "Motivo: a\nb."
    box = to_html(f"> {WORDS}", "a\n\nb")
    assert box.count("<blockquote") == 1
    assert box.count("<p") == 2
    assert read(to_html(f"Motivo: {WORDS}.", "a\nb")) == "Motivo: a\nb."


def test_characters_that_no_mail_can_hold_are_left_out() -> None:
    assert as_written("a\x00b\x1b[1m\ud800c\r\nd\x85\x02") == "ab[1mc\nd"
