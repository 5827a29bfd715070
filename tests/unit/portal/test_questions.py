"""Questions to the second level as operators read them: on the ticket that asks, and on the question's own page."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.portal.asking import queues_to_ask
from services.portal.desk import Said
from services.portal.drafts import Draft
from services.portal.i18n import tongues
from services.portal.mentions import Piece, pieces
from services.portal.refused import refusal
from services.portal.shapes import Article, Question, Quote, View
from shared.errors import Conflict
from shared.events import ArticleKind, Closing, State, TicketRef, Waiting
from shared.ids import random_id
from shared.policy import Visibility
from tests.unit.portal.samples import NUMBER, PARENT, a_view
from tests.unit.portal.test_ticket_page import (
    FILE,
    MARKUP,
    QUEUES,
    a_mail,
    an_open_ticket,
    form,
    shown,
    the_page,
)
from tests.unit.samples import ANNA, GIULIA, MARCO, NOON

CHILD = TicketRef(id="child", number="20261123000054")


def a_question(**changes: Any) -> Question:
    """Giulia asked the identity office, where Anna took it."""
    fields: dict[str, Any] = {
        "child": CHILD,
        "article": random_id(),
        "title": "Esiste il nome utente?",
        "queue": "credentials-identity",
        "owner": ANNA.ref,
        "state": "open",
        "asked_by": GIULIA.ref,
        "asked_at": datetime.now(UTC) - timedelta(hours=2),
    }
    return Question(**{**fields, **changes})


def asking(*questions: Question, **changes: Any) -> View:
    """A ticket that asked them."""
    still_open = sum(question.open for question in questions)
    return an_open_ticket(questions=questions, **{"open_questions": still_open, **changes})


def a_child(**changes: Any) -> View:
    """The question itself: open, due tomorrow, with the excerpt that Giulia chose."""
    excerpt = Article(
        id="excerpt",
        kind=ArticleKind.CHILD_OPENED,
        visibility=Visibility.INTERNAL,
        at=NOON,
        author=GIULIA.ref,
        subject="Esiste il nome utente?",
        text="Lo trovate nel registro?",
        fields={"kind": "password"},
        quotes=(Quote(kind=ArticleKind.NOTE, author="Marco Ferri", at=NOON, text="Al telefono era sicura."),),
        attachments=(FILE,),
    )
    fields: dict[str, Any] = {
        "id": CHILD.id,
        "number": CHILD.number,
        "subject": "Esiste il nome utente?",
        "state": "open",
        "queue": "credentials-identity",
        "requester": None,
        "parent": PARENT,
        "depth": 1,
        "asked_by": GIULIA.ref,
        "due_at": datetime.now(UTC) + timedelta(days=1),
        "owner": ANNA.ref,
        "articles": (excerpt,),
    }
    return a_view(**{**fields, **changes})


def an_answer(**changes: Any) -> Article:
    """What Anna answered, as the ticket shows it."""
    fields = {
        "author": ANNA.ref,
        "to": None,
        "subject": "Esiste il nome utente?",
        "text": "Sì: n.utente3",
        "child": CHILD,
        "ending": "answered",
    }
    return a_mail(ArticleKind.CHILD_ANSWER, **{**fields, **changes})


def card(page: str) -> str:
    """The words of the card of questions."""
    found = re.search(r'<section [^>]*id="questions-card".*?</section>', page, re.DOTALL)
    assert found
    return shown(found[0])


def test_the_ticket_shows_at_once_who_was_asked_who_holds_it_since_when_and_until_when() -> None:
    due = datetime.now(UTC) + timedelta(hours=3)
    page = the_page(asking(a_question(due_at=due)))
    words = card(page)
    assert "Domande al secondo livello 1 aperta" in words
    assert "Gestione identità" in words
    assert "Anna Sala" in words
    assert "Chiesta da Giulia Conti" in words
    assert "entro" in words
    assert "Scaduta" not in words
    assert f'href="/tickets/{CHILD.number}"' in page
    assert form(page, "questions-withdraw-child")


def test_a_question_that_is_still_opening_says_so() -> None:
    question = a_question(child=TicketRef(id="child", number=""), queue="", owner=None, state=None, rule="identità")
    words = card(the_page(asking(question)))
    assert "Si sta aprendo" in words
    assert "la stanno scegliendo le regole" in words
    assert "Ancora nessuno" in words
    assert "Chiesta dalla regola identità" in words


def test_an_overdue_question_is_told_in_words() -> None:
    due = datetime.now(UTC) - timedelta(hours=1)
    assert "Scaduta" in card(the_page(asking(a_question(due_at=due, overdue=True))))


@pytest.mark.parametrize(
    ("ending", "words"),
    [("answered", "Ha avuto risposta"), ("returned", "Rimandata indietro"), ("withdrawn", "Ritirata")],
)
def test_an_ended_question_says_how_and_cannot_be_withdrawn(ending: Any, words: str) -> None:
    page = the_page(asking(a_question(ending=ending, open=False, state="closed_successful")))
    assert words in card(page)
    assert "form-questions-withdraw" not in page


def test_a_withdrawal_that_came_too_late_still_shows_what_was_typed() -> None:
    draft = Draft("questions/withdraw-child", {"reason": ["Risolto al telefono"]})
    page = the_page(asking(a_question(ending="answered", open=False)), Said(draft=draft))
    assert 'value="Risolto al telefono"' in form(page, "questions-withdraw-child")


def test_more_questions_than_fit_are_a_link_away() -> None:
    ticket = asking(a_question(), open_questions=23, questions_more=22)
    page = the_page(ticket)
    assert f'href="/tickets?parent={ticket.id}"' in page
    assert "Altre 22 domande aperte" in card(page)


def test_nothing_is_shown_where_nothing_was_asked() -> None:
    page = the_page(an_open_ticket())
    assert "questions-card" not in page
    assert "still-open" not in page


def test_asking_shows_what_there_is_to_show_and_ticks_nothing() -> None:
    note = a_mail(ArticleKind.NOTE, text=f"{MARKUP}\nSeconda riga", to=None)
    request = a_mail(ArticleKind.REQUEST, text="", to=None, attachments=(FILE,), fields={"kind": "password"})
    page = the_page(an_open_ticket(request, note, values={"kind": "password", "phone": None}))
    asked = form(page, "questions")
    assert 'enctype="multipart/form-data"' in asked
    assert 'name="fields" value="kind"' in asked
    assert 'value="phone"' not in asked
    assert f'name="articles" value="{note.id}"' in asked
    # A form without a text is shown by its answers.
    assert "Che cosa non funziona: Password" in shown(asked)
    assert MARKUP in html.unescape(asked)
    assert "Seconda riga" not in asked
    assert f'name="along" value="{FILE.key}"' in asked
    assert "checked" not in asked
    assert 'data-key="q"' in page
    assert "Vede solo questo, ma può aprire l’intero ticket" in shown(asked)


def test_what_was_asked_and_refused_is_back_as_it_was_typed() -> None:
    draft = Draft(
        "questions",
        {
            "title": ["Esiste?"],
            "text": [MARKUP],
            "queue": ["credentials-mail"],
            "due_at": ["2020-01-01T10:00"],
            "fields": ["kind"],
        },
        {"due_at": "Questo momento è passato."},
    )
    asked = form(the_page(an_open_ticket(values={"kind": "password"}), Said(draft=draft)), "questions")
    assert 'value="Esiste?"' in asked
    assert MARKUP in html.unescape(asked)
    assert 'value="credentials-mail" selected' in asked
    assert 'type="datetime-local" value="2020-01-01T10:00"' in asked
    assert 'value="kind" checked' in asked
    assert "Questo momento è passato." in asked


def test_the_queues_that_answer_this_one_come_first_and_a_question_never_goes_where_it_is() -> None:
    groups = queues_to_ask(QUEUES, "fees", "it")
    assert groups[0] == ("Tasse e contributi", [("fees-accounting", "Ragioneria", 72)])
    assert groups[1][0] == "Credenziali e accesso"
    heading, options = queues_to_ask(QUEUES, "credentials-mail", "it")[0]
    assert heading == "Credenziali e accesso"
    assert [queue for queue, _, _ in options] == ["credentials-identity"]


def test_a_question_s_page_says_what_it_is_and_shows_the_excerpt() -> None:
    page = the_page(a_child())
    words = shown(page)
    assert "Una domanda al secondo livello. Interna: l’utente non la vede mai" in words
    assert f"dal ticket {PARENT.number}" in words
    assert f'href="/tickets/{PARENT.number}"' in page
    assert "Chiesta da Giulia Conti" in words
    assert "entro" in words
    excerpt = page[page.index('id="article-excerpt"') :]
    for shows in ("Lo trovate nel registro?", "Password dimenticata", "Al telefono era sicura.", FILE.name):
        assert shows in excerpt
    assert excerpt.index("Lo trovate") < excerpt.index("Password dimenticata") < excerpt.index("Al telefono")


def test_nothing_on_a_question_s_page_speaks_to_the_user() -> None:
    page = the_page(a_child())
    for path in ("answers", "information-requests", "forwards", "close", "merge", "links", "split"):
        assert f"/tickets/{CHILD.number}/{path}" not in page
    assert "visibile all’utente" not in page
    assert 'class="recipient"' not in page
    assert "per e-mail" not in shown(page)


def test_a_question_is_answered_or_sent_back_or_asks_on() -> None:
    page = the_page(a_child(open_questions=1))
    for name in ("question-answer", "question-return"):
        assert 'value="withdraw" required' in form(page, name)
        assert 'value="wait" required' in form(page, name)
    assert 'type="file"' in form(page, "question-answer")
    for name in ("questions", "notes", "hand-over", "release", "responsible", "move", "priority", "tags", "pending"):
        assert form(page, name)
    assert "credentials-mail" in form(page, "move")
    assert 'value="students"' not in form(page, "move")
    assert 'name="for"' not in form(page, "pending")
    assert "form-question-answer" not in the_page(an_open_ticket())


def test_a_question_that_is_over_can_only_be_opened_again() -> None:
    page = the_page(a_child(state="closed_successful", ending="answered"))
    assert "Ha avuto risposta" in shown(page)
    assert "Riapri la domanda" in form(page, "reopen")
    assert "form-question-answer" not in page
    withdrawn = the_page(a_child(state="closed_unsuccessful", ending="withdrawn"))
    assert "Ritirata" in shown(withdrawn)
    assert "form-reopen" not in withdrawn


def test_an_answer_of_the_second_level_can_be_used_and_is_sent_by_nobody() -> None:
    answer = an_answer(attachments=(FILE,))
    page = the_page(an_open_ticket(answer))
    assert f'href="/tickets/{NUMBER}?use={answer.id}#panel-answers"' in page
    assert f'data-quote="answers-text" data-from="text-{answer.id}"' in page
    assert "Anna Sala" in page
    assert f"domanda {CHILD.number}" in shown(page)
    filled = form(the_page(an_open_ticket(answer), query=f"use={answer.id}"), "answers")
    assert "Sì: n.utente3</textarea>" in filled
    assert "data-typed" in filled
    # Its files are offered, and ticked by a person.
    assert f'name="along" value="{FILE.key}">' in filled


@pytest.mark.parametrize("changes", [{"ending": "returned"}, {"child": None}])
def test_what_came_back_and_what_one_answered_oneself_is_not_used(changes: dict[str, Any]) -> None:
    answer = an_answer(**changes)
    ticket = an_open_ticket(answer)
    assert "?use=" not in the_page(ticket)
    assert "Sì: n.utente3</textarea>" not in the_page(ticket, query=f"use={answer.id}")


def test_what_was_asked_leads_to_its_question_as_soon_as_that_is_open() -> None:
    asked = Article(
        id="asked",
        kind=ArticleKind.CHILD_OPENED,
        visibility=Visibility.INTERNAL,
        at=NOON,
        author=GIULIA.ref,
        text="Lo trovate?",
        fields={"kind": "password"},
        child=TicketRef(id=CHILD.id, number=""),
    )
    ticket = asking(a_question(), number=NUMBER).model_copy(update={"articles": (asked,)})
    article = the_page(ticket)[the_page(ticket).index('id="article-asked"') :]
    assert f'<a href="/tickets/{CHILD.number}">Esiste il nome utente?</a>' in article
    assert "Che cosa vede il secondo livello di questo ticket" in shown(article)
    opening = ticket.model_copy(update={"questions": (a_question(child=TicketRef(id=CHILD.id, number="")),)})
    assert f"/tickets/{CHILD.number}" not in the_page(opening)


def test_a_question_uses_the_answer_to_its_own_question() -> None:
    answer = an_answer(child=TicketRef(id="deeper", number="20261123000068"))
    page = the_page(a_child(articles=(answer,)), query=f"use={answer.id}")
    assert "Sì: n.utente3</textarea>" in form(page, "question-answer")
    assert 'data-quote="question-answer-text"' in page


def test_closing_with_open_questions_asks_what_becomes_of_them() -> None:
    page = the_page(asking(a_question(), a_question(child=TicketRef(id="two", number="20261123000068"))))
    closing, answering = form(page, "close"), form(page, "answers")
    assert "2 domande al secondo livello sono ancora aperte." in shown(closing)
    for words in ("Ritira le domande", "Aspetta le risposte, poi chiudi da solo"):
        assert words in shown(closing)
        assert words in shown(answering)
    assert 'value="wait" required' in closing
    # An answer need not close: then nothing becomes of them.
    assert 'value="wait" required' not in answering
    assert 'value="wait"' in answering


def test_refused_for_its_open_questions_it_asks_with_what_was_typed() -> None:
    why = refusal(Conflict("English", code="questions_open"), "answers", tongues()["it"], str, NOON)
    draft = Draft("answers", {"text": ["Ecco"], "outcome": ["closed_successful"]}, why.errors)
    back = form(the_page(asking(a_question()), Said(refusal=why, draft=draft)), "answers")
    assert "Ecco</textarea>" in back
    assert 'value="closed_successful" checked' in back
    assert "scegli che cosa ne è" in shown(back)
    assert 'aria-describedby="error-answers-questions"' in back
    merging = refusal(Conflict("English", code="questions_open_merge"), "merge", tongues()["it"], str, NOON)
    assert "unisci l’altro ticket a questo" in merging.sentence
    assert not merging.errors


def test_a_ticket_that_waits_to_close_says_so_and_can_be_taken_off_hold() -> None:
    closing = Closing(outcome=State.CLOSED_SUCCESSFUL, by=MARCO.actor)
    waiting = Waiting(for_user=False, since=NOON, closing=closing)
    page = the_page(asking(a_question(), state=State.PENDING, waiting=waiting))
    assert "Aspetta le risposte alle sue domande; poi si chiude da solo, come ha deciso Marco Ferri." in shown(page)
    assert form(page, "resume")


def test_watching_is_one_button_and_a_colleague_can_be_added() -> None:
    page = the_page(an_open_ticket(watchers=(MARCO.ref,)))
    assert "Segui" in shown(form(page, "watch-me"))
    assert "Marco Ferri" in shown(page[page.index('id="watching"') :])
    assert "form-unwatch-me" not in page
    assert 'value="anna.villa"' in form(page, "watch")
    mine = the_page(an_open_ticket(watchers=(GIULIA.ref,)))
    assert "Non seguire più" in form(mine, "unwatch-me")
    assert "form-watch-me" not in mine


def test_a_note_can_name_colleagues_and_shows_whom_it_named() -> None:
    note = a_mail(ArticleKind.NOTE, text=f"@anna.villa guarda, e @nessuno.qui {MARKUP}", to=None)
    page = the_page(an_open_ticket(note))
    assert '<b class="mention" title="Anna Villa">@anna.villa</b> guarda, e @nessuno.qui' in page
    assert MARKUP not in page
    assert 'data-insert="@marco.ferri" data-into="notes-text"' in form(page, "notes")
    assert "Con @nome.cognome avvisi un collega." in shown(form(page, "notes"))


def test_only_a_note_shows_whom_it_named_as_nothing_else_tells_them() -> None:
    answer = an_answer(text="@anna.villa guarda")
    reply = a_mail(ArticleKind.REQUESTER_REPLY, text="@anna.villa guarda", to=None)
    page = the_page(an_open_ticket(answer, reply, a_mail(ArticleKind.CHILD_OPENED, text="@anna.villa guarda")))
    assert page[page.index('id="articles"') : page.index('id="act-row"')].count(">@anna.villa guarda</div>") == 3
    assert 'class="mention"' not in page


def test_every_id_of_a_page_is_there_once_so_that_each_label_names_its_own_field() -> None:
    ended = a_question(child=TicketRef(id="over", number="20261123000068"), open=False, ending="answered")
    for page in (the_page(asking(a_question(), ended, number=NUMBER)), the_page(a_child(questions=(a_question(),)))):
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert [each for each in set(ids) if ids.count(each) > 1] == []


def test_a_mention_is_a_whole_word_and_no_address() -> None:
    names = {"anna.villa": "Anna Villa"}
    assert list(pieces("(@Anna.Villa)", names)) == [Piece("("), Piece("@Anna.Villa", "Anna Villa"), Piece(")")]
    assert list(pieces("Ciao @anna.villa.", names))[1] == Piece("@anna.villa", "Anna Villa")
    for text in ("posta@anna.villa", "@anna.villano", "@anna", ""):
        assert "".join(piece.name for piece in pieces(text, names)) == ""
        assert "".join(piece.text for piece in pieces(text, names)) == text
