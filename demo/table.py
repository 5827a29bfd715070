"""What a person sees once all is up: where to go, and as whom."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from demo.stack import Stack
from shared.people import People
from shared.policy import Role
from shared.queues import Queues


def show(console: Console, stack: Stack) -> None:
    """Prints the addresses and the sample people."""
    console.print()
    console.print(_addresses(stack))
    console.print(_people(stack.config))
    folder = stack.state.folder
    for line in (
        f"Servers: {stack.broker.what}; {stack.store.what}. Logs: {folder}/logs",
        'In another terminal: make scale COPIES="tickets=3" runs more copies of a service;',
        f"  set -a; . {folder}/stack.env   tells .venv/bin/sportello where everything is.",
    ):
        console.print(line, soft_wrap=True)
    console.print("Press Ctrl-C to stop everything.", style="bold")


def _addresses(stack: Stack) -> Table:
    urls = stack.urls
    table = Table(title="Where to go", title_justify="left", title_style="bold")
    table.add_column("Address", no_wrap=True, style="cyan")
    table.add_column("What is there")
    table.add_row(f"{urls.site}/credenziali", "A pretend university site with a form in it: start here")
    table.add_row(f"{urls.faq}/", "Its students' FAQ, with a form below each answer; its information site is next door")
    table.add_row(f"{urls.portal}/", "Gestione richieste: the operators' Cruscotto")
    table.add_row(f"{urls.portal}/my", "Le mie richieste: a user's own requests")
    table.add_row(f"{urls.mails}/", "The e-mails that were sent (none leaves this machine)")
    table.add_row(f"{urls.intake}/forms", "All forms, each on a page of its own")
    return table


def _people(config: Path) -> Table:
    people = People.load(config, Queues.load(config))
    table = Table(title="Sample people (choose one on the sign-in page)", title_justify="left", title_style="bold")
    table.add_column("Name", no_wrap=True)
    table.add_column("Role")
    table.add_column("About")
    for person in people.all():
        role = "operator" if Role.OPERATOR in person.roles else "user"
        table.add_row(person.name, role, people.about[person.id])
    return table
