"""The loop that turns what waits for a slot into one mail. Any number of copies run it.

Freeze the list, owe the mail, write down that its notices are told: a crash between any two of these is taken up by
whoever comes next, with the same list and the same mail id. What comes too late for the list waits for the next slot.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final

from services.notifier.choices import Choices
from services.notifier.digest_lists import DigestList, DigestLists
from services.notifier.digests import Slot, later, parted, read_slot
from services.notifier.inbox import Inbox, Notice
from services.notifier.notice_mails import NoticeMails
from services.notifier.preferences import Audience
from services.notifier.repository import OutgoingMails
from shared.log import get_logger
from shared.mongo import STORE_DOWN
from shared.people import People
from shared.queues import Queues

POLL: Final = 1.0
# Seconds a copy leaves a list alone that another one has just frozen.
PATIENCE: Final = 30.0
# Notices of one digest; more wait for the next.
MOST: Final = 2000

log = get_logger()


class DigestLoop:
    """One process's share. `now`: the clock; `patience`: seconds, see `PATIENCE`."""

    def __init__(
        self,
        inbox: Inbox,
        lists: DigestLists,
        outgoing: OutgoingMails,
        mails: NoticeMails,
        choices: Choices,
        people: People,
        queues: Queues,
        now: Callable[[], float] = time.time,
        patience: float = PATIENCE,
    ) -> None:
        self._inbox = inbox
        self._lists = lists
        self._outgoing = outgoing
        self._mails = mails
        self._choices = choices
        self._people = people
        self._queues = queues
        self._now = now
        self._patience = patience
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start looking."""
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Look no more; what is half done is taken up by the next who looks."""
        if self._loop:
            self._loop.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._loop

    async def round(self) -> int:
        """Settle every slot whose time has come; how many mails came of it."""
        owed = 0
        for text in await self._inbox.due_slots(self._now()):
            try:
                owed += await self.settle(read_slot(text))
            except STORE_DOWN:
                raise
            except Exception as error:  # one person's digest must not keep all others waiting
                log.error("digest failed", error=type(error).__name__, exc_info=True)
        return owed

    async def settle(self, slot: Slot) -> bool:
        """One slot: whether its mail was owed now. Another copy that is at it is left alone."""
        frozen, ours = await self._lists.get(slot), False
        waiting = await self._inbox.waiting(slot.text, MOST)
        unread = [notice.id for notice in waiting if not notice.read]
        if frozen is None and unread:
            frozen, ours = await self._lists.freeze(slot, unread)
        if frozen and not ours and not frozen.done and time.time() - frozen.since < self._patience:
            return False
        owed = await self._owe(slot, frozen) if frozen and not frozen.done else False
        told, known, late = parted(
            frozen.notices if frozen else (), ((notice.id, bool(notice.read)) for notice in waiting)
        )
        await self._inbox.put([*told, *known], slot.text, "")
        await self._inbox.put(late, slot.text, later(slot, self._now()))
        return owed

    async def _owe(self, slot: Slot, frozen: DigestList) -> bool:
        audience = Audience(self._people, self._queues, await self._choices.all())
        person = audience.operator(slot.person)
        new = False
        if person is not None:
            notices: list[Notice] = await self._inbox.of_ids(frozen.notices)
            new = await self._outgoing.add(self._mails.digest(slot, person, audience.language(person), notices))
        await self._lists.finish(slot)
        return new

    async def _run(self) -> None:
        while True:
            try:
                if owed := await self.round():
                    log.info("digests", mails=owed)
            except STORE_DOWN as error:
                log.warning("digests wait for the store", error=type(error).__name__)
            except Exception as error:  # whatever it was, the next look must come
                log.error("digests failed", error=type(error).__name__, exc_info=True)
            await asyncio.sleep(POLL)
