"""`sportello routing`: try rules on what is in the system, check them, see which are in force."""

from pathlib import Path
from typing import Annotated, Any

import typer

from services.routing.explain import Explanation
from services.routing.laws import Laws
from services.routing.past import Past, PastExplained
from services.routing.table import all_faults
from shared.config import Settings
from shared.internal import InternalClient
from shared.policy import Person, Role
from shared.terminal import run, settings_with

# What operators may read.
US = Person(id="sportello-cli", name="sportello", roles=frozenset({Role.OPERATOR}))

app = typer.Typer(help="Where requests and questions go, and why.")
Folder = Annotated[
    Path | None, typer.Option("--config", help="A folder with edited files, like config/, that need not be live")
]


@app.command("explain")
def explain(
    number: Annotated[str, typer.Argument(help="The number of a ticket or of a question, as people see it")],
    config: Folder = None,
) -> None:
    """Rule by rule, what the rules would do with a ticket that is in the system; a star marks the one that decides."""
    settings = settings_with("internal_key")
    explained = run(_here(settings, number, config) if config else _there(settings, number))
    typer.echo(f"{explained.number} is in queue '{explained.queue}'; when it came, '{explained.then}' decided.")
    if explained.request:
        _table("The request", explained.request)
    if explained.question:
        _table("A question from it" if explained.request else "The question", explained.question)


@app.command("check")
def check(config: Folder = None) -> None:
    """Whether queues.yml and routing.yml are right; every fault with its file and line."""
    folder = config or settings_with().config_dir
    if found := all_faults(folder):
        for fault in found:
            typer.echo(fault.detail, err=True)
        raise typer.Exit(1)
    queues, table, _ = Laws.load(folder)
    rules = f"{len(table.rules)} rules and {len(table.second_level)} of the second level"
    typer.echo(f"{folder}: {len(list(queues))} queues, {rules}: nothing wrong.")


@app.command("status")
def status() -> None:
    """Which rules are in force since when at each of routing's addresses, and the fault that keeps newer files out."""
    settings, wrong = settings_with("internal_key"), False
    for url in settings.routing_urls.split():
        try:
            found = run(_get(url, settings, "/rules"))
        except typer.Exit:
            typer.echo(f"{url}  no answer")
            wrong = True
            continue
        typer.echo(f"{url}  rules {found['fingerprint']} since {found['since']}: {found['rules']} rules,")
        typer.echo(f"  {found['second_level']} of the second level, {found['queues']} queues")
        if found["fault"]:
            wrong = True
            typer.echo(f"  newer files are not taken: {found['fault']}")
    if wrong:
        raise typer.Exit(1)


async def _there(settings: Settings, number: str) -> PastExplained:
    return PastExplained.model_validate(await _get(settings.routing_urls, settings, f"/explain/{number}"))


async def _here(settings: Settings, number: str, folder: Path) -> PastExplained:
    laws = Laws.load(folder)
    tickets = InternalClient(settings.tickets_urls, settings.internal_key)
    try:
        return await Past(tickets, US).explain(number, laws)
    finally:
        await tickets.close()


async def _get(urls: str, settings: Settings, path: str) -> Any:
    client = InternalClient(urls, settings.internal_key)
    try:
        return await client.get(path, US)
    finally:
        await client.close()


def _table(title: str, found: Explanation) -> None:
    width = max([len("rule"), *(len(each.rule) for each in found.rules)])
    typer.echo(f"\n{title}\n   {'rule':<{width}}  holds  why")
    for each in found.rules:
        star, holds = "*" if each.decides else " ", "yes" if each.holds else "no"
        typer.echo(f" {star} {each.rule:<{width}}  {holds:<5}  {each.why}")
    typer.echo(f"{found.sentence}")
    for question in found.questions:
        due = f", due in {question.hours} hours" if question.hours else ""
        typer.echo(f"  asks '{question.queue}': {question.title}{due}")
