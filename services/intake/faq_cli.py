"""`sportello faq`: check the answered questions before anybody reads them."""

from pathlib import Path
from typing import Annotated

import typer

from services.intake.faq import FOLDER, read
from shared.errors import ConfigError
from shared.forms import Forms
from shared.terminal import judge, settings_with, stop

app = typer.Typer(help="Answered questions: what people are offered before they send a form.")


@app.callback()
def faq() -> None:
    """Answered questions."""


@app.command("check")
def check(
    config: Annotated[
        Path | None, typer.Option("--config", help="A folder with edited files, like config/, that need not be live")
    ] = None,
) -> None:
    """Whether config/faq/*.yml are right; every fault with its file and line."""
    folder = config or settings_with().config_dir
    try:
        questions, faults = read(folder, Forms.load(folder))
    except ConfigError as error:
        stop(error.detail)
    judge(faults, f"{folder / FOLDER}: {len(questions)} questions: nothing wrong.")
