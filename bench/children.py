"""(i) A ticket that asked the second level a thousand times against one that asked once."""

import asyncio
from collections.abc import Callable, Iterator

from bench.bed import Bed
from bench.client import Connection, expect_success, request
from bench.figures import Aim, Row, Table, paired, percentile
from bench.fill import Stored, store
from bench.lives import TEXT
from bench.plan import Plan
from bench.questions import GIULIA, Step, answered, ask, do, heard, joined, opened, parent_at, parents
from bench.turns import Call, in_turn
from services.tickets.commands import AddNote
from services.tickets.domain import Root
from services.tickets.reading import PAGE
from services.tickets.repository import Tickets
from shared.events import SecondLevelRequested
from shared.identity import internal_token
from shared.mongo import Database
from shared.policy import Person, Role

PREFIX = "bench_children"
MANY = 1_000
# Of the many, every so manieth waits for its answer still.
STILL_OPEN = 20
BATCH = 200
OPERATOR = Person(id="giulia.conti", name="Giulia Conti", roles=frozenset({Role.OPERATOR}))
NOTE = """\
The first page through the internal HTTP API of tickets, as an operator, one request at a time on a kept connection: a
ticket with {many:,} questions to the second level against one with a single question, in turn. A page shows the last
60 facts, with their articles, and the first 20 open questions. One question and a page full of notes: what children
cost. One question and nothing else, 4 facts in all: what they and a full page cost."""


def measure(bed: Bed, plan: Plan, say: Callable[[str], None]) -> Table:
    """The table of section (i), on a database and with a tickets service of its own."""
    with bed.tickets_service(PREFIX) as url:
        rows = asyncio.run(_pages(bed, url, plan))
    say(f"  (i) {rows[0].what} {rows[0].ours:.1f} ms, one child {rows[0].bare:.1f} ms")
    return Table("(i) Many questions", f"{MANY:,} children", "1 child", tuple(rows), NOTE.format(many=MANY))


async def _pages(bed: Bed, url: str, plan: Plan) -> list[Row]:
    database = Database(bed.stack.urls.mongo, f"{PREFIX}_tickets")
    await Tickets(database).prepare()
    alone, waits, has_answers, busy = parents(0, 4)
    for place, (parent, count, some) in enumerate(
        ((alone, 1, False), (waits, MANY, False), (has_answers, MANY, True), (_written(busy), 1, False))
    ):
        family = list(with_children(parent, count, some, place * MANY))
        for start in range(0, len(family), BATCH):
            await store(database, family[start : start + BATCH])
    await database.close()
    connection, key = Connection(url), bed.stack.internal_key

    def page(position: int) -> Call:
        async def ask_for_it() -> object:
            headers = {"Authorization": f"Bearer {internal_token(OPERATOR, key)}"}
            path = f"/tickets/{parent_at(position)}"
            return expect_success(await connection.ask(request("GET", path, headers)))

        return ask_for_it

    rows = []
    over = MANY - MANY // STILL_OPEN
    for what, many in (("all open", 1), (f"{over} answered", 2)):
        for than, one in (("a full page", 3), ("nothing else", 0)):
            turns = await in_turn(page(many), page(one), plan.list_rounds, plan.list_calls)
            ours, theirs = ([percentile(times, 0.50) for times in side] for side in (turns.ours, turns.bare))
            rows.append(paired(f"{what}; one and {than}, p50", "ms", ours, theirs, Aim("at most", 3.0)))
            rows.append(turns.row(f"{what}; one and {than}", 0.95))
    connection.close()
    return rows


def _written(parent: Stored[Root]) -> Stored[Root]:
    """The ticket with a page full of notes."""
    steps: list[Step] = []
    for position in range(PAGE):
        before = steps[-1].root if steps else parent.ticket
        steps.append(do(before, before.id, GIULIA, AddNote(seen=999, text=TEXT), position))
    return joined(parent, *steps)


def with_children(parent: Stored[Root], count: int, some_answered: bool, start: int = 0) -> Iterator[Stored[Root]]:
    """The parent after `count` questions, and these, numbered from `start`; `some_answered`: all but every 20th have
    their answer."""
    root = parent.ticket
    steps: list[Step] = []
    children: list[Step] = []
    for position in range(count):
        steps.append(asked := ask(root, position))
        (said,) = asked.facts
        assert isinstance(said, SecondLevelRequested)
        root = asked.root
        children.append(opened(said, start + position))
    for position, child in enumerate(children):
        told = [child]
        if some_answered and position % STILL_OPEN:
            told.append(done := answered(child.root))
            steps.append(hears := heard(root, done.facts[-1]))
            root = hears.root
        yield joined(Stored(child.root, [], []), *told)
    yield joined(parent, *steps)
