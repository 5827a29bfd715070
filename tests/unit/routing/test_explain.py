"""The plan and its reasons: which rule decides, what is asked at once, and where questions go."""

from pathlib import Path
from typing import Any

import pytest

from services.routing.consumers import route, route_question
from services.routing.explain import Looked
from services.routing.rules import ASKED, Plan
from services.routing.table import Table
from shared.errors import Hopeless
from shared.events import About, RuleQuestion, SecondLevelRequested
from shared.ids import random_id
from tests.unit.routing.samples import table
from tests.unit.samples import NOON, a_submission, submitted

RULES = """
rules:
  - name: strangers
    when: {form: one, verified: no}
    queue: desk
  - name: kind-a
    when: {form: one, fields: {kind: a}}
    queue: fees
    ask:
      - {queue: experts, title: First, text: "What is it?", fields: [kind, words], attachments: yes}
      - {queue: others, title: Second, text: "And this?", hours: 3}
      - {queue: others, title: Third, text: "And that?"}
  - name: one
    when: {form: one}
    queue: desk
second_level:
  - name: kind-b
    when: {fields: {kind: b}}
    queue: others
  - name: of-fees
    when: {queue: fees}
    queue: experts
"""


def about(**changes: Any) -> About:
    fields: dict[str, Any] = {"form": "one", "version": 1, "site": "www", "language": "it", "submitted_at": NOON}
    return About(**{**fields, "queue": "desk", **changes})


def asked(about: About, child_queue: str = "") -> SecondLevelRequested:
    return SecondLevelRequested.model_validate(
        {
            "event_id": random_id(),
            "occurred_at": NOON,
            "correlation_id": "c1",
            "cause_id": "x",
            "actor": {"id": "giulia", "name": "Giulia", "kind": "operator"},
            "ticket_id": "t1",
            "number": "20261123000017",
            "seq": 4,
            "queue": about.queue,
            "child_id": "k1",
            "article": {"id": "a1", "kind": "child_opened"},
            "title": "Who?",
            "child_queue": child_queue,
            "asks_about": about,
        }
    )


@pytest.fixture
def rules(tmp_path: Path) -> Table:
    return table(tmp_path, RULES)


def test_a_rule_asks_by_itself_and_the_queue_says_until_when(rules: Table) -> None:
    event = submitted(a_submission(form="one", values={"kind": "a"}))
    said = route(event, rules, NOON)
    assert (said.queue, said.rule) == ("fees", "kind-a")
    first, second, third = said.questions
    assert first == RuleQuestion(
        rule="kind-a",
        queue="experts",
        title="First",
        text="What is it?",
        hours=24,
        fields=("kind", "words"),
        attachments=True,
    )
    assert (second.hours, third.hours) == (3, 8)


def test_every_rule_is_told_with_its_reason_and_the_one_that_decides(rules: Table) -> None:
    found = rules.explain(a_submission(form="one", values={"kind": "a"}))
    assert found.rules == (
        Looked(
            rule="strangers",
            holds=False,
            decides=False,
            queue="desk",
            condition="verified",
            why="the requester is verified",
        ),
        Looked(rule="kind-a", holds=True, decides=True, queue="fees", why="it decides"),
        Looked(rule="one", holds=True, decides=False, queue="desk", why="it holds, but a rule above decides"),
    )
    assert (
        found.sentence
        == "Rule 'kind-a' decides: it goes to 'fees', and questions go at once to 'experts', 'others', 'others'."
    )
    assert found.questions == rules.plan(a_submission(form="one", values={"kind": "a"})).questions


def test_that_no_rule_holds_is_told_too(rules: Table) -> None:
    found = rules.explain(a_submission(form="many"))
    assert (found.queue, found.rule) == ("desk", "fallback")
    assert not any(each.decides for each in found.rules)
    assert found.sentence == "No rule holds: it goes to 'desk' (fallback)."


@pytest.mark.parametrize(
    ("changes", "plan"),
    [
        ({"values": {"kind": "b"}}, Plan("others", "kind-b")),
        ({"queue": "fees"}, Plan("experts", "of-fees")),
        # A question never goes back to the queue that asks it.
        ({"queue": "others", "values": {"kind": "b"}}, Plan("experts", "fallback: asks")),
        ({}, Plan("experts", "fallback: asks")),
        ({"queue": "gone"}, Plan("experts", "fallback: second_level_fallback")),
    ],
)
def test_rules_choose_the_second_level_queue_that_nobody_chose(
    rules: Table, changes: dict[str, Any], plan: Plan
) -> None:
    assert rules.plan_question(about(**changes)) == plan
    explained = rules.explain_question(about(**changes))
    assert (explained.queue, explained.rule) == (plan.queue, plan.rule)


def test_why_a_second_level_rule_is_passed_over_is_told(rules: Table) -> None:
    found = rules.explain_question(about(queue="others", values={"kind": "b"}))
    assert [each.why for each in found.rules] == [
        "queue 'others' is the one that asks",
        "the queue that asks is 'others', not 'fees'",
    ]


def test_who_asks_may_choose(rules: Table) -> None:
    event = asked(about(values={"kind": "b"}), "experts")
    said = route_question(event, rules, NOON)
    assert (said.queue, said.rule, said.request) == ("experts", ASKED, event)
    assert said.event_id == route_question(event, rules, NOON).event_id
    assert said.cause_id == event.event_id


@pytest.mark.parametrize(
    ("chosen", "changes", "queue", "rule"),
    [
        ("vanished", {"values": {"kind": "b"}}, "others", "kind-b, queue gone"),
        ("vanished", {}, "experts", "fallback: asks, queue gone"),
        ("fees", {}, "experts", "fallback: asks, queue gone"),
    ],
)
def test_a_question_to_a_queue_that_is_gone_is_not_lost(
    rules: Table, chosen: str, changes: dict[str, Any], queue: str, rule: str
) -> None:
    said = route_question(asked(about(**changes), chosen), rules, NOON)
    assert (said.queue, said.rule) == (queue, rule)


def test_without_any_second_level_a_question_waits_for_a_person(tmp_path: Path) -> None:
    queue = "{id: desk, level: 1, names: {it: S, en: D}, group: desk, mail_from: d@ateneo.example}"
    tree = f"fallback: desk\nqueues: [{queue}]\n"
    found = table(tmp_path, "rules: []\n", tree)
    with pytest.raises(Hopeless, match="add one, then replay this message"):
        found.plan_question(about())
