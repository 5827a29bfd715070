"""The sender: takes due mails by a lease, talks to the mail server, writes down what became of each.

The lease is twice as long as a conversation can last, so nobody else takes a mail that is in hand. A crash between
the server's 250 and our write sends the mail again, with the same Message-ID.
"""

import asyncio
import contextlib
import time
from typing import Final

from services.notifier import domain
from services.notifier.domain import OutgoingMail
from services.notifier.repository import OutgoingMails
from services.notifier.smtp import Faulty, Incomplete, MailServer, Outcome, Refused, Sent, Unreachable
from shared.blobs import Blobs
from shared.errors import DependencyDown, NotFound
from shared.log import correlation, get_logger
from shared.mongo import STORE_DOWN
from shared.relay import Relay

POLL: Final = 0.5
PARALLEL: Final = 8
# One of so many places may hold a notice to a colleague.
NOTICES: Final = 4
# Seconds without a try after the server could not be reached, the n-th time in a row.
RESTS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
# Seconds conversations in hand get to finish on shutdown.
GRACE: Final = 3.0

log = get_logger()


class Sender:
    """One process's share of the sending; any number of copies work side by side.

    `timeout`: seconds one conversation may take. `lost_leases` counts mails that were sent while somebody else had
    taken their row; `failures` how often in a row the server could not be reached.
    """

    def __init__(
        self,
        outgoing: OutgoingMails,
        relay: Relay,
        server: MailServer,
        blobs: Blobs,
        timeout: float,
        parallel: int = PARALLEL,
    ) -> None:
        self.lost_leases = 0
        self.failures = 0
        self._outgoing = outgoing
        self._relay = relay
        self._server = server
        self._blobs = blobs
        self._timeout = timeout
        self._parallel = parallel
        self._talks: dict[asyncio.Task[None], OutgoingMail] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        self._loop: asyncio.Task[None] | None = None
        self._more = False
        self._rest_until = 0.0
        outgoing.on_added(self._wake.set)

    async def start(self) -> None:
        """Start sending."""
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Take no more mails, and let the conversations in hand finish for a few seconds."""
        self._stopping = True
        self._wake.set()
        running = {*self._talks, *([self._loop] if self._loop else [])}
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=GRACE)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                await self._start_due(time.time())
            except STORE_DOWN as error:
                log.warning("mails wait for the store", error=type(error).__name__)
            except Exception as error:  # whatever it was, the loop must go on: nobody else sends
                log.error("mails could not be claimed", error=type(error).__name__, exc_info=True)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL)

    async def _start_due(self, now: float) -> None:
        """Users' mails first. Notices get the places left, and never more than a few: however many wait, and however
        long their conversations last, a user's mail finds a place."""
        room = self._room(now)
        if room <= 0:
            return
        self._more = False
        # Mails that failed before get half of the places: a few slow addresses must not hold back all others.
        room -= await self._start_line(now, room, self._parallel // 2, notices=False)
        share = max(1, self._parallel // NOTICES)
        places = share - sum(row.notice for row in self._talks.values())
        if places <= 0:
            self._more = True
        elif room > 0:
            await self._start_line(now, min(room, places), max(1, share // 2), notices=True)

    async def _start_line(self, now: float, room: int, again: int, notices: bool) -> int:
        """Start up to `room` mails of this line, of which at most `again` may have failed before; how many started."""
        again -= sum(row.attempts > 0 and row.notice is notices for row in self._talks.values())
        rows = await self._outgoing.due(now, room, first_try_only=again <= 0, notices=notices)
        self._more = self._more or len(rows) == room
        started = 0
        for row in rows:
            if row.attempts:
                if again <= 0:
                    self._wake.set()
                    continue
                again -= 1
            started += await self._start_one(row)
        return started

    async def _start_one(self, row: OutgoingMail) -> bool:
        claim = domain.claimed(row, time.time(), 2 * self._timeout)
        if self._stopping or not await self._outgoing.swap(row, claim):
            return False
        # A slow store may eat the lease up. Such a mail is left alone: its lease must outlive what we do with it.
        if claim.next_try - time.time() <= 1.5 * self._timeout:
            return False
        task = asyncio.create_task(self._send(claim))
        self._talks[task] = row
        task.add_done_callback(self._done)
        return True

    def _room(self, now: float) -> int:
        if now < self._rest_until:
            return 0
        if self.failures:
            # One mail finds out whether the server is back.
            return 0 if self._talks else 1
        return self._parallel - len(self._talks)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._talks[task]
        if self._more:
            self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            # The lease ends by itself, and the mail is tried again.
            log.error("a mail was left in hand", error=type(error).__name__, exc_info=error)

    async def _send(self, row: OutgoingMail) -> None:
        correlation(correlation_id=row.correlation_id)
        started = time.monotonic()
        outcome = await self._try(row)
        after = self._after(row, outcome, time.time())
        recorded = await self._record(row, after)
        milliseconds = round((time.monotonic() - started) * 1000)
        # Never the reason: servers repeat the address in it.
        log.info("mail", mail_id=row.id, outcome=type(outcome).__name__, state=after.state.value, ms=milliseconds)
        if recorded:
            self._relay.publish_soon(after)
        elif isinstance(outcome, Sent):
            self.lost_leases += 1
            log.error("sent, but the lease was lost", mail_id=row.id, lost_leases=self.lost_leases)

    async def _try(self, row: OutgoingMail) -> Outcome:
        try:
            return await self._deliver(row)
        except Exception as error:  # a try like any other: left to its lease the mail would come back for ever, unheard
            log.error("a mail could not be handed over", mail_id=row.id, error=type(error).__name__, exc_info=error)
            return Faulty(f"The mail could not be handed over, by a fault of ours ({type(error).__name__}).")

    async def _deliver(self, row: OutgoingMail) -> Outcome:
        """Read the mail's files, then hand it over; both together within the timeout that the lease is made for."""
        started = time.monotonic()
        files = []
        try:
            async with asyncio.timeout(self._timeout / 2):
                for file in row.attachments:
                    files.append(await self._blobs.get(file.key))
        except NotFound:
            return Incomplete("An attached file is not in the file store.")
        except (DependencyDown, TimeoutError):
            return Incomplete("The attached files can't be read just now.")
        return await self._server.deliver(row, self._timeout - (time.monotonic() - started), files)

    def _after(self, row: OutgoingMail, outcome: Outcome, now: float) -> OutgoingMail:
        if isinstance(outcome, Unreachable):
            return domain.postponed(row, outcome.reason, self._rest(now), now)
        if isinstance(outcome, Incomplete):
            return domain.deferred(row, outcome.reason, now)
        if isinstance(outcome, Faulty):
            return domain.faulted(row, outcome.reason, now)
        if self.failures:
            self.failures, self._more = 0, True
            log.info("mail server reachable again")
        if isinstance(outcome, Sent):
            return domain.sent(row, now)
        if isinstance(outcome, Refused):
            return domain.refused(row, outcome.reason, now)
        return domain.deferred(row, outcome.reason, now)

    def _rest(self, now: float) -> float:
        """Until when the server is left alone; several mails that find it gone at the same time count as one."""
        if now >= self._rest_until:
            self._rest_until = now + RESTS[min(self.failures, len(RESTS) - 1)]
            self.failures += 1
            log.warning("mail server not reachable", failures=self.failures)
        return self._rest_until

    async def _record(self, row: OutgoingMail, after: OutgoingMail) -> bool:
        """Write down what happened, for as long as it takes; whether it stands."""
        unsure, delay = False, 0.1
        while True:
            try:
                if await self._outgoing.swap(row, after):
                    return True
                # After a cut the first write may have arrived though its answer did not.
                found = await self._outgoing.find(row.id) if unsure else None
                return found is not None and (found.version, found.state) == (after.version, after.state)
            except STORE_DOWN as error:
                log.warning("the outcome waits for the store", mail_id=row.id, error=type(error).__name__)
                unsure = True
            await asyncio.sleep(delay)
            delay = min(delay * 2, 2.0)
