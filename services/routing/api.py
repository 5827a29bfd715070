"""The internal HTTP door of routing, for operators: queues, the rules in force, and why they decide as they do."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from pydantic import AwareDatetime, BaseModel
from pydantic_core import PydanticSerializationError

from services.routing.explain import Explanation
from services.routing.laws import Laws
from services.routing.past import Past, PastExplained
from shared.errors import BadInput, Forbidden
from shared.events import About, Submission
from shared.internal import InternalClient
from shared.policy import Person
from shared.queues import Queue
from shared.reload import Kept
from shared.web import internal_caller

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199


class Listed(Queue):
    """A queue with everything worked out; `inherited`: what it has from above, each with the queue that says it."""

    inherited: dict[str, str]


class Catalogue(BaseModel):
    """Every queue, in the order of its file."""

    fallback: str
    second_level_fallback: str | None
    queues: list[Listed]


class InForce(BaseModel):
    """Since when which rules hold in this process. `fault`: what keeps newer files out, with file and line."""

    since: AwareDatetime
    fingerprint: str
    queues: int
    rules: int
    second_level: int
    fault: str | None


def routes(internal_key: str, laws: Kept[Laws], tickets: InternalClient) -> APIRouter:
    """All routes, for operators."""
    caller: Callable[..., Any] = internal_caller(internal_key)

    async def operator(person: Annotated[Person, Depends(caller)]) -> Person:
        if not person.is_operator:
            raise Forbidden("This is for operators.")
        return person

    router = APIRouter(dependencies=[Depends(operator)])

    @router.get("/queues")
    async def catalogue() -> Catalogue:
        """The tree of queues, and what each has from those above it."""
        queues = laws.current.queues
        last = queues.second_level_fallback
        return Catalogue(
            fallback=queues.fallback.id,
            second_level_fallback=last.id if last else None,
            queues=[Listed(**dict(queue), inherited=dict(queues.inherited(queue.id))) for queue in queues],
        )

    @router.get("/rules")
    async def rules() -> InForce:
        """Which rules are in force, and what keeps newer ones out."""
        queues, table, _ = laws.current
        return InForce(
            since=laws.since,
            fingerprint=laws.fingerprint,
            queues=len(list(queues)),
            rules=len(table.rules),
            second_level=len(table.second_level),
            fault=laws.fault,
        )

    @router.post("/dry-run")
    async def dry_run(submission: Submission) -> Explanation:
        """What the rules would do with a submission, and why; nothing happens."""
        _check(submission)
        return laws.current.table.explain(submission)

    @router.post("/dry-run/question")
    async def dry_run_question(about: About) -> Explanation:
        """Which second-level queue a question about this would get, and why; nothing happens."""
        _check(about)
        return laws.current.table.explain_question(about)

    @router.get("/explain/{number}")
    async def explain(
        number: Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,64}$")], person: Annotated[Person, Depends(operator)]
    ) -> PastExplained:
        """What the rules in force would do with a ticket or question that is in the system, and why."""
        return await Past(tickets, person).explain(number, laws.current)

    return router


def _check(asked: Submission | About) -> None:
    """Refuse a moment that can't be said on Rome's clock, and half a character, which no answer could repeat."""
    if not FIRST_YEAR <= asked.submitted_at.year <= LAST_YEAR:
        sentence = f"Choose a moment between the years {FIRST_YEAR} and {LAST_YEAR}."
        raise BadInput(sentence, errors=[{"field": "submitted_at", "message": sentence}])
    try:
        asked.model_dump_json()
    except PydanticSerializationError as error:
        raise BadInput("There is half a character in it: write it anew.") from error
