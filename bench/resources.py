"""(e) Memory and processor time of each process, next to the bare programs that do the same part."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from bench.figures import Aim, Row, Spread, Table, paired
from demo.programs import SERVICES

MEGABYTE = 1024 * 1024
IDLE = Aim("at most", 120.0, of="figure")
# Which bare role does the part of which service. The portal has none: its page is nobody's hop.
COUNTERPARTS = {"intake": "door", "routing": "route", "tickets": "open", "notifier": "mail"}
SERVERS = ("RabbitMQ", "store", "mailcatcher")
NOTE = """\
Memory: resident, shared libraries counted in each. Processor time: user and system, while tickets sent at once went
all the way, for 1,000 tickets. Bare: the chain's process for the same part; for the servers the same server while the
bare chain ran."""


@dataclass
class Costs:
    """What was seen of the processes, by name."""

    idle: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))

    def remember_idle(self, cast: Mapping[str, psutil.Process]) -> None:
        """Memory before anything was asked of them."""
        self.idle.update(memory(cast))

    def remember_after(self, cast: Mapping[str, psutil.Process]) -> None:
        """Memory after the work."""
        self.after.update(memory(cast))

    @contextmanager
    def count(self, cast: Mapping[str, psutil.Process], side: str, tickets: int) -> Iterator[None]:
        """Processor seconds per 1,000 tickets of each process while the block runs."""
        before = {name: processor(process) for name, process in cast.items()}
        yield
        for name, process in cast.items():
            self.seconds[side][name].append(1000 * (processor(process) - before[name]) / tickets)

    def table(self) -> Table:
        """The table of section (e)."""
        rows = (*self._memory(), *self._processor())
        return Table("(e) Memory and processor", "Sportello", "bare", rows, NOTE)

    def _memory(self) -> Iterator[Row]:
        for name in SERVICES:
            bare = self.after.get(COUNTERPARTS.get(name, ""))
            for when, seen, aim in (("idle", self.idle, IDLE), ("after the work", self.after, None)):
                if name in seen:
                    ratio = Spread.of([seen[name] / bare]) if bare else None
                    yield Row(f"{name}: memory, {when}", "MB", seen[name], bare, ratio, aim)

    def _processor(self) -> Iterator[Row]:
        ours, bare = self.seconds["ours"], self.seconds["bare"]
        for name in (*SERVICES, *SERVERS):
            theirs = bare.get(COUNTERPARTS.get(name, name if name in SERVERS else ""))
            if name in ours and theirs:
                yield paired(f"{name}: processor, 1,000 tickets", "s", ours[name], theirs)
            elif name in ours:
                yield Row(f"{name}: processor, 1,000 tickets", "s", Spread.of(ours[name]).middle)
        services = _sums([ours[name] for name in SERVICES if name in ours])
        roles = _sums([bare[role] for role in COUNTERPARTS.values() if role in bare])
        if services and roles:
            yield paired("all services: processor, 1,000 tickets", "s", services, roles)


def memory(cast: Mapping[str, psutil.Process]) -> dict[str, float]:
    """Resident megabytes by name."""
    return {name: process.memory_info().rss / MEGABYTE for name, process in cast.items()}


def processor(process: psutil.Process) -> float:
    """Processor seconds a process has used so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


def _sums(rounds: list[list[float]]) -> list[float]:
    return [sum(values) for values in zip(*rounds, strict=True)]
