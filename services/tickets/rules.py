"""What the house decides and the domain must know: queues, operators, how long a written mail is held. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from shared.events import Frozen, PersonRef


class QueueRule(Frozen):
    """What a queue allows."""

    level: Literal[1, 2] = 1
    follow_up: timedelta = timedelta(days=30)
    may_close_silently: bool = False
    # How long a question has for its answer when nobody says.
    due: timedelta | None = None


class Rules(Frozen):
    """Built by `app` from the settings and `config/`. `operators` are those a ticket can be given to, by id.

    Frozen for who decides by it; only `app` lets it `take` what the files say since they changed.
    """

    send_window: timedelta
    queues: Mapping[str, QueueRule]
    operators: Mapping[str, PersonRef]

    def take(self, newer: "Rules") -> None:
        """From now on say what `newer` says, all of it at once: every holder decides by the newest."""
        self.__dict__.update(newer.__dict__)

    def queue(self, queue_id: str) -> QueueRule:
        """The queue's rule; that of an ordinary queue when the configuration no longer has it."""
        return self.queues.get(queue_id, QueueRule())
