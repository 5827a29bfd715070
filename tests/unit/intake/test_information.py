"""The small form of a request for information: just what was asked, answered once, and nothing typed is ever lost."""

from typing import Any

import pytest

from shared.errors import BadInput, Conflict
from shared.forms.reply import MESSAGE
from shared.identity import information_token, submission_token
from tests.unit.intake.fakes import (
    ARTICLE,
    FORMS,
    KEY,
    NUMBER,
    TICKET,
    FakeTickets,
    asking,
    browser,
    follow_link,
    information_link,
)
from tests.unit.intake.page import Page
from tests.unit.shared.formsamples import PDF, PNG

FEES = {"form": "fees", "version": 1}
OVER = "A questa domanda è già stata data una risposta"


def named(page: Page) -> list[str]:
    """The names of what can be filled in, in the order of the page."""
    found = [c["name"] for c in page.all("input", "select", "textarea") if c.get("type") != "hidden"]
    return list(dict.fromkeys(found))


async def test_the_page_has_just_what_was_asked_and_repeats_nothing() -> None:
    tickets = FakeTickets(information=asking("description", "username"), values={"username": "m.rossi"})
    async with browser(tickets, language="en") as holder:
        answer = await holder.get(information_link())
        page = Page(answer.text)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert named(page) == ["username", "description", MESSAGE]
        assert "m.rossi" not in answer.text.replace("m.rossi4", ""), "only in the help of the form"
        # The ticket's language, not the browser's; the other one is a click away.
        assert page.one(lang="it")
        assert NUMBER in page.text
        other = page.one(hreflang="en")["href"]
        english = Page((await holder.get(information_link() + other)).text)
        assert "We still need something" in english.text
        assert english.one(id="f-username")
        form = page.one(method="post")
        assert (form["enctype"], form["action"].startswith("/information/")) == ("multipart/form-data", True)


async def test_what_hangs_on_another_answer_is_asked_all_the_same() -> None:
    tickets = FakeTickets(information=asking("phone", "sign_in_with"))
    async with browser(tickets) as holder:
        page = Page((await holder.get(information_link())).text)
        assert named(page) == ["sign_in_with", "phone", MESSAGE]
        assert not [a for _, a in page.found if "data-show-field" in a]
        answer = await holder.post(page.one(method="post")["action"], data={"phone": "+39 0123 456789"})
    assert answer.status_code == 200
    assert tickets.replies[0]["values"] == {"phone": "+39 0123 456789"}


@pytest.mark.parametrize("form", FORMS.all_current(), ids=lambda form: form.id)
async def test_every_field_of_every_form_can_be_asked_again(form: Any) -> None:
    asked = list(form.by_id)
    tickets = FakeTickets(form=form.id, version=form.version, information=asking(*asked))
    async with browser(tickets) as holder:
        page = Page((await holder.get(information_link())).text)
    assert named(page) == [*asked, MESSAGE]
    labelled = {label["for"] for label in page.all("label")}
    assert all(c.get("type") == "hidden" or c["id"] in labelled for c in page.all("input", "select", "textarea"))


async def test_an_answer_with_a_file_is_written_once_however_often_it_is_sent() -> None:
    tickets = FakeTickets(**FEES, information=asking("receipt"))
    async with browser(tickets) as holder:
        page = Page((await holder.get(information_link())).text)
        typed = {"_key": page.one(name="_key")["value"], MESSAGE: "Eccola."}
        for _ in range(2):
            file = {"receipt": ("r.pdf", PDF, "application/pdf")}
            answer = await holder.post(page.one(method="post")["action"], data=typed, files=file)
            assert answer.status_code == 200
            assert "Grazie, abbiamo ricevuto la tua risposta" in answer.text
            assert NUMBER in answer.text
    (written,) = tickets.replies
    assert (written["text"], written["information"]) == ("Eccola.", ARTICLE)
    assert [file["field"] for file in written["attachments"]] == ["receipt"]


@pytest.mark.parametrize("repeated", ["form", "json"])
async def test_programs_answer_in_json_or_form_data(repeated: str) -> None:
    tickets = FakeTickets(information=asking("username"))
    body: dict[str, Any] = {("json" if repeated == "json" else "data"): {"username": "m.rossi"}}
    async with browser(tickets, "application/json") as program:
        for _ in range(2):
            answer = await program.post(information_link(), **body, headers={"Idempotency-Key": "k"})
            assert (answer.status_code, answer.json()["number"]) == (200, NUMBER)
        late = await program.post(information_link(), json={"username": "other"})
        assert (late.status_code, late.json()["code"]) == (409, "information_over")
        assert late.json()["detail"].startswith(OVER)
    assert len(tickets.replies) == 1


@pytest.mark.parametrize(
    ("typed", "file", "status", "words"),
    [
        ({}, None, 422, "Compila almeno un campo, oppure scrivi qui perché non puoi."),
        ({MESSAGE: "resta", "student_number": "corta"}, None, 422, "La matricola ha da 5 a 8 cifre"),
        ({MESSAGE: "resta", "amount": "molto"}, None, 422, "Scrivi un numero"),
        ({MESSAGE: "resta"}, ("r.png", PDF), 415, "non contiene davvero un PNG"),
        ({MESSAGE: "resta"}, ("r.png", PNG + bytes(6_000_000)), 413, "il massimo è 5 MB"),
        ({MESSAGE: "resta", "description": "mai chiesta"}, None, 422, "non fa parte del modulo"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(
    typed: dict[str, str], file: tuple[str, bytes] | None, status: int, words: str
) -> None:
    tickets = FakeTickets(**FEES, information=asking("amount", "receipt", "student_number"))
    async with browser(tickets) as holder:
        answer = await holder.post(
            information_link(), data={"_key": "key-1", **typed}, files={"receipt": file} if file else None
        )
    page = Page(answer.text)
    assert answer.status_code == status
    assert words in page.text
    assert all(value in answer.text for name, value in typed.items() if name != "description")
    assert page.one(name="_key")["value"] == "key-1"
    assert "Quello che hai scritto non è stato inviato." in page.text
    assert tickets.replies == []


async def test_when_nobody_can_take_it_everything_stays_and_sending_again_is_one_answer() -> None:
    tickets = FakeTickets(information=asking("username"))
    async with browser(tickets) as holder:
        page = Page((await holder.get(information_link())).text)
        for fault in ("down", "cut"):
            setattr(tickets, fault, True)
            typed = {"_key": "key-1", "username": "m.rossi", MESSAGE: "Ecco"}
            answer = await holder.post(page.one(method="post")["action"], data=typed)
            tickets.down = False
            assert answer.status_code == 503
            assert answer.headers["retry-after"]
            page = Page(answer.text)
            assert named(page) == ["username", MESSAGE]
            assert page.one(id="f-username")["value"] == "m.rossi"
            assert page.one(name="_key")["value"] == "key-1"
            assert "Ecco" in page.text
        answer = await holder.post(page.one(method="post")["action"], data=typed)
        assert answer.status_code == 200, "the answer that was cut had arrived, and is still the same answer"
    assert len(tickets.replies) == 1


async def test_a_question_that_is_over_says_so_and_leads_on() -> None:
    async with browser(FakeTickets(information=asking("username", article="newer"))) as holder:
        answer = await holder.get(information_link())
        page = Page(answer.text)
        assert answer.status_code == 409
        assert OVER in page.text
        (newer,) = [a["href"] for a in page.all("a") if a["href"].startswith("/information/")]
        assert (await holder.get(newer)).status_code == 200
        # What it offers instead works.
        reply = next(form for form in page.all("form") if form.get("enctype") == "multipart/form-data")
        again = await holder.post(reply["action"], data={MESSAGE: "Ecco"})
        assert again.status_code == 200


async def test_answering_a_question_that_is_over_loses_nothing() -> None:
    tickets = FakeTickets(information=asking("username", "tried"))
    async with browser(tickets) as holder:
        action = Page((await holder.get(information_link())).text).one(method="post")["action"]
        tickets.view["information"] = None
        typed = {"username": "m.rossi", "tried": ["reset", "browser"], MESSAGE: "E <altro>"}
        answer = await holder.post(action, data=typed)
        page = Page(answer.text)
        assert answer.status_code == 409
        assert OVER in page.text
        for words in ("Nome utente: m.rossi", "La procedura «Password dimenticata», Un altro browser", "E <altro>"):
            assert words in page.text
        assert page.one(method="post")["action"].startswith("/requests/")
    assert tickets.replies == []


@pytest.mark.parametrize(
    "error", [Conflict("over", code="information_over"), BadInput("'x' was not asked for.", code="unknown_field")]
)
async def test_a_question_that_ends_while_it_is_answered_loses_nothing(error: Any) -> None:
    tickets = FakeTickets(information=asking("username"))
    tickets.refusing = error
    async with browser(tickets) as holder:
        answer = await holder.post(information_link(), data={"username": "m.rossi"})
    assert answer.status_code == 409
    assert OVER in answer.text
    assert "Nome utente: m.rossi" in answer.text


async def test_a_link_that_is_not_ours_or_no_longer_says_what_to_do() -> None:
    links = (
        "/information/abc",
        f"/information/{information_token(TICKET, ARTICLE, 'x' * 40)}",
        # A link that follows is none that answers, and the other way round.
        f"/information/{submission_token(TICKET, KEY)}",
        f"/submissions/{information_token(TICKET, ARTICLE, KEY)}",
    )
    tickets = FakeTickets(information=asking("username"))
    async with browser(tickets) as stranger:
        for link in links:
            for answer in (await stranger.get(link), await stranger.post(link, data={"username": "x"})):
                assert answer.status_code == 401
                assert "Usa quello dell&#39;ultima e-mail" in answer.text
        gone = await stranger.get(information_link(ticket="5f0c3c3e-0000-5000-8000-00000000ffff"))
        assert gone.status_code == 404
        assert "La richiesta di questo collegamento non si trova." in gone.text
    assert tickets.replies == []


@pytest.mark.parametrize("asked", ["", "x", "credentials", "credentials.x.a", "credentials.9.a", "fees.1.amount"])
async def test_a_forged_address_changes_nothing_of_what_is_asked(asked: str) -> None:
    tickets = FakeTickets(information=asking("username"))
    async with browser(tickets) as holder:
        refused = await holder.post(information_link(), params={"asked": asked}, data={"amount": "3"})
        assert refused.status_code == 422
        assert named(Page(refused.text)) == ["username", MESSAGE]
        tickets.down = True
        answer = await holder.post(information_link(), params={"asked": asked}, data={"username": "m.rossi"})
        assert answer.status_code == 503
    assert tickets.replies == []


async def test_the_follow_page_and_the_question_are_of_one_ticket() -> None:
    tickets = FakeTickets(information=asking("username"))
    async with browser(tickets) as holder:
        await holder.post(information_link(), data={"username": "m.rossi"})
        page = Page((await holder.get(follow_link())).text)
    assert "Aspettiamo una tua risposta" not in page.text
