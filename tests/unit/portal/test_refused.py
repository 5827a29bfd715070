"""A refusal is told in the reader's language: who did what and when, or what doesn't fit."""

from datetime import timedelta

import pytest

from services.portal.facts import DONE
from services.portal.i18n import tongues
from services.portal.refused import CODES, ENDED, Refusal, refusal, unknown_ticket
from services.tickets.domain.refusals import DID, SENTENCES
from shared.errors import BadInput, Conflict, DependencyDown, SportelloError, TooLarge
from shared.events import Language
from tests.unit.samples import NOON

TONGUES = tongues()


def told(error: SportelloError, path: str = "answers", language: Language = "it") -> Refusal:
    return refusal(error, path, TONGUES[language], lambda queue: f"<{queue}>", NOON)


def overtaken(what: str) -> Conflict:
    at = (NOON - timedelta(minutes=3)).isoformat()
    return Conflict("English words.", code="changed", changed={"what": what, "by": "Marco Ferri", "at": at})


def test_who_was_faster_is_said_with_what_and_when() -> None:
    why = told(overtaken("ticket.answered.v1"))
    assert why.first == "Marco Ferri ha risposto all’utente (alle 12:57)"
    assert told(overtaken("ticket.answered.v1"), language="en").first == "Marco Ferri answered the user (at 12:57)"


@pytest.mark.parametrize("code", sorted(ENDED))
def test_an_answer_that_comes_too_late_is_told_how_the_question_ended_and_what_to_do(code: str) -> None:
    at = (NOON - timedelta(minutes=3)).isoformat()
    changed = {"what": "child.closed.v1", "by": "Marco Ferri", "at": at}
    why = told(Conflict("English words.", code=code, changed=changed), "question/answer")
    assert why.first == "Marco Ferri ha concluso questa domanda (alle 12:57)"
    assert why.sentence == TONGUES["it"].say(CODES[code])


def test_a_forward_that_a_colleague_has_written_is_no_letter_to_the_user() -> None:
    assert "ha inoltrato" in told(overtaken("article.prepared.v1"), "forwards").first
    assert "ha scritto all’utente" in told(overtaken("article.prepared.v1"), "answers").first


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_code_of_tickets_has_its_sentence(code: str, language: Language) -> None:
    extra = {"target": "20261123000021", "state": "closed_successful", "queue": "fees", "limit": 20}
    for error in (Conflict("English words.", code=code, **extra), BadInput("English words.", code=code, **extra)):
        sentence = told(error, language=language).sentence
        assert sentence
        assert "English words" not in sentence
        assert "%" not in sentence
    assert code in CODES


def test_whatever_tickets_calls_a_conflict_can_be_told() -> None:
    assert set(DID) <= set(DONE)


def test_the_names_in_a_sentence_come_with_the_refusal() -> None:
    assert "20261123000021" in told(Conflict("", code="merged", target="20261123000021")).sentence
    assert "<credentials-mail>" in told(BadInput("", code="second_level", queue="credentials-mail")).sentence
    assert "chiuso senza successo" in told(Conflict("", code="already", state="closed_unsuccessful")).sentence


def test_a_field_at_fault_is_named_with_what_it_takes() -> None:
    why = told(BadInput("", errors=[{"field": "add.0", "message": "String should match pattern"}]), "tags")
    assert set(why.errors) == {"add"}
    assert "etichetta" in why.errors["add"]
    assert why.sentence == why.errors["add"]


def test_what_is_wrong_with_a_file_is_told_as_it_was_found() -> None:
    why = told(BadInput("English", errors=[{"field": "files", "message": "finto.pdf non è un PDF."}]))
    assert why.errors == {"files": "finto.pdf non è un PDF."}
    assert "nel loro campo" in why.sentence
    # The ticket's own limit stands at the same field.
    assert "20 file" in told(BadInput("", errors=[{"field": "attachments", "message": "x"}])).errors["files"]
    gone = BadInput("English", code="unknown_file", errors=[{"field": "along", "message": "English"}])
    assert "non è più in questo ticket" in told(gone, "forwards").errors["along"]


def test_an_address_is_no_colleague() -> None:
    error = BadInput("", errors=[{"field": "to", "message": "x"}])
    assert "indirizzo" in told(error, "forwards").errors["to"]
    assert "collega" in told(error, "hand-over").errors["to"]


def test_a_refusal_nobody_knows_still_says_what_to_do() -> None:
    assert "riprova" in told(BadInput("This key was used for another wish.", code="BadInput")).sentence
    assert "50.000" in told(TooLarge("")).sentence


def test_when_tickets_does_not_answer_it_may_have_been_done() -> None:
    why = told(DependencyDown(""))
    assert why.down
    assert "due volte" in why.sentence


def test_another_ticket_that_does_not_exist_is_said_at_its_field() -> None:
    assert set(unknown_ticket("merge", TONGUES["it"]).errors) == {"target"}
    assert set(unknown_ticket("links", TONGUES["it"]).errors) == {"other"}
