"""`python -m bench [--quick] [--only a,b]`: measure in one run, print the tables, write docs/bench.md.

A short run or a part prints only; `--out FILE` writes it too.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench import answers, children, cruscotto, digests, endtoend, intake, lists, live, machine, storeops, verbs
from bench.bed import Bed
from bench.figures import Table
from bench.plan import FULL, SHORT, Plan
from bench.report import report
from bench.resources import Costs
from demo.errors import StackError
from demo.stack import ROOT

SECTIONS = "abcdefghijkl"
DOCUMENT = ROOT / "docs" / "bench.md"
# Those that need nothing of the others.
SEPARATE: dict[str, tuple[str, Callable[[Bed, Plan, Callable[[str], None]], Table]]] = {
    "c": ("store operations", storeops.measure),
    "d": ("lists", lists.measure),
    "f": ("one verb", verbs.measure_verbs),
    "g": ("a very long ticket", verbs.measure_length),
    "h": ("a question and its answer", answers.measure),
    "i": ("many questions", children.measure),
    "j": ("digests", digests.measure),
    "k": ("the Cruscotto", cruscotto.measure),
    "l": ("live pages", live.measure),
}
STARTED = time.monotonic()


def main() -> None:
    """Run it."""
    arguments = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="a few minutes: that it works, not how fast it is")
    arguments.add_argument("--only", default=",".join(SECTIONS), help="sections, like a,b")
    arguments.add_argument("--out", type=Path, help="where to write the report too")
    told = arguments.parse_args()
    wanted = {name.strip() for name in told.only.split(",")} & set(SECTIONS)
    if not wanted:
        arguments.error(f"--only takes some of {', '.join(SECTIONS)}")
    out = told.out or (DOCUMENT if not told.quick and wanted == set(SECTIONS) else None)
    with tempfile.TemporaryDirectory(prefix="sportello-bench-") as folder:
        try:
            text = run(Path(folder), SHORT if told.quick else FULL, wanted)
        except StackError as error:
            raise SystemExit(f"bench: {error}") from error
    print(text)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
        say(f"Written to {out}.")


def run(folder: Path, plan: Plan, wanted: set[str]) -> str:
    """Start everything, measure the sections of `wanted`, end everything; the report."""
    bed = Bed(folder, say)
    try:
        bed.start()
        about = machine.words(bed.stack)
        return report(_tables(bed, plan, wanted), datetime.now(UTC), about, short=plan.short)
    finally:
        say("Stopping ...")
        bed.stop()


def _tables(bed: Bed, plan: Plan, wanted: set[str]) -> list[Table]:
    costs = Costs()
    found: dict[str, Table] = {}
    if "e" in wanted:
        say(f"Waiting {plan.idle_seconds:.0f} s: memory of idle services ...")
        time.sleep(plan.idle_seconds)
        costs.remember_idle(bed.cast())
    if "a" in wanted:
        say("(a) intake alone against a bare endpoint ...")
        found["a"] = intake.measure(bed, plan, say)
    if wanted & {"b", "e"}:
        say("(b) end to end against a bare chain ...")
        found["b"] = endtoend.measure(bed, plan, say, costs)
        found["e"] = costs.table()
    for name, (what, measure) in SEPARATE.items():
        if name in wanted:
            say(f"({name}) {what} ...")
            found[name] = measure(bed, plan, say)
    return [found[name] for name in SECTIONS if name in found and name in wanted]


def say(line: str) -> None:
    """A line of progress, with the seconds since the start."""
    print(f"{time.monotonic() - STARTED:5.0f} s  {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
