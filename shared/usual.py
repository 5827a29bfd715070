"""When an answer usually comes: asked of `tickets` now and then, so that no page and no mail waits for it."""

import asyncio
import contextlib
from typing import Final

from shared.errors import SportelloError
from shared.events import Frozen, Language
from shared.internal import InternalClient
from shared.log import get_logger
from shared.policy import Person, Role

log = get_logger()
# Seconds between two looks, and until the next one when nobody answered.
EVERY: Final = 300.0
SOON: Final = 15.0
# A promise is not made of fewer answers.
FEWEST: Final = 10
# Working days; beyond that it says nothing about when.
LONGEST: Final = 30
_HOURS: Final[dict[Language, str]] = {
    "it": "Di solito rispondiamo entro poche ore lavorative.",
    "en": "We usually answer within a few working hours.",
}
_DAY: Final[dict[Language, str]] = {
    "it": "Di solito rispondiamo entro un giorno lavorativo.",
    "en": "We usually answer within one working day.",
}
_DAYS: Final[dict[Language, str]] = {
    "it": "Di solito rispondiamo entro {count} giorni lavorativi.",
    "en": "We usually answer within {count} working days.",
}


class QueueTimes(Frozen):
    """Working hours to the first answer, weekends left out: of half of the requests, and of four in five."""

    answered: int
    median: float
    usual: float


class _Times(Frozen):
    queues: dict[str, QueueTimes]


class Usual:
    """What is known of each queue, in memory. `service`: who asks."""

    def __init__(self, tickets: InternalClient, service: str, every: float = EVERY, soon: float = SOON) -> None:
        self._tickets, self._every, self._soon = tickets, every, soon
        self._asker = Person(id=service, name=service, roles=frozenset({Role.SERVICE}))
        self._known: dict[str, QueueTimes] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Look from now on."""
        self._task = asyncio.create_task(self._watch(), name="usual")

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def look(self) -> bool:
        """One look; False: nobody answered, and what was known stays."""
        try:
            self._known = _Times.model_validate(await self._tickets.get("/answer-times", self._asker)).queues
        except (SportelloError, ValueError) as error:
            log.info("answer times not known", error=type(error).__name__)
            return False
        return True

    def sentence(self, queue: str, language: Language) -> str:
        """`We usually answer within two working days.`, or nothing."""
        known = self._known.get(queue)
        if known is None or known.answered < FEWEST:
            return ""
        days = -(-known.usual // 24)
        if known.usual <= 3:
            return _HOURS[language]
        if days <= 1:
            return _DAY[language]
        return _DAYS[language].format(count=int(days)) if days <= LONGEST else ""

    async def _watch(self) -> None:
        while True:
            known = await self.look()
            await asyncio.sleep(self._every if known else self._soon)
