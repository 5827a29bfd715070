"""Which later facts stand against which wish: exactly those of the table, and what the refusal tells."""

from datetime import timedelta
from typing import Any

import pytest

from services.tickets import commands as c
from services.tickets.articles import MAILS
from services.tickets.domain import Ticket, decide
from services.tickets.domain.conflicts import CONFLICTS, key_of, prepared
from services.tickets.domain.refusals import DID
from services.tickets.domain.ticket import LastFact
from shared.errors import BadInput, Conflict
from shared.events import SYSTEM, ArticleKind, ArticlePrepared, RootEvent, State, leaves
from shared.policy import Person
from tests.unit.samples import ANNA, GIULIA, MARCO, NOON
from tests.unit.tickets.house import WINDOW, House, names, refused
from tests.unit.tickets.test_verbs import DOES, Scene

KEYS = sorted({event.name for event in leaves(RootEvent)} - {ArticlePrepared.name} | {prepared(kind) for kind in MAILS})
LATER = NOON + timedelta(minutes=3)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene("open", with_a_held_mail=True)


def refusal_of(scene: Scene, ticket: Ticket, wish: Any, by: Person) -> dict[str, Any] | None:
    """What `changed`, if that is why it is refused."""
    command = c.Command(id="x", ticket_id=ticket.id, actor=by.actor, wish=wish)
    try:
        decide(ticket, command, NOON, scene.house.rules)
    except (Conflict, BadInput) as refusal:
        if refusal.extra["code"] == "changed":
            return {**refusal.extra["changed"], "detail": refusal.detail}
    return None


@pytest.mark.parametrize("verb", CONFLICTS, ids=lambda verb: verb.__name__)
def test_a_colleagues_later_fact_stands_against_a_wish_only_as_the_table_says(scene: Scene, verb: type[object]) -> None:
    root, wish = scene.house[scene.id], DOES[verb](scene)
    for key in KEYS:
        last = LastFact(seq=root.seq + 1, actor=MARCO.actor, at=LATER)
        ticket = root.model_copy(update={"last": {key: last}, "seq": root.seq + 1})
        told = refusal_of(scene, ticket, wish, GIULIA)
        assert (told is not None) == (key in CONFLICTS[verb]), key
        if told:
            name = key.partition(":")[0]
            detail = f"Marco Ferri {DID[name]} meanwhile."
            assert told == {"what": name, "by": "Marco Ferri", "at": LATER.isoformat(), "detail": detail}
        assert refusal_of(scene, ticket, wish, MARCO) is None, "one's own fact never stands against oneself"
        knowing = wish.model_copy(update={"seen": ticket.seq})
        assert refusal_of(scene, ticket, knowing, GIULIA) is None, "nor does one that was seen"


def test_of_several_the_newest_is_told(scene: Scene) -> None:
    root = scene.house[scene.id]
    first = LastFact(seq=root.seq + 1, actor=MARCO.actor, at=NOON)
    second = LastFact(seq=root.seq + 2, actor=ANNA.actor, at=LATER)
    last = {"ticket.answered.v1": first, "ticket.closed.v1": second, "ticket.noted.v1": second}
    told = refusal_of(scene, root.model_copy(update={"last": last}), DOES[c.AnswerTicket](scene), GIULIA)
    assert told
    assert (told["what"], told["by"]) == ("ticket.closed.v1", "Anna Sala")


def test_what_happens_by_itself_stands_against_everybody(scene: Scene) -> None:
    root = scene.house[scene.id]
    last = {"ticket.closed.v1": LastFact(seq=root.seq + 1, actor=SYSTEM, at=NOON)}
    assert refusal_of(scene, root.model_copy(update={"last": last}), DOES[c.AnswerTicket](scene), GIULIA)


def test_the_root_keeps_the_last_fact_of_every_kind_and_mails_by_their_kind(scene: Scene) -> None:
    root, history = scene.house[scene.id], scene.house.history(scene.id)
    assert {key_of(fact): fact.seq for fact in history} == {key: last.seq for key, last in root.last.items()}
    assert prepared(ArticleKind.MAIL_FORWARD) in root.last


def test_of_two_who_take_at_once_the_second_is_told_by_whom_and_when() -> None:
    house = House()
    ticket = house.open()
    house.do(ticket, c.TakeTicket(seen=1), GIULIA)
    house.now += timedelta(seconds=3)
    with refused("changed") as refusal:
        house.do(ticket, c.TakeTicket(seen=1), MARCO)
    assert refusal.value.extra["changed"] == {
        "what": "ticket.taken.v1",
        "by": "Giulia Conti",
        "at": NOON.isoformat(),
    }
    assert refusal.value.detail == "Giulia Conti took this ticket in charge meanwhile."


def test_two_who_answer_at_once_do_not_both_write_to_the_user() -> None:
    """Also while the first answer is still held."""
    house = House(WINDOW)
    ticket = house.open()
    house.do(ticket, c.AnswerTicket(seen=1, text="Ecco."), GIULIA)
    with refused("changed"):
        house.do(ticket, c.AnswerTicket(seen=1, text="Ecco anche a Lei."), MARCO)
    assert names(house.do(ticket, c.AnswerTicket(seen=house.seen(ticket), text="In più:"), MARCO)) == ["prepared"]


def test_a_colleagues_note_tag_or_move_locks_nobody_out() -> None:
    house = House()
    ticket = house.open()
    house.do(ticket, c.AddNote(seen=1, text="Attenzione."), MARCO)
    house.do(ticket, c.TagTicket(seen=1, add=("vpn",)), MARCO)
    house.do(ticket, c.MoveTicket(seen=1, queue="careers"), MARCO)
    assert names(house.do(ticket, c.AnswerTicket(seen=1, text="Ecco."), GIULIA)) == ["taken", "prepared", "answered"]


def test_whoever_wrote_without_knowing_of_the_users_new_words_is_told() -> None:
    house = House()
    ticket = house.open()
    house.reply(ticket)
    with refused("changed") as refusal:
        house.do(ticket, c.CloseTicket(seen=1, outcome=State.CLOSED_SUCCESSFUL, reason="Fatto."))
    assert refusal.value.detail == "Luca Bianchi wrote again meanwhile."


@pytest.mark.parametrize("wish", [c.TakeTicket, c.ReleaseTicket, c.ResumeTicket], ids=lambda wish: wish.__name__)
def test_a_state_that_a_colleague_made_meanwhile_is_told_with_who_and_when(wish: type[c.Seen]) -> None:
    house = House(WINDOW)
    ticket = house.open()
    house.do(ticket, c.TakeTicket(seen=1))
    seen = house.seen(ticket)
    house.do(ticket, c.CloseTicket(seen=seen, outcome=State.CLOSED_SUCCESSFUL, silent=True), MARCO)
    closed = house.history(ticket)[-1]
    with refused("closed") as refusal:
        house.do(ticket, wish(seen=seen), GIULIA)
    told = {"what": closed.name, "by": MARCO.name, "at": closed.occurred_at.isoformat()}
    assert refusal.value.extra["changed"] == told
    # Who closed it, or has seen it closed, is told nothing new.
    for person, known in ((MARCO, seen), (GIULIA, house.seen(ticket))):
        with refused("closed") as refusal:
            house.do(ticket, wish(seen=known), person)
        assert "changed" not in refusal.value.extra


def test_who_merged_the_ticket_meanwhile_is_told() -> None:
    house = House(WINDOW)
    ticket, target = house.open(), house.open()
    seen = house.seen(ticket)
    house.do(ticket, house.merging(ticket, target), MARCO)
    for code, name in (("merging", "ticket.merge_started.v1"), ("merged", "ticket.merged.v1")):
        with refused(code) as refusal:
            house.do(ticket, c.SetPriority(seen=seen, priority=5), GIULIA)
        told = refusal.value.extra["changed"]
        assert (told["what"], told["by"]) == (name, MARCO.name)
        house.drain()
