"""The internal HTTP door of preferences: each operator's own, checked, and refused when another page was faster."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Depends, Request
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from services.notifier.choices import Choices
from services.notifier.inbox_api import Choice, reader
from services.notifier.preferences import Audience, Away, Kind, Preferences, When
from services.notifier.sentences import Sentences
from shared.errors import BadInput
from shared.events import Language
from shared.people import People
from shared.policy import Person
from shared.queues import Queues

_KINDS = frozenset(kind.value for kind in Kind)
_WHENS = frozenset(when.value for when in When)
# Later days can't be said in every zone; and what the store can count.
LAST_YEAR: Final = 2199
MOST_WRITES: Final = 1_000_000_000


# A limit also refuses half a character, which no answer could repeat.
Word = Annotated[str, Field(max_length=64)]


def _near(moment: datetime) -> datetime:
    if moment.year > LAST_YEAR:
        raise ValueError(f"choose a day before the year {LAST_YEAR + 1}")
    return moment


class AwayWish(BaseModel):
    """An absence as it is asked for."""

    until: Annotated[AwareDatetime, AfterValidator(_near)]
    deputy: str = Field(max_length=64)


class PreferencesWish(BaseModel):
    """All of a person's choices. `version`: of those that the page showed, 0 before the first. `queues` null: those of
    the person's groups; a kind that isn't in `mail` stays at its default."""

    version: int = Field(ge=0, le=MOST_WRITES)
    mail: dict[Word, Word] = Field(default={}, max_length=50)
    queues: list[Annotated[str, Field(max_length=64)]] | None = Field(default=None, max_length=500)
    away: AwayWish | None = None
    language: Language | None = None


class Shown(BaseModel):
    """A person's choices as they count now. `own_queues`: whether they chose them; `away` stays when it is over.

    `kinds`: what there is to choose for, in the reader's words.
    """

    version: int
    mail: dict[Kind, When]
    queues: list[str]
    own_queues: bool
    away: AwayWish | None
    is_away: bool
    language: Language
    kinds: list[Choice]


class Fault(NamedTuple):
    """What is wrong: the field, a code for whoever says it in another language, the sentence, and what it names."""

    field: str
    code: str
    message: str
    names: str = ""


def routes(internal_key: str, sentences: Sentences, people: People, queues: Queues) -> APIRouter:
    """`/preferences`"""
    router = APIRouter()
    owner = reader(internal_key)

    def shown(person: Person, chosen: Preferences, language: Language | None) -> Shown:
        audience = Audience(people, queues, {person.id: chosen})
        away = AwayWish(**chosen.away.model_dump()) if chosen.away else None
        return Shown(
            version=chosen.version,
            mail={kind: chosen.when(kind) for kind in Kind},
            queues=list(audience.followed(_known(people, person))),
            own_queues=chosen.queues is not None,
            away=away,
            is_away=chosen.away_at(datetime.now(UTC)) is not None,
            language=audience.language(person),
            kinds=[Choice(id=kind, name=sentences.kind(kind, language or person.language)) for kind in Kind],
        )

    @router.get("/preferences")
    async def read_preferences(
        person: Annotated[Person, Depends(owner)],
        choices: Annotated[Choices, Depends(rows)],
        language: Language | None = None,
    ) -> Shown:
        """The caller's own, `kinds` in `language`."""
        return shown(person, await choices.get(person.id), language)

    @router.post("/preferences")
    async def save_preferences(
        wish: PreferencesWish, person: Annotated[Person, Depends(owner)], choices: Annotated[Choices, Depends(rows)]
    ) -> Shown:
        """Save them. 422 names each field at fault; 409 `preferences_changed`: they were saved elsewhere meanwhile."""
        everybody = await choices.all()
        faults = list(faults_of(wish, person, Audience(people, queues, everybody), queues, datetime.now(UTC)))
        if faults:
            raise BadInput("Your preferences were not saved.", errors=[fault._asdict() for fault in faults])
        return shown(person, await choices.save(person.id, _chosen(wish)), None)

    return router


def rows(request: Request) -> Choices:
    """The running app's repository."""
    found: Choices = request.app.state.choices
    return found


def faults_of(
    wish: PreferencesWish, person: Person, audience: Audience, queues: Queues, now: datetime
) -> Iterator[Fault]:
    """Everything that keeps `wish` from being saved, one sentence each."""
    yield from _unknown_mails(wish.mail)
    for queue in wish.queues or ():
        if queue not in queues:
            yield Fault("queues", "unknown_queue", f"There is no queue '{queue}': take it off the list.", queue)
    if wish.away is None:
        return
    if wish.away.until <= now:
        yield Fault("away.until", "away_past", "This moment is over: say until when you will be away.")
    if wish.away.deputy == person.id:
        yield Fault("away.deputy", "deputy_self", "You can't stand in for yourself: choose a colleague.")
        return
    deputy = audience.operator(wish.away.deputy)
    if deputy is None:
        yield Fault("away.deputy", "unknown_person", "This colleague is not known: choose one from the list.")
    elif _leads_back(deputy, person, audience, now):
        yield Fault(
            "away.deputy",
            "deputy_circle",
            f"{deputy.name} is away too and you stand in for them: choose somebody else.",
            deputy.name,
        )


def _unknown_mails(mail: Mapping[str, str]) -> Iterator[Fault]:
    for kind, when in mail.items():
        if kind not in _KINDS:
            yield Fault(f"mail.{kind}", "unknown_kind", f"There are no notices of the kind '{kind}'.", kind)
        elif when not in _WHENS:
            yield Fault(f"mail.{kind}", "unknown_when", f"'{when}' is none of now, hourly, daily and never.", when)


def _leads_back(deputy: Person, person: Person, audience: Audience, now: datetime) -> bool:
    """Whether the deputy's own deputy, or theirs, is `person`."""
    met: set[str] = set()
    present: Person | None = deputy
    while present and present.id not in met:
        met.add(present.id)
        away = audience.preferences(present.id).away_at(now)
        present = audience.operator(away.deputy) if away else None
        if present and present.id == person.id:
            return True
    return False


def _chosen(wish: PreferencesWish) -> Preferences:
    return Preferences(
        mail={Kind(kind): When(when) for kind, when in wish.mail.items()},
        queues=tuple(dict.fromkeys(wish.queues)) if wish.queues is not None else None,
        away=Away(**wish.away.model_dump()) if wish.away else None,
        language=wish.language,
        version=wish.version,
    )


def _known(people: People, person: Person) -> Person:
    """As the file has them: their groups may be newer than their session."""
    return people.get(person.id) or person
