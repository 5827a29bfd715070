"""What a mail says, to whom, and what it never says."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.notifier.mails import Mail, say_when
from shared.events import Language
from shared.ids import mail_id
from tests.unit.notifier.samples import opened, someone, taken, write

MAILS = write()
LANGUAGES: tuple[Language, ...] = ("it", "en")
TYPED = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
NASTY = "**x** <b onclick=a()>b</b> [link](https://evil.example) https://evil.example <https://evil.example> &amp; `c`"


class Page(HTMLParser):
    """What a reader of the HTML part sees, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action", "background")]

    def handle_data(self, data: str) -> None:
        self.words += data


def both(mail: Mail | None) -> str:
    assert mail
    return "\n".join([*mail.headers.values(), mail.text, Page(mail.html).words])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_verified_person_is_greeted_by_name_and_reads_the_subject(language: Language) -> None:
    for mail in (MAILS.received(opened(language=language)), MAILS.taken(taken(language=language))):
        assert mail
        page = Page(mail.html)
        for part in (mail.text, page.words):
            assert "Chiara Russo" in part
            assert "Non riesco ad accedere alla posta" in part
            assert "20261123000174" in part
        assert "https://portal.example/my" in mail.text
        assert page.links == ["https://portal.example/my"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unverified_address_gets_back_nothing_that_was_typed(language: Language) -> None:
    unknown = someone(verified=False)
    for mail in (
        MAILS.received(opened(language=language, requester=unknown)),
        MAILS.taken(taken(language=language, requester=unknown)),
    ):
        said = both(mail)
        assert "Chiara" not in said
        assert "accedere alla" not in said
        assert "20261123000174" in said
        assert "https://forms.example/submissions/to.k_e-n" in said


def test_the_mail_speaks_the_language_of_the_request() -> None:
    italian, english = (MAILS.received(opened(language=language)) for language in LANGUAGES)
    assert italian.subject == (
        "[Ticket#20261123000174] Abbiamo ricevuto la tua richiesta: Non riesco ad accedere alla posta"
    )
    assert english.subject.startswith("[Ticket#20261123000174] We have received your request")
    assert "lunedì 23 novembre 2026, ore 18:45" in italian.text
    assert "Monday 23 November 2026, 18:45" in english.text
    assert italian.headers["From"] == "Credenziali e accesso <credenziali@ateneo.example>"
    assert english.headers["From"] == "Credentials and sign-in <credenziali@ateneo.example>"
    assert italian.text.endswith("Assistenza credenziali\nUniversità di Esempio\n")
    assert '<html lang="en"' in english.html


def test_the_headers_thread_all_mails_of_a_ticket_and_ask_for_no_automatic_answer() -> None:
    event = opened()
    receipt, taking = MAILS.received(event), MAILS.taken(taken(ticket_id=event.ticket_id))
    assert taking
    assert receipt.id == mail_id(event.event_id, "chiara@studenti.example")
    assert receipt.headers["Message-ID"] == f"<{receipt.id}@ateneo.example>" == receipt.message_id
    assert receipt.message_id != taking.message_id
    for mail in (receipt, taking):
        assert mail.headers["References"] == mail.headers["In-Reply-To"] == f"<ticket-{event.ticket_id}@ateneo.example>"
        assert mail.headers["Auto-Submitted"] == "auto-generated"
        assert mail.headers["X-Auto-Response-Suppress"] == "All"
        assert mail.headers["Content-Language"] == "it"
        assert mail.headers["Date"] == "Mon, 23 Nov 2026 18:45:00 +0100"


def test_the_same_fact_is_the_same_mail() -> None:
    event = opened()
    assert MAILS.received(event) == MAILS.received(event)


def test_nobody_is_told_twice_that_their_ticket_was_taken() -> None:
    assert MAILS.taken(taken(mail=None)) is None


def test_a_queue_without_an_address_lets_the_one_above_it_speak() -> None:
    assert MAILS.received(opened(queue="credentials-mail")).sender == "credenziali@ateneo.example"
    assert MAILS.received(opened(queue="gone-since")).sender == "sportello@ateneo.example"


def test_a_person_without_a_name_is_greeted_all_the_same() -> None:
    assert MAILS.received(opened(requester=someone(name=" "))).text.startswith("Ciao,\n")


def test_the_text_part_shows_no_marks() -> None:
    for language in LANGUAGES:
        for mail in (MAILS.received(opened(language=language)), MAILS.taken(taken(language=language))):
            assert mail
            assert not re.search(r"[*#>\\\[\]{}]|\n\n\n", mail.text)


def test_the_html_part_loads_nothing_from_elsewhere() -> None:
    html = MAILS.received(opened()).html
    assert not {"img", "script", "link", "style", "iframe"} & set(Page(html).tags)
    assert "url(" not in html


@given(name=TYPED, subject=TYPED)
@example(name=NASTY, subject=NASTY)
@example(name="1. x", subject="# x")
@example(name="a\r\nBcc: x@evil.example", subject="a\u2028b\x00\u202ec")
def test_what_was_typed_becomes_neither_markup_nor_link(name: str, subject: str) -> None:
    harmless = MAILS.received(opened(requester=someone(name="x"), subject="x"))
    mail = MAILS.received(opened(requester=someone(name=name), subject=subject))
    page, wanted = Page(mail.html), Page(harmless.html)
    assert page.links == wanted.links
    assert page.tags == wanted.tags
    assert mail.text.count("\n") == harmless.text.count("\n")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", mail.text + mail.subject)


@given(subject=st.text("abc*_[](){}<>`#&\\!|~-+.:/@\"' ", min_size=1, max_size=40))
def test_what_was_typed_is_read_as_it_was_typed(subject: str) -> None:
    mail = MAILS.received(opened(subject=subject))
    line = " ".join(subject.split())
    if line:
        assert f"«{line}»" in mail.text
        assert f"«{line}»" in Page(mail.html).words


def test_times_are_those_of_rome_in_winter_and_summer() -> None:
    assert say_when(datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "it") == "giovedì 2 luglio 2026, ore 00:30"
    assert say_when(datetime(2026, 1, 1, 22, 30, tzinfo=UTC), "en") == "Thursday 1 January 2026, 23:30"
