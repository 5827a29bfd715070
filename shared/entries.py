"""A folder of files that each list entries of one kind under one word, like `config/faq/*.yml`."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, create_model

from shared.errors import ConfigError
from shared.yamlfile import ID_PATTERN, Location, Strict, YamlFile, yaml_files


class Entry(Strict):
    """What such a file lists; its id is its own in the whole folder."""

    id: str = Field(pattern=ID_PATTERN)


Kind = TypeVar("Kind", bound=Entry)
Faults = Callable[[Kind], Iterable[tuple[Location, str]]]


def read_entries(
    folder: Path, word: str, entry: type[Kind], called: str, faults_of: Faults[Kind]
) -> tuple[list[Kind], list[ConfigError]]:
    """The entries that stand under `word`, in the order of the files, and every fault with its file and line; one that
    hides others in its file comes alone. No folder, no entries.

    `called`: what people call one; `faults_of`: what is wrong in one, each with its place in it.
    """
    fields: dict[str, Any] = {word: (tuple[entry, ...], Field(min_length=1))}  # type: ignore[valid-type]
    model = create_model("File", __base__=Strict, **fields)
    entries: list[Kind] = []
    faults: list[ConfigError] = []
    where: dict[str, str] = {}
    for path in yaml_files(folder):
        try:
            file = YamlFile(path)
            found: tuple[Kind, ...] = getattr(file.into(model), word)
        except ConfigError as error:
            faults.append(error)
            continue
        for index, each in enumerate(found):
            at = (word, index)
            if each.id in where:
                faults.append(file.fault((*at, "id"), f"{called} '{each.id}' is given twice: also in {where[each.id]}"))
            where[each.id] = f"{path.name}, line {file.line((*at, 'id'))}"
            faults += [file.fault((*at, *place), said) for place, said in faults_of(each)]
        entries += found
    return entries, faults
