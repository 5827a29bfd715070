"""`python -m demo`: everything on this machine, until Ctrl-C. See `python -m demo --help`."""

import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from demo import samples, table
from demo.control import Control, ask
from demo.errors import Interrupted, StackError
from demo.ports import Ports
from demo.programs import SERVICES
from demo.stack import Stack
from demo.watch import Watch
from shared.errors import ConfigError

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Starts RabbitMQ, the store, the mail catcher, the five services and a pretend university site on this"
    " machine, and stops them all at Ctrl-C. While it runs, `python -m demo scale tickets=3` in another terminal"
    " adds or takes away copies of a service, and `python -m demo status` tells how many there are.",
)
console = Console(highlight=False, markup=False)
State = Annotated[Path, typer.Option("--state-dir", help="where data, keys and logs are kept")]


@app.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    fresh: Annotated[bool, typer.Option("--fresh", help="forget what earlier runs kept")] = False,
    copies: Annotated[str, typer.Option(help='copies of each service, as in "tickets=3 intake=2"')] = "",
    base_port: Annotated[int, typer.Option(help="the portal's port; the others follow at fixed distances")] = 8100,
    state_dir: State = Path(".sportello"),
    no_samples: Annotated[bool, typer.Option("--no-samples", help="start without sample requests")] = False,
) -> None:
    """Runs everything until Ctrl-C."""
    if context.invoked_subcommand is None:
        with _sentences():
            _run(fresh, wanted_copies(copies), Ports.fixed(base_port), state_dir, samples_too=not no_samples)


@app.command()
def scale(
    copies: Annotated[list[str], typer.Argument(help="as in: tickets=3 intake=2")],
    state_dir: State = Path(".sportello"),
) -> None:
    """Adds or takes away copies of services of the running Sportello."""
    with _sentences():
        _tell(state_dir, {"scale": wanted_copies(" ".join(copies))})


@app.command()
def status(state_dir: State = Path(".sportello")) -> None:
    """Tells how many copies of each service run."""
    with _sentences():
        _tell(state_dir, {})


@contextmanager
def _sentences() -> Iterator[None]:
    """Whatever goes wrong on purpose ends the program with its sentence, and no traceback."""
    try:
        yield
    except Interrupted:
        _say("Stopped while starting; nothing is left running.")
    except (StackError, ConfigError) as error:
        console.print(f"Sportello: {error}", style="red", soft_wrap=True)
        raise typer.Exit(1) from None


def _run(fresh: bool, copies: dict[str, int], ports: Ports, state: Path, *, samples_too: bool) -> None:
    stopping = threading.Event()
    amqp, mongo = (os.environ.get(f"SPORTELLO_{name}_URL") for name in ("AMQP", "MONGO"))
    stack = Stack(state, copies=copies, ports=ports, amqp_url=amqp, mongo_url=mongo, settings=_passed_on(), say=_say)
    stack.given_up = stopping
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    if fresh and (amqp or mongo):
        _say("FRESH empties only what is kept here: the servers you gave keep their data.")
    stack.start(fresh=fresh)
    watch = Watch(stack, _say)
    control = Control(stack, watch)
    try:
        control.start()
        if samples_too:
            samples.send(stack, _say)
        table.show(console, stack)
        while not stopping.wait(0.5):
            watch.look()
    finally:
        _say("Stopping ...")
        control.stop()
        watch.turn.acquire(timeout=5)  # a `scale` that is under way ends soon, now that we are stopping
        stack.stop()
        _say("Everything is stopped.")


def _passed_on() -> dict[str, str]:
    """Settings of the person's own environment, but for those that are ours to choose."""
    ours = re.compile("SPORTELLO_(AMQP_URL|MONGO_URL|HOST|PORT|STACK|TEST_.*)")
    theirs = {name: value for name, value in os.environ.items() if name.startswith("SPORTELLO_") and value}
    return {name.removeprefix("SPORTELLO_"): value for name, value in theirs.items() if not ours.fullmatch(name)}


def wanted_copies(copies: str) -> dict[str, int]:
    """`tickets=3 intake=2` as numbers; `StackError` when it makes no sense."""
    wanted = {}
    for word in copies.replace(",", " ").split():
        name, _, count = word.partition("=")
        if name not in SERVICES or not count.isdigit() or int(count) > 20:
            raise StackError(f"'{word}' is not understood: write for example tickets=3, for {', '.join(SERVICES)}.")
        wanted[name] = int(count)
    return wanted


def _tell(state_dir: Path, question: dict[str, dict[str, int]]) -> None:
    copies = ask(state_dir, question)["copies"]
    for name in SERVICES:
        console.print(f"{name}: {copies.get(name, 0)}")


def _say(sentence: str) -> None:
    console.print(sentence, soft_wrap=True)


if __name__ == "__main__":
    app()
