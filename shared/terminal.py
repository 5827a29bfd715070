"""What every command of a terminal needs: the settings, a loop, and an end with one sentence."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, NoReturn, TypeVar

import typer

from shared.config import Settings
from shared.errors import SportelloError

T = TypeVar("T")


def settings_with(*need: str) -> Settings:
    """The settings; the command ends when one of `need` is missing."""
    try:
        return Settings.load(*need)
    except SportelloError as error:
        stop(error.detail)


def run(work: Coroutine[Any, Any, T]) -> T:
    """What `work` comes to; the command ends when it can't be done."""
    try:
        return asyncio.run(work)
    except SportelloError as error:
        stop(error.detail)


def stop(sentence: str) -> NoReturn:
    """End the command with a sentence and status 1."""
    typer.echo(f"sportello: {sentence}", err=True)
    raise typer.Exit(1)


def judge(faults: Sequence[SportelloError], well: str) -> None:
    """Tell each fault and end with status 1; without any, say `well`."""
    for fault in faults:
        typer.echo(fault.detail, err=True)
    if faults:
        raise typer.Exit(1)
    typer.echo(well)
