"""A long text as a page of many shows it, and a ticket's page that is full of them."""

import re

import pytest

from services.portal.folding import SHOWN, WHOLE, folded
from shared.events import ArticleKind
from tests.unit.portal.test_questions import an_answer
from tests.unit.portal.test_ticket_page import a_mail, an_open_ticket, the_page


def test_a_text_that_is_not_much_longer_is_shown_whole() -> None:
    assert folded("a " * (WHOLE // 2)) == ("a " * (WHOLE // 2), 0)


@pytest.mark.parametrize("text", ["parola " * 7143, "x" * 50_000, "riga\n" * 10_000, "x" * 1950 + " " + "y" * 46_000])
def test_a_longer_one_ends_at_a_word_s_end_and_says_how_much_is_left(text: str) -> None:
    shown, hidden = folded(text)
    assert text.startswith(shown)
    assert len(shown) + hidden == len(text)
    assert SHOWN - 200 <= len(shown) <= SHOWN
    assert shown.split()[-1] in ("parola", "riga") or shown == "x" * len(shown) or shown.endswith("x")


def test_a_ticket_full_of_long_notes_is_a_light_page_with_a_way_to_each() -> None:
    notes = [a_mail(ArticleKind.NOTE, to=None, text="parola " * 7143) for _ in range(20)]
    page = the_page(an_open_ticket(*notes))
    assert len(page.encode()) < 150_000
    hidden = folded("parola " * 7143).hidden
    ways = re.findall(r'href="/tickets/\d+/texts/([\w-]+)">([^<]+)<', page)
    assert [way[0] for way in ways] == [note.id for note in notes]
    assert {way[1] for way in ways} == {f"Mostra tutto (altri {hidden:,} caratteri)".replace(",", ".")}


def test_twenty_texts_that_are_just_not_folded_are_a_light_page_too() -> None:
    page = the_page(an_open_ticket(*(a_mail(ArticleKind.NOTE, to=None, text="x" * WHOLE) for _ in range(20))))
    assert "/texts/" not in page
    assert len(page.encode()) < 150_000


def test_an_answer_that_is_not_whole_on_the_page_is_read_from_its_own() -> None:
    def links(text: str) -> list[str]:
        answer = an_answer(text=text)
        page = the_page(an_open_ticket(answer))
        return re.findall(rf"<a [^>]*\?use={answer.id}[^>]*>", page)

    short, long = links("Sì."), links("parola " * 7143)
    assert short
    assert not any("data-whole" in link for link in short)
    assert long
    assert all(re.search(r'data-whole="/tickets/\d+/texts/[\w-]+"', link) for link in long)
