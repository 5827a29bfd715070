"""Lists that one person wants in the same moment are asked for with one question: a call costs more than a short list.

Whoever wants a list asks for it alone, and gets its own answer or refusal.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from services.portal.shapes import Page
from shared.errors import BadInput
from shared.ids import random_id
from shared.internal import InternalClient
from shared.policy import Person

# As many as tickets takes at once.
MOST: Final = 20
Wanted = tuple[Mapping[str, Any], "asyncio.Future[Page]"]


class Together:
    """Collects what is asked for before the event loop goes on to something else."""

    def __init__(self, client: InternalClient) -> None:
        self._client = client
        self._wanted: dict[Person, list[Wanted]] = {}
        self._asking: set[asyncio.Task[None]] = set()

    async def page(self, person: Person, wanted: Mapping[str, Any]) -> Page:
        """The page of this filter."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Page] = loop.create_future()
        if person not in self._wanted:
            self._wanted[person] = []
            # One turn later than what goes on now: that may start tasks of its own, which ask in theirs.
            loop.call_soon(loop.call_soon, self._begin, person)
        self._wanted[person].append((wanted, answer))
        return await answer

    def _begin(self, person: Person) -> None:
        # Who has gone away meanwhile needs no answer.
        wanted = [each for each in self._wanted.pop(person) if not each[1].done()]
        for start in range(0, len(wanted), MOST):
            task = asyncio.create_task(self._ask(person, wanted[start : start + MOST]))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _ask(self, person: Person, wanted: list[Wanted]) -> None:
        try:
            pages = await self._pages(person, [filters for filters, _ in wanted])
        except BadInput as error:
            if len(wanted) == 1:
                _refuse(wanted, error)
            else:
                # One of them is wrong: each finds out by itself.
                await asyncio.gather(*(self._ask(person, [each]) for each in wanted))
        except Exception as error:  # whoever waits is told, whatever it was
            _refuse(wanted, error)
        else:
            for (_, answer), page in zip(wanted, pages, strict=True):
                if not answer.done():
                    answer.set_result(page)

    async def _pages(self, person: Person, filters: list[Mapping[str, Any]]) -> list[Page]:
        if len(filters) == 1:
            return [Page.model_validate(await self._client.get("/tickets", person, **filters[0]))]
        # It only reads: no two of them are the same wish.
        answer = await self._client.post("/tickets/pages", person, {"pages": filters}, random_id())
        return [Page.model_validate(page) for page in answer["pages"]]


def _refuse(wanted: list[Wanted], error: Exception) -> None:
    for _, answer in wanted:
        if not answer.done():
            answer.set_exception(error)
