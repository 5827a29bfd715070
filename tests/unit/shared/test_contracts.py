"""The committed contracts are the code's, and every event keeps its promises to its hearers."""

import json

import pytest

from shared.events import EVENTS, Event, FormSubmitted, RootEvent, from_wire, leaves, to_wire
from shared.topology import HEARERS, STREAMS, queue_name, work_queues
from tests.contracts import FOLDER, contracts
from tests.unit.samples import submitted


@pytest.mark.parametrize("file", sorted(contracts()))
def test_the_committed_contract_is_the_codes(file: str) -> None:
    """When this fails on purpose: `python -m tests.contracts`, and read the difference before you commit it."""
    assert (FOLDER / file).read_text(encoding="utf-8") == contracts()[file]


def test_every_event_stands_in_the_topology_table() -> None:
    assert set(HEARERS) == set(EVENTS.values())


def test_every_queue_is_declared_once() -> None:
    names = [queue.name for queue in work_queues()]
    single = sum(len(services) for services in HEARERS.values())
    assert len(names) == len(set(names)) == single + len(STREAMS)
    assert queue_name("routing", FormSubmitted) in names


def test_the_stream_of_notices_gets_every_fact_of_a_root() -> None:
    assert set(STREAMS["notifier.notices"]) == set(leaves(RootEvent))


def test_a_fact_survives_the_wire_and_the_store() -> None:
    event = submitted()
    assert from_wire(json.loads(json.dumps(to_wire(event)))) == event
    assert FormSubmitted.model_validate_json(event.model_dump_json()) == event


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.name)
def test_a_newer_publishers_extra_field_is_ignored(event: type[Event]) -> None:
    assert event.model_config["extra"] == "ignore"
    assert event.name.endswith(".v1")


def test_no_fact_has_a_field_that_the_journal_keeps_for_itself() -> None:
    """A row of the journal is the fact and how it is found, side by side."""
    for event in leaves(RootEvent):
        assert {"_id", "name", "place", "about", "asks"}.isdisjoint(event.model_fields), event.name
