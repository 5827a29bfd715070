"""The page of a request, for who has its link: its state, our mails, the open question, and a box to write again."""

from datetime import timedelta
from typing import Any

import pytest

from services.intake.follow_pages import Box, render_followed
from services.intake.followed import Asked, Followed
from services.intake.texts import RECEIVED, WORDS, say_letter, say_state
from shared.errors import BadInput
from shared.events import Language, State
from shared.forms.reply import FILES, MESSAGE
from shared.identity import sign, submission_token
from shared.policy import SEEN_BY_HOLDER, SEEN_BY_SENDER
from tests.unit.intake.fakes import KEY, NUMBER, TICKET, FakeTickets, asking, browser, follow_link, letter, mailed_link
from tests.unit.intake.page import Page
from tests.unit.samples import NOON
from tests.unit.shared.formsamples import EXE, PDF

BOX = Box("/submissions/x", "key-1")
EVIL = "</textarea><script>alert(1)</script>\"'><img src=x>"


def followed(**changes: Any) -> Followed:
    """What tickets says of a request."""
    fields = {"number": NUMBER, "state": "open", "form": "credentials", "version": 1, "language": "it"}
    return Followed.model_validate({**fields, **changes})


@pytest.mark.parametrize("language", ["it", "en"])
def test_every_state_has_plain_words(language: Language) -> None:
    sentences = {say_state(language, state) for state in (RECEIVED, *State)}
    assert len(sentences) == len(State) + 1
    for state in State:
        assert say_state(language, state) in Page(render_followed(followed(state=state), language, BOX)).text


def test_once_we_have_answered_nobody_waits_for_our_answer() -> None:
    """Of a request that is still open; until it is opened again, and never for an answer that hasn't left."""

    def step(what: str, hours: int, article: str | None = None) -> dict[str, Any]:
        return {"what": what, "at": NOON + timedelta(hours=hours), "queue": "credentials-desk", "article": article}

    answer = letter("mail_answer", id="a", text="Ecco.")
    answered, waits = "Ti abbiamo risposto: lo leggi qui sotto", "La risposta arriva per e-mail"

    def says(**changes: Any) -> str:
        return Page(render_followed(followed(**changes), "it", BOX)).text

    assert answered in says(steps=[step("answered", 1, "a")], articles=[answer])
    assert waits in says(steps=[step("answered", 1, "held")], articles=[])
    assert waits in says(steps=[step("answered", 1, "a"), step("reopened", 2)], articles=[answer])
    assert answered not in says(state="closed_successful", steps=[step("answered", 1, "a")], articles=[answer])


def test_every_mail_a_holder_may_see_has_a_name() -> None:
    assert set(WORDS.letters) == SEEN_BY_SENDER
    assert len({say_letter("en", kind) for kind in SEEN_BY_SENDER}) == len(SEEN_BY_SENDER)


def test_before_there_is_a_ticket_it_waits_and_nothing_can_be_written() -> None:
    html = render_followed(None, "it", None)
    assert "data-waiting" in html
    assert say_state("it", RECEIVED) in html
    assert not Page(html).all("form")


def test_every_control_is_labelled_and_nothing_is_inline() -> None:
    articles = [letter(kind, text="t", subject="s", delivery="refused") for kind in SEEN_BY_HOLDER]
    view = followed(articles=articles, information=asking("username"), earlier=3)
    for box in (BOX, Box("/x", "k", {MESSAGE: "a"}, {MESSAGE: "Una frase.", FILES: "Altra."}, None)):
        page = Page(render_followed(view, "it", box, information_url="/information/x"))
        ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
        assert len(ids) == len(set(ids))
        labelled = {label["for"] for label in page.all("label")}
        assert all(c.get("type") == "hidden" or c["id"] in labelled for c in page.all("input", "textarea"))
        for tag, attributes in page.found:
            assert tag != "style"
            assert not any(name == "style" or name.startswith("on") for name in attributes)
            assert set(attributes.get("aria-describedby", "").split()) <= set(ids)
            assert set(attributes.get("aria-labelledby", "").split()) <= set(ids)
    assert page.one(href="#f-_message")


def test_what_was_written_is_never_markup() -> None:
    view = followed(articles=[letter("mail_answer", text=EVIL, subject=EVIL)])
    html = render_followed(view, "it", Box("/x", EVIL, {MESSAGE: EVIL}, {MESSAGE: EVIL, EVIL: EVIL}, EVIL))
    assert "<script>alert" not in html
    assert "<img src=x" not in html


async def test_mails_that_only_tell_of_a_step_are_folded_and_answers_are_not() -> None:
    for kind, folded in {
        "mail_receipt": 1,
        "mail_taken": 1,
        "mail_reminder": 1,
        "mail_link": 1,
        "mail_answer": 0,
    }.items():
        async with browser(FakeTickets(articles=[letter(kind, text="Parole", subject="s")])) as holder:
            html = (await holder.get(mailed_link())).text
        assert html.count("<summary>Leggi l’e-mail</summary>") == folded, kind
        assert "Parole" in html


async def test_who_has_a_mailed_link_reads_our_mails_and_nothing_else() -> None:
    secret = "Solo per noi."
    tickets = FakeTickets(
        articles=[
            letter("mail_receipt", text="Abbiamo ricevuto", subject="[Ticket#1] Ricevuta"),
            letter("request", text=secret),
            letter("note", text=secret),
            letter("mail_forward", text=secret),
            letter("requester_reply", text=secret),
            letter("mail_answer", text=secret, delivery="held"),
            letter("mail_closed", text=secret, delivery="stopped"),
            letter("mail_taken", text=secret, delivery="withdrawn"),
            letter("mail_reopened", text="È riaperta.", attachments=[_attachment("modulo.pdf")]),
        ]
    )
    async with browser(tickets) as holder:
        answer = await holder.get(mailed_link())
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    page = Page(answer.text)
    assert secret not in page.text
    # A subject says again what the step's title says, and its mark is a word of ours.
    assert "Leggi l’e-mail" in page.text
    assert "Ticket" not in page.text
    assert [NUMBER in page.text, "Abbiamo ricevuto" in page.text, "È riaperta." in page.text] == [True] * 3
    assert "23 novembre 2026, 13:00" in page.text
    assert "modulo.pdf" in page.text
    assert len([a for a in page.all("li") if a.get("class") == "letter"]) == 2


async def test_who_sent_it_reads_again_what_they_sent_and_nothing_that_came_later() -> None:
    sent = letter("request", delivery=None, fields={"details": "Password <b>dimenticata</b>"}, attachments=[])
    tickets = FakeTickets(articles=[sent, letter("requester_reply", text="Da un altro telefono."), letter("note")])
    steps = [{"what": "received", "at": NOON.isoformat(), "queue": "credentials", "article": sent["id"]}]
    tickets.view["steps"] = steps
    async with browser(tickets) as holder:
        own, mailed = await holder.get(follow_link()), await holder.get(mailed_link())
        # As earlier versions made them, and mailed them.
        old = await holder.get(f"/submissions/{sign({'ticket': TICKET}, KEY, 'sportello-submission', 60)}")
    assert "Password <b>dimenticata</b>" in Page(own.text).text
    for page in (own, mailed, old):
        assert page.status_code == 200
        assert "Da un altro telefono" not in page.text
    assert "dimenticata" not in mailed.text + old.text


async def test_an_open_question_leads_to_its_form_and_earlier_mails_can_be_read() -> None:
    tickets = FakeTickets(information=asking("username"), earlier=7)
    async with browser(tickets) as holder:
        page = Page((await holder.get(follow_link())).text)
        (link,) = [a["href"] for a in page.all("a") if a["href"].startswith("/information/")]
        assert "Il 23 novembre 2026 ti abbiamo chiesto" in page.text
        assert (await holder.get(link)).status_code == 200
        assert [a for a in page.all("a") if a["href"] == "?lang=it&before=7"]


async def test_the_answer_to_a_program_keeps_its_fields() -> None:
    async with browser(FakeTickets(state="pending"), "application/json") as program:
        answer = await program.get(follow_link())
        assert answer.json() == {"number": NUMBER, "state": "pending"}
        waiting = await program.get(follow_link("5f0c3c3e-0000-5000-8000-00000000ffff"))
        assert waiting.json() == {"number": None, "state": "received"}


async def test_words_and_files_are_written_once_however_often_they_are_sent() -> None:
    tickets = FakeTickets()
    async with browser(tickets) as holder:
        key = Page((await holder.get(follow_link())).text).one(name="_key")["value"]
        typed = {"_key": key, MESSAGE: " Ecco la ricevuta.\r\n"}
        for _ in range(2):
            answer = await holder.post(follow_link(), data=typed, files={FILES: ("../r.pdf", PDF, "text/plain")})
            assert answer.status_code == 200
            assert "Grazie, abbiamo ricevuto la tua risposta" in answer.text
            assert NUMBER in answer.text
        await holder.post(follow_link(), data={**typed, MESSAGE: "Altro"})
    first, second = tickets.replies
    assert (first["text"], first["information"], first["values"]) == ("Ecco la ricevuta.", None, {})
    (file,) = first["attachments"]
    assert (file["name"], file["media_type"], file["field"]) == ("r.pdf", "application/pdf", "")
    assert file["key"].startswith(f"{TICKET}/")
    assert second["text"] == "Altro"


async def test_writing_to_a_closed_request_says_that_it_opens_again() -> None:
    tickets = FakeTickets(state="closed_successful")
    async with browser(tickets, language="en") as holder:
        assert "writing reopens it" in (await holder.get(follow_link())).text
        answer = await holder.post(follow_link(), data={MESSAGE: "Still not"})
    assert "is open again now" in answer.text


async def test_writing_to_a_request_closed_long_ago_says_that_it_became_a_new_one() -> None:
    tickets = FakeTickets(state="closed_unsuccessful")
    tickets.long_closed = True
    async with browser(tickets) as holder:
        answer = await holder.post(follow_link(), data={MESSAGE: "Di nuovo io"})
    assert "è diventato una nuova richiesta" in answer.text


async def test_a_joined_request_says_where_it_goes_on() -> None:
    other = {"id": "x", "number": "20261123000020"}
    async with browser(FakeTickets(state="merged", merged_into=other)) as holder:
        assert "20261123000020" in Page((await holder.get(follow_link())).text).text


async def test_a_program_writes_json_and_is_told_what_became_of_it() -> None:
    tickets = FakeTickets()
    async with browser(tickets, "application/json") as program:
        answer = await program.post(follow_link(), json={MESSAGE: "Ecco"}, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 200
        assert answer.json()["number"] == NUMBER
        assert answer.json()["status_url"].startswith("http://forms.example/submissions/")
        empty = await program.post(follow_link(), json={})
        assert empty.status_code == 422
        assert empty.json()["errors"][0]["field"] == MESSAGE
    assert len(tickets.replies) == 1


@pytest.mark.parametrize(
    ("typed", "file", "status", "words"),
    [
        ({MESSAGE: " "}, None, 422, "Scrivi qualcosa, oppure allega un file."),
        ({MESSAGE: "resta"}, ("x.exe", EXE), 415, "di un tipo che non si può allegare"),
        ({MESSAGE: "resta"}, ("x.pdf", PDF + bytes(6_000_000)), 413, "il massimo è 5 MB"),
        ({MESSAGE: "resta" * 200_000}, ("x.pdf", PDF), 422, "al massimo 10.000 caratteri"),
        ({MESSAGE: "resta", "ghost": "x"}, None, 422, "non fa parte del modulo"),
    ],
)
async def test_what_is_refused_stays_on_the_page_with_its_key(
    typed: dict[str, str], file: tuple[str, bytes] | None, status: int, words: str
) -> None:
    tickets = FakeTickets(articles=[letter("mail_answer", text="La risposta")])
    async with browser(tickets) as holder:
        answer = await holder.post(
            follow_link(), data={"_key": "key-1", **typed}, files={FILES: file} if file else None
        )
    assert answer.status_code == status
    page = Page(answer.text)
    assert words in page.text
    assert typed[MESSAGE].strip() in page.text
    assert "La risposta" in page.text, "the rest of the page is there"
    assert page.one(name="_key")["value"] == "key-1"
    assert tickets.replies == []


async def test_when_nobody_can_take_it_everything_stays_and_sending_again_is_one_reply() -> None:
    tickets = FakeTickets()
    async with browser(tickets) as holder:
        for fault in ("down", "cut"):
            setattr(tickets, fault, True)
            answer = await holder.post(follow_link(), data={"_key": "key-1", MESSAGE: "Ecco"})
            assert answer.status_code == 503
            assert answer.headers["retry-after"]
            page = Page(answer.text)
            assert "Ecco" in page.text
            assert "non verrà registrato due volte" in page.text
            assert page.one(name="_key")["value"] == "key-1"
            tickets.down = False
        assert (await holder.post(follow_link(), data={"_key": "key-1", MESSAGE: "Ecco"})).status_code == 200
    assert len(tickets.replies) == 1


async def test_a_refusal_of_tickets_is_told_in_the_readers_words() -> None:
    tickets = FakeTickets()
    tickets.refusing = BadInput("'x' is not for you.", code="unknown_article")
    async with browser(tickets) as holder:
        answer = await holder.post(follow_link(), data={MESSAGE: "Ecco"})
    assert answer.status_code == 422
    assert "La risposta non è stata accettata." in answer.text
    assert "not for you" not in answer.text
    assert "Ecco" in answer.text


async def test_a_link_that_is_not_ours_or_no_longer_says_what_to_do() -> None:
    foreign = submission_token(TICKET, "x" * 40)
    async with browser(FakeTickets()) as stranger, browser(FakeTickets(), "application/json") as program:
        for link in ("/submissions/abc", f"/submissions/{foreign}"):
            for answer in (await stranger.get(link), await stranger.post(link, data={MESSAGE: "x"})):
                assert answer.status_code == 401
                assert "Usa quello dell&#39;ultima e-mail" in answer.text
            assert (await program.post(link, json={MESSAGE: "x"})).status_code == 401


async def test_a_body_beyond_all_limits_is_refused_unread() -> None:
    async with browser(FakeTickets(), "application/json") as program:
        answer = await program.post(follow_link(), json={MESSAGE: "x" * 10_000_000})
        assert answer.status_code == 413
        broken = await program.post(follow_link(), content=b"{", headers={"Content-Type": "application/json"})
        assert broken.status_code == 422
        assert (await program.post(follow_link(), content=b"x")).status_code == 415


def test_who_is_asked_is_asked_on_a_day_of_rome() -> None:
    late = Asked(article="a", at=NOON.replace(hour=23) + timedelta(minutes=30))
    view = followed(information=late)
    assert "24 novembre 2026" in render_followed(view, "it", BOX, information_url="/x")


def _attachment(name: str) -> dict[str, Any]:
    return {"key": f"t/{name}", "name": name, "media_type": "application/pdf", "size": 8, "field": ""}
