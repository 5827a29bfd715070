"""(j) Digests for everybody at once, and what they do to the mails of users that are owed meanwhile."""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from bench.bed import Bed
from bench.figures import Aim, Row, Spread, Table, paired, percentile
from bench.fill import FIRST
from bench.lives import TEXT
from bench.plan import Plan
from bench.questions import GIULIA, do, parents
from bench.workload import CONFIG, walk
from demo.mails import Mails
from services.notifier.choices import Choices
from services.notifier.digests import Slot
from services.notifier.hearing import notice_of
from services.notifier.inbox import COLLECTION, to_document
from services.notifier.notices import hearers
from services.notifier.preferences import Audience, Kind, Preferences, When
from services.tickets.commands import AddNote
from shared.broker import Bus
from shared.events import PersonRef, RootEvent, TicketOpened
from shared.ids import derived
from shared.mongo import Database, Document
from shared.people import People
from shared.queues import Queues

PREFIX = "bench_digests"
# Users' mails a second, with digests and without.
RATE = 5.0
# Facts of one ticket.
EACH = 5
BATCH = 1_000
# Seconds that must be left for the mails without digests; and after which a digest that isn't there voids the run.
QUIET, PATIENCE = 8.0, 240.0
OPERATORS, USERS = "ateneo.example", "studenti.example"
NOTE = """\
A notifier of its own with {people} operators who chose the hourly digest. Each of {facts:,} facts, five to a ticket,
concerns its ticket's owner and its responsible: {rows:,} notices stored, all for the same hour. Users' mails are owed
steadily by facts on the bus, {rate:.0f} a second: first without digests, then from the hour on until all digests have
arrived; from the publishing of the fact till the mail catcher had the mail. The time: from the hour to the last one."""


@dataclass
class Round:
    """Milliseconds that users' mails took, seconds until all digests had arrived."""

    quiet: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    seconds: float = 0.0


def measure(bed: Bed, plan: Plan, say: Callable[[str], None]) -> Table:
    """The table of section (j), in a virtual host, with databases and a notifier of its own."""
    config = _config(bed.folder / "config", plan.digest_people)
    url = bed.stack.broker.new_vhost()
    try:
        with bed.one_more("notifier", PREFIX, AMQP_URL=url, CONFIG_DIR=str(config)):
            rounds = asyncio.run(_rounds(bed, url, config, plan, say))
    finally:
        bed.stack.broker.drop_vhost(url)
    note = NOTE.format(people=plan.digest_people, facts=plan.digest_facts, rows=2 * plan.digest_facts, rate=RATE)
    return Table("(j) Digests", "with digests", "without", tuple(_rows(rounds)), note)


def _rows(rounds: list[Round]) -> Iterator[Row]:
    seconds = Spread.of([each.seconds for each in rounds])
    yield Row("all digests have arrived", "s", seconds.middle, aim=Aim("at most", 60.0, of="figure"))
    for what, share in (("p50", 0.50), ("p95", 0.95), ("the slowest", 1.0)):
        busy, quiet = ([percentile(getattr(each, side), share) for each in rounds] for side in ("busy", "quiet"))
        yield paired(f"a user's mail, {what}", "ms", busy, quiet)


def _config(folder: Path, count: int) -> Path:
    """The sample configuration with as many operators; no group has any, so that nobody follows a queue."""
    shutil.copytree(CONFIG, folder)
    people = [
        {"id": _person(number), "name": f"Operator {number}", "email": f"{_person(number)}@{OPERATORS}"}
        for number in range(count)
    ]
    (folder / "people.yml").write_text(yaml.safe_dump({"people": [{**each, "roles": ["operator"]} for each in people]}))
    return folder


def _person(number: int) -> str:
    return f"operator-{number}"


async def _rounds(bed: Bed, url: str, config: Path, plan: Plan, say: Callable[[str], None]) -> list[Round]:
    database = Database(bed.stack.urls.mongo, f"{PREFIX}_notifier")
    queues = Queues.load(config)
    people, choices = People.load(config, queues), Choices(database)
    for person in people.all():
        await choices.save(person.id, Preferences(mail=dict.fromkeys(Kind, When.HOURLY)))
    audience = Audience(people, queues, await choices.all())
    bus = Bus(url, "tickets")
    await bus.start()
    await asyncio.wait_for(bus.connected.wait(), 30)
    post = Post(bus, bed.stack.mails)
    rounds = []
    for number in range(plan.digest_rounds):
        facts = [_fact(at, f"{number}-{at}", plan.digest_people) for at in range(plan.digest_facts)]
        rounds.append(await _round(database, post, audience, facts, plan))
        found = rounds[-1]
        say(
            f"  (j) {found.seconds:.1f} s; users' mails p50 {percentile(found.busy, 0.5):.0f} ms, without "
            f"{percentile(found.quiet, 0.5):.0f} ms"
        )
    await bus.stop()
    await database.close()
    return rounds


async def _round(database: Database, post: "Post", audience: Audience, facts: list[RootEvent], plan: Plan) -> Round:
    rows = list(_documents(facts, audience))
    hour = int(time.time() + plan.digest_lead)
    for row in rows:
        row["slot"] = Slot(hour, When.HOURLY, row["person"]).text
    for start in range(0, len(rows), BATCH):
        await database.collection(COLLECTION).insert_many(rows[start : start + BATCH])
    if hour - time.time() < QUIET:
        raise RuntimeError("storing the notices took too long: give this section a longer lead")
    found = Round()
    await post.clear()
    found.quiet = await post.owe(lambda: time.time() < hour)
    # At this pace some are always under way.
    found.busy = await post.owe(lambda: post.others < plan.digest_people - 3, plan.digest_people)
    found.seconds = await post.last(OPERATORS) - hour
    return found


class Post:
    """Owes users' mails by facts on the bus, and finds them in the mail catcher."""

    def __init__(self, bus: Bus, mails: Mails) -> None:
        self.others = 0
        self._known = 0
        self._bus = bus
        self._mails = mails
        self._pattern = walk().opened_facts[0]
        self._count = 0

    async def clear(self) -> None:
        """Forget all mails."""
        await asyncio.to_thread(self._mails.clear)
        self._known = 0

    async def owe(self, going_on: Callable[[], bool], others: int = 0) -> list[float]:
        """Steadily for as long as it is going on, then wait for all, and for the `others`; the mails' milliseconds."""
        said: dict[str, float] = {}
        first, deadline = time.monotonic(), time.monotonic() + PATIENCE
        while going_on():
            address = f"user-{self._count}@{USERS}"
            self._count += 1
            said[address] = time.time()
            await self._bus.publish(self._fact(address))
            await asyncio.sleep(max(0.0, first + len(said) / RATE - time.monotonic()))
            self.others = await self._new() - len(said)
            self._check(deadline)
        while await self._new() < len(said) + others:
            self._check(deadline)
            await asyncio.sleep(0.1)
        self._known += len(said) + others
        caught = await asyncio.to_thread(self._mails.all, to=USERS)
        return [1000 * (_received(mail) - said[to]) for mail in caught if (to := mail["to"][0]) in said]

    async def _new(self) -> int:
        return await asyncio.to_thread(self._mails.count) - self._known

    async def last(self, domain: str) -> float:
        """When the last mail to `domain` arrived."""
        return max(_received(mail) for mail in await asyncio.to_thread(self._mails.all, to=domain))

    def _check(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise RuntimeError(f"not every mail arrived within {PATIENCE:.0f} s")

    def _fact(self, address: str) -> RootEvent:
        assert isinstance(self._pattern, TicketOpened)
        requester = self._pattern.requester.model_copy(update={"email": address})
        key = derived("bench digests", address)
        return self._pattern.model_copy(update={"event_id": key, "ticket_id": key, "requester": requester})


def _received(mail: dict[str, Any]) -> float:
    return datetime.fromisoformat(mail["received_at"]).timestamp()


def _fact(position: int, key: str, people: int) -> RootEvent:
    """A note of somebody else on a ticket of two colleagues."""
    ticket, number = position // EACH, f"20260107{position // EACH:06d}"
    owner, responsible = (PersonRef(id=_person(each % people), name="Operator") for each in (ticket, ticket + 1))
    ids = {"event_id": derived("bench digest", key), "ticket_id": derived("bench digest of", ticket), "number": number}
    return NOTED.model_copy(update={**ids, "owner": owner, "responsible": responsible})


def _noted() -> RootEvent:
    (parent,) = parents(0, 1)
    return do(parent.ticket, parent.ticket.id, GIULIA, AddNote(seen=99, text=TEXT)).facts[-1]


NOTED = _noted()


def _documents(facts: list[RootEvent], audience: Audience) -> Iterator[Document]:
    """What the notifier stores of these facts."""
    for fact in facts:
        for hearer in hearers(fact, audience, datetime.now(UTC)):
            person = hearer.person.id
            yield to_document(notice_of(fact, hearer, audience.preferences(person).when, FIRST.timestamp()))
