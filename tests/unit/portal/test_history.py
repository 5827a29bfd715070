"""The history in words: every fact in both languages, with what it says of itself."""

from datetime import timedelta
from typing import Any

import pytest

from services.portal.facts import CORRECTED_OF_MAIL, FACTS, OF_MAIL
from services.portal.history import news, told, waits
from services.portal.i18n import tongues
from services.portal.shapes import JournalRow
from services.portal.wording import WRITTEN
from shared.events import SYSTEM, ArticleKind, Closing, Language, State, Waiting
from shared.ids import random_id
from tests.unit.samples import GIULIA, MARCO, NOON

TONGUES = tongues()
OTHER = {"id": random_id(), "number": "20261123000021"}
WAITING = Waiting(for_user=True, since=NOON, until=NOON + timedelta(days=7))
# All that facts say of themselves; each fact has some of it.
DATA: dict[str, Any] = {
    "former_queue": "credentials",
    "child_queue": "students",
    "priority": 5,
    "former_priority": 3,
    "added": ["laurea"],
    "removed": ["otp"],
    "waiting": WAITING.model_dump(mode="json"),
    "to": "ufficio@altro.example",
    "outcome": "closed_successful",
    "other": OTHER,
    "target": OTHER,
    "source": OTHER,
    "because": "closed",
    "responsible": {"id": "marco", "name": "Marco Ferri"},
    "article": {"id": "x", "kind": "mail_answer"},
    "mail": {"id": "x", "kind": "mail_answer"},
    "person": {"id": "giulia", "name": "Giulia Conti"},
    "child": OTHER,
    "title": "Esiste il nome utente?",
    "by": {"id": "anna.villa", "name": "Anna Villa"},
    "ending": "answered",
}


def a_row(name: str, **changes: Any) -> JournalRow:
    """A fact by Marco in the queue of fees."""
    fields: dict[str, Any] = {
        "event_id": random_id(),
        "name": name,
        "at": NOON,
        "actor": MARCO.actor,
        "seq": 5,
        "queue": "fees",
        "owner": MARCO.ref,
        "data": {},
    }
    return JournalRow(**{**fields, **changes})


def words(name: str, language: Language = "it", **changes: Any) -> str:
    return told(a_row(name, **changes), TONGUES[language], lambda queue: f"<{queue}>").text


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("name", sorted(FACTS))
@pytest.mark.parametrize("data", [{}, DATA], ids=["bare", "full"])
def test_every_fact_can_be_told_in_both_languages(name: str, data: dict[str, Any], language: Language) -> None:
    text = words(name, language, data=data)
    assert text or not data
    assert "%(" not in text


def test_a_fact_nobody_knows_is_told_by_its_name() -> None:
    assert words("ticket.invented.v1") == "ticket.invented.v1"


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("ticket.taken.v1", {}, "Preso in carico da Marco Ferri"),
        ("ticket.taken.v1", {"former_owner": GIULIA.ref}, "Passato a Marco Ferri, che subentra a Giulia Conti"),
        ("ticket.handed_over.v1", {"former_owner": GIULIA.ref}, "Passato da Giulia Conti a Marco Ferri"),
        ("ticket.moved.v1", {"data": DATA}, "Spostato da <credentials> a <fees>"),
        ("ticket.prioritized.v1", {"data": DATA}, "Priorità: Molto alta (era Normale)"),
        ("ticket.tagged.v1", {"data": DATA}, "Etichette: +laurea, −otp"),
        (
            "ticket.closed.v1",
            {"data": {**DATA, "answered": True, "mail": None}},
            "Chiuso con successo, con la risposta",
        ),
        ("ticket.closed.v1", {"data": {**DATA, "mail": None}}, "Chiuso con successo, senza avvisare l’utente"),
        ("ticket.closed.v1", {"data": DATA}, "Chiuso con successo"),
        ("ticket.reopened.v1", {"data": {"by_reply": True}}, "Riaperto: l’utente ha scritto"),
        ("ticket.merged.v1", {"data": DATA}, "Ora fa parte del ticket 20261123000021"),
        ("article.prepared.v1", {"data": DATA}, "La risposta è scritta e parte tra poco"),
        (
            "article.refused.v1",
            {"data": DATA, "detail": "550 no"},
            "Il server di posta dell’indirizzo ha rifiutato la risposta. 550 no",
        ),
        ("ticket.watched.v1", {"data": DATA}, "Da ora lo segue anche Giulia Conti"),
        ("child.taken.v1", {"former_owner": GIULIA.ref}, "Passato a Marco Ferri, che subentra a Giulia Conti"),
        ("second_level.requested.v1", {"data": DATA}, "Chiesto al secondo livello: Esiste il nome utente?"),
        (
            "second_level.requested.v1",
            {"data": {**DATA, "rule": "identità"}},
            "La regola identità ha chiesto al secondo livello: Esiste il nome utente?",
        ),
        ("second_level.answered.v1", {"data": DATA}, "Anna Villa ha risposto alla domanda 20261123000021"),
        (
            "second_level.answered.v1",
            {"data": {**DATA, "ending": "returned"}},
            "Anna Villa ha rimandato indietro la domanda 20261123000021 senza risposta",
        ),
        (
            "second_level.withdrawn.v1",
            {"data": {"because": "closed"}},
            "Domande aperte ritirate, perché il ticket è stato chiuso",
        ),
        ("child.closed.v1", {"data": DATA | {"because": None}}, "Ha avuto risposta"),
        ("child.closed.v1", {"data": {"ending": "returned"}}, "Rimandata indietro senza risposta"),
        ("child.closed.v1", {"data": {"ending": "withdrawn", "because": "operator"}}, "Ritirata da chi l’ha posta"),
        (
            "child.closed.v1",
            {"data": {"ending": "withdrawn", "because": "merged"}},
            "Ritirata: il ticket che chiedeva è stato chiuso o unito a un altro",
        ),
        (
            "ticket.resumed.v1",
            {"actor": SYSTEM, "data": {"because": "returned"}},
            "Non più in attesa: una domanda è tornata senza risposta, quindi non si è chiuso da solo",
        ),
    ],
)
def test_a_fact_says_who_and_what(name: str, changes: dict[str, Any], expected: str) -> None:
    assert words(name, **changes) == expected


def test_what_a_timer_did_is_not_said_of_a_person() -> None:
    assert words("ticket.closed.v1", actor=SYSTEM, data=DATA).endswith(
        "perché entro il giorno stabilito non è arrivato niente"
    )
    assert words("ticket.resumed.v1", actor=SYSTEM) == "Il giorno è arrivato: non più in attesa"


def test_an_answer_of_the_second_level_was_given_by_a_person_whoever_passed_it_on() -> None:
    row = a_row("second_level.answered.v1", actor=SYSTEM, data=DATA)
    assert news(row, TONGUES["it"], NOON).startswith("Anna Villa ha concluso una domanda al secondo livello")
    assert told(row, TONGUES["it"], str).text.startswith("Anna Villa ha risposto")


def test_the_reason_stands_below_what_was_done() -> None:
    row = a_row("ticket.handed_over.v1", data={"reason": "Torno lunedì"})
    assert told(row, TONGUES["it"], str).reason == "Torno lunedì"


def test_news_say_who_did_what_and_when() -> None:
    assert news(a_row("ticket.answered.v1"), TONGUES["it"], NOON) == "Marco Ferri ha risposto all’utente (alle 13:00)"
    forward = a_row("article.prepared.v1", data={"article": {"id": "x", "kind": ArticleKind.MAIL_FORWARD.value}})
    assert news(forward, TONGUES["it"], NOON) == "Marco Ferri ha inoltrato questo ticket (alle 13:00)"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "Aspetta l’utente fino al 30 novembre 2026; poi l’utente viene sollecitato."),
        ({"reminded": True}, "Aspetta l’utente fino al 30 novembre 2026; poi è di nuovo aperto."),
        ({"for_user": False}, "Aspetta fino al 30 novembre 2026; poi è di nuovo aperto."),
        (
            {"then": "close", "outcome": State.CLOSED_UNSUCCESSFUL},
            "Aspetta l’utente fino al 30 novembre 2026; poi si chiude senza successo.",
        ),
        (
            {"for_user": False, "then": "close", "outcome": State.CLOSED_SUCCESSFUL},
            "Aspetta fino al 30 novembre 2026; poi si chiude con successo.",
        ),
        ({"until": None}, "Aspetta l’utente."),
        (
            {"until": None, "closing": Closing(outcome=State.CLOSED_SUCCESSFUL, by=MARCO.actor)},
            "Aspetta le risposte alle sue domande; poi si chiude da solo, come ha deciso Marco Ferri.",
        ),
    ],
)
def test_a_ticket_on_hold_says_for_what_until_when_and_what_then(changes: dict[str, Any], expected: str) -> None:
    assert waits(WAITING.model_copy(update=changes), TONGUES["it"]) == expected


MAILED = frozenset(kind for kind in ArticleKind if kind.value.startswith("mail_"))


def test_every_mail_is_told_in_whole_sentences_and_has_one_for_each_thing_that_becomes_of_it() -> None:
    waiting = {"article.prepared.v1", "article.stopped.v1", "article.withdrawn.v1"}
    assert {name: set(kinds) for name, kinds in OF_MAIL.items()} == {
        **{name: set(WRITTEN) for name in waiting},
        **{name: set(MAILED) for name in ("article.delivered.v1", "article.refused.v1", "article.retried.v1")},
    }
    assert set(CORRECTED_OF_MAIL) == MAILED


@pytest.mark.parametrize(
    ("name", "kind", "more", "expected"),
    [
        ("article.delivered.v1", "mail_answer", {}, "La risposta è stata inviata"),
        ("article.delivered.v1", "mail_reminder", {}, "Il sollecito è stato inviato"),
        ("article.delivered.v1", "mail_taken", {}, "L’avviso di presa in carico è stato inviato"),
        (
            "article.refused.v1",
            "mail_link",
            {},
            "Il server di posta dell’indirizzo ha rifiutato il nuovo collegamento.",
        ),
        ("article.retried.v1", "mail_receipt", {}, "La conferma di ricezione è stata inviata di nuovo"),
        (
            "article.retried.v1",
            "mail_forward",
            {"former_to": "a@altro.example", "to": "b@altro.example"},
            "Indirizzo corretto da a@altro.example a b@altro.example. L’inoltro a terzi è stato inviato di nuovo",
        ),
        ("article.delivered.v1", None, {}, "L’e-mail è stata inviata"),
        (
            "article.retried.v1",
            None,
            {"former_to": "a@altro.example", "to": "b@altro.example"},
            "Indirizzo corretto da a@altro.example a b@altro.example. L’e-mail è stata inviata di nuovo",
        ),
    ],
)
def test_what_became_of_a_mail_agrees_with_what_it_was(
    name: str, kind: str | None, more: dict[str, Any], expected: str
) -> None:
    data = {**({"article": {"id": "x", "kind": kind}} if kind else {}), **more}
    assert told(a_row(name, data=data), TONGUES["it"], str).text == expected
