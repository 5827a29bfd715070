"""`make run`, as a person sees it: it comes up, does as told, is interrupted, and comes up again on the kept data."""

import json
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import httpx
import pytest

from demo.leftovers import end_leftovers, leftovers
from demo.mails import Mails
from demo.ports import Ports, is_taken
from demo.samples import Sample, load
from demo.stack import ROOT
from demo.waiting import wait_until

pytestmark = pytest.mark.e2e
# Verbs of the samples that take an unowned ticket in charge, which the user is told once, and those that write a mail.
# What is done to a question of the second level owes the user nothing.
TAKES = {"take", "answers", "information-requests", "forwards", "close", "pending"}
WRITES = {"answers", "information-requests", "forwards", "close", "hand-over"}
# How a question ends, which those who asked are told at once.
ENDS = {"question/answer", "question/return"}


def mails_owed(sample: Sample) -> int:
    """Of a sample's life: the receipt, that it was taken in charge, what was written, and what colleagues are told."""
    verbs = [step.verb for step in sample.steps if step.of == "ticket"]
    to_users = 1 + any(verb in TAKES for verb in verbs) + sum(verb in WRITES for verb in verbs)
    hands: list[str] = []
    told = 0
    for step in sample.steps:
        if step.of == "ticket" and step.verb in TAKES:
            hands = hands or [step.by]
        if step.verb == "hand-over":
            # The first stays responsible.
            hands = [hands[0], str(step.body["to"])]
        if step.verb in ENDS:
            told += len({*hands} - {step.by})
        if step.verb == "notes":
            told += len({*re.findall(r"@([a-z]+\.[a-z]+)", str(step.body["text"]))} - {step.by})
    return to_users + told


def free_base() -> int:
    """A base port whose whole family is free."""
    while any(map(is_taken, astuple(Ports.fixed(base := 20000 + 100 * secrets.randbelow(110))))):
        continue
    return base


class Run:
    """One `python -m demo` with its output in a file."""

    def __init__(self, state: Path, base: int, *options: str) -> None:
        self.state = state
        self.base = base
        self.output = state.parent / f"run-{secrets.token_hex(4)}.txt"
        command = [sys.executable, "-m", "demo", "--state-dir", str(state), "--base-port", str(base), *options]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)

    @property
    def text(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def wait_until_says(self, words: str, seconds: float = 120) -> None:
        assert wait_until(lambda: words in self.text or self.process.poll() is not None, seconds), self.text
        assert words in self.text, self.text

    def interrupt(self) -> float:
        """Ctrl-C; the seconds it took to end."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(30) == 0, self.text
        return time.monotonic() - started


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "state"
    yield folder
    end_leftovers(folder)


def tell(state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "demo", *words, "--state-dir", str(state)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)


def test_it_comes_up_with_samples_scales_stops_whole_and_comes_up_again_with_its_data(state: Path) -> None:
    base = free_base()
    run = Run(state, base, "--copies", "tickets=2")
    run.wait_until_says("Press Ctrl-C to stop everything.")
    for address in (f"{base + 90}/credenziali", f"{base}/my", f"{base + 80}/", f"{base + 1}/forms"):
        assert f"http://127.0.0.1:{address}" in run.text
        assert httpx.get(f"http://127.0.0.1:{address}", follow_redirects=True).status_code == 200
    assert "Giulia Conti" in run.text
    mails = Mails(f"http://127.0.0.1:{base + 80}")
    wanted = sum(map(mails_owed, load()))
    # Written mails are held for 20 s.
    mails.wait_for(wanted, seconds=90)

    scaled = tell(state, "scale", "tickets=3", "routing=2")
    assert scaled.returncode == 0, scaled.stderr
    assert "tickets: 3" in scaled.stdout
    assert "tickets: 1" in tell(state, "scale", "tickets=1").stdout
    assert "routing: 2" in tell(state, "status").stdout

    killed = next(process for process in leftovers(state) if "services.notifier" in process.cmdline())
    killed.kill()
    run.wait_until_says("notifier-1 was killed (SIGKILL): starting it again.", 30)
    assert wait_until(lambda: is_taken(base + 4), 30)

    second = Run(state, free_base())
    assert second.process.wait(60) == 1
    assert f"already running from {state} (process {run.process.pid}): use that one" in second.text.replace("\n", " ")

    assert run.interrupt() < 10
    assert leftovers(state) == []
    assert not any(map(is_taken, astuple(Ports.fixed(base))))

    again = Run(state, base)
    again.wait_until_says("Press Ctrl-C to stop everything.")
    assert "The data of the last run is kept" in again.text
    assert mails.count() == wanted
    assert again.interrupt() < 10
    assert leftovers(state) == []
    mails.close()


def test_interrupted_while_starting_it_leaves_nothing(state: Path) -> None:
    run = Run(state, free_base(), "--no-samples")
    run.wait_until_says("Starting")
    assert wait_until(lambda: len(leftovers(state)) >= 2, 30)
    assert run.interrupt() < 10
    assert "nothing is left running" in run.text
    assert leftovers(state) == []


def test_killed_it_takes_its_children_along_and_the_next_start_is_clean(state: Path) -> None:
    base = free_base()
    run = Run(state, base, "--no-samples")
    run.wait_until_says("Press Ctrl-C to stop everything.")
    told = json.loads((state / "running.json").read_text(encoding="utf-8"))
    assert told["pid"] == run.process.pid
    run.process.kill()
    run.process.wait()
    assert wait_until(lambda: leftovers(state) == [], 5)
    assert "No Sportello runs from" in tell(state, "status").stdout
    fresh = Run(state, base, "--fresh", "--no-samples")
    fresh.wait_until_says("Press Ctrl-C to stop everything.")
    assert fresh.interrupt() < 10
