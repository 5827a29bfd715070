"""Ordered rules: the first whose conditions all hold decides the queue; when none does, the fallback queue.

Pure: no file is read here. `config/routing.yml` is written for a person who doesn't program.
"""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import Field, JsonValue

from shared.events import Submission
from shared.yamlfile import ID_PATTERN, Strict

Text = str | tuple[str, ...]


class When(Strict):
    """Conditions; all that are given must hold. A list means: any of these."""

    form: Text | None = None
    site: Text | None = None
    language: Text | None = None
    verified: bool | None = None
    fields: Mapping[str, str | bool | tuple[str | bool, ...]] = Field(default_factory=dict)

    def holds(self, submission: Submission) -> bool:
        """Whether every condition holds for what was submitted."""
        return (
            _among(submission.form, self.form)
            and _among(submission.site, self.site)
            and _among(submission.language, self.language)
            and self.verified in (None, submission.requester.verified)
            and all(_field(submission.values.get(name), wanted) for name, wanted in self.fields.items())
        )


class Rule(Strict):
    """One row of the table: `name` is told in the ticket's history as the reason."""

    name: str = Field(pattern=ID_PATTERN)
    when: When
    queue: str


class Plan(NamedTuple):
    """Where a submission goes, and which rule said so."""

    queue: str
    rule: str


FALLBACK = "fallback"


def decide(rules: tuple[Rule, ...], fallback: str, submission: Submission) -> Plan:
    """The first matching rule's queue, or the fallback."""
    for rule in rules:
        if rule.when.holds(submission):
            return Plan(rule.queue, rule.name)
    return Plan(fallback, FALLBACK)


def wanted_texts(wanted: Text | None) -> tuple[str, ...]:
    """A condition's texts, none, one or several."""
    if wanted is None:
        return ()
    return (wanted,) if isinstance(wanted, str) else wanted


def _among(value: str, wanted: Text | None) -> bool:
    return wanted is None or value in wanted_texts(wanted)


def _field(value: JsonValue, wanted: str | bool | tuple[str | bool, ...]) -> bool:
    accepted = wanted if isinstance(wanted, tuple) else (wanted,)
    values = value if isinstance(value, list) else [value]
    # True == 1 in Python; a rule that says `yes` must not match the number one.
    return any(type(one) is type(other) and one == other for one in values for other in accepted)
