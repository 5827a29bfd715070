"""The mark of a mail's subject comes off as it went on, and nothing else does."""

import pytest

from shared.subjects import marked, plain


@pytest.mark.parametrize("title", ["Risposta", "[Ticket#1] di nuovo", "", "Il [Ticket#1] in mezzo"])
def test_the_mark_comes_off_as_it_went_on(title: str) -> None:
    assert plain(marked("20261123000013", title)) == title


@pytest.mark.parametrize("subject", ["Risposta", "", "Ticket#1 senza parentesi", "Re: [Ticket#1] x"])
def test_what_has_no_mark_stays_as_it_is(subject: str) -> None:
    assert plain(subject) == subject
