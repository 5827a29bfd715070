"""Two ways of doing the same, measured in turn: a round of one, a round of the other, again and again."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bench.figures import Row, paired, percentile

Call = Callable[[], Awaitable[object]]


@dataclass
class Turns:
    """Milliseconds of each call, by round."""

    ours: list[list[float]] = field(default_factory=list)
    bare: list[list[float]] = field(default_factory=list)

    def row(self, what: str, share: float) -> Row:
        """The percentile `share` of both sides; ratios by round."""
        ours, bare = ([percentile(times, share) for times in side] for side in (self.ours, self.bare))
        return paired(f"{what}, p{share * 100:.0f}", "ms", ours, bare)


async def in_turn(ours: Call, bare: Call, rounds: int, calls: int) -> Turns:
    """`rounds` rounds of `calls` calls of each, one call at a time, after a few that don't count."""
    turns = Turns()
    await _round(ours, 3)
    await _round(bare, 3)
    for _ in range(rounds):
        turns.ours.append(await _round(ours, calls))
        turns.bare.append(await _round(bare, calls))
    return turns


async def _round(call: Call, calls: int) -> list[float]:
    times = []
    for _ in range(calls):
        started = time.perf_counter()
        await call()
        times.append(1000 * (time.perf_counter() - started))
    return times
