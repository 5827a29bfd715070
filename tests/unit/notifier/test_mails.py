"""What a mail says, to whom, and what it never says."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.notifier.letters import Envelope, Mail, office, post, say_when
from services.notifier.templates import Rendered
from shared.events import SYSTEM, Language, State, TicketRef, Waiting
from shared.ids import mail_id, random_id
from tests.unit.notifier.samples import (
    EVENING,
    GIULIA,
    QUEUES,
    WORDS,
    a_file,
    answered,
    asked,
    closed,
    forwarded,
    handed_over,
    new_link,
    opened,
    reminded,
    reopened,
    someone,
    taken,
    write,
)

MAILS = write()
NUMBER = "20261123000174"
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


def all_to(**changes: Any) -> dict[str, Mail | None]:
    """Every mail that a requester can get, by name."""
    silent = {**changes, "text": "", "actor": SYSTEM}
    no_date = Waiting(for_user=True, since=EVENING)
    return {
        "received": MAILS.received(opened(**changes)),
        "split": MAILS.received(opened(**changes, split_from=TicketRef(id=random_id(), number="20261101000009"))),
        "taken": MAILS.taken(taken(**changes)),
        "information": MAILS.information(asked(**changes)),
        "information, no date": MAILS.information(asked(**changes, waiting=no_date, fields=())),
        "reminder": MAILS.reminder(reminded(**changes)),
        "reminder, no form": MAILS.reminder(reminded(**changes, information=None, fields=())),
        "answer": MAILS.answer(answered(**changes)),
        "answer, concluded": MAILS.answer(answered(**changes, outcome=State.CLOSED_SUCCESSFUL)),
        "answer, no solution": MAILS.answer(answered(**changes, outcome=State.CLOSED_UNSUCCESSFUL)),
        "closed": MAILS.closed(closed(**changes)),
        "closed, concluded": MAILS.closed(closed(**changes, outcome=State.CLOSED_SUCCESSFUL)),
        "closed by the timer": MAILS.closed(closed(**silent)),
        "reopened": MAILS.reopened(reopened(**changes)),
        "reopened by a reply": MAILS.reopened(reopened(**changes, reason="", by_reply=True)),
        "link": MAILS.link(new_link(**changes)),
    }


AUTOMATIC = {
    *("received", "split", "taken", "reminder", "reminder, no form", "closed by the timer"),
    *("reopened", "reopened by a reply", "link"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_verified_person_is_greeted_by_name_and_reads_the_subject(language: Language) -> None:
    for name, mail in all_to(language=language).items():
        assert mail, name
        page = Page(mail.html)
        assert "Non riesco ad accedere alla posta" in mail.subject, name
        for part in (mail.text, page.words):
            assert "Chiara Russo" in part, name
            assert NUMBER in part, name
        form = name in ("information", "information, no date", "reminder")
        link, *others = page.links
        if name == "link":
            # It is what was asked for.
            assert link.startswith("https://forms.example/requests/")
            continue
        # Beside their own page there is the link that needs no sign-in.
        assert all(other.startswith("https://forms.example/requests/") for other in others), name
        assert link.startswith("https://forms.example/information/" if form else f"https://portal.example/my/{NUMBER}")
        assert link in mail.text, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unverified_address_gets_back_nothing_that_was_typed(language: Language) -> None:
    for name, mail in all_to(language=language, requester=someone(verified=False)).items():
        said = both(mail)
        assert "Chiara" not in said, name
        assert "accedere alla" not in said, name
        assert NUMBER in said, name
        assert "https://forms.example/" in said, name


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verified", [True, False])
def test_each_mail_leads_to_the_requests_own_page_without_sign_in(language: Language, verified: bool) -> None:
    for name, mail in all_to(language=language, requester=someone(verified)).items():
        assert mail, name
        assert [link for link in Page(mail.html).links if link.startswith("https://forms.example/requests/")], name
        assert "https://forms.example/requests/" in mail.text, name


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verified", [True, False])
def test_each_mail_says_how_to_answer_and_has_each_address_on_a_line_of_its_own(
    language: Language, verified: bool
) -> None:
    for name, mail in all_to(language=language, requester=someone(verified)).items():
        assert mail, name
        links = [line for line in mail.text.splitlines() if "https://" in line]
        assert all(re.fullmatch(r"https://\S+", line) for line in links), name
        for part in (mail.text, Page(mail.html).words):
            assert {"it": "Non rispondere a questa e-mail", "en": "Please don’t reply to this e-mail"}[language] in part
        own = mail.text.replace(WORDS, "")
        # A typewriter's apostrophe, or an English sentence that begins small after the greeting.
        assert not re.search(r"\w'\w", own + mail.subject), name
        assert language == "it" or not re.search(r"^Hello.*,\n\n[a-z]", own), name


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
        assert mail.headers["References"] == mail.headers["In-Reply-To"] == f"<ticket-{event.ticket_id}@sportello>"
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
        for requester in (someone(), someone(verified=False)):
            for name, mail in all_to(language=language, requester=requester).items():
                assert mail
                assert not re.search(r"[*#>\\\[\]{}]|\n\n\n", mail.text), name


def test_the_html_part_loads_nothing_from_elsewhere() -> None:
    for name, mail in all_to().items():
        assert mail
        assert not {"img", "script", "link", "style", "iframe"} & set(Page(mail.html).tags), name
        assert "url(" not in mail.html, name


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


@pytest.mark.parametrize("verified", [True, False])
def test_what_the_operator_wrote_is_sent_line_by_line_and_is_no_markup(verified: bool) -> None:
    text = f"{NASTY}\n\n\n  a) due  spazi\n# titolo\n> citazione\n- punto\n{{{{ name }}}} https://ateneo.example/a?b=1&c=(d)."
    who = someone(verified=verified)
    mails = {
        "information": MAILS.information(asked(text=text, requester=who)),
        "answer": MAILS.answer(answered(text=text, requester=who)),
        "closed": MAILS.closed(closed(text=text, requester=who)),
        "reopened": MAILS.reopened(reopened(reason=text, requester=who)),
        "forward": MAILS.forward(forwarded(text=text)),
        "handed over": MAILS.handed_over(handed_over(reason=text)),
    }
    for name, mail in mails.items():
        assert mail
        assert f"\n{text}\n" in f"\n{mail.text}", name
        page = Page(mail.html)
        words = page.words.replace("\xa0", " ")
        for line in text.splitlines():
            assert line in words, name
        assert not {"b", "code"} & set(page.tags), name
        assert {"https://evil.example", "https://ateneo.example/a?b=1&c=(d)"} <= set(page.links), name


def test_no_person_wrote_an_automatic_mail_and_only_those_say_so() -> None:
    for name, mail in all_to().items():
        assert mail
        automatic = ("auto-generated", "All") if name in AUTOMATIC else (None, None)
        assert (mail.headers.get("Auto-Submitted"), mail.headers.get("X-Auto-Response-Suppress")) == automatic, name
        assert ("Messaggio automatico" in mail.html) == (name in AUTOMATIC), name
    assert "Auto-Submitted" not in MAILS.forward(forwarded()).headers


def test_a_question_names_what_is_asked_in_the_words_of_its_form_and_links_to_it() -> None:
    event = asked()
    mail = MAILS.information(event)
    assert "- Nome utente\n- Telefono\n" in mail.text
    assert f"https://forms.example/information/{event.mail.id}" in mail.text
    assert "Rispondi entro: lunedì 30 novembre 2026, ore 18:45" in mail.text
    assert "dovremo chiudere" not in mail.text
    closes = event.waiting.model_copy(update={"then": "close", "until": EVENING + timedelta(days=7)})
    assert "dovremo chiudere" in MAILS.information(asked(waiting=closes)).text
    assert "- Username\n- Telephone\n" in MAILS.information(asked(language="en")).text
    # A form taken away since, or a question it never had, keeps no mail from leaving.
    assert "- username\n- phone\n" in MAILS.information(asked(version=99)).text
    assert "- gone\n" in MAILS.information(asked(fields=("gone",))).text


def test_a_reminder_leads_back_to_the_form_that_was_sent() -> None:
    event = reminded()
    mail = MAILS.reminder(event)
    assert "- Nome utente\n- Telefono\n" in mail.text
    assert f"https://forms.example/information/{event.information}" in mail.text
    bare = MAILS.reminder(reminded(information=None, fields=()))
    assert "/information/" not in bare.text
    assert f"https://portal.example/my/{NUMBER}" in bare.text


def test_an_answer_says_whether_the_request_ends_with_it() -> None:
    ends = {
        None: "Stato: in lavorazione",
        State.CLOSED_SUCCESSFUL: f"la tua richiesta {NUMBER} è conclusa.",
        State.CLOSED_UNSUCCESSFUL: f"la tua richiesta {NUMBER} è chiusa senza soluzione.",
    }
    for outcome, sentence in ends.items():
        said = both(MAILS.answer(answered(outcome=outcome)))
        assert [each in said for each in ends.values()] == [each == sentence for each in ends.values()]
        assert "scrivici dalla pagina della richiesta" in said.lower()


def test_a_closing_gives_its_reason_once_and_silence_is_no_mail() -> None:
    mail = MAILS.closed(closed())
    assert mail
    assert mail.text.count(WORDS) == 1
    assert "senza soluzione" in mail.subject
    done = MAILS.closed(closed(outcome=State.CLOSED_SUCCESSFUL))
    assert done
    assert "è conclusa" in done.subject
    assert MAILS.closed(closed(mail=None)) is None
    assert MAILS.reopened(reopened(mail=None)) is None


def test_the_receipt_says_when_the_tickets_own_queue_usually_answers_if_that_is_known() -> None:
    def usual(queue: str, language: Language) -> str:
        return f"{language}: within a day." if queue == "credentials-mail" else ""

    knowing = write(usual=usual)
    for language in LANGUAGES:
        known, unknown = opened(queue="credentials-mail", language=language), opened(language=language)
        said = both(knowing.received(known))
        assert said.count(f"{language}: within a day.") == 2
        assert knowing.received(unknown) == MAILS.received(unknown)
        assert "within" not in both(MAILS.received(known))


def test_a_request_split_off_says_where_it_comes_from() -> None:
    split = MAILS.received(opened(split_from=TicketRef(id=random_id(), number="20261101000009")))
    assert "20261101000009" in split.text
    assert "Riguarda una cosa" not in MAILS.received(opened()).text


@pytest.mark.parametrize("verified", [True, False])
def test_a_forward_goes_to_the_third_party_with_nothing_of_the_users(verified: bool) -> None:
    event = forwarded(requester=someone(verified=verified), attachments=(a_file(),))
    mail = MAILS.forward(event)
    assert mail.recipient == mail.headers["To"] == "fornitore@ditta.example"
    assert mail.subject == f"[Ticket#{NUMBER}] Un caso da guardare"
    assert (mail.article_id, mail.attachments, mail.notice) == (event.mail.id, event.attachments, False)
    assert mail.headers["From"] == "Credenziali e accesso <credenziali@ateneo.example>"
    said = both(mail)
    for own in ("Chiara", "chiara@", "accedere alla", "portal.example", "forms.example"):
        assert own not in said
    assert Page(mail.html).links == []
    # The third party's conversation is not the user's.
    answer = MAILS.answer(answered(ticket_id=event.ticket_id))
    assert mail.headers["References"] != answer.headers["References"]


def test_a_subject_of_200_characters_is_forwarded_whole() -> None:
    assert MAILS.forward(forwarded(subject="à" * 200)).subject == f"[Ticket#{NUMBER}] {'à' * 200}"


def test_the_new_owner_is_told_by_whom_and_why_in_their_language() -> None:
    mail = MAILS.handed_over(handed_over())
    assert mail
    assert (mail.recipient, mail.notice, mail.article_id) == ("marco.ferri@ateneo.example", True, "")
    assert mail.subject.startswith(f"[Ticket#{NUMBER}] Giulia Conti ti ha passato una richiesta")
    assert WORDS in mail.text
    assert mail.headers["Auto-Submitted"] == "auto-generated"
    assert Page(mail.html).links == [f"https://portal.example/tickets/{NUMBER}"]
    english = MAILS.handed_over(handed_over("emma.clarke"))
    assert english
    assert "Hello Emma Clarke" in english.text


def test_nobody_is_told_what_they_did_themselves_and_a_stranger_has_no_address() -> None:
    assert MAILS.handed_over(handed_over(GIULIA.id)) is None
    assert MAILS.handed_over(handed_over("nobody.known")) is None
    assert MAILS.handed_over(handed_over(owner=None)) is None


def test_an_answer_carries_its_files() -> None:
    files = (a_file(), a_file("foto.png", media_type="image/png"))
    assert MAILS.answer(answered(attachments=files)).attachments == files


def test_times_are_those_of_rome_in_winter_and_summer() -> None:
    assert say_when(datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "it") == "giovedì 2 luglio 2026, ore 00:30"
    assert say_when(datetime(2026, 1, 1, 22, 30, tzinfo=UTC), "en") == "Thursday 1 January 2026, 23:30"


def test_a_ticket_that_moved_stays_one_conversation_whatever_its_queues_domain() -> None:
    event = opened()
    elsewhere = office(QUEUES, "fees").model_copy(update={"mail_from": "tasse@altrove.example"})
    here, there = (
        post(event, queue, Envelope(recipient="a@b.example", language="it"), Rendered(title="x", text="x", html="x"))
        for queue in (office(QUEUES, event.queue), elsewhere)
    )
    assert there.headers["From"] != here.headers["From"]
    assert there.headers["References"] == here.headers["References"]
