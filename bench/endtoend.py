"""(b) From POST to ticket and mail, and (e) what it costs, against the bare chain of the same hops."""

import asyncio
import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.bed import Bed
from bench.chain import DATABASE
from bench.figures import Aim, Row, Table, paired, percentile
from bench.plan import Plan
from bench.resources import Costs
from bench.travel import Target, Trip, arrive, at_once, deliveries, steadily
from bench.workload import walk_as_json
from services.tickets.repository import Tickets
from shared.identity import internal_token
from shared.mongo import Database
from shared.policy import Person, Role

AIM = Aim("at most", 4.0)
OPERATOR = Person(id="giulia.conti", name="Giulia Conti", roles=frozenset({Role.OPERATOR}))
ROLES = {"door": "intake", "route": "routing", "open": "tickets", "mail": "notifier"}
NOTE = """\
The bare chain: four processes of plain aio-pika and motor that do the same hops (quorum queues, confirms), the same
inserts, finds and replaces with the same documents on the same store, and a plain SMTP conversation.
Visible: found by looking at the tickets' list again and again, as short a page as can be; mailed: when the mail
catcher had the whole mail; number: the 201 answer that the page shows."""


def measure(bed: Bed, plan: Plan, say: Callable[[str], None], costs: Costs) -> Table:
    """The table of section (b); what the bursts cost goes to `costs`."""
    with _chain(bed) as chain:
        targets = {"ours": _ours(bed), "bare": chain}
        rows = _steady(bed, plan, say, targets) + _bursts(bed, plan, say, targets, costs)
    return Table("(b) End to end", "Sportello", "bare chain", tuple(rows), NOTE)


def _ours(bed: Bed) -> Target:
    key, urls = bed.stack.internal_key, bed.stack.urls

    def credentials() -> dict[str, str]:
        return {"Authorization": f"Bearer {internal_token(OPERATOR, key)}"}

    prefix = bed.stack.settings.get("SPORTELLO_MONGO_PREFIX", "sportello")
    return Target("Sportello", urls.intake, urls.tickets, f"{prefix}_tickets", credentials)


@contextmanager
def _chain(bed: Bed) -> Iterator[Target]:
    asyncio.run(_same_indexes(bed.stack.urls.mongo))
    walk = bed.folder / "walk.json"
    walk.write_text(json.dumps(walk_as_json()), encoding="utf-8")
    smtp = bed.stack.urls.smtp.rpartition(":")[2]
    env = {"BENCH_MONGO_URL": bed.stack.urls.mongo, "BENCH_SMTP_PORT": smtp, "BENCH_WALK": str(walk)}
    addresses = {role: bed.start_bare(role, "bench.chain", role, env=env) for role in ROLES}
    try:
        yield Target("bare chain", addresses["door"], addresses["open"], DATABASE, dict)
    finally:
        for role in ROLES:
            bed.end_bare(role)


async def _same_indexes(mongo_url: str) -> None:
    database = Database(mongo_url, DATABASE)
    await Tickets(database).prepare()
    mails = database.collection("mails")
    for fields in ([("state", 1), ("next_try", 1)], [("ticket_id", 1)], [("outbox_since", 1)]):
        await mails.create_index(fields)
    await database.close()


def _steady(bed: Bed, plan: Plan, say: Callable[[str], None], targets: dict[str, Target]) -> list[Row]:
    trips: dict[str, list[Trip]] = defaultdict(list)
    for pair in range(-1, plan.steady_pairs):  # the first pair warms up and doesn't count
        seconds = 2.0 if pair < 0 else plan.steady_seconds
        for side, target in targets.items():
            trip = asyncio.run(_steady_trip(bed, target, f"s{side}{pair}", plan.steady_rate, seconds))
            if pair >= 0:
                trips[side].append(trip)
                late = f", {trip.unnumbered} without a number in time" if trip.unnumbered else ""
                say(f"  (b) {target.name}: POST to mail p95 {_p(trip, 'mailed', 0.95):.0f} ms{late}")
    rows = []
    names = {"numbered": "number", "visible": "visible", "mailed": "mailed"}
    for what, share in itertools.product(names, (0.50, 0.95)):
        ours, bare = ([_p(trip, what, share) for trip in trips[side]] for side in ("ours", "bare"))
        label = f"{plan.steady_rate:.0f} a second: POST to {names[what]}, p{share * 100:.0f}"
        rows.append(paired(label, "ms", ours, bare, AIM if share > 0.9 else None))
    return rows


async def _steady_trip(bed: Bed, target: Target, run: str, rate: float, seconds: float) -> Trip:
    mails, mongo = bed.stack.mails, bed.stack.urls.mongo
    mails.clear()
    before = await deliveries(mongo, target.database)
    trip = await steadily(target, run, rate, seconds)
    await arrive(trip, mails, mongo, target, before)
    return trip


def _bursts(bed: Bed, plan: Plan, say: Callable[[str], None], targets: dict[str, Target], costs: Costs) -> list[Row]:
    trips: dict[str, list[Trip]] = defaultdict(list)
    for pair in range(plan.burst_pairs):
        for side, target in targets.items():
            with costs.count(bed.cast(), side, plan.burst_tickets):
                trip = asyncio.run(_burst(bed, target, f"b{side}{pair}", plan.burst_tickets))
            trips[side].append(trip)
            say(f"  (b) {target.name}, {plan.burst_tickets} at once: {trip.mailed_rate:.0f} tickets/s")
    costs.remember_after(bed.cast())
    rows = []
    for label, rate in (("mail handed over", "mailed_rate"), ("delivery recorded", "recorded_rate")):
        ours, bare = ([float(getattr(trip, rate)) for trip in trips[side]] for side in ("ours", "bare"))
        rows.append(paired(f"at once: tickets, {label}", "/s", ours, bare))
    return rows


async def _burst(bed: Bed, target: Target, run: str, count: int) -> Trip:
    mails, mongo = bed.stack.mails, bed.stack.urls.mongo
    mails.clear()
    before = await deliveries(mongo, target.database)
    trip = await at_once(target, run, count)
    await arrive(trip, mails, mongo, target, before)
    return trip


def _p(trip: Trip, what: str, share: float) -> float:
    return percentile(trip.times(what), share)
