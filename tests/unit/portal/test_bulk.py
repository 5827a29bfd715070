"""A bulk action as a job: its items, what it forgets, and how each verb is taken back unless somebody changed it."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.datastructures import FormData

from services.portal.bulk import MOST_TICKETS, PATIENCE, Item, Job, job_id, undoing
from services.portal.bulk_form import OFFERS, ticks_of
from services.portal.bulk_undo import NOTHING, UNDOABLE, Inverse, inverse
from services.portal.i18n import tongues
from services.portal.shapes import Article, JournalRow, Said
from services.portal.verbs import VERBS
from shared.errors import BadInput, Conflict, DependencyDown, NotFound
from shared.events import ArticleKind, Closing, State, Waiting
from tests.unit.portal.samples import a_view
from tests.unit.samples import GIULIA, MARCO, NOON

ITALIAN = tongues()["it"]
MAIL = "mail-1"


def fact(name: str, seq: int = 5) -> Said:
    return Said(event_id=f"e{seq}", name=name, seq=seq)


def row(name: str, seq: int = 5, **changes: Any) -> JournalRow:
    """A fact of Giulia's."""
    fields = {
        "event_id": f"e{seq}",
        "name": name,
        "at": NOON + timedelta(minutes=seq),
        "actor": GIULIA.actor,
        "seq": seq,
        "queue": "credentials",
    }
    return JournalRow(**{**fields, **changes})


def undone(verb: str, rows: list[JournalRow], **ticket: Any) -> Inverse:
    """How the first of `rows` is taken back."""
    ours = [Said(event_id=rows[0].event_id, name=rows[0].name, seq=rows[0].seq)]
    return inverse(verb, ours, a_view(**{"state": "open", "seq": 9, **ticket}), rows, "Annullata")


def mail(delivery: str) -> Article:
    fields = {"id": MAIL, "kind": ArticleKind.MAIL_CLOSED, "visibility": "requester", "at": NOON, "delivery": delivery}
    return Article.model_validate(fields)


PREPARED = row("article.prepared.v1", data={"article": {"id": MAIL}})
TAKEN = "ticket.taken.v1"


def test_every_bulk_verb_is_a_verb_of_the_ticket_s_page() -> None:
    assert OFFERS.keys() <= VERBS.keys()
    assert OFFERS.keys() - UNDOABLE == {"notes"}


@pytest.mark.parametrize("level", ["ticket", "child"])
def test_hands_go_back_to_the_former_owner_or_the_queue(level: str) -> None:
    taken, handed = f"{level}.taken.v1", f"{level}.handed_over.v1"
    back = Inverse("hand-over", {"to": "marco", "reason": "Annullata", "seen": 9})
    assert undone("take", [row(taken, former_owner=MARCO.ref)]) == back
    assert undone("hand-over", [row(handed, former_owner=MARCO.ref)]) == back
    assert undone("take", [row(taken)]) == Inverse("release", {"reason": "Annullata", "seen": 9})


@pytest.mark.parametrize("level", ["ticket", "child"])
def test_what_was_moved_goes_back_to_its_queue(level: str) -> None:
    moved = row(f"{level}.moved.v1", data={"former_queue": "fees"})
    assert undone("move", [moved]) == Inverse("move", {"queue": "fees", "reason": "Annullata", "seen": 9})


def test_tags_that_were_added_are_taken_off_but_for_those_that_changed_meanwhile() -> None:
    tagged = row("ticket.tagged.v1", data={"added": ["a", "b", "c"]})
    again = row("ticket.tagged.v1", 7, actor=MARCO.actor, data={"added": [], "removed": ["c"]})
    assert undone("tags", [tagged, again], tags=("a", "c", "x")).wish["remove"] == ["a"]
    assert undone("tags", [tagged], tags=("x",)) == NOTHING


def test_a_closing_is_stopped_while_its_mail_is_held_and_opened_again_after() -> None:
    assert undone("close", [PREPARED], articles=(mail("held"),)).path == "mails/undo"
    closed = row("ticket.closed.v1", 6)
    after = undone("close", [PREPARED, closed], articles=(mail("sent"),), state="closed_successful")
    assert after == Inverse("reopen", {"reason": "", "seen": 9})
    silent = undone("close", [row("ticket.closed.v1")], state="closed_unsuccessful")
    assert silent.path == "reopen"
    # What waits for its answers to close does not wait any more.
    waiting = Waiting(for_user=False, since=NOON, closing=Closing(outcome=State.CLOSED_SUCCESSFUL, by=GIULIA.actor))
    assert undone("close", [PREPARED], articles=(mail("sent"),), state="pending", waiting=waiting).path == "resume"
    assert undone("close", [PREPARED], articles=(mail("stopped"),)) == NOTHING


@pytest.mark.parametrize(
    ("verb", "rows", "ticket"),
    [
        ("take", [row(TAKEN), row("ticket.released.v1", 7, actor=MARCO.actor)], {}),
        ("take", [row(TAKEN), row("ticket.handed_over.v1", 7, actor=MARCO.actor)], {}),
        ("hand-over", [row("ticket.handed_over.v1"), row(TAKEN, 7, actor=MARCO.actor)], {}),
        ("move", [row("ticket.moved.v1"), row("ticket.moved.v1", 7, actor=MARCO.actor)], {}),
        (
            "close",
            [PREPARED, row("article.withdrawn.v1", 7, actor=MARCO.actor, data={"article": {"id": MAIL}})],
            {"articles": (mail("withdrawn"),)},
        ),
        (
            "close",
            [PREPARED, row("ticket.closed.v1", 6), row("ticket.reopened.v1", 7, actor=MARCO.actor)],
            {"articles": (mail("sent"),)},
        ),
    ],
)
def test_what_somebody_changed_meanwhile_is_never_touched(verb: str, rows: list[JournalRow], ticket: Any) -> None:
    with pytest.raises(Conflict) as caught:
        undone(verb, rows, **ticket)
    assert caught.value.extra["changed"] == {
        "what": rows[-1].name,
        "by": "Marco Ferri",
        "at": (NOON + timedelta(minutes=7)).isoformat(),
    }


def test_other_changes_don_t_stand_against_an_undo() -> None:
    noted = row("ticket.noted.v1", 7, actor=MARCO.actor)
    assert undone("move", [row("ticket.moved.v1", data={"former_queue": "fees"}), noted]).path == "move"


def a_job(**changes: Any) -> Job:
    items = tuple(Item(number=str(each), seen=3) for each in range(6))
    return Job(**{"id": "j", "person": GIULIA, "verb": "notes", "items": items, "created_at": 1000.0, **changes})


def test_a_ticket_s_key_is_the_job_s_and_its_own() -> None:
    job = a_job(wish={"text": "x"})
    assert job.items[2].key(job.id) == "j:2"
    assert job.wish_of(job.items[2]) == ("notes", {"text": "x", "seen": 3})


def test_the_same_form_is_one_job_and_any_other_is_another() -> None:
    items = a_job().items
    one = job_id("giulia", "k", "notes", {"text": "x"}, items)
    assert one == job_id("giulia", "k", "notes", {"text": "x"}, items)
    others = {
        job_id("marco", "k", "notes", {"text": "x"}, items),
        job_id("giulia", "k", "notes", {"text": "y"}, items),
        job_id("giulia", "k", "notes", {"text": "x"}, items[:5]),
        job_id("giulia", "l", "notes", {"text": "x"}, items),
    }
    assert len(others | {one}) == 5


def test_who_got_no_answer_waits_behind_the_others() -> None:
    job = a_job()
    job = job.with_items([job.items[0].unanswered()])
    assert [item.number for item in job.next_items(3)] == ["1", "2", "3"]
    assert job.next_items(9)[-1].number == "0"


def test_after_an_hour_nobody_waits_any_longer() -> None:
    job = a_job()
    assert job.given_up(1000.0 + PATIENCE - 1) == job
    late = job.with_items([job.items[0].done([fact("x")])]).given_up(1000.0 + PATIENCE)
    assert (late.counts["done"], late.counts["refused"], late.counts["waiting"]) == (1, 5, 0)
    assert isinstance(late.having("refused")[0].fault, DependencyDown)


def test_a_refusal_is_kept_as_it_was_raised() -> None:
    item = Item(number="1", seen=1).refused(Conflict("", code="closed", changed={"by": "Marco"}))
    again = Item.model_validate(item.model_dump(mode="json")).fault
    assert isinstance(again, Conflict)
    assert again.extra == {"code": "closed", "changed": {"by": "Marco"}}
    assert Item(number="1", seen=1).refused(NotFound()).is_unknown


def test_what_was_written_is_forgotten_when_the_job_is_over() -> None:
    over = a_job(wish={"text": "secret", "reason": "secret", "to": "marco"}).over()
    assert "secret" not in over.model_dump_json()
    assert over.wish == {"to": "marco"}


def test_only_what_was_done_is_undone() -> None:
    job = a_job()
    job = job.with_items([job.items[1].done([fact(TAKEN)]), job.items[2].done([]), job.items[3].refused(Conflict())])
    now = job.person.model_copy(update={"roles": frozenset()})
    found = undoing(job, now, 2000.0)
    assert [(item.number, item.undoes) for item in found.items] == [("1", (fact(TAKEN),))]
    assert found.undoes == "j"
    assert found.id == undoing(job, now, 3000.0).id
    assert found.person == now


def ticked(*values: str, **more: str) -> FormData:
    return FormData([*(("ticket", value) for value in values), *more.items()])


def test_each_ticket_is_ticked_once_with_what_was_seen() -> None:
    assert ticks_of(ticked("17:3", "18:4", "17:9"), ITALIAN).items == (("17", 3), ("18", 4))
    assert ticks_of(FormData([("all", "1"), ("ticket", "17:3"), ("page", "19:1")]), ITALIAN).items == (("19", 1),)


def test_no_tick_and_too_many_are_told_in_words() -> None:
    assert "scelto" in ticks_of(ticked(), ITALIAN).wrong
    assert "200" in ticks_of(ticked(*(f"{each}:1" for each in range(MOST_TICKETS + 1))), ITALIAN).wrong
    assert not ticks_of(ticked(*(f"{each}:1" for each in range(MOST_TICKETS))), ITALIAN).wrong


@pytest.mark.parametrize("value", ["17", "17:", ":3", "17:-1", "x:1", "١٧:1", "17:3\n", "../17:3"])
def test_what_no_page_of_ours_sends_is_refused(value: str) -> None:
    with pytest.raises(BadInput):
        ticks_of(ticked(value), ITALIAN)
