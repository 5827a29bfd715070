"""`sportello forms`: what is wrong with forms, what changed between versions, and a look at them."""

from pathlib import Path
from typing import Annotated

import typer

from services.intake.guide import guide_faults
from services.intake.preview_links import preview_token
from shared.errors import ConfigError, NotFound
from shared.forms import Forms
from shared.forms.changes import Change, changes
from shared.forms.inspection import all_faults, release, unreleased
from shared.terminal import settings_with, stop

app = typer.Typer(help="Forms: check them, compare their versions, release them, look at them.")
Folder = Annotated[
    Path | None, typer.Option("--config", help="A folder with edited files, like config/, that need not be live")
]


@app.command("check")
def check(config: Folder = None) -> None:
    """Whether all forms, sites.yml and guide.yml are right; every fault with its file and line."""
    folder = config or settings_with().config_dir
    found = all_faults(folder)
    forms = None if found else Forms.load(folder)
    found += guide_faults(folder, forms) if forms else []
    if found:
        for fault in found:
            typer.echo(fault.detail, err=True)
        raise typer.Exit(1)
    for path in unreleased(folder):
        typer.echo(f"{path}: not released yet: it may still be edited (`sportello forms release` ends that).")
    typer.echo(f"{folder}: {len(forms.ids()) if forms else 0} forms: nothing wrong.")


@app.command("changes")
def show_changes(
    form: Annotated[str, typer.Argument(help="The form's id, like credentials")],
    old: Annotated[int | None, typer.Option("--from", help="An older version; else the one before")] = None,
    new: Annotated[int | None, typer.Option("--to", help="A newer version; else the newest")] = None,
    config: Folder = None,
) -> None:
    """What is different between two versions of a form, field by field."""
    try:
        forms = Forms.load(config or settings_with().config_dir)
        newest = forms.get(form, new) if new else forms.current(form)
        before = [each.version for each in forms.versions(form) if each.version < newest.version]
        if old is None and not before:
            stop(f"'{form}' has only version {newest.version}.")
        oldest = forms.get(form, old if old is not None else before[0])
    except (ConfigError, NotFound) as error:
        stop(error.detail)
    typer.echo(f"{form}: version {oldest.version} -> {newest.version}")
    for change in changes(oldest, newest):
        typer.echo(f"  {_line(change)}")


@app.command("release")
def release_new(config: Folder = None) -> None:
    """From now on no form file that is there now is edited again: people may fill it in. Checks them first."""
    folder = config or settings_with().config_dir
    if found := all_faults(folder):
        stop(f"nothing was released: {found[0].detail}")
    for path in release(folder):
        typer.echo(f"{path}: released.")


@app.command("preview-link")
def preview_link(
    hours: Annotated[float, typer.Option(min=0.1, max=24 * 7, help="How long the link is good for")] = 8,
) -> None:
    """An address at which every form can be looked at, in both languages and all widths, without sending anything."""
    settings = settings_with("signing_key", "intake_url")
    token = preview_token(settings.signing_key, hours)
    typer.echo(f"{settings.intake_url.rstrip('/')}/forms/preview?token={token}")


def _line(change: Change) -> str:
    name = f"{change.field or 'the form'}:"
    if change.kind in ("added", "removed"):
        return f"{name} {change.kind} ({change.after or change.before})"
    return f"{name} {change.what}: {change.before or '(none)'} -> {change.after or '(none)'}"
