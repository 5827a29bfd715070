"""How much is measured: a full run (about half an hour) and a short one (a few minutes)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Counts and durations (seconds) of every section.

    `intake_*`: pairs of rounds for each number of clients. `steady_*`: rounds at a fixed rate; `burst_*`: rounds of
    as many tickets at once. `store_*`: calls of each store operation. `list_*`: calls of each query at each fill.
    `live_*`: rounds of so many changes of each page that is watched.
    `digest_*`: rounds of digests for so many people of so many facts, stored up to `lead` seconds before they are due.
    """

    short: bool
    clients: tuple[int, ...] = (1, 8, 32)
    intake_pairs: int = 5
    intake_seconds: float = 4.0
    steady_rate: float = 20.0
    steady_pairs: int = 3
    steady_seconds: float = 15.0
    burst_pairs: int = 2
    burst_tickets: int = 400
    store_rounds: int = 5
    store_calls: int = 60
    fills: tuple[int, ...] = (1_000, 10_000)
    list_rounds: int = 5
    list_calls: int = 20
    digest_rounds: int = 2
    digest_people: int = 200
    digest_facts: int = 10_000
    digest_lead: float = 60.0
    live_rounds: int = 3
    live_calls: int = 10
    idle_seconds: float = 10.0


FULL = Plan(short=False)
SHORT = Plan(
    short=True,
    intake_pairs=2,
    intake_seconds=1.0,
    steady_pairs=1,
    steady_seconds=5.0,
    burst_pairs=1,
    burst_tickets=60,
    store_rounds=2,
    store_calls=20,
    fills=(1_000,),
    list_rounds=2,
    list_calls=8,
    digest_rounds=1,
    digest_people=20,
    digest_facts=500,
    digest_lead=20.0,
    live_rounds=1,
    live_calls=4,
    idle_seconds=2.0,
)
