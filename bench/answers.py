"""(h) A question and its answer, from POST to POST to an article of the ticket, against the bare chain of the same."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.asking import DATABASE
from bench.bed import Bed
from bench.client import Connection, expect_success, request
from bench.figures import Aim, Row, Table, paired, percentile
from bench.fill import Stored, article_of, root_of, store
from bench.lives import TEXT
from bench.plan import Plan
from bench.questions import QUEUE, TITLE, answered, ask, heard, opened, parents, routed
from services.tickets.domain import Root
from services.tickets.repository import Tickets
from shared.events import SecondLevelRequested, to_wire
from shared.identity import internal_token
from shared.ids import random_id
from shared.mongo import Database, Document
from shared.policy import Person, Role

ROLES = ("desk", "route")
GIULIA = Person(id="giulia.conti", name="Giulia Conti", roles=frozenset({Role.OPERATOR}))
ANNA = Person(id="anna.villa", name="Anna Villa", roles=frozenset({Role.OPERATOR}))
# Seconds between two looks, as in (b), and until a question that did not arrive voids the measurement.
LOOK, PATIENCE = 0.002, 60.0
WARM_UP = 2
STAGES = {"open": "POST to an open child", "told": "POST of the answer to an article", "whole": "the whole way"}
NOTE = """\
One question at a time, each on a ticket of its own with an owner: POST of the question, till the child is listed; POST
of its answer, till the ticket's page has it. One copy of each service; the notifier tells Anna of the question and
mails Giulia the answer meanwhile. The bare chain: two processes of plain aio-pika and motor with the same hops (quorum
queues, confirms) and the same reads, inserts and replaces with the same documents, looked at as often; no notices."""


@dataclass
class Times:
    """Milliseconds of each stage."""

    open: list[float] = field(default_factory=list)
    told: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Side:
    """A system to ask in; `credentials`: the headers that show who somebody is."""

    connection: Connection
    credentials: Callable[[Person], dict[str, str]]

    async def ask(self, person: Person, path: str, body: Document | None = None) -> bytes:
        """The answer to a GET, or to a POST of `body`."""
        headers = {**self.credentials(person), "Idempotency-Key": random_id(), "Content-Type": "application/json"}
        raw = json.dumps(body, ensure_ascii=False).encode() if body else b""
        answer = await self.connection.ask(request("POST" if body else "GET", path, headers, raw))
        return expect_success(answer).body

    async def question(self, ticket: str, times: Times) -> None:
        """A question and its answer on this ticket."""
        started = time.perf_counter()
        asked = {"seen": 99_999, "title": TITLE, "text": TEXT, "queue": QUEUE, "fields": [], "articles": []}
        await self.ask(GIULIA, f"/tickets/{ticket}/questions", asked)
        child = ""
        while not child:
            listed = json.loads(await self._look(started, GIULIA, f"/tickets?parent={ticket}"))["items"]
            child = (listed[0].get("id") or listed[0]["_id"]) if listed else ""
        reached = time.perf_counter()
        await self.ask(ANNA, f"/tickets/{child}/question/answer", {"seen": 99_999, "text": TEXT})
        while b'"child_answer"' not in await self._look(started, GIULIA, f"/tickets/{ticket}"):
            pass
        done = time.perf_counter()
        times.open.append(1000 * (reached - started))
        times.told.append(1000 * (done - reached))
        times.whole.append(1000 * (done - started))

    async def _look(self, started: float, person: Person, path: str) -> bytes:
        if time.perf_counter() - started > PATIENCE:
            raise RuntimeError(f"a question was not answered within {PATIENCE:.0f} s")
        await asyncio.sleep(LOOK)
        return await self.ask(person, path)


def measure(bed: Bed, plan: Plan, say: Callable[[str], None]) -> Table:
    """The table of section (h)."""
    with _chain(bed) as address:
        rows = asyncio.run(_questions(bed, address, plan))
    say(f"  (h) {rows[0].what} {rows[0].ours:.0f} ms, bare {rows[0].bare:.0f} ms")
    return Table("(h) A question and its answer", "Sportello", "bare chain", tuple(rows), NOTE)


async def _questions(bed: Bed, address: str, plan: Plan) -> list[Row]:
    count = plan.list_rounds * plan.list_calls + WARM_UP
    prefix = bed.stack.settings.get("SPORTELLO_MONGO_PREFIX", "sportello")
    tickets = list(parents(0, count))
    for name in (f"{prefix}_tickets", DATABASE):
        await _fill(bed.stack.urls.mongo, name, tickets)
    key = bed.stack.internal_key

    def token(person: Person) -> dict[str, str]:
        return {"Authorization": f"Bearer {internal_token(person, key)}"}

    sides = (Side(Connection(bed.stack.urls.tickets), token), Side(Connection(address), lambda _: {}))
    rounds: tuple[list[Times], list[Times]] = ([], [])
    first = 0
    # The first round warms up and doesn't count.
    for calls in (WARM_UP, *[plan.list_calls] * plan.list_rounds):
        these = [ticket.ticket.id for ticket in tickets[first : first + calls]]
        first += calls
        for side, found in zip(sides, rounds, strict=True):
            found.append(Times())
            for ticket in these:
                await side.question(ticket, found[-1])
    for side in sides:
        side.connection.close()
    return list(_rows(rounds[0][1:], rounds[1][1:]))


def _rows(ours: list[Times], bare: list[Times]) -> Iterator[Row]:
    for stage, what in reversed(STAGES.items()):
        for share in (0.50, 0.95):
            mine, theirs = ([percentile(getattr(each, stage), share) for each in side] for side in (ours, bare))
            aim = Aim("at most", 4.0) if (stage, share) == ("whole", 0.50) else None
            yield paired(f"{what}, p{share * 100:.0f}", "ms", mine, theirs, aim)


async def _fill(mongo_url: str, name: str, tickets: list[Stored[Root]]) -> None:
    database = Database(mongo_url, name)
    await Tickets(database).prepare()
    await store(database, tickets)
    await database.close()


@contextmanager
def _chain(bed: Bed) -> Iterator[str]:
    told = bed.folder / "question.json"
    told.write_text(json.dumps(question_as_json()), encoding="utf-8")
    env = {"BENCH_MONGO_URL": bed.stack.urls.mongo, "BENCH_QUESTION": str(told)}
    addresses = {role: bed.start_bare(role, "bench.asking", role, env=env) for role in ROLES}
    try:
        yield addresses["desk"]
    finally:
        for role in ROLES:
            bed.end_bare(role)


def question_as_json() -> dict[str, Any]:
    """Messages and documents of one question, as `bench.asking` copies them."""
    (parent,) = parents(0, 1)
    asks = ask(parent.ticket)
    (requested,) = asks.facts
    assert isinstance(requested, SecondLevelRequested)
    opens = opened(requested, 0)
    answers = answered(opens.root)
    hears = heard(asks.root, answers.facts[-1])
    roots = {"asked": asks, "child": opens, "child_closed": answers, "heard": hears}
    words = {"question_words": asks, "child_words": opens, "answer_words": answers, "heard_words": hears}
    facts = {"requested": asks, "opened": opens, "closed": answers, "answered": hears}
    return {
        "routed": routed(requested).model_dump(mode="json"),
        **{name: root_of(step.root) for name, step in roots.items()},
        **{name: article_of(step.words[0]) for name, step in words.items()},
        **{name: to_wire(step.facts[-1]) for name, step in facts.items()},
    }
