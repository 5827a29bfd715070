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
    """Built by `app` from the settings and `config/`. `operators` are those a ticket can be given to, by id."""

    send_window: timedelta
    queues: Mapping[str, QueueRule]
    operators: Mapping[str, PersonRef]

    def queue(self, queue_id: str) -> QueueRule:
        """The queue's rule; that of an ordinary queue when the configuration no longer has it."""
        return self.queues.get(queue_id, QueueRule())
