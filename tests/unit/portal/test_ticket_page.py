"""The ticket's page as an operator reads it: each state of a mail, each kind of row, and everything that was typed."""

import html
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from services.portal.assets import Assets
from services.portal.desk import Desk, Said
from services.portal.drafts import Draft
from services.portal.gate import Visitor
from services.portal.pages import Pages
from services.portal.refused import Refusal
from services.portal.sessions import Session
from services.portal.shapes import Article, LinkedTicket, Stop, View
from shared.config import Settings
from shared.events import ArticleKind, Attachment, Language, State, TicketRef, Waiting
from shared.forms import Forms
from shared.ids import random_id
from shared.people import People
from shared.policy import visibility
from shared.queues import Queues
from tests.unit.portal.samples import NUMBER, a_request, a_view, taken_view
from tests.unit.samples import GIULIA, MARCO

CONFIG = Path("config")
QUEUES = Queues.load(CONFIG)
DESK = Desk(
    Pages(Settings(intake_url="http://forms.example", demo="off"), QUEUES, Assets()),
    Forms.load(CONFIG),
    QUEUES,
    People.load(CONFIG, QUEUES),
    20,
)
OTHER = TicketRef(id=random_id(), number="20261123000021")
FILE = Attachment(key="t/abc", name="tessera.png", media_type="image/png", size=1200, field="card")
MARKUP = "<script>alert('&')</script>"


def the_page(ticket: View, said: Said | None = None, query: str = "", language: Language = "it") -> str:
    """What Giulia sees."""
    session = Session(id="s", person=GIULIA, csrf="token", expires_at=0)
    page = DESK.show(a_request(query=query), Visitor(session, language), ticket, said)
    return bytes(page.body).decode()


def shown(page: str) -> str:
    """Its words."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def form(page: str, name: str) -> str:
    """One form of the page."""
    found = re.search(rf'<form [^>]*id="form-{name}".*?</form>', page, re.DOTALL)
    assert found, f"no form {name}"
    return found[0]


def a_mail(kind: ArticleKind = ArticleKind.MAIL_ANSWER, **changes: Any) -> Article:
    fields: dict[str, Any] = {
        "id": random_id(),
        "kind": kind,
        "visibility": visibility(kind),
        "at": datetime.now(UTC),
        "author": MARCO.ref,
        "text": "Ecco la risposta.",
        "to": "luca@studenti.example",
    }
    return Article(**{**fields, **changes})


def an_open_ticket(*articles: Article, **changes: Any) -> View:
    return taken_view(articles=articles, **changes)


def test_note_and_answer_are_two_boxes_that_say_who_reads_them() -> None:
    page = the_page(an_open_ticket())
    note, answer = form(page, "notes"), form(page, "answers")
    assert "Solo interna: non viene mai inviata" in note
    assert "Luca Bianchi" not in note
    assert "luca@studenti.example" in answer
    assert "credenziali@ateneo.example" in answer
    assert "in italiano, la lingua dell’utente" in answer
    assert "in inglese" in form(the_page(an_open_ticket(language="en")), "answers")


def test_every_field_has_its_label_and_every_form_its_key_and_token() -> None:
    page = the_page(an_open_ticket(a_mail(delivery="refused"), a_mail(delivery="held")))
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for field in re.findall(r"<(?:textarea|select|input(?! type=\"(?:hidden|radio|checkbox)))[^>]*>", page):
        named = re.search(r' id="([^"]+)"', field)
        assert named, field
        assert f'for="{named[1]}"' in page, field
    forms = re.findall(r"<form [^>]*hx-post.*?</form>", page, re.DOTALL)
    assert len(forms) > 15
    for each in forms:
        assert 'name="csrf" value="token"' in each
        assert f'name="seen" value="{an_open_ticket().seq}"' in each
    keys = [re.search(r'name="key" value="([^"]+)"', each) for each in forms]
    assert len({key[1] for key in keys if key}) == len(forms)


def test_a_held_mail_says_when_it_leaves_and_can_be_undone_or_sent() -> None:
    mail = a_mail(delivery="held", due_at=datetime.now(UTC) + timedelta(seconds=14))
    page = the_page(an_open_ticket(mail))
    assert re.search(r'data-left="1[345]"', page)
    assert "Parte alle" in shown(page)
    assert "Annulla invio" in form(page, f"mails-undo-{mail.id}")
    assert "Invia subito" in form(page, f"mails-send-{mail.id}")
    assert "visibile all’utente" not in shown(page)


def test_a_stopped_mail_says_who_did_what_and_asks() -> None:
    stop = Stop(what="ticket.replied.v1", by="Luca Bianchi", at=datetime.now(UTC))
    mail = a_mail(delivery="stopped", stopped=stop)
    page = the_page(an_open_ticket(mail))
    assert "Questa e-mail non è partita. Nel frattempo Luca Bianchi ha scritto di nuovo" in shown(page)
    assert "Invia lo stesso" in form(page, f"mails-send-{mail.id}")
    assert "Annulla" in form(page, f"mails-undo-{mail.id}")


def test_a_refused_mail_shows_the_server_s_words_and_its_address_to_correct() -> None:
    mail = a_mail(delivery="refused", delivery_detail="550 5.1.1 <nobody>")
    page = the_page(an_open_ticket(mail))
    assert "550 5.1.1 <nobody>" in shown(page)
    assert 'value="luca@studenti.example"' in form(page, f"mails-retry-{mail.id}")


def test_an_undone_mail_is_folded_and_can_be_taken_up_again() -> None:
    mail = a_mail(delivery="withdrawn")
    ticket = an_open_ticket(mail)
    assert f"again={mail.id}" in the_page(ticket)
    taken_up = form(the_page(ticket, query=f"again={mail.id}"), "answers")
    assert "Ecco la risposta.</textarea>" in taken_up
    assert "data-typed" in taken_up


def test_an_answer_a_forward_and_a_question_can_bring_files_and_nothing_else_can() -> None:
    page = the_page(an_open_ticket())
    for name in ("answers", "forwards", "questions"):
        sent = form(page, name)
        assert 'enctype="multipart/form-data"' in sent
        assert 'type="file" multiple accept=".pdf' in sent
        assert "Fino a 5 file PDF" in shown(sent)
    assert page.count('type="file"') == 3


def test_a_forward_offers_the_ticket_s_files_and_an_answer_does_not() -> None:
    request = a_mail(ArticleKind.REQUEST, to=None, attachments=(FILE,))
    page = the_page(an_open_ticket(request))
    assert f'name="along" value="{FILE.key}">' in form(page, "forwards")
    assert "tessera.png" in shown(form(page, "forwards"))
    assert "along" not in form(page, "answers")


def test_the_files_of_an_undone_mail_are_ticked_to_go_again() -> None:
    mail = a_mail(delivery="withdrawn", attachments=(FILE,))
    page = the_page(an_open_ticket(mail), query=f"again={mail.id}")
    assert f'name="along" value="{FILE.key}" checked' in form(page, "answers")
    assert f'name="along" value="{FILE.key}">' in form(page, "forwards")


def test_what_was_refused_asks_for_its_files_again_and_says_what_was_wrong_with_them() -> None:
    draft = Draft("answers", {"text": ["Ecco"]}, {"files": "finto.pdf non è un PDF."}, files=True)
    page = the_page(an_open_ticket(), Said(refusal=Refusal("finto.pdf non è un PDF."), draft=draft))
    answer = form(page, "answers")
    assert "I file vanno allegati di nuovo." in shown(answer)
    assert 'aria-invalid="true" aria-describedby="error-answers-files hint-answers-files"' in answer
    assert "I file vanno allegati di nuovo." not in shown(form(page, "forwards"))


@pytest.mark.parametrize("delivery", ["held", "stopped", "sent", "refused", "withdrawn"])
def test_a_mail_shows_its_files_to_operators_whatever_became_of_it(delivery: Any) -> None:
    page = the_page(an_open_ticket(a_mail(delivery=delivery, attachments=(FILE,))))
    assert f'href="/tickets/{NUMBER}/attachments/{FILE.key}" download' in page


def test_what_was_refused_is_back_as_it_was_typed_with_a_new_key_and_seen() -> None:
    draft = Draft("answers", {"text": [MARKUP], "outcome": ["closed_successful"]}, {"text": "Troppo lungo."})
    refusal = Refusal("Leggi, poi decidi.", "Marco Ferri ha risposto all’utente (alle 12:57)")
    page = the_page(an_open_ticket(), Said(refusal=refusal, draft=draft))
    assert "Non è stato fatto: Marco Ferri ha risposto all’utente (alle 12:57)." in shown(page)
    back = form(page, "answers")
    assert str(escape(MARKUP)) in back
    assert MARKUP not in page
    assert re.search(r'value="closed_successful" checked', back)
    assert "Troppo lungo." in back
    assert 'aria-invalid="true" aria-describedby="error-answers-text hint-answers-text"' in back
    assert "<textarea" in form(page, "notes")
    assert MARKUP not in html.unescape(form(page, "notes"))


def test_what_may_have_been_done_keeps_its_key() -> None:
    said = Said(refusal=Refusal("Riprova.", down=True), draft=Draft("notes", {"text": ["Nota"]}, key="the-same"))
    assert 'name="key" value="the-same"' in form(the_page(an_open_ticket(), said), "notes")


def test_a_form_that_the_state_no_longer_allows_still_shows_what_was_typed() -> None:
    said = Said(refusal=Refusal("È chiuso."), draft=Draft("answers", {"text": ["Quasi finito"]}))
    page = the_page(taken_view(state=State.CLOSED_SUCCESSFUL), said)
    assert "Quasi finito</textarea>" in form(page, "answers")
    assert 'id="form-answers"' not in the_page(taken_view(state=State.CLOSED_SUCCESSFUL))


@pytest.mark.parametrize("kind", list(ArticleKind))
def test_only_what_the_user_wrote_can_become_a_ticket_of_its_own(kind: ArticleKind) -> None:
    page = the_page(an_open_ticket(a_mail(kind, to=None)))
    users = kind in (ArticleKind.REQUEST, ArticleKind.REQUESTER_REPLY)
    assert ('action="/tickets/20261123000013/split"' in page) == users


def test_a_merged_ticket_leads_to_where_it_goes_on() -> None:
    page = the_page(a_view(state=State.MERGED, merged_into=OTHER))
    assert f'href="/tickets/{OTHER.number}"' in page
    assert "Tutto prosegue nel ticket" in shown(page)
    assert form(page, "unmerge")
    assert 'id="form-answers"' not in page


def test_an_article_of_a_merged_ticket_says_where_it_comes_from() -> None:
    page = the_page(an_open_ticket(a_mail(ArticleKind.REQUESTER_REPLY, origin=OTHER, to=None), absorbed=(OTHER,)))
    assert f"dal ticket {OTHER.number}" in shown(page)
    assert "fa parte di questo ticket" in shown(page)
    assert "/split" not in page


def test_links_are_listed_with_their_state_and_how_they_stand() -> None:
    link = LinkedTicket(ticket=OTHER, relation="split_to", subject=MARKUP, state=State.NEW)
    fresh = LinkedTicket(ticket=TicketRef(id=random_id(), number=""), relation="split_to")
    page = the_page(an_open_ticket(links=(link, fresh)))
    assert "separato da questo" in shown(page)
    assert "Un nuovo ticket, appena aperto" in shown(page)
    assert MARKUP not in page


def test_a_ticket_on_hold_says_what_it_waits_for() -> None:
    day = datetime(2027, 1, 15, 7, tzinfo=UTC)
    waiting = Waiting(for_user=False, since=day - timedelta(days=9), until=day)
    page = the_page(an_open_ticket(state=State.PENDING, waiting=waiting))
    assert "Aspetta fino al 15 gennaio 2027; poi è di nuovo aperto." in shown(page)
    assert form(page, "resume")


def test_silence_is_offered_only_where_the_queue_allows_it() -> None:
    assert 'name="silent"' not in the_page(an_open_ticket())
    assert 'name="silent"' in form(the_page(an_open_ticket(may_close_silently=True)), "close")


def test_earlier_rows_are_one_step_away_and_lead_back() -> None:
    assert f'href="/tickets/{NUMBER}?before=40"' in the_page(an_open_ticket(earlier=40))
    older = the_page(an_open_ticket(), query="before=40")
    assert "Torna alle righe più recenti" in shown(older)
    assert 'id="form-answers"' not in older
    assert f'hx-get="/tickets/{NUMBER}?before=40"' in older


def test_what_was_done_is_said_of_one_s_own_facts_only() -> None:
    ticket = taken_view()
    (taking,) = ticket.journal
    assert "Fatto." not in shown(the_page(ticket, query=f"done={taking.event_id}"))
    mine = ticket.model_copy(update={"journal": (taking.model_copy(update={"actor": GIULIA.actor}),)})
    assert "Fatto. Preso in carico da Marco Ferri" in shown(the_page(mine, query=f"done={taking.event_id}"))
    assert "non è cambiato niente" in shown(the_page(ticket, query="done=nothing"))


def test_news_are_what_others_did() -> None:
    ticket = taken_view()
    assert "Marco Ferri ha preso in carico questo ticket" in html.unescape(the_page(ticket))
    own = ticket.model_copy(update={"journal": (ticket.journal[0].model_copy(update={"actor": GIULIA.actor}),)})
    assert "data-news" not in the_page(own)


def test_a_forward_quotes_the_request_only_when_it_is_asked_to() -> None:
    ticket = an_open_ticket(values={"kind": "password", "description": "Riga uno\nRiga due"})
    assert "&gt; " not in form(the_page(ticket), "forwards").split("<template")[0]
    quoted = html.unescape(form(the_page(ticket, query="quote=1"), "forwards"))
    assert "> Descrizione: Riga uno\n> Riga due</textarea>" in quoted


def test_the_form_asks_for_what_is_missing_with_what_is_there() -> None:
    asked = form(the_page(an_open_ticket(values={"kind": "password"})), "information-requests")
    assert 'name="fields" value="kind"' in asked
    assert "Password dimenticata o scaduta" in asked
    assert "non indicato" in asked


def test_it_speaks_english_too() -> None:
    page = shown(the_page(an_open_ticket(a_mail(delivery="held")), language="en"))
    for words in ("Answer the user", "Internal only", "Undo the sending", "Queue, priority, tags"):
        assert words in page
