"""The sample people of `config/people.yml`: who the demo sign-in offers, and whom notifier knows from the start."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import EmailStr, Field

from shared.events import Language
from shared.policy import Person, Role
from shared.queues import Queues
from shared.reload import Kept
from shared.yamlfile import Strict, YamlFile

T = TypeVar("T")


class _Entry(Strict):
    id: str = Field(pattern=r"^[a-z][a-z0-9.@_-]{1,60}$")
    name: str = Field(min_length=1)
    email: EmailStr
    language: Language = "it"
    roles: tuple[Role, ...] = Field(min_length=1)
    groups: tuple[str, ...] = ()
    about: str = ""


class _File(Strict):
    people: tuple[_Entry, ...] = Field(min_length=1)


class People:
    """Everyone in the file, in its order. Raises `ConfigError` with file and line.

    Whoever holds it has the newest: `take` puts what a changed file says in place of all that was said before.
    """

    def __init__(self, path: Path, queues: Queues) -> None:
        file = YamlFile(path)
        groups = {queue.group for queue in queues}
        self._by_id: dict[str, Person] = {}
        self.about: dict[str, str] = {}
        for index, entry in enumerate(file.into(_File).people):
            if entry.id in self._by_id:
                raise file.fault(("people", index, "id"), f"person '{entry.id}' is given twice")
            if foreign := set(entry.roles) - {Role.OPERATOR, Role.USER}:
                raise file.fault(("people", index, "roles"), f"role '{min(foreign)}' is not for people")
            if unknown := set(entry.groups) - groups:
                raise file.fault(("people", index, "groups"), f"no queue has the group '{min(unknown)}'")
            fields = entry.model_dump(exclude={"about"})
            self._by_id[entry.id] = Person(**fields)
            self.about[entry.id] = entry.about

    @classmethod
    def load(cls, config_dir: Path, queues: Queues) -> "People":
        """The people of `config_dir/people.yml`."""
        return cls(config_dir / "people.yml", queues)

    def take(self, newer: "People") -> None:
        """From now on, say what `newer` says. One assignment: nobody sees half of it."""
        self.__dict__ = newer.__dict__.copy()

    def get(self, person_id: str) -> Person | None:
        """The person, or None."""
        return self._by_id.get(person_id)

    def all(self) -> list[Person]:
        """Everyone."""
        return list(self._by_id.values())


def watched(config_dir: Path, queues: Queues, people: People) -> Kept[tuple[Queues, People]]:
    """Lets both take what the changed files say, once these are right and the people's groups fit the queues."""

    def load() -> tuple[Queues, People]:
        newer = Queues.load(config_dir)
        return newer, People.load(config_dir, newer)

    def take(newer: tuple[Queues, People]) -> None:
        queues.take(newer[0])
        people.take(newer[1])

    return kept_with_people(config_dir, load, take)


def kept_with_people(config_dir: Path, load: Callable[[], T], took: Callable[[T], None]) -> Kept[T]:
    """What `load` makes of the queues and the people."""
    return Kept((config_dir / "queues.yml", config_dir / "people.yml"), load, took)
