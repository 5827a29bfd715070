"""Ordered rules: the first whose conditions all hold decides the queue; when none does, a fallback. Pure.

Two tables: where a request goes (`Rule`), and which second-level queue gets a question (`QuestionRule`).
`config/routing.yml` is written for a person who doesn't program.
"""

from collections.abc import Callable
from typing import NamedTuple

from pydantic import Field

from services.routing.conditions import Case, Miss, When
from shared.events import About, RuleQuestion, Submission
from shared.yamlfile import ID_PATTERN, Strict

FALLBACK = "fallback"
# What a child's route says instead of a rule when the one who asks chose the queue.
ASKED = "asked"
RESERVED = frozenset({FALLBACK, ASKED})


class Ask(Strict):
    """A question that is asked by itself as soon as the ticket opens."""

    queue: str
    title: str = Field(min_length=1, max_length=150)
    text: str = Field(min_length=1, max_length=5000)
    hours: int | None = Field(default=None, ge=1, le=8760)
    fields: tuple[str, ...] = ()
    attachments: bool = False


class Rule(Strict):
    """One row of the table: `name` is told in the ticket's history as the reason."""

    name: str = Field(pattern=ID_PATTERN)
    when: When
    queue: str
    ask: tuple[Ask, ...] = Field(default=(), max_length=10)

    def miss(self, case: Case) -> Miss | None:
        """The first condition that doesn't hold."""
        return self.when.miss(case)


class QuestionRule(Strict):
    """One row of the second level's table."""

    name: str = Field(pattern=ID_PATTERN)
    when: When
    queue: str

    def miss(self, case: Case) -> Miss | None:
        """The first condition that doesn't hold. A question never goes to the queue that asks it."""
        missed = self.when.miss(case)
        if missed is None and case.queue == self.queue:
            return Miss("queue", f"queue '{self.queue}' is the one that asks")
        return missed


class Plan(NamedTuple):
    """Where a submission or a question goes, which rule said so, and what it asks the second level at once."""

    queue: str
    rule: str
    questions: tuple[RuleQuestion, ...] = ()


def decide(rules: tuple[Rule, ...], fallback: str, submission: Submission, due: Callable[[str], int | None]) -> Plan:
    """The first matching rule's queue and questions, or the fallback. `due`: the hours that a queue has to answer."""
    case = Case.of(submission)
    for rule in rules:
        if rule.miss(case) is None:
            return Plan(rule.queue, rule.name, questions(rule, due))
    return Plan(fallback, FALLBACK)


def decide_question(rules: tuple[QuestionRule, ...], fallback: Plan, about: About) -> Plan:
    """The first matching rule's queue, or the fallback."""
    case = Case.about(about)
    for rule in rules:
        if rule.miss(case) is None:
            return Plan(rule.queue, rule.name)
    return fallback


def questions(rule: Rule, due: Callable[[str], int | None]) -> tuple[RuleQuestion, ...]:
    """What the rule asks the second level by itself."""
    return tuple(
        RuleQuestion(
            rule=rule.name,
            queue=ask.queue,
            title=ask.title,
            text=ask.text,
            hours=due(ask.queue) if ask.hours is None else ask.hours,
            fields=ask.fields,
            attachments=ask.attachments,
        )
        for ask in rule.ask
    )
