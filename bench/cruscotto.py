"""(k) The page where operators live: when its first and its last byte come, against its store queries alone."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from bench.bed import Bed
from bench.figures import Aim, Row, Table, paired, percentile
from bench.fill import root_of, tickets
from bench.pages import Browser
from bench.plan import Plan
from bench.questions import ask, opened
from bench.workload import CONFIG
from services.portal.boards import Reading
from services.portal.gate import Visitor
from services.portal.inbox import InboxPage
from services.portal.sessions import Session
from services.portal.tickets import Counts, Page
from services.portal.widgets import usual
from services.tickets.domain import Root
from services.tickets.lists import GROUPED, Filter, Lists
from services.tickets.repository import Tickets
from shared.events import SecondLevelRequested, State, Waiting
from shared.mongo import Database, Document
from shared.people import People
from shared.policy import Person
from shared.queues import Queues

PREFIX = "bench_cruscotto"
PERSON = "giulia.conti"
BATCH = 500
AIM = Aim("at most", 3.0)
WARM_UP = 5
# Their numbers must not be those of tickets.
QUESTIONS = 50_000
NOTE = """\
`GET /` of a portal of its own as Giulia, signed in, over a kept connection: her own arrangement is the usual one, with
all its widgets. No ticket is closed: half are new, a tenth is hers, a fourteenth waits for its user, a fortieth asks
the second level, and of these questions each fifth is overdue. Bare: what the page asks of the stores by the driver
alone, as the page asks it, all rows at once after the grouped count: {queries} queries. One page, one round of queries,
in turn. First byte: of the page itself, not of the head."""


def measure(bed: Bed, plan: Plan, say: Callable[[str], None]) -> Table:
    """The table of section (k), on databases of its own, with services of tickets and portal of its own."""
    rows: list[Row] = []
    queries = 0
    with (
        bed.tickets_service(PREFIX) as tickets_url,
        bed.one_more("portal", f"{PREFIX}_portal", TICKETS_URLS=tickets_url) as url,
    ):
        done = 0
        for size in plan.fills:
            asyncio.run(_fill(bed.stack.urls.mongo, done, size))
            done = size
            found, queries = asyncio.run(_pages(bed.stack.urls.mongo, url, size, plan))
            say(f"  (k) {found[2].what} {found[2].ours:.1f} ms, bare {found[2].bare:.1f} ms")
            rows += found
    return Table("(k) The Cruscotto", "portal", "bare queries", tuple(rows), NOTE.format(queries=queries))


async def _pages(mongo_url: str, url: str, size: int, plan: Plan) -> tuple[list[Row], int]:
    database = Database(mongo_url, f"{PREFIX}_tickets")
    portal = Database(mongo_url, f"{PREFIX}_portal_portal")
    browser = await Browser.signed_in(url, PERSON)
    asked = await _what_the_page_asks(database)
    session = (await portal.collection("sessions").find_one({}))["_id"]
    bare = _bare(database, portal, session, asked)
    first: list[list[float]] = []
    last: list[list[float]] = []
    alone: list[list[float]] = []
    # What is loaded, compiled and cached at the first times is not the page of a working day.
    for _ in range(WARM_UP):
        await browser.get("/")
        await bare()
    for _ in range(plan.list_rounds):
        for times in (first, last, alone):
            times.append([])
        for _ in range(plan.list_calls):
            read = await browser.get("/")
            if read.body.count(b"/tickets/2026") < len(asked):
                raise RuntimeError("a widget is missing on the page: it would be measured without its rows")
            first[-1].append(read.first)
            last[-1].append(read.last)
            started = time.perf_counter()
            await bare()
            alone[-1].append(1000 * (time.perf_counter() - started))
    browser.close()
    await database.close()
    await portal.close()
    rows = []
    for what, ours in (("first byte", first), ("whole page", last)):
        for share, aim in ((0.50, AIM), (0.95, None)):
            theirs = [percentile(times, share) for times in alone]
            told = f"{size:,} tickets: {what}, p{share * 100:.0f}"
            rows.append(paired(told, "ms", [percentile(times, share) for times in ours], theirs, aim))
    return rows, 3 + sum(len(each.queries()) for each in asked)


def _bare(database: Database, portal: Database, session: str, asked: list[Filter]) -> Callable[[], Awaitable[Any]]:
    roots = database.collection("tickets")

    async def rows(wanted: Filter, query: Document) -> Any:
        direction = 1 if wanted.sorting.upwards else -1
        return await roots.find(query).sort(wanted.sorting.field, direction).limit(wanted.limit + 1).to_list(None)

    async def bare() -> None:
        # Who is it, how do they want it, how many are there, and which.
        await portal.collection("sessions").find_one({"_id": session})
        await portal.collection("arrangements").find_one({"_id": PERSON})
        await database.aggregate("tickets", GROUPED)
        await asyncio.gather(*(rows(wanted, query) for wanted in asked for query in wanted.queries()))

    return bare


class _Listening:
    """In the place of the two services that the page asks: answers counts, and remembers which rows are asked for."""

    def __init__(self, counts: Counts) -> None:
        self.asked: list[Filter] = []
        self._counts = counts

    async def counts(self, _: Any) -> Counts:
        return self._counts

    async def page(self, *_: Any, **wanted: Any) -> Any:
        if "unread" in wanted:
            return InboxPage(items=[], unread=0, next=None, until=None, kinds=[])
        found = {"queue": wanted.pop("queues", ()), "state": wanted.pop("states", ()), **wanted}
        self.asked.append(Filter(**{name: value for name, value in found.items() if value is not None}))
        return Page(items=())


async def _what_the_page_asks(database: Database) -> list[Filter]:
    """The rows of every widget of the usual arrangement that has any."""
    queues = Queues.load(CONFIG)
    person = _person()
    counts = await Lists(Tickets(database), database).counts(PERSON)
    listening: Any = _Listening(Counts.model_validate(counts.model_dump()))
    reading = Reading(listening, listening, queues, _visitor(person))
    for placed in usual(person, queues):
        await reading.content(placed)
    found: list[Filter] = listening.asked
    return found


async def _fill(mongo_url: str, start: int, end: int) -> None:
    database = Database(mongo_url, f"{PREFIX}_tickets")
    await Tickets(database).prepare()
    roots = [root_of(root) for root in desk(start, end)]
    for first in range(0, len(roots), BATCH):
        await database.collection("tickets").insert_many(roots[first : first + BATCH])
    await database.close()


def desk(start: int, end: int) -> Iterator[Root]:
    """Tickets `start` to `end` as thirty operators leave them at noon, and the questions that some of them ask."""
    person = _person().ref
    for position, stored in enumerate(tickets(start, end), start):
        root: Root = stored.ticket
        if position % 10 == 6:
            root = root.model_copy(update={"owner": person, "responsible": person})
        if root.owner and position % 7 == 3:
            waiting = Waiting(for_user=True, since=root.changed_at)
            root = root.model_copy(update={"state": State.PENDING, "waiting": waiting})
        if position % 40 == 5:
            asked = ask(root, position)
            (said,) = asked.facts
            assert isinstance(said, SecondLevelRequested)
            child, late = opened(said, QUESTIONS + position).root, position % 200 == 5
            yield child.model_copy(update={"overdue": late})
            root = asked.root.model_copy(update={"late_questions": (child.id,) if late else ()})
        yield root


def _person() -> Person:
    found = People.load(CONFIG, Queues.load(CONFIG)).get(PERSON)
    assert found
    return found


def _visitor(person: Person) -> Visitor:
    return Visitor(Session(id="", person=person, csrf="", expires_at=0), "it")
