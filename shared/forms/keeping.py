"""Forms that change while a service runs: a new version is there within seconds, a wrong or edited file never."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeVar

from shared.forms.catalogue import Forms
from shared.forms.inspection import RELEASED, released_faults
from shared.reload import Kept

T = TypeVar("T")
# What forms are read from, below the folder of the configuration.
_FILES: Final = ("forms", f"forms/{RELEASED}", "sites.yml")


def load(config_dir: Path, extra_origins: str = "") -> Forms:
    """The forms of a folder. `ConfigError` at the first fault, and for a released file that was edited or is gone."""
    for fault in released_faults(config_dir):
        raise fault
    return Forms.load(config_dir, extra_origins)


def watched(config_dir: Path, forms: Forms, took: Callable[[], None] = lambda: None) -> Kept[Forms]:
    """Lets `forms` take what the changed files say, once they are right; `took` hears of it."""

    def take(newer: Forms) -> None:
        forms.take(newer)
        took()

    return kept_with_forms(config_dir, lambda: load(config_dir), take)


def kept_with_forms(
    config_dir: Path, read: Callable[[], T], took: Callable[[T], None] = lambda newer: None, also: Iterable[str] = ()
) -> Kept[T]:
    """What `read` makes of the forms and of the files `also`."""
    return Kept([config_dir / name for name in (*_FILES, *also)], read, took)
