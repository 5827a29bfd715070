"""How much one person may send to their requests. Who signed in is known, so the limit is generous: it stops a program
that got a session, and no worried student.

Every wish counts, whatever becomes of it: reading a form's files is most of the work. Nobody else's is slowed, and what
doesn't exist for somebody is not counted but not there. Each copy of the portal counts its own (docs/adr/0017).
"""

import time
from collections.abc import Callable
from typing import Final

from shared.buckets import Buckets
from shared.errors import TooMany
from shared.forms.guarding import Rate
from shared.policy import Person

RATE: Final = Rate(burst=60, per_hour=60)


class Limits:
    """Built once for all that requesters send."""

    def __init__(self, rate: Rate = RATE, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets = Buckets()

    def count(self, person: Person) -> None:
        """One more wish of theirs. `TooMany` (429), with the seconds until the next."""
        now, who = self._clock(), (person.id,)
        if seconds := self._buckets.wait(who, self._rate, 1, now):
            raise TooMany("This person has sent too much in a short time.", seconds)
        self._buckets.take(who, self._rate, 1, now)
