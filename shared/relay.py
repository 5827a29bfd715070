"""Facts are stored with the state they changed; the relay publishes them from there and sweeps up what was left.

Duplicates on the bus are possible, gaps are not.
"""

import asyncio
import contextlib
from typing import Protocol
from weakref import WeakValueDictionary

from shared.broker import Bus
from shared.errors import PublishFailed
from shared.events import Event
from shared.log import get_logger
from shared.mongo import STORE_DOWN

# Seconds between two sweeps.
SWEEP_EVERY = 5.0

log = get_logger()


class Root(Protocol):
    """A document with facts not yet published, in order."""

    @property
    def id(self) -> str: ...

    @property
    def outbox(self) -> tuple[Event, ...]: ...


class Outboxes(Protocol):
    """The repository side of the relay."""

    async def unpublished(self, older_than: float) -> list[str]:
        """Ids of roots whose oldest unpublished fact is older than `older_than` seconds."""
        ...

    async def find(self, root_id: str) -> Root | None:
        """The root as it is now."""
        ...

    async def settle(self, root: Root) -> None:
        """Record `root.outbox` as published, and empty it unless the root has changed since."""
        ...


class _Turn:
    """Whose turn it is to publish one root, how many wait for theirs, and what was said (confirmed) meanwhile."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0
        self.said: set[str] = set()


class Relay:
    """Publishes outboxes: at once after each save, and by sweeping at start, on reconnect and every 5 s."""

    def __init__(self, bus: Bus, outboxes: Outboxes, sweep_after: float = 10.0) -> None:
        self._bus = bus
        self._outboxes = outboxes
        self._sweep_after = sweep_after
        self._wake = asyncio.Event()
        self._soon: set[asyncio.Task[None]] = set()
        # By root; a turn lives as long as somebody has it or waits for it.
        self._turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()
        self._sweeper: asyncio.Task[None] | None = None
        bus.on_connect(self._wake.set)

    async def publish(self, root: Root) -> None:
        """Publish all of the root's outbox, in order, each confirmed. `PublishFailed`: the sweeper will.

        In turns: else many writers of one root would each say, and write down, what all of them have stored. What was
        said in this process since the first of them is not said again, and the last one empties the outbox.
        """
        if not root.outbox:
            return
        turn = self._turns.setdefault(root.id, _Turn())
        turn.waiting += 1
        try:
            async with turn.lock:
                for fact in root.outbox:
                    if fact.event_id not in turn.said:
                        await self._bus.publish(fact)
                        turn.said.add(fact.event_id)
                if turn.waiting == 1:
                    await self._outboxes.settle(root)
        finally:
            turn.waiting -= 1

    def publish_soon(self, root: Root) -> None:
        """Publish without waiting: the wish is answered once stored, even when the broker is down."""
        task = asyncio.create_task(self._try(root))
        self._soon.add(task)
        task.add_done_callback(self._soon.discard)

    async def start(self) -> None:
        """Start sweeping."""
        self._sweeper = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish what is being published, then stop sweeping."""
        if self._soon:
            await asyncio.wait(self._soon, timeout=3)
        if self._sweeper:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper

    async def sweep(self, older_than: float) -> int:
        """Publish what others left behind; how many roots."""
        swept = 0
        for root_id in await self._outboxes.unpublished(older_than):
            try:
                root = await self._outboxes.find(root_id)
                if root is not None and root.outbox:
                    await self.publish(root)
                    swept += 1
            except (PublishFailed, *STORE_DOWN):
                raise
            except Exception as error:  # one root that can't be read or published must not keep all others waiting
                log.error("not swept", root=root_id, error=type(error).__name__, exc_info=True)
        return swept

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), SWEEP_EVERY)
            self._wake.clear()
            if not self._bus.connected.is_set():
                continue
            try:
                if swept := await self.sweep(self._sweep_after):
                    log.info("swept", roots=swept)
            except (PublishFailed, *STORE_DOWN) as error:
                log.warning("sweep interrupted", error=type(error).__name__)
            except Exception as error:  # whatever it was, the next sweep must come: nobody else finds what was left
                log.error("sweep failed", error=type(error).__name__, exc_info=True)

    async def _try(self, root: Root) -> None:
        try:
            await self.publish(root)
        except Exception as error:  # nobody awaits this task; the fact is stored, and the sweeper says it again
            log.warning("left to the sweeper", root=root.id, error=type(error).__name__)
