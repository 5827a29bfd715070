"""What a rule may ask of a request or of a question, and why it doesn't hold, in a sentence. Pure.

`When` is what a person writes under `when:`; `Case` is what it looks at.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import Field, JsonValue, model_validator

from services.routing.times import DAYS, Time, clock_text
from shared.events import About, Submission
from shared.yamlfile import Strict

ROME: Final = ZoneInfo("Europe/Rome")
Text = str | tuple[str, ...]
Answer = str | bool
# Conditions that compare one text, each with the words in which it is told.
TEXTS: Final[Mapping[str, str]] = {
    "form": "the form",
    "site": "the site",
    "language": "the language",
    "role": "the requester's role",
    "course": "the requester's course",
    "queue": "the queue that asks",
}


class Case(NamedTuple):
    """What rules look at. `queue`: the one that asks, when it is a question; `moment`: of the submission, in Rome."""

    form: str
    site: str
    language: str
    verified: bool
    role: str | None
    course: str | None
    values: Mapping[str, JsonValue]
    moment: datetime
    queue: str | None = None

    @classmethod
    def of(cls, submission: Submission) -> "Case":
        """What was submitted."""
        asker = submission.requester
        return cls(
            submission.form,
            submission.site,
            submission.language,
            asker.verified,
            asker.role,
            asker.course,
            submission.values,
            submission.submitted_at.astimezone(ROME),
        )

    @classmethod
    def about(cls, about: About) -> "Case":
        """What a question is about."""
        return cls(
            about.form,
            about.site,
            about.language,
            about.verified,
            about.role,
            about.course,
            about.values,
            about.submitted_at.astimezone(ROME),
            about.queue,
        )


class Miss(NamedTuple):
    """The first condition that didn't hold: its place under `when`, and why."""

    condition: str
    why: str


class When(Strict):
    """Conditions; all that are given must hold. A list means: any of these."""

    form: Text | None = None
    site: Text | None = None
    language: Text | None = None
    verified: bool | None = None
    role: Text | None = None
    course: Text | None = None
    queue: Text | None = None
    fields: Mapping[str, Answer | tuple[Answer, ...]] = Field(default_factory=dict)
    time: Time | None = None
    all_of: tuple["When", ...] = Field(default=(), alias="all")
    any_of: tuple["When", ...] = Field(default=(), alias="any")
    excluded: "When | None" = Field(default=None, alias="not")

    @model_validator(mode="after")
    def _nothing_empty(self) -> "When":
        given = {name: getattr(self, name) for name in self.model_fields_set} | dict(self.fields)
        for name, value in given.items():
            if value == ():
                raise ValueError(f"'{name.removesuffix('_of')}' is an empty list: name at least one, or leave it out")
        return self

    def holds(self, case: Case) -> bool:
        """Whether every condition holds."""
        return self.miss(case) is None

    def miss(self, case: Case) -> Miss | None:
        """The first condition that doesn't hold, or None."""
        return next(self._misses(case), None)

    def _misses(self, case: Case) -> Iterator[Miss]:
        for name, words in TEXTS.items():
            wanted: Text | None = getattr(self, name)
            is_now: str | None = getattr(case, name)
            if wanted is not None and (is_now is None or is_now not in listed(wanted)):
                yield Miss(name, f"{words} is {_said(is_now)}, not {_either(listed(wanted))}")
        if self.verified not in (None, case.verified):
            yield Miss("verified", "nobody vouches for the requester" if self.verified else "the requester is verified")
        for field, answers in self.fields.items():
            if not answered(case.values.get(field), answers):
                given = _said(case.values.get(field))
                yield Miss(f"fields.{field}", f"field '{field}' is {given}, not {_either(listed(answers))}")
        if self.time is not None and (reason := self.time.miss(case.moment)):
            sent = f"{DAYS[case.moment.weekday()]} {case.moment:%Y-%m-%d} {clock_text_of(case.moment)}"
            yield Miss("time", f"it was sent on {sent}, {reason}")
        yield from self._combined(case)

    def _combined(self, case: Case) -> Iterator[Miss]:
        for index, part in enumerate(self.all_of):
            if miss := part.miss(case):
                yield Miss(f"all.{index + 1}.{miss.condition}", miss.why)
        misses = [part.miss(case) for part in self.any_of]
        if misses and None not in misses:
            yield Miss("any", "none of the alternatives holds: " + "; ".join(miss.why for miss in misses if miss))
        if self.excluded is not None and self.excluded.holds(case):
            yield Miss("not", f"what 'not' excludes is so: {self.excluded.told()}")

    def told(self) -> str:
        """The conditions in a line, as they are written."""
        said = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return _plain(said) or "everything"


def listed(wanted: Answer | tuple[Answer, ...] | None) -> tuple[Answer, ...]:
    """A condition's values, none, one or several."""
    if wanted is None:
        return ()
    return wanted if isinstance(wanted, tuple) else (wanted,)


def answered(value: JsonValue, wanted: Answer | tuple[Answer, ...]) -> bool:
    """Whether an answer, or one of several, is among the wanted ones; no answer never is."""
    values = value if isinstance(value, list) else [value]
    # True == 1 in Python; a rule that says `yes` must not match the number one.
    return any(type(one) is type(other) and one == other for one in values for other in listed(wanted))


def clock_text_of(moment: datetime) -> str:
    """`09:05`"""
    return clock_text(moment.hour * 60 + moment.minute)


def _said(value: JsonValue) -> str:
    if value is None:
        return "not given"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " and ".join(_said(item) for item in value) or "not given"
    return f"'{value}'"


def _either(values: tuple[Answer, ...]) -> str:
    return " or ".join(_said(value) for value in values)


def _plain(said: JsonValue) -> str:
    if isinstance(said, dict):
        return ", ".join(f"{key}: {_inside(value)}" for key, value in said.items())
    if isinstance(said, list):
        return "[" + ", ".join(map(_inside, said)) + "]"
    return ("yes" if said else "no") if isinstance(said, bool) else str(said)


def _inside(said: JsonValue) -> str:
    return f"({_plain(said)})" if isinstance(said, dict) else _plain(said)
