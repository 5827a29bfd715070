"""What each operator wants to hear, and who hears instead while they are away. Pure: time and choices come in."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, Field

from shared.events import Frozen, Id, Language
from shared.people import People
from shared.policy import Person
from shared.queues import Queues


class Kind(StrEnum):
    """What people choose their mails by, the most urgent first: a notice with several reasons takes the first."""

    ASSIGNED = "assigned"
    MENTION = "mention"
    TROUBLE = "trouble"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    QUESTION = "question"
    USER_WROTE = "user_wrote"
    NEW = "new"
    HANDS = "hands"
    STATE = "state"
    NOTE = "note"
    MAIL = "mail"
    SORTING = "sorting"


class When(StrEnum):
    """By mail one by one, collected, or in the inbox only."""

    NOW = "now"
    HOURLY = "hourly"
    DAILY = "daily"
    NEVER = "never"


# Until somebody chooses: what waits for this very person comes by mail at once, the rest stays in the inbox.
BY_MAIL: Final = frozenset({Kind.ASSIGNED, Kind.MENTION, Kind.TROUBLE, Kind.OVERDUE, Kind.ANSWERED})


class Away(Frozen):
    """Not there until then; `deputy` (a person's id) hears instead."""

    until: AwareDatetime
    deputy: Id


class Preferences(Frozen):
    """One person's choices. `queues`: those they follow; None: those of their groups. `version` counts the writes."""

    mail: dict[Kind, When] = Field(default_factory=dict)
    queues: tuple[str, ...] | None = None
    away: Away | None = None
    language: Language | None = None
    version: int = 0

    def when(self, kind: Kind) -> When:
        """When notices of this kind go by mail."""
        return self.mail.get(kind, When.NOW if kind in BY_MAIL else When.NEVER)

    def away_at(self, now: datetime) -> Away | None:
        """Their absence, as long as it lasts."""
        return self.away if self.away and now < self.away.until else None


DEFAULT: Final = Preferences()


class Audience:
    """All operators with their choices."""

    def __init__(self, people: People, queues: Queues, chosen: Mapping[str, Preferences]) -> None:
        self._people = people
        self._queues = queues
        self._chosen = chosen

    def operator(self, person_id: str) -> Person | None:
        """The operator; None: unknown, or no operator."""
        person = self._people.get(person_id)
        return person if person and person.is_operator else None

    def preferences(self, person_id: str) -> Preferences:
        """What they chose, or the defaults."""
        return self._chosen.get(person_id, DEFAULT)

    def language(self, person: Person) -> Language:
        """The language they want their notices in."""
        return self.preferences(person.id).language or person.language

    def followed(self, person: Person) -> tuple[str, ...]:
        """The queues whose arrivals they hear of."""
        chosen = self.preferences(person.id).queues
        return chosen if chosen is not None else tuple(queue.id for queue in self._queues.of_groups(person.groups))

    def followers(self, queues: Iterable[str]) -> list[Person]:
        """Who follows one of `queues`."""
        wanted = set(queues)
        return [
            person for person in self._people.all() if person.is_operator and wanted.intersection(self.followed(person))
        ]

    def stand_in(self, person: Person, now: datetime) -> Person:
        """Who hears instead of `person`: the first of their deputies who is there; themselves, when nobody is.

        A deputy who is away has a deputy of their own. When they name each other in a circle, or name somebody who is
        no operator any more, nobody stands in: better a mail to one who is away than to no one.
        """
        met, present = {person.id}, person
        while away := self.preferences(present.id).away_at(now):
            deputy = self.operator(away.deputy)
            if deputy is None or deputy.id in met:
                return person
            met.add(deputy.id)
            present = deputy
        return present
