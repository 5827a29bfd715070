"""The queue tree of `config/queues.yml`: first-level queues face the user, second-level sub-queues answer the first."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import EmailStr, Field

from shared.events import Language
from shared.yamlfile import ID_PATTERN, Strict, Texts, YamlFile

QueueId = str


class Queue(Strict):
    """A group of operators and the work waiting for it. `mail_from` is who the user's mails come from."""

    id: QueueId = Field(pattern=ID_PATTERN)
    level: Literal[1, 2]
    names: Texts
    group: str = Field(pattern=ID_PATTERN)
    parent: QueueId | None = None
    mail_from: EmailStr | None = None
    signature: Texts | None = None
    # Whether a ticket of this queue may be closed without a word to the user.
    may_close_silently: bool = False
    # Days in which a user's reply reopens a closed ticket; later it becomes a new one.
    follow_up_days: int = Field(default=30, ge=0, le=3650)


class _File(Strict):
    fallback: QueueId
    queues: tuple[Queue, ...] = Field(min_length=1)


class Queues:
    """All queues, in the order of the file. Raises `ConfigError` with file and line."""

    def __init__(self, path: Path) -> None:
        file = YamlFile(path)
        content = file.into(_File)
        self._by_id: dict[QueueId, Queue] = {}
        for index, queue in enumerate(content.queues):
            at = ("queues", index)
            if queue.id in self._by_id:
                raise file.fault((*at, "id"), f"queue '{queue.id}' is given twice")
            if queue.parent is not None and queue.parent not in self._by_id:
                raise file.fault((*at, "parent"), f"parent '{queue.parent}' must be a queue further up in this file")
            if queue.level == 1 and queue.mail_from is None:
                raise file.fault(at, f"first-level queue '{queue.id}' needs mail_from: its mails come from there")
            if queue.level == 2 and queue.parent is None:
                raise file.fault(at, f"second-level queue '{queue.id}' needs a parent that it answers")
            self._by_id[queue.id] = queue
        fallback = self._by_id.get(content.fallback)
        if fallback is None or fallback.level != 1:
            raise file.fault(("fallback",), f"fallback '{content.fallback}' is not a first-level queue of this file")
        self.fallback = fallback

    @classmethod
    def load(cls, config_dir: Path) -> "Queues":
        """The tree of `config_dir/queues.yml`."""
        return cls(config_dir / "queues.yml")

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

    def first_level(self) -> list[Queue]:
        """The queues a user may meet."""
        return [queue for queue in self if queue.level == 1]

    def children(self, queue_id: QueueId) -> list[Queue]:
        """The sub-queues right under a queue."""
        return [queue for queue in self if queue.parent == queue_id]

    def of_groups(self, groups: frozenset[str]) -> list[Queue]:
        """The queues whose operators' group is among `groups`: shown first, never all that is allowed."""
        return [queue for queue in self if queue.group in groups]
