"""`sportello answers`: check the answer templates before anybody uses them."""

from pathlib import Path
from typing import Annotated

import typer

from services.portal.answers import FOLDER, read
from shared.errors import ConfigError
from shared.forms import Forms
from shared.terminal import judge, settings_with, stop

app = typer.Typer(help="Answer templates: the texts that operators begin from.")


@app.callback()
def answers() -> None:
    """Answer templates."""


@app.command("check")
def check(
    config: Annotated[
        Path | None, typer.Option("--config", help="A folder with edited files, like config/, that need not be live")
    ] = None,
) -> None:
    """Whether config/answers/*.yml are right; every fault with its file and line."""
    folder = config or settings_with().config_dir
    try:
        templates, faults = read(folder, Forms.load(folder))
    except ConfigError as error:
        stop(error.detail)
    judge(faults, f"{folder / FOLDER}: {len(templates)} templates: nothing wrong.")
