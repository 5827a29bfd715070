"""A bulk action as a job: what is wished of which tickets, and what each of them came to. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import Field

from services.portal.shapes import Said
from shared import errors
from shared.errors import Conflict, DependencyDown, NotFound, SportelloError
from shared.events import Frozen
from shared.ids import derived, digest
from shared.policy import Person

MOST_TICKETS: Final = 200
# Seconds after which a ticket whose wish got no answer is given up, and after which a job is forgotten.
PATIENCE: Final = 3600.0
KEPT: Final = 30 * 86_400.0
# What a person wrote stands in the tickets; the job forgets it once it is over.
WRITTEN: Final = frozenset({"text", "reason"})

Outcome = Literal["waiting", "done", "nothing", "refused"]


class Item(Frozen):
    """A ticket of a job. `seen`: what the list showed of it. `path`, `wish`: its own, when it is planned one by one.

    `facts`: what was done; `undoes`: the facts that an undo takes back. `error`: why it was refused, as `tickets` said.
    """

    number: str
    subject: str = ""
    seen: int
    path: str = ""
    wish: dict[str, Any] | None = None
    outcome: Outcome = "waiting"
    facts: tuple[Said, ...] = ()
    undoes: tuple[Said, ...] = ()
    error: dict[str, Any] = Field(default_factory=dict)
    tries: int = 0

    def key(self, job: str) -> str:
        """The same however often it is sent, whoever sends it: so it is done once."""
        return f"{job}:{self.number}"

    def done(self, facts: Sequence[Said]) -> "Item":
        """`tickets` did it, or found nothing left to do."""
        return self.model_copy(update={"outcome": "done" if facts else "nothing", "facts": tuple(facts)})

    def refused(self, error: SportelloError) -> "Item":
        """`tickets` refused it."""
        return self.model_copy(
            update={"outcome": "refused", "error": {"kind": type(error).__name__, "extra": error.extra}}
        )

    def unanswered(self) -> "Item":
        """Nobody knows whether it was done: it is sent again under the same key."""
        return self.model_copy(update={"tries": self.tries + 1})

    @property
    def fault(self) -> SportelloError:
        """Why it was refused, as it was raised."""
        kind = getattr(errors, str(self.error.get("kind", "")), Conflict)
        fault: SportelloError = kind("", **self.error.get("extra", {}))
        return fault

    @property
    def is_unknown(self) -> bool:
        """There is no such ticket."""
        return isinstance(self.fault, NotFound)


class Job(Frozen):
    """`person`: whose it is, and as whom each wish is made. `undoes`: the job that it takes back.

    `lease_until`: until then the copy that works on it has it for itself; `version` decides between two.
    """

    id: str
    person: Person
    verb: str
    wish: dict[str, Any] = Field(default_factory=dict)
    items: tuple[Item, ...]
    undoes: str = ""
    running: bool = True
    lease_until: float = 0.0
    version: int = 0
    created_at: float

    @property
    def counts(self) -> Mapping[str, int]:
        """How many items came to what."""
        return Counter(item.outcome for item in self.items)

    @property
    def settled(self) -> int:
        """How many items are over."""
        return len(self.items) - self.counts["waiting"]

    def having(self, outcome: Outcome) -> list[Item]:
        """The items that came to this."""
        return [item for item in self.items if item.outcome == outcome]

    def next_items(self, most: int) -> list[Item]:
        """Those to do now: whatever got no answer waits behind the others."""
        return sorted(self.having("waiting"), key=lambda item: item.tries)[:most]

    def wish_of(self, item: Item) -> tuple[str, dict[str, Any]]:
        """The verb's path and the whole wish for one item."""
        if item.wish is not None:
            return item.path, item.wish
        return self.verb, {**self.wish, "seen": item.seen}

    def with_items(self, changed: Sequence[Item]) -> "Job":
        """The job with these items in place of those with their numbers."""
        by_number = {item.number: item for item in changed}
        return self.model_copy(update={"items": tuple(by_number.get(item.number, item) for item in self.items)})

    def given_up(self, now: float) -> "Job":
        """After an hour without an answer, nobody waits any longer: what is open is told as not known."""
        if now < self.created_at + PATIENCE:
            return self
        return self.with_items([item.refused(DependencyDown()) for item in self.having("waiting")])

    def over(self) -> "Job":
        """Every item has its outcome. What was written is forgotten."""
        wish = {name: value for name, value in self.wish.items() if name not in WRITTEN}
        items = tuple(item.model_copy(update={"wish": None}) for item in self.items)
        return self.model_copy(update={"running": False, "wish": wish, "items": items, "lease_until": 0.0})


def job_id(person: str, key: str, verb: str, wish: Mapping[str, Any], items: Sequence[Item]) -> str:
    """A form that is sent twice is one job; with anything else in it, it is another."""
    return derived("bulk", person, key, digest([verb, wish, [(item.number, item.seen) for item in items]]))


def undo_id(job: str) -> str:
    """A job is undone once."""
    return derived("bulk-undo", job)


def undoing(job: Job, person: Person, now: float) -> Job:
    """The job that takes back what `job` did. `person`: its owner as they are now, not as they were back then."""
    items = tuple(
        Item(number=item.number, subject=item.subject, seen=0, undoes=item.facts) for item in job.having("done")
    )
    return Job(
        id=undo_id(job.id), person=person, verb=job.verb, items=items, undoes=job.id, created_at=now, wish=job.wish
    )
