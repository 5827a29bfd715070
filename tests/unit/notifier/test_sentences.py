"""Every fact has its sentence in both languages, and no notice repeats what somebody typed."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import pytest

from services.notifier.notice_mails import NoticeMails
from services.notifier.notices import Why
from services.notifier.sentences import Sentences, data_of, key_for, keys_of, subject_of
from shared.errors import ConfigError
from shared.events import (
    SYSTEM,
    ChildClosed,
    Language,
    ResponsibleChanged,
    RootEvent,
    SecondLevelAnswered,
    State,
    TicketClosed,
    TicketHandedOver,
    TicketNoted,
    TicketOpened,
    TicketReopened,
    TicketResumed,
    TicketTaken,
    TicketWatched,
)
from tests.unit.notifier.facts import FACTS, OTHER, TYPED, a_fact, ref
from tests.unit.notifier.samples import CONFIG, PEOPLE, QUEUES, TEMPLATES, Links, write

SENTENCES: Final = Sentences.load(CONFIG, QUEUES)
MAILS: Final = NoticeMails(TEMPLATES, QUEUES, Links(), SENTENCES, write())
SARA: Final = "sara.lombardi"


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_every_fact_is_told_in_both_languages(fact: type[RootEvent], language: Language) -> None:
    data = data_of(a_fact(fact, responsible=ref(SARA), owner=ref(SARA)))
    for key in keys_of(fact):
        said = SENTENCES.say(key, data, language)
        assert said
        assert key not in said
        assert not said.endswith(".")
        assert TYPED not in said
        assert "{" not in said


def variants() -> Iterator[tuple[RootEvent, tuple[Why, ...], str]]:
    """Facts, why Sara hears of them, and the key of what she is told."""
    sara = ref(SARA)
    told: list[tuple[type[RootEvent], dict[str, Any], tuple[Why, ...], str]] = [
        (TicketHandedOver, {"owner": sara}, (Why.OWNER,), "ticket.handed_over/you"),
        (TicketHandedOver, {"owner": ref("x"), "responsible": sara}, (Why.RESPONSIBLE,), "ticket.handed_over"),
        (ResponsibleChanged, {"responsible": sara}, (Why.RESPONSIBLE,), "ticket.responsible_changed/you"),
        (ResponsibleChanged, {"responsible": ref("x")}, (Why.FORMER_RESPONSIBLE,), "ticket.responsible_changed"),
        (TicketTaken, {}, (Why.WATCHER,), "ticket.taken"),
        (TicketTaken, {"former_owner": sara}, (Why.FORMER_OWNER,), "ticket.taken/over"),
        (TicketNoted, {}, (Why.OWNER,), "ticket.noted"),
        (TicketNoted, {"mentions": (sara,)}, (Why.OWNER, Why.MENTIONED), "ticket.noted/mention"),
        (TicketWatched, {"person": sara}, (Why.WATCHER,), "ticket.watched/you"),
        (TicketWatched, {"person": ref("x")}, (Why.WATCHER,), "ticket.watched"),
        (TicketClosed, {"outcome": State.CLOSED_UNSUCCESSFUL}, (Why.OWNER,), "ticket.closed/unsuccessful"),
        (ChildClosed, {"ending": "returned"}, (Why.OWNER,), "child.closed/returned"),
        (SecondLevelAnswered, {"ending": "returned"}, (Why.OWNER,), "second_level.answered/returned"),
        (TicketReopened, {"by_reply": True}, (Why.OWNER,), "ticket.reopened/reply"),
        (TicketResumed, {}, (Why.OWNER,), "ticket.resumed"),
        (TicketResumed, {"actor": SYSTEM}, (Why.OWNER,), "ticket.resumed/timer"),
        (TicketResumed, {"because": "returned"}, (Why.OWNER,), "ticket.resumed/returned"),
        (TicketOpened, {"split_from": OTHER}, (Why.FOLLOWER,), "ticket.opened/split"),
    ]
    yield from ((a_fact(fact, **changes), why, key) for fact, changes, why, key in told)


@pytest.mark.parametrize(("event", "why", "key"), list(variants()))
def test_the_words_fit_what_the_fact_holds_and_who_reads_it(event: RootEvent, why: tuple[Why, ...], key: str) -> None:
    assert key_for(event, SARA, why) == key
    assert key in keys_of(type(event))


def test_names_queues_and_days_are_in_the_reader_s_language() -> None:
    moved = data_of(a_fact(FACT["ticket.moved.v1"], queue="students"))
    assert SENTENCES.say("ticket.moved", moved, "it") == (
        "Giulia Conti ha spostato il ticket da Tasse e contributi a Segreteria studenti"
    )
    assert SENTENCES.say("ticket.moved", moved, "en") == "Giulia Conti moved the ticket from Fees to Student office"
    overdue = data_of(a_fact(FACT["second_level.overdue.v1"]))
    assert SENTENCES.say("second_level.overdue", overdue, "it") == (
        "La domanda 20261120000011 a Gestione identità è in ritardo"
    )


def test_who_answered_a_question_is_named_not_who_wrote_it_down() -> None:
    data = data_of(a_fact(SecondLevelAnswered, actor=SYSTEM, by=ref("Anna Villa")))
    assert SENTENCES.say("second_level.answered/answered", data, "en") == "Anna Villa answered question 20261120000011"


def test_reasons_are_all_told_with_those_one_stands_in_for() -> None:
    assert SENTENCES.reason(("responsible", "deputy"), ["Paolo Greco"], "it") == (
        "sei responsabile e sostituisci Paolo Greco"
    )


def test_a_notice_of_a_fact_that_is_no_more_is_told_by_its_name() -> None:
    assert SENTENCES.say("ticket.painted", {}, "it") == "ticket.painted"
    assert SENTENCES.say("ticket.moved", {"by": "Giulia"}, "en") == "Giulia moved the ticket from – to –"


def test_the_subject_is_the_ticket_s_own() -> None:
    assert subject_of(a_fact(FACT["ticket.forwarded.v1"], ticket_subject="")) == ""
    assert subject_of(a_fact(FACT["ticket.closed.v1"], ticket_subject="", subject="Il suo")) == "Il suo"
    assert subject_of(a_fact(FACT["ticket.split.v1"], ticket_subject="Il suo")) == "Il suo"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A copy of the real file to break."""
    shutil.copy(CONFIG / "mails" / "notices.yml", tmp_path / "notices.yml")
    return tmp_path / "notices.yml"


@pytest.mark.parametrize(
    ("found", "instead", "fault"),
    [
        ("  ticket.noted:", "  ticket.nodded:", "'ticket.nodded' is none of the facts there are"),
        ("  note: {it", "  notes: {it", "'notes' is none of the kinds there are"),
        ("{by} wrote an internal note", "{by} wrote {text}", "unknown placeholder 'text' (known: by, queue)"),
        ("{by} wrote an internal note", "{by wrote", "a brace is not closed"),
        ("you watch it", "{by} does", "unknown placeholder 'by' (known: names)"),
    ],
)
def test_a_fault_is_named_with_file_and_line(file: Path, found: str, instead: str, fault: str) -> None:
    content = file.read_text(encoding="utf-8")
    line = content[: content.index(found)].count("\n") + 1
    file.write_text(content.replace(found, instead, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Sentences(file, QUEUES)
    assert caught.value.detail.startswith(f"{file}:{line}: ")
    assert fault in caught.value.detail


def test_a_missing_sentence_stops_the_start(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "ticket.closed/successful" not in line), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"'ticket\.closed/successful' is missing"):
        Sentences(file, QUEUES)


FACT: Final = {fact.name: fact for fact in FACTS}
assert PEOPLE.get(SARA)
