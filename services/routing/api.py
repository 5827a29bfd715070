"""The internal HTTP door of routing: the catalogue of queues, and a dry run of the rules."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from services.routing.table import Table
from shared.errors import Forbidden
from shared.events import Submission
from shared.policy import Person
from shared.queues import Queue, Queues
from shared.web import internal_caller


class Catalogue(BaseModel):
    """Every queue, in the order of its file."""

    fallback: str
    queues: list[Queue]


class DryRun(BaseModel):
    """Where a submission would go, and which rule decides."""

    queue: str
    rule: str


def routes(internal_key: str, queues: Queues, table: Table) -> APIRouter:
    """All routes, for operators."""
    router = APIRouter()
    caller: Callable[..., Any] = internal_caller(internal_key)

    async def operator(person: Annotated[Person, Depends(caller)]) -> Person:
        if not person.is_operator:
            raise Forbidden("This is for operators.")
        return person

    @router.get("/queues", dependencies=[Depends(operator)])
    async def catalogue() -> Catalogue:
        """The tree of queues."""
        return Catalogue(fallback=queues.fallback.id, queues=list(queues))

    @router.post("/dry-run", dependencies=[Depends(operator)])
    async def dry_run(submission: Submission) -> DryRun:
        """What the rules would do with a submission; nothing happens."""
        plan = table.plan(submission)
        return DryRun(queue=plan.queue, rule=plan.rule)

    return router
