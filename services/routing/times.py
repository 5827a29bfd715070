"""When a rule holds: days of the week, clock times, dates; always in Rome. Pure."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from shared.yamlfile import Strict

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES: Final = 24 * 60


def _clock(value: Any) -> int:
    hours, colon, minutes = str(value).partition(":")
    if colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2 and int(minutes) < 60:
        found = int(hours) * 60 + int(minutes)
        if found <= MINUTES:
            return found
    raise ValueError("write a clock time like 08:30, at most 24:00")


def clock_text(minutes: int) -> str:
    """`08:30`"""
    return f"{minutes // 60:02}:{minutes % 60:02}"


# Minutes after midnight.
Clock = Annotated[int, BeforeValidator(_clock), PlainSerializer(clock_text)]


class Time(Strict):
    """`start` counts, `end` doesn't; an end before the start is on the next day. The dates named don't count."""

    days: tuple[Day, ...] | None = Field(default=None, min_length=1)
    start: Clock | None = Field(default=None, alias="from")
    end: Clock | None = Field(default=None, alias="to")
    after: date | None = None
    before: date | None = None

    @model_validator(mode="after")
    def _some_time(self) -> "Time":
        if not self.model_fields_set:
            raise ValueError("say days, from, to, after or before")
        if not self.minutes:
            raise ValueError("no time is between 'from' and 'to': let 'to' be later, or earlier for the next morning")
        if self.after and self.before and self.before - self.after < timedelta(days=2):
            raise ValueError("no day is after 'after' and before 'before': neither of both days counts")
        return self

    @property
    def weekdays(self) -> frozenset[int]:
        """The days of the week on which it holds, Monday is 0."""
        return frozenset(range(7) if self.days is None else map(DAYS.index, self.days))

    @property
    def minutes(self) -> frozenset[int]:
        """The minutes after midnight in which it holds."""
        start, end = self.start or 0, MINUTES if self.end is None else self.end
        if self.start is not None and self.end is not None and end < start:
            return frozenset(range(start, MINUTES)) | frozenset(range(end))
        return frozenset(range(start, end))

    def miss(self, moment: datetime) -> str | None:
        """Why the moment, on Rome's clock, is not in it; None when it is."""
        if moment.weekday() not in self.weekdays:
            return f"not on {' or '.join(self.days or ())}"
        if moment.hour * 60 + moment.minute not in self.minutes:
            start, end = self.start or 0, MINUTES if self.end is None else self.end
            return f"not from {clock_text(start)} to {clock_text(end)}"
        if self.after is not None and moment.date() <= self.after:
            return f"not after {self.after}"
        if self.before is not None and moment.date() >= self.before:
            return f"not before {self.before}"
        return None
