"""What is done to a running system from a terminal. Reads the same SPORTELLO_* settings as a service.

`services.cli` puts these commands together with those that a service brings, as `sportello`.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from shared.blobs import Blobs, StoredBlob
from shared.config import Settings
from shared.dead import DeadLetters
from shared.deadmessage import DeadMessage
from shared.ids import random_id
from shared.internal import InternalClient
from shared.policy import Person, Role
from shared.terminal import run, settings_with, stop

# How many owners are asked about in one call; tickets takes 10,000.
BATCH = 1000
US = Person(id="sportello-cli", name="sportello", roles=frozenset({Role.SERVICE}))

app = typer.Typer(
    help=str(__doc__).partition("\n")[0], no_args_is_help=True, add_completion=False, rich_markup_mode=None
)
dead = typer.Typer(help="Messages that nobody could handle: look at them, send them back, or destroy them.")
blobs = typer.Typer(help="Uploaded files.")
app.add_typer(dead, name="dead", no_args_is_help=True)
app.add_typer(blobs, name="blobs", no_args_is_help=True)

Queue = Annotated[str, typer.Argument(help="The work queue, as `dead list` names it: notifier.ticket.opened.v1")]
MessageId = Annotated[str, typer.Argument(help="The message's id, as `dead list` shows it")]


@dead.command("list")
def list_dead(
    queue: Annotated[str | None, typer.Argument(help="Only this work queue")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The oldest so many of each queue")] = 200,
) -> None:
    """How many messages rest in each dead queue, then each with its reason, when, attempts and ids."""
    letters = DeadLetters(settings_with("amqp_url").amqp_url)
    counts = run(letters.counts())
    for name, count in counts.items():
        if count and queue in (None, name):
            typer.echo(f"{count:>6}  {name}")
    found = run(letters.list(queue, limit))
    if not found:
        typer.echo("No dead messages.")
    for message in found:
        typer.echo(f"\n{_heading(message)}")
        typer.echo(f"  {message.error}: {message.reason}" if message.reason else f"  {message.error}")


@dead.command("show")
def show_dead(queue: Queue, message_id: MessageId) -> None:
    """One message with its headers and body. The body may hold what a person typed."""
    letter = run(DeadLetters(settings_with("amqp_url").amqp_url).show(queue, message_id))
    typer.echo(_heading(letter))
    typer.echo(f"  {letter.error}: {letter.reason}")
    for name, value in letter.headers.items():
        typer.echo(f"  {name}: {value}")
    typer.echo(letter.body)


@dead.command("replay")
def replay_dead(
    queue: Queue,
    message_id: Annotated[str | None, typer.Argument(help="The message's id; or give --all")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All messages that rest there now")] = False,
) -> None:
    """Send a message back to its work queue, under the same id: its effect happens once, however often it is sent."""
    if (message_id is None) != everything:
        stop("Give one message's id, or --all.")
    replayed = run(DeadLetters(settings_with("amqp_url").amqp_url).replay(queue, message_id))
    typer.echo(f"{replayed} sent back to {queue}.")


@dead.command("drop")
def drop_dead(
    queue: Queue,
    message_id: MessageId,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask")] = False,
) -> None:
    """Destroy a message for good: what it asked for never happens."""
    if not yes:
        typer.confirm(f"Destroy {message_id} of {queue} for good?", abort=True)
    run(DeadLetters(settings_with("amqp_url").amqp_url).drop(queue, message_id))
    typer.echo("Destroyed.")


@blobs.command("orphans")
def list_orphans(
    older: Annotated[
        float, typer.Option("--older-than", min=0, help="Only files stored more than so many hours ago")
    ] = 0,
) -> None:
    """Stored files that no ticket names, oldest first, with age and size. Nothing is removed: that is for a person."""
    settings = settings_with("blobs_url", "internal_key")
    now = datetime.now(UTC)
    found = [blob for blob in run(_orphans(settings)) if now - blob.stored_at >= timedelta(hours=older)]
    for blob in sorted(found, key=lambda blob: blob.stored_at):
        typer.echo(f"{_age(now - blob.stored_at):>10}  {blob.size:>12,} B  {blob.key}")
    typer.echo(f"Named by no ticket: {len(found)} files, {sum(blob.size for blob in found):,} bytes.")


async def _orphans(settings: Settings) -> list[StoredBlob]:
    stored = [blob async for blob in Blobs(settings.blobs_url).listing()]
    owners = sorted({_owner(blob) for blob in stored})
    tickets = InternalClient(settings.tickets_urls, settings.internal_key)
    unnamed: set[str] = set()
    try:
        for some in _batches(owners):
            answer = await tickets.post("/blobs/unnamed", US, {"owners": some}, random_id())
            unnamed.update(answer["unnamed"])
    finally:
        await tickets.close()
    return [blob for blob in stored if _owner(blob) in unnamed]


def _owner(blob: StoredBlob) -> str:
    return blob.key.partition("/")[0]


def _batches(items: list[str]) -> Iterable[list[str]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


def _heading(message: DeadMessage) -> str:
    when = message.died_at.isoformat(timespec="seconds") if message.died_at else "unknown time"
    ids = [f"{name} {value}" for name, value in (("ticket", message.number), ("correlation", message.correlation_id))]
    known = "  ".join(each for each in ids if not each.endswith("None"))
    return (
        f"{message.message_id}  {message.queue}  {when}  attempt {message.attempt}  {message.size} B  {known}".rstrip()
    )


def _age(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"


if __name__ == "__main__":
    app()
