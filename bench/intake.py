"""(a) How many submissions intake takes, against a bare endpoint that publishes the same bytes."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from bench import bare
from bench.bed import Bed
from bench.client import Load, hammer
from bench.figures import Aim, Row, Table, paired, percentile
from bench.plan import Plan
from bench.resources import processor
from bench.workload import posts, walk

AIM = Aim("at least", 0.6)
WARM_UP = 1.0
NOTE = """\
`POST /forms/credentials/submissions` with `Prefer: respond-async`, the other services stopped. The limit is a FastAPI
endpoint of its own process that parses the same JSON and publishes the same bytes with confirm (persistent,
mandatory) to a quorum queue over one aio-pika channel. One load generator, rounds in turn, queues emptied
between."""


def measure(bed: Bed, plan: Plan, say: Callable[[str], None]) -> Table:
    """The table of section (a)."""
    bed.only_intake()
    event = bed.folder / "event.json"
    event.write_text(walk().submitted.model_dump_json(), encoding="utf-8")
    limit = bed.start_bare("bare", "bench.bare", env={"BENCH_EVENT": str(event)})
    try:
        return Table("(a) Intake", "intake", "bare endpoint", tuple(_rows(bed, limit, plan, say)), NOTE)
    finally:
        bed.end_bare("bare")
        bed.purge(bare.QUEUE)
        bed.all_services()


def _rows(bed: Bed, limit: str, plan: Plan, say: Callable[[str], None]) -> list[Row]:
    addresses = {"ours": bed.stack.urls.intake, "bare": limit}
    cast = bed.cast()
    processes = {"ours": cast["intake"], "bare": cast["bare"]}
    rows: list[Row] = []
    for clients in plan.clients:
        rounds: dict[str, list[Load]] = defaultdict(list)
        for pair in range(-1, plan.intake_pairs):  # the first pair warms up and doesn't count
            seconds = WARM_UP if pair < 0 else plan.intake_seconds
            for side, url in addresses.items():
                before = processor(processes[side])
                load = asyncio.run(hammer(url, posts(f"{side}-{clients}-{pair}"), clients, seconds))
                load.processor = processor(processes[side]) - before
                if pair >= 0:
                    rounds[side].append(load)
                bed.purge(bare.QUEUE)
        rows += _summary(clients, rounds["ours"], rounds["bare"])
        say(f"  (a) {clients} clients: {rows[-5].ours:.0f}/s of {rows[-5].bare:.0f}/s")
    return rows


def _summary(clients: int, ours: list[Load], theirs: list[Load]) -> list[Row]:
    who = f"{clients} client{'s' if clients > 1 else ''}"
    rows = [paired(f"{who}: submissions", "/s", [load.rate for load in ours], [load.rate for load in theirs], AIM)]
    for share in (0.50, 0.95, 0.99):
        mine, other = ([1000 * percentile(load.times, share) for load in side] for side in (ours, theirs))
        rows.append(paired(f"{who}: p{share * 100:.0f}", "ms", mine, other))
    mine, other = ([1000 * load.processor / len(load.times) for load in side] for side in (ours, theirs))
    return [*rows, paired(f"{who}: processor per submission", "ms", mine, other)]
