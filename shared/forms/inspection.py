"""Everything wrong with the forms of a folder, not only the first thing: for who makes forms."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from shared.errors import ConfigError
from shared.forms.catalogue import form_in, read_sites
from shared.forms.model import Form
from shared.yamlfile import yaml_files

RELEASED = "released.sha256"


def all_faults(config_dir: Path) -> list[ConfigError]:
    """Each begins with `file:line:`. The line is 1 where a fault is of the whole file."""
    try:
        sites = read_sites(config_dir)
    except ConfigError as error:
        return [error]
    folder = config_dir / "forms"
    paths = yaml_files(folder)
    found = [] if paths else [ConfigError(f"{folder}:1: holds no form")]
    for path in paths:
        form = form_in(path, sites)
        found += [] if isinstance(form, Form) else form
    return [*found, *released_faults(config_dir)]


def unreleased(config_dir: Path) -> list[Path]:
    """Form files that may still be edited."""
    folder = config_dir / "forms"
    released = {name for _, name, _ in _released(folder)}
    return [path for path in yaml_files(folder) if path.name not in released]


def release(config_dir: Path) -> list[Path]:
    """From now on the files that may still be edited are never edited again. Gives them back."""
    new = unreleased(config_dir)
    path = config_dir / "forms" / RELEASED
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    lines += [f"{_digest(each)}  {each.name}" for each in new]
    path.write_text("".join(f"{line}\n" for line in sorted(lines, key=lambda line: line.split()[-1])), encoding="utf-8")
    return new


def _released(folder: Path) -> Iterator[tuple[str, str, int]]:
    """(checksum, name, line) of each released file; a line that says neither is left to `released_faults`."""
    path = folder / RELEASED
    if not path.exists():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        digest, _, name = line.strip().partition(" ")
        if name:
            yield digest, name.strip(), number


def released_faults(config_dir: Path) -> Iterator[ConfigError]:
    """Released files that were edited or are gone."""
    folder = config_dir / "forms"
    for digest, name, line in _released(folder):
        path = folder / name
        if not path.exists():
            said = f"'{name}' was released and is gone: old tickets need it to show what was asked"
            yield ConfigError(f"{folder / RELEASED}:{line}: {said}")
        elif _digest(path) != digest:
            said = "was edited after its release: put it back, and write the change into the next version"
            yield ConfigError(f"{path}:1: {said}")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
