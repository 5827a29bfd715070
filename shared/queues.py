"""The queue tree of `config/queues.yml`: first-level queues face the user, second-level sub-queues answer the first.

A sub-queue has from its parent what it doesn't say itself; `Queue` has everything worked out.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from pydantic import EmailStr, Field

from shared.events import Language
from shared.yamlfile import ID_PATTERN, Strict, Texts, YamlFile

QueueId = str
# What a sub-queue has from its parent when it doesn't say it itself, and what holds when nobody above says it either.
INHERITED: Final[Mapping[str, Any]] = {
    "group": None,
    "mail_from": None,
    "signature": None,
    "may_close_silently": False,
    "follow_up_days": 30,
    "due_hours": None,
    "asks": None,
}


class _Entry(Strict):
    """A queue as the file says it."""

    id: QueueId = Field(pattern=ID_PATTERN)
    level: Literal[1, 2]
    names: Texts
    parent: QueueId | None = None
    group: str | None = Field(default=None, pattern=ID_PATTERN)
    mail_from: EmailStr | None = None
    signature: Texts | None = None
    may_close_silently: bool | None = None
    follow_up_days: int | None = Field(default=None, ge=0, le=3650)
    due_hours: int | None = Field(default=None, ge=1, le=8760)
    asks: QueueId | None = None


class Queue(Strict):
    """A group of operators and the work waiting for it. `mail_from` is who the user's mails come from."""

    id: QueueId
    level: Literal[1, 2]
    names: Texts
    group: str
    parent: QueueId | None = None
    mail_from: EmailStr | None = None
    signature: Texts | None = None
    # Whether a ticket of this queue may be closed without a word to the user.
    may_close_silently: bool = False
    # Days in which a user's reply reopens a closed ticket; later it becomes a new one.
    follow_up_days: int = 30
    # Hours until a question to this queue is due, when nobody says.
    due_hours: int | None = None
    # The second-level queue that a question from here goes to, when no rule decides.
    asks: QueueId | None = None


class Asked(NamedTuple):
    """Where a question goes that no rule decides, and how that was found."""

    queue: QueueId
    how: str


class _File(Strict):
    fallback: QueueId
    second_level_fallback: QueueId | None = None
    queues: tuple[_Entry, ...] = Field(min_length=1)


class Queues:
    """All queues, in the order of the file. Raises `ConfigError` with file and line.

    Whoever holds it has the newest: `take` puts what a changed file says in place of all that was said before.
    """

    def __init__(self, path: Path) -> None:
        tree = _Reading(YamlFile(path))
        self._by_id = tree.queues
        self._inherited = tree.inherited
        self.fallback = tree.fallback
        self.second_level_fallback = tree.second_level_fallback

    @classmethod
    def load(cls, config_dir: Path) -> "Queues":
        """The tree of `config_dir/queues.yml`."""
        return cls(config_dir / "queues.yml")

    def take(self, newer: "Queues") -> None:
        """From now on, say what `newer` says. One assignment: nobody sees half of it."""
        self.__dict__ = newer.__dict__.copy()

    def __contains__(self, queue_id: object) -> bool:
        return queue_id in self._by_id

    def __iter__(self) -> Iterator[Queue]:
        return iter(self._by_id.values())

    def get(self, queue_id: QueueId) -> Queue | None:
        """The queue, or None when the configuration no longer has it."""
        return self._by_id.get(queue_id)

    def name(self, queue_id: QueueId, language: Language) -> str:
        """The queue's name; its id when the configuration no longer has it."""
        queue = self._by_id.get(queue_id)
        return queue.names.say(language) if queue else queue_id

    def inherited(self, queue_id: QueueId) -> Mapping[str, QueueId]:
        """What the queue has from above, each with the queue that says it."""
        return self._inherited.get(queue_id, {})

    def first_level(self) -> list[Queue]:
        """The queues a user may meet."""
        return [queue for queue in self if queue.level == 1]

    def second_level(self) -> list[Queue]:
        """The queues a question may go to."""
        return [queue for queue in self if queue.level == 2]

    def children(self, queue_id: QueueId) -> list[Queue]:
        """The sub-queues right under a queue."""
        return [queue for queue in self if queue.parent == queue_id]

    def of_groups(self, groups: frozenset[str]) -> list[Queue]:
        """The queues whose operators' group is among `groups`: shown first, never all that is allowed."""
        return [queue for queue in self if queue.group in groups]

    def asked_by(self, queue_id: QueueId) -> Asked | None:
        """Where a question from this queue goes that no rule decides; None when there is no second level at all.

        Its own `asks`, else the one it has from above; else `second_level_fallback`, which itself asks another queue:
        nobody asks themselves.
        """
        queue = self._by_id.get(queue_id)
        if queue is not None and queue.asks is not None:
            return Asked(queue.asks, "asks")
        last = self.second_level_fallback
        if last is not None and last.id == queue_id:
            last = next((other for other in self.second_level() if other.id != queue_id), last)
        return Asked(last.id, "second_level_fallback") if last else None


class _Reading:
    """One pass over the file, from the top: a parent stands above its sub-queues."""

    def __init__(self, file: YamlFile) -> None:
        self._file = file
        self._content = file.into(_File)
        self.queues: dict[QueueId, Queue] = {}
        self.inherited: dict[QueueId, dict[str, QueueId]] = {}
        # What each queue says or has from above, and who says it.
        self._said: dict[QueueId, dict[str, tuple[Any, QueueId]]] = {}
        for index, entry in enumerate(self._content.queues):
            self._place(index, entry)
            self._queue(index, entry)
        self._check_asks()
        self.fallback = self._first_level("fallback", self._content.fallback)
        self.second_level_fallback = self._last_resort()

    def _place(self, index: int, entry: _Entry) -> None:
        at, fault = ("queues", index), self._file.fault
        if entry.id in self.queues:
            raise fault((*at, "id"), f"queue '{entry.id}' is given twice")
        parent = self.queues.get(entry.parent) if entry.parent else None
        if entry.parent is not None and parent is None:
            raise fault((*at, "parent"), f"parent '{entry.parent}' must be a queue further up in this file")
        if entry.level == 2 and parent is None:
            raise fault(at, f"second-level queue '{entry.id}' needs a parent that it answers")
        if entry.level == 1 and parent is not None and parent.level == 2:
            raise fault(
                (*at, "parent"), f"first-level queue '{entry.id}' can't be under '{parent.id}', a second-level one"
            )

    def _queue(self, index: int, entry: _Entry) -> None:
        at, fault = ("queues", index), self._file.fault
        above = self._said[entry.parent] if entry.parent else {}
        said = {name: (value, entry.id) for name in INHERITED if (value := getattr(entry, name)) is not None}
        known = self._said[entry.id] = {**above, **said}
        if "group" not in known:
            raise fault(at, f"queue '{entry.id}' needs a group: the operators who see it first")
        if entry.level == 1 and "mail_from" not in known:
            raise fault(at, f"first-level queue '{entry.id}' needs mail_from: its mails come from there")
        if "asks" not in said and known.get("asks", ("",))[0] == entry.id:
            # Nobody asks themselves: the one whom the queues above ask has not that from them.
            known = {name: value for name, value in known.items() if name != "asks"}
        values = {name: known[name][0] if name in known else nobody for name, nobody in INHERITED.items()}
        own = entry.model_dump(include={"id", "level", "parent"})
        self.queues[entry.id] = Queue(**own, names=entry.names, **values)
        self.inherited[entry.id] = {name: who for name, (_, who) in known.items() if who != entry.id}

    def _check_asks(self) -> None:
        for index, entry in enumerate(self._content.queues):
            if entry.asks is not None:
                self._second_level(("queues", index, "asks"), "asks", entry.asks)
                if entry.asks == entry.id:
                    raise self._file.fault(("queues", index, "asks"), f"queue '{entry.id}' can't ask itself")

    def _first_level(self, key: str, queue_id: QueueId) -> Queue:
        found = self.queues.get(queue_id)
        if found is None or found.level != 1:
            raise self._file.fault((key,), f"{key} '{queue_id}' is not a first-level queue of this file")
        return found

    def _second_level(self, at: tuple[str | int, ...], key: str, queue_id: QueueId) -> Queue:
        found = self.queues.get(queue_id)
        if found is None or found.level != 2:
            raise self._file.fault(at, f"{key} '{queue_id}' is not a second-level queue of this file")
        return found

    def _last_resort(self) -> Queue | None:
        key, named = "second_level_fallback", self._content.second_level_fallback
        if named is not None:
            return self._second_level((key,), key, named)
        if any(queue.level == 2 for queue in self.queues.values()):
            raise self._file.fault((), f"{key} is missing: name the second-level queue for questions nobody else gets")
        return None
