"""Token buckets: so many at once, and then so many an hour. In memory, bounded; time comes in as seconds.

Each copy of a service has its own and allows its share (docs/adr/0017).
"""

import math
from collections import OrderedDict
from dataclasses import dataclass

from shared.forms.guarding import Rate

# Senders that are remembered; the longest unseen go first. A thousand hits a second from as many addresses fill it in
# a minute and a half, and who is forgotten begins with a full bucket.
MOST_SENDERS = 100_000
# Nobody is told to come back later than this: what a full hour brings is said by then.
LONGEST = 3600


@dataclass
class _Bucket:
    tokens: float
    at: float


class Buckets:
    """One bucket for each sender and rate."""

    def __init__(self, most: int = MOST_SENDERS) -> None:
        self._buckets: OrderedDict[tuple[str, ...], _Bucket] = OrderedDict()
        self._most = most

    def wait(self, sender: tuple[str, ...], rate: Rate, copies: int, now: float) -> int:
        """Seconds until one more is welcome; 0: now."""
        burst, each_second = _share(rate, copies)
        tokens = self._filled(sender, burst, each_second, now)
        if tokens >= 1:
            return 0
        return min(LONGEST, math.ceil((1 - tokens) / each_second)) if each_second else LONGEST

    def take(self, sender: tuple[str, ...], rate: Rate, copies: int, now: float) -> None:
        """Count one; `wait` said that it is welcome."""
        burst, each_second = _share(rate, copies)
        tokens = self._filled(sender, burst, each_second, now)
        self._buckets[sender] = _Bucket(max(0.0, tokens - 1), now)
        self._buckets.move_to_end(sender)
        while len(self._buckets) > self._most:
            self._buckets.popitem(last=False)

    def _filled(self, sender: tuple[str, ...], burst: float, each_second: float, now: float) -> float:
        bucket = self._buckets.get(sender)
        if bucket is None:
            return burst
        return min(burst, bucket.tokens + max(0.0, now - bucket.at) * each_second)


def _share(rate: Rate, copies: int) -> tuple[float, float]:
    """What this copy allows: rounded up, so that a small rate is still one."""
    return math.ceil(rate.burst / copies), rate.per_hour / 3600 / copies
