"""The queue tree: what waits in each queue, and what becomes of queues that left the configuration."""

from datetime import timedelta
from pathlib import Path

from services.portal.queue_tree import tree
from services.portal.tickets import Counts, Tally
from shared.events import State
from shared.queues import Queues
from tests.unit.samples import NOON

QUEUES = Queues.load(Path("config"))
EARLIER = NOON - timedelta(hours=3)


def counts(**by_queue: dict[State, int]) -> Counts:
    return Counts(
        by_state={},
        by_queue={name.replace("_", "-"): states for name, states in by_queue.items()},
        mine=0,
        my_responsibility=0,
        boards={
            "new": {"fees": Tally(n=1, oldest=NOON)},
            "working": {"fees": Tally(n=2, oldest=EARLIER)},
        },
    )


def test_each_queue_stands_below_its_parent_with_what_waits_in_it() -> None:
    grown = tree(QUEUES, counts(fees={State.NEW: 3, State.OPEN: 1, State.PENDING: 1}), ["fees-accounting"])
    assert [branch.id for branch in grown] == [queue.id for queue in QUEUES if queue.parent is None]
    fees = next(branch for branch in grown if branch.id == "fees")
    assert (fees.new, fees.working, fees.oldest, fees.mine) == (3, 2, EARLIER, False)
    (accounting,) = fees.below
    assert (accounting.id, accounting.level, accounting.new, accounting.oldest, accounting.mine) == (
        "fees-accounting",
        2,
        0,
        None,
        True,
    )


def test_every_queue_is_there_once() -> None:
    found = [branch.id for top in tree(QUEUES, counts(), []) for branch in top]
    assert sorted(found) == sorted(queue.id for queue in QUEUES)


def test_mine_are_shown_below_their_parent_and_nothing_else() -> None:
    grown = tree(QUEUES, counts(), ["fees-accounting", "front-desk"], only_mine=True)
    assert [branch.id for branch in grown] == ["front-desk", "fees"]


def test_a_queue_that_left_the_configuration_is_shown_as_long_as_something_waits_in_it() -> None:
    grown = tree(QUEUES, counts(old_one={State.OPEN: 2}, empty_one={State.CLOSED_SUCCESSFUL: 9}), [])
    assert [(branch.id, branch.level, branch.working) for branch in grown][-1] == ("old-one", 0, 2)
    assert "empty-one" not in [branch.id for branch in grown]
