"""(d) What people look at: a queue's list, one ticket, their own requests, the dashboard's counts."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from bench.bed import Bed
from bench.client import Connection, expect_success, request
from bench.figures import Row, Table
from bench.fill import OPERATORS, QUEUES, fill, submission_of, user
from bench.plan import Plan
from bench.turns import Call, in_turn
from services.tickets.lists import GROUPED
from services.tickets.repository import Tickets
from shared.identity import internal_token
from shared.ids import ticket_id
from shared.mongo import Database, Document
from shared.policy import Person, Role

PREFIX = "bench_lists"
OPERATOR = Person(id=OPERATORS[1].id, name="Operator 1", roles=frozenset({Role.OPERATOR}))
USER = Person(id=user(7), name="Lucia Bianchi", roles=frozenset({Role.USER}))
QUEUE, PAGE = QUEUES[0], 50
TICKET = ticket_id(submission_of(500))
NOTE = """\
Through the internal HTTP API of tickets, one request at a time on a kept connection, against the same queries asked
of the store by the driver alone, in turn. Pages of 50; a ticket has two articles and two or three facts; half are in
charge of one of ten operators, each user has a hundredth."""


def measure(bed: Bed, plan: Plan, say: Callable[[str], None]) -> Table:
    """The table of section (d), on a database and with a tickets service of its own."""
    rows: list[Row] = []
    with bed.tickets_service(PREFIX) as url:
        done = 0
        for size in plan.fills:
            asyncio.run(_fill(bed.stack.urls.mongo, done, size))
            done = size
            found = asyncio.run(_queries(bed, url, size, plan))
            say(f"  (d) {found[0].what} {found[0].ours:.1f} ms, bare {found[0].bare:.1f} ms")
            rows += found
    return Table("(d) Lists", "tickets API", "bare query", tuple(rows), NOTE)


async def _fill(mongo_url: str, start: int, end: int) -> None:
    database = Database(mongo_url, f"{PREFIX}_tickets")
    await Tickets(database).prepare()
    await fill(database, start, end)
    await database.close()


async def _queries(bed: Bed, url: str, size: int, plan: Plan) -> list[Row]:
    database = Database(bed.stack.urls.mongo, f"{PREFIX}_tickets")
    connection = Connection(url)
    rows: list[Row] = []
    for what, (person, path, bare) in _wanted(database).items():
        ours = _over_http(connection, path, person, bed.stack.internal_key)
        turns = await in_turn(ours, bare, plan.list_rounds, plan.list_calls)
        rows += [turns.row(f"{size:,} tickets: {what}", share) for share in (0.50, 0.95)]
    connection.close()
    await database.close()
    return rows


def _over_http(connection: Connection, path: str, person: Person, key: str) -> Call:
    async def ask() -> object:
        # As the portal does it: a fresh token for each call.
        headers = {"Authorization": f"Bearer {internal_token(person, key)}"}
        return expect_success(await connection.ask(request("GET", path, headers)))

    return ask


def _wanted(database: Database) -> Mapping[str, tuple[Person, str, Call]]:
    roots = database.collection("tickets")

    def page(found: Document) -> Call:
        return lambda: roots.find(found).sort("place", -1).limit(PAGE + 1).to_list(None)

    async def one() -> list[Any]:
        root = await roots.find_one({"_id": TICKET})
        page = {"place": {"$gte": f"{TICKET}:", "$lt": f"{TICKET};"}}
        journal = await database.collection("journal").find(page).to_list(None)
        ids = [journal[0]["request"]["id"], journal[0]["mail"]["id"]]
        return [root, journal, await database.collection("articles").find({"_id": {"$in": ids}}).to_list(None)]

    async def counts() -> list[Any]:
        return await database.aggregate("tickets", GROUPED)

    return {
        "list of a queue": (
            OPERATOR,
            f"/tickets?queue={QUEUE}&state=new&limit={PAGE}",
            page({"queue": QUEUE, "state": "new"}),
        ),
        "newest of all": (OPERATOR, f"/tickets?limit={PAGE}", page({})),
        "one ticket": (OPERATOR, f"/tickets/{TICKET}", one),
        "my requests": (USER, f"/tickets?limit={PAGE}", page({"requester.subject": USER.id})),
        "mine": (OPERATOR, f"/tickets?owner={OPERATOR.id}&limit={PAGE}", page({"owner.id": OPERATOR.id})),
        "counts": (OPERATOR, "/tickets/counts", counts),
    }
