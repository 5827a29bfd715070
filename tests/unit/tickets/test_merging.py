"""Merging and unmerging, step by step; what crosses, comes late or comes twice is in test_crossing."""

from datetime import timedelta

import pytest

from services.tickets import commands as c
from services.tickets.domain.ticket import Absorbed
from shared.events import MergeRefused, MergeStarted, MergeTakenBack, Requester, State, TicketMerged
from tests.unit.samples import CHIARA, GIULIA, MARCO, a_requester
from tests.unit.tickets.house import WINDOW, House, names, refused


def close(house: House, ticket: str) -> None:
    house.do(ticket, c.CloseTicket(seen=house.seen(ticket), outcome=State.CLOSED_SUCCESSFUL, silent=True))


def test_the_source_asks_the_target_accepts_the_source_settles(house: House) -> None:
    source, target = house.open(), house.open()
    (started,) = house.merge(source, target)
    assert isinstance(started, MergeStarted)
    assert house[source].merging
    assert house[source].state is State.NEW
    house.deliver()
    assert house[target].absorbed == (Absorbed(source=house[source].ref, attempt=started.event_id),)
    house.deliver()
    merged = house.history(source)[-1]
    assert isinstance(merged, TicketMerged)
    assert (merged.attempt, merged.actor) == (started.event_id, GIULIA.actor)
    assert (house[source].state, house[source].merging) == (State.MERGED, None)
    assert house[source].merged_into == house[target].ref
    assert house[target].state is State.NEW, "the target stays as it is"


def test_every_message_may_come_twice(house: House) -> None:
    source, target = house.open(), house.open()
    house.merge(source, target)
    while house.messages:
        # What it causes is said again too; a message is let go once it was heard twice.
        message = house.messages[0]
        house.hear(message)
        house.hear(message)
        house.messages = [each for each in house.messages if each.event_id != message.event_id]
    assert names(house.history(source)) == ["opened", "merge_started", "merged"]
    assert names(house.history(target)) == ["opened", "merge_accepted"]


def test_unmerged_it_is_as_before_and_the_target_lets_go(house: House) -> None:
    source, target = house.open(), house.open()
    close(house, source)
    close(house, target)
    house.merge(source, target)
    house.drain()
    assert names(house.do(source, c.UnmergeTicket(seen=0), MARCO)) == ["unmerged"]
    house.drain()
    assert (house[source].state, house[source].merged_into) == (State.CLOSED_SUCCESSFUL, None)
    assert house[target].absorbed == ()
    assert names(house.history(target))[-1] == "merge_released"


def test_a_ticket_merges_again_after_it_was_on_its_own(house: House) -> None:
    source, target = house.open(), house.open()
    for _ in range(2):
        house.merge(source, target)
        house.drain()
        assert house[source].merged
        house.do(source, c.UnmergeTicket(seen=0))
        house.drain()
    assert house[source].merged is None


def refusing(house: House, because: str) -> tuple[str, str]:
    """Source and target of a merge that is asked for and will be refused."""
    source, target, other = house.open(), house.open(), house.open()
    if because == "merging":
        house.merge(target, other)
    if because == "merged":
        house.merge(target, other)
        house.drain()
    if because == "closed":
        close(house, target)
    wish = house.merging(source, target)
    if because == "requester":
        stranger = house[target].requester.model_copy(update={"subject": CHIARA.id})
        house.store.roots[target] = house[target].model_copy(update={"requester": stranger})
    house.do(source, wish)
    return source, target


@pytest.mark.parametrize("because", ["merging", "merged", "closed", "requester"])
def test_a_refused_merge_is_taken_back_with_the_reason_and_the_source_is_as_it_was(house: House, because: str) -> None:
    source, target = refusing(house, because)
    question = house.messages.pop()
    house.hear(question)
    answer = house.messages.pop()
    assert isinstance(answer, MergeRefused)
    assert (answer.because, answer.source) == (because, house[source].ref)
    house.hear(answer)
    back = house.history(source)[-1]
    assert isinstance(back, MergeTakenBack)
    assert (back.because, back.target) == (because, house[target].ref)
    assert (house[source].merging, house[source].state) == (None, State.NEW)


def test_a_closed_ticket_merges_into_a_living_one_but_never_the_other_way(house: House) -> None:
    living, closed = house.open(), house.open()
    close(house, closed)
    house.merge(living, closed)
    house.drain()
    assert house[living].merged is None
    house.merge(closed, living)
    house.drain()
    assert house[closed].merged_into == house[living].ref


ONE = a_requester(verified=False, subject=None)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (a_requester(email="altra@studenti.example"), False),
        (ONE, True),
        (ONE.model_copy(update={"email": ONE.email.upper()}), True),
        (ONE.model_copy(update={"email": "altra@studenti.example"}), False),
        (a_requester(), False),
    ],
)
def test_unverified_requesters_are_the_same_by_their_address_only(house: House, other: Requester, same: bool) -> None:
    source, target = house.open(ONE), house.open(other)
    if same:
        assert names(house.merge(source, target)) == ["merge_started"]
    else:
        with refused("other_requester"):
            house.merge(source, target)


def test_verified_requesters_are_the_same_by_their_identity_whatever_their_address(house: House) -> None:
    source, target = house.open(), house.open(a_requester(email="luca@altrove.example"))
    house.merge(source, target)
    house.drain()
    assert house[source].merged
    with refused("other_requester"):
        house.merge(house.open(), house.open(a_requester(subject=CHIARA.id)))


def test_what_is_part_of_a_ticket_is_no_target_of_it(house: House) -> None:
    source, target = house.open(), house.open()
    house.merge(source, target)
    house.drain()
    with refused("part_of_this") as refusal:
        house.merge(target, source)
    assert refusal.value.detail == f"Ticket {house[source].number} is part of this one: unmerge it first."
    with refused("same_ticket"):
        house.merge(target, target)


def test_asking_again_for_the_same_is_a_repeat_and_for_another_is_refused(house: House) -> None:
    source, target, other = house.open(), house.open(), house.open()
    house.merge(source, target)
    assert house.merge(source, target) == []
    with refused("already_merging") as refusal:
        house.merge(source, other)
    assert refusal.value.extra["target"] == house[target].number
    house.drain()
    assert house.merge(source, target) == []
    with refused("merged"):
        house.merge(source, other)


def test_a_ticket_with_a_held_mail_does_not_merge() -> None:
    house = House(WINDOW)
    source, target = house.open(), house.open()
    house.do(source, c.AnswerTicket(seen=1, text="Ecco."))
    with refused("mail_held"):
        house.merge(source, target)
    house.wait(WINDOW)
    assert names(house.merge(source, target)) == ["merge_started"]


def test_whoever_merges_without_knowing_that_a_colleague_did_is_told(house: House) -> None:
    source, target = house.open(), house.open()
    house.merge(source, target)
    house.now += timedelta(seconds=1)
    with refused("changed") as refusal:
        house.do(source, house.merging(source, target).model_copy(update={"seen": 1}), MARCO)
    assert refusal.value.extra["changed"]["what"] == "ticket.merge_started.v1"
