"""What the ticket’s page says beyond its articles: files in place, what a held mail will do, who is there."""

import re
from datetime import timedelta

from services.portal.around import Around, Theirs
from services.portal.gate import Visitor
from services.portal.history import closing_reason, plan_for_questions
from services.portal.presence import Present, gathered
from services.portal.rows import form_of, rows_of
from services.portal.sessions import Session
from services.portal.shapes import Article, View
from shared.events import Actor, ActorKind, ArticleKind, ArticleRef, Attachment, Closing, State, Waiting
from shared.forms import Forms
from shared.ids import random_id
from shared.policy import Visibility
from tests.unit.portal.samples import a_request, a_view, taken_view
from tests.unit.portal.test_journal import a_row
from tests.unit.portal.test_ticket_page import CONFIG, DESK, FILE, a_mail, shown, the_page
from tests.unit.samples import ANNA, GIULIA, MARCO, NOON

FORMS = Forms.load(CONFIG)


def with_form(**changes: object) -> Article:
    """A request with the answers of the form for fees."""
    fields = {
        "id": random_id(),
        "kind": ArticleKind.REQUEST,
        "visibility": Visibility.REQUESTER,
        "at": NOON,
        **changes,
    }
    return Article.model_validate(fields)


def test_a_file_stands_at_its_question_and_what_says_who_somebody_is_is_marked() -> None:
    form = next(form for form in FORMS.all_current() if any(each.type == "file" for each in form.fields))
    question = next(each for each in form.fields if each.type == "file")
    personal = next(each for each in form.fields if each.personal and each.type in ("text", "longtext"))
    placed = Attachment(key="t/1", name="ricevuta.pdf", media_type="application/pdf", size=9, field=question.id)
    article = with_form(fields={personal.id: "valore", "gone": "<b>"}, attachments=(placed, FILE))
    ticket = taken_view(form=form.id, version=form.version, articles=(article,))
    (row,) = rows_of(ticket, form_of(ticket, FORMS), "it")
    by_label = {answer.label: answer for answer in row.filled}
    assert by_label[question.label.it].files == [placed]
    assert by_label[personal.label.it].personal
    assert not by_label["gone"].personal
    assert list(row.loose) == [FILE]
    page = the_page(ticket)
    assert "Dato personale" in page
    assert page.count('href="/tickets/' + ticket.number + '/attachments/t/1"') == 1


def test_a_held_answer_says_what_becomes_of_open_questions() -> None:
    for plan, words in (("wait", "aspetta le risposte alle sue domande"), ("withdraw", "vengono ritirate"), (None, "")):
        held = a_mail(delivery="held", due_at=NOON, outcome=State.CLOSED_SUCCESSFUL)
        row = a_row("article.prepared.v1", article={"id": held.id, "kind": "mail_answer"}, plan={"questions": plan})
        ticket = taken_view(articles=(held,), journal=(row,), open_questions=1)
        assert plan_for_questions(ticket, held.id) == plan
        fate = re.search(rf'id="fate-{held.id}".*?</p>', the_page(ticket), re.DOTALL)
        assert fate
        assert words in shown(fate[0])


def test_a_ticket_that_waits_for_answers_shows_what_the_user_will_be_told() -> None:
    by = Actor(id=MARCO.id, name=MARCO.name, kind=ActorKind.OPERATOR)
    closing = Closing(outcome=State.CLOSED_SUCCESSFUL, by=by)
    waiting = Waiting(for_user=False, since=NOON, then="close", outcome=State.CLOSED_SUCCESSFUL, closing=closing)
    row = a_row("ticket.deferred.v1", waiting=waiting.model_dump(mode="json"), reason="Tutto <b>risolto</b>")
    ticket = taken_view(state=State.PENDING, waiting=waiting, journal=(row,))
    assert closing_reason(ticket) == "Tutto <b>risolto</b>"
    assert "Allora all’utente si scrive: Tutto <b>risolto</b>" in shown(the_page(ticket))
    # The fact stands on an earlier page; an article may have the words.
    written = a_mail(kind=ArticleKind.MAIL_CLOSED, text="Già scritto")
    named = closing.model_copy(update={"article": ArticleRef(id=written.id, kind=written.kind)})
    elsewhere = waiting.model_copy(update={"closing": named})
    assert closing_reason(taken_view(waiting=elsewhere, articles=(written,))) == "Già scritto"
    said = waiting.model_copy(update={"closing": closing.model_copy(update={"answered": True})})
    page = the_page(taken_view(state=State.PENDING, waiting=said, journal=(row,)))
    assert "La risposta ha detto tutto all’utente" in shown(page)
    assert closing_reason(taken_view()) == ""


def test_who_has_several_tabs_is_one_person_in_the_most_telling_of_them() -> None:
    rows = [
        {"person": "anna", "name": "Anna", "doing": "reads"},
        {"person": "marco", "name": "Marco", "doing": "answers"},
        {"person": "anna", "name": "Anna", "doing": "notes"},
        {"person": "marco", "name": "Marco", "doing": "reads"},
        {"person": "zoe", "name": "Zoe", "doing": "something newer"},
    ]
    assert [(each.person.id, each.doing, each.writes) for each in gathered(rows)] == [
        ("marco", "answers", True),
        ("anna", "notes", True),
        ("zoe", "reads", False),
    ]


def test_the_page_shows_who_is_there_and_what_else_was_asked_as_of_its_reading() -> None:
    ticket = a_view()
    other = a_view(id=random_id(), number="20261123000021", subject="<i>Altra</i>", opened_at=NOON - timedelta(days=1))
    around = Around(
        present=[Present(MARCO.ref, "answers"), Present(ANNA.ref, "reads")],
        theirs=Theirs([other], sure=False, more=True),
    )
    visitor = _giulia()
    page = bytes(DESK.show(a_request(), visitor, ticket, around=around).body).decode()
    words = shown(page)
    assert "Marco Ferri scrive una risposta" in words
    assert "Anna Sala sta guardando" in words
    assert "stesso indirizzo, identità non verificata" in words
    assert "<i>Altra</i>" not in page
    assert f'href="/tickets/{ticket.number}/others"' in page
    assert "Questa è l’unica." in shown(_only(ticket).decode())


def _giulia() -> Visitor:
    return Visitor(Session(id="s", person=GIULIA, csrf="token", expires_at=0), "it")


def _only(ticket: View) -> bytes:
    around = Around(theirs=Theirs([], sure=True, more=False))
    return bytes(DESK.show(a_request(), _giulia(), ticket, around=around).body)
