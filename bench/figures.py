"""Pure arithmetic of a measurement: percentiles, ratios of pairs, rows against their aims. No clock, no I/O."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of `values` do not exceed (nearest rank). `ValueError` when there are none."""
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@dataclass(frozen=True)
class Spread:
    """A median with the smallest and largest of what it stands for."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """`ValueError` when there are no values."""
        if not values:
            raise ValueError("no values")
        return cls(statistics.median(values), min(values), max(values))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """The spread of the ratios of pairs measured one right after the other: slow minutes hit both of a pair."""
    return Spread.of([mine / other for mine, other in zip(ours, theirs, strict=True)])


@dataclass(frozen=True)
class Aim:
    """What a figure shall be: `of` says whether its ratio or the figure itself is meant."""

    bound: Literal["at least", "at most"]
    value: float
    of: Literal["ratio", "figure"] = "ratio"

    def met(self, figure: float) -> bool:
        """Whether `figure` is on the right side."""
        return figure >= self.value if self.bound == "at least" else figure <= self.value


@dataclass(frozen=True)
class Row:
    """One measured thing: ours, the bare limit of the same run, and their ratio (ours / bare)."""

    what: str
    unit: str
    ours: float
    bare: float | None = None
    ratio: Spread | None = None
    aim: Aim | None = None

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None without an aim."""
        if self.aim is None:
            return None
        if self.aim.of == "figure":
            return self.aim.met(self.ours)
        return self.ratio is not None and self.aim.met(self.ratio.middle)


def paired(what: str, unit: str, ours: Sequence[float], theirs: Sequence[float], aim: Aim | None = None) -> Row:
    """A row from pairs: the medians of both sides, and the median of the pairs' ratios."""
    middle_ours, middle_theirs = statistics.median(ours), statistics.median(theirs)
    return Row(what, unit, middle_ours, middle_theirs, ratios(ours, theirs), aim)


@dataclass(frozen=True)
class Table:
    """One section of the report. `ours` and `bare` head the two columns of figures; `note` says what was done."""

    title: str
    ours: str
    bare: str
    rows: tuple[Row, ...]
    note: str = ""
