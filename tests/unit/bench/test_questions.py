"""The questions that are measured are what our services make of them."""

import json

from bench.answers import question_as_json
from bench.children import with_children
from bench.fill import article_of, journal_row, root_of
from bench.questions import GIULIA, parent_at, parents
from services.tickets.domain import Child
from services.tickets.repository import from_document


def test_those_who_ask_are_tickets_in_giulias_charge_and_found_by_their_place() -> None:
    found = list(parents(3, 4))
    assert [each.ticket.id for each in found] == [parent_at(place) for place in range(3, 7)]
    assert {each.ticket.owner.id for each in found if each.ticket.owner} == {GIULIA.id}


def test_all_but_every_twentieth_question_is_answered_and_the_ticket_has_heard_it() -> None:
    (parent,) = parents(0, 1)
    *children, after = with_children(parent, 40, some_answered=True)
    roots = [from_document(root_of(each.ticket)) for each in children]
    still_open = {root.id for root in roots if isinstance(root, Child) and root.ending is None}
    assert set(after.ticket.open_questions) == still_open
    assert len(still_open) == 2
    rows = [journal_row(fact)["_id"] for each in (*children, after) for fact in each.facts]
    words = [article_of(each)["_id"] for family in (*children, after) for each in family.words]
    assert (len(set(rows)), len(set(words))) == (len(rows), len(words))


def test_the_bare_chain_of_a_question_gets_plain_json() -> None:
    told = json.loads(json.dumps(question_as_json()))
    assert (told["child"]["state"], told["heard"]["open_questions"]) == ("new", {})
    assert told["answered"]["article"]["kind"] == "child_answer"
