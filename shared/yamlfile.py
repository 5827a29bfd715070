"""Configuration files: YAML in, a checked pydantic model out, every fault with its file and line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from shared.errors import ConfigError
from shared.events import Language

Location = tuple[int | str, ...]
Model = TypeVar("Model", bound=BaseModel)


ID_PATTERN = r"^[a-z][a-z0-9-]{1,40}$"
# Conditions within conditions; deeper is a slip, or an alias that leads back to itself.
DEEPEST: Final = 50
_NUMBER: Final = "tag:yaml.org,2002:int"
_TOO_DEEP: Final = f"is nested more than {DEEPEST} deep: write it flatter"

# What a person reads instead of the library's words.
_SENTENCES: Final[Mapping[str, str]] = {
    "extra_forbidden": "there is no such word here: correct its spelling, or take it out",
    "missing": "is missing: add it",
    "string_type": "write a text",
    "tuple_type": "write a list, like [one, another]",
    "dict_type": "write words with their values, like {{form: fees}}",
    "mapping_type": "write words with their values, like {{form: fees}}",
    "model_type": "write words with their values, like {{form: fees}}",
    "date_from_datetime_parsing": "write a date like 2026-09-01",
    "literal_error": "write {expected}",
    "greater_than_equal": "write at least {ge}",
    "less_than_equal": "write at most {le}",
}


def yaml_files(folder: Path) -> list[Path]:
    """The YAML files of a folder by their names, without what editors and systems put beside them (`.#fees.v2.yml`)."""
    return [path for path in sorted(folder.glob("*.y*ml")) if not path.name.startswith(".")]


class Strict(BaseModel):
    """Configuration: frozen, and an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Texts(Strict):
    """A text in both languages."""

    it: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def say(self, language: Language) -> str:
        """The text in `language`."""
        return self.it if language == "it" else self.en


class YamlFile:
    """One parsed file that remembers on which line each value stands.

    Raises `ConfigError` when the file is missing, isn't YAML, or says the same key twice.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except OSError as error:
            raise ConfigError(f"{path}:1: cannot be read: {error.strerror}") from error
        except (UnicodeDecodeError, yaml.reader.ReaderError) as error:
            raise ConfigError(f"{path}:1: is not text in UTF-8: save it as such") from error
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ConfigError(f"{path}:{line}: is not valid YAML: {error.problem}") from error
        except RecursionError as error:
            raise ConfigError(f"{path}:1: {_TOO_DEEP}") from error
        if node is None:
            raise ConfigError(f"{path}:1: is empty")
        self._lines: dict[Location, int] = {}
        self.data: Any = self._read(node, ())

    def _read(self, node: yaml.Node, location: Location) -> Any:
        self._lines[location] = line = node.start_mark.line + 1
        if len(location) > DEEPEST:
            raise ConfigError(f"{self.path}:{line}: {_TOO_DEEP}")
        if isinstance(node, yaml.MappingNode):
            found: dict[Any, Any] = {}
            for key_node, value_node in node.value:
                key = self._scalar(key_node)
                if key in found:
                    raise ConfigError(f"{self.path}:{key_node.start_mark.line + 1}: '{key}' is given twice")
                found[key] = self._read(value_node, (*location, key))
                # A missing child is reported at its parent's key, not at the line below it.
                self._lines[(*location, key)] = key_node.start_mark.line + 1
            return found
        if isinstance(node, yaml.SequenceNode):
            return [self._read(child, (*location, index)) for index, child in enumerate(node.value)]
        return self._scalar(node)

    def _scalar(self, node: yaml.Node) -> Any:
        """A word, number, date or the like; YAML's own reader has no line for a day that no month has."""
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.ScalarNode):
            raise ConfigError(f"{self.path}:{line}: what stands before a colon must be one word")
        if ":" in node.value and node.tag == _NUMBER:
            # YAML 1.1 reads 18:30 as a number in base 60; to whoever writes it, it is a clock time.
            return node.value
        try:
            return yaml.SafeLoader("").construct_object(node)
        except (yaml.YAMLError, ValueError, LookupError, OverflowError) as error:
            sentence = f"'{node.value}' can't be read: correct it, or write it in quotes when it is a text"
            raise ConfigError(f"{self.path}:{line}: {sentence}") from error

    def line(self, location: Location) -> int:
        """The line of the value at `location`, or of the nearest value around it."""
        while location and location not in self._lines:
            location = location[:-1]
        return self._lines.get(location, 1)

    def fault(self, location: Location, sentence: str) -> ConfigError:
        """An error to raise: `config/routing.yml:12: sentence`."""
        return ConfigError(f"{self.path}:{self.line(location)}: {sentence}")

    def into(self, model: type[Model]) -> Model:
        """This file as `model`; the first thing wrong is raised with its line."""
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            # Where one of several types is allowed, pydantic names the one it tried last.
            where = ".".join(str(part) for part in first["loc"] if part != "str")
            raise self.fault(first["loc"], f"{where or 'the file'}: {_sentence(first)}") from error


def _sentence(error: ErrorDetails) -> str:
    given = error.get("ctx", {})
    if given.get("pattern") == ID_PATTERN:
        return "write 2 to 41 small letters, digits and hyphens, a letter first"
    known = _SENTENCES.get(error["type"])
    return known.format(**given) if known else error["msg"].removeprefix("Value error, ")
