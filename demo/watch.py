"""What keeps an eye on a running stack: says when something ended by itself, and starts it again."""

import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from threading import Lock

from demo.errors import StackError
from demo.stack import Stack

# Something that ends this often within this time is not helped by being started again.
_TIMES = 3
_WITHIN_SECONDS = 60.0


class Endings:
    """Counts what ended by itself, by name."""

    def __init__(self) -> None:
        self._moments: dict[str, list[float]] = defaultdict(list)

    def may_start_again(self, name: str, now: float) -> bool:
        """Counts one more ending at `now`, in seconds; False when there have been too many lately."""
        recent = [moment for moment in self._moments[name] if now - moment < _WITHIN_SECONDS]
        if len(recent) >= _TIMES:
            return False
        self._moments[name] = [*recent, now]
        return True


class Watch:
    """Looks after `stack`; `turn` is held while something is being changed, by us or by `demo scale`."""

    def __init__(self, stack: Stack, say: Callable[[str], None]) -> None:
        self.turn = Lock()
        self._stack = stack
        self._say = say
        self._endings = Endings()
        self._told: set[str] = set()

    def look(self) -> None:
        """Starts again what ended by itself, unless it keeps ending."""
        if not self.turn.acquire(blocking=False):
            return
        try:
            self._look_at_servers()
            self._look_at_programs()
        finally:
            self.turn.release()

    def _look_at_servers(self) -> None:
        for name, server in (("RabbitMQ", self._stack.broker), ("The store", self._stack.store)):
            if server.ours and not server.alive and self._may_start_again(name):
                self._say(f"{name} ended by itself: starting it again on the same data.")
                server.kill()  # its helpers, if any are left
                self._attempt(partial(server.start, given_up=self._stack.given_up))

    def _look_at_programs(self) -> None:
        for name, copies in self._stack.programs.items():
            for number in copies.dead:
                child = copies.children[number]
                if self._may_start_again(child.name):
                    self._say(f"{child.name} {child.ending}: starting it again. Its log: {child.log}.")
                    self._attempt(partial(self._stack.start_again, name, number))

    def _attempt(self, start: Callable[[], None]) -> None:
        try:
            start()
        except StackError as error:
            if not self._stack.given_up.is_set():
                self._say(str(error))

    def _may_start_again(self, name: str) -> bool:
        if self._endings.may_start_again(name, time.monotonic()):
            self._told.discard(name)
            return True
        if name not in self._told:
            self._told.add(name)
            self._say(f"{name} keeps ending: it stays down for a minute. Its log tells why.")
        return False
