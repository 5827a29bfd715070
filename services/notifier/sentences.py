"""What a notice says of its fact, in both languages: `config/mails/notices.yml`, checked at start-up.

One sentence per fact, used by the inbox and by mails. It names people, queues, numbers and days; what anybody typed is
never in it: whoever wants to read it follows the link.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from string import Formatter
from typing import Any, Final

from babel.lists import format_list

from services.notifier.letters import say_when
from services.notifier.notices import TABLE, Why
from services.notifier.preferences import Kind
from shared import events as e
from shared.events import Language, PersonRef, RootEvent, TicketRef
from shared.queues import Queues
from shared.yamlfile import Strict, Texts, YamlFile

# Where the words of a fact differ by what it holds or by who reads them: the endings of its keys in the file.
_ENDINGS: Final = ("answered", "returned", "withdrawn")
VARIANTS: Final[dict[type[RootEvent], tuple[str, ...]]] = {
    **dict.fromkeys((e.TicketTaken, e.ChildTaken), ("", "over")),
    **dict.fromkeys((e.TicketHandedOver, e.ChildHandedOver), ("", "you")),
    **dict.fromkeys((e.ResponsibleChanged, e.ChildResponsibleChanged), ("", "you")),
    **dict.fromkeys((e.TicketNoted, e.ChildNoted), ("", "mention")),
    **dict.fromkeys((e.TicketWatched, e.TicketUnwatched, e.ChildWatched, e.ChildUnwatched), ("", "you")),
    **dict.fromkeys((e.TicketResumed, e.ChildResumed), ("", "timer", "returned", "withdrawn", "open")),
    **dict.fromkeys((e.SecondLevelAnswered, e.ChildClosed), _ENDINGS),
    e.TicketClosed: ("successful", "unsuccessful"),
    e.TicketReopened: ("", "reply"),
    e.TicketOpened: ("", "split"),
}
# Names for fields that facts have: placeholder -> where it stands in the fact.
_FIELDS: Final = {
    "owner": ("owner",),
    "responsible": ("responsible",),
    "former": ("former_owner", "former_responsible"),
    "from": ("former_queue",),
    "to_queue": ("child_queue",),
    "person": ("person",),
    "other": ("other", "target", "source", "child", "split_from"),
    "priority": ("priority",),
    "due": ("due_at",),
}
_HOLDERS: Final = (e.TicketTaken, e.TicketHandedOver, e.ChildTaken, e.ChildHandedOver)
_NEW_RESPONSIBLE: Final = (e.ResponsibleChanged, e.ChildResponsibleChanged)
_QUEUES: Final = ("queue", "from", "to_queue")
# Facts whose own `subject` is the ticket's.
_OF_TICKET: Final = (
    e.TicketOpened,
    e.TicketTaken,
    e.TicketHandedOver,
    e.TicketReminded,
    e.TicketAnswered,
    e.InformationRequested,
    e.TicketClosed,
    e.TicketReopened,
)


class _File(Strict):
    kinds: dict[str, Texts]
    reasons: dict[str, Texts]
    facts: dict[str, Texts]
    user: Texts


class Sentences:
    """All sentences. `ConfigError` with file and line when one is missing, unknown, or says what it can't know."""

    def __init__(self, path: Path, queues: Queues) -> None:
        file = YamlFile(path)
        content = file.into(_File)
        self._queues = queues
        self._user = content.user
        self._kinds, self._reasons, self._facts = content.kinds, content.reasons, content.facts
        known = {key: placeholders(fact) for fact in TABLE for key in keys_of(fact)}
        for part, texts, wanted in (
            ("kinds", self._kinds, {kind.value: frozenset[str]() for kind in Kind}),
            ("reasons", self._reasons, {why.value: frozenset({"names"}) for why in Why}),
            ("facts", self._facts, known),
        ):
            for key, text in texts.items():
                if key not in wanted:
                    raise file.fault((part, key), f"'{key}' is none of the {part} there are")
                for said in (text.it, text.en):
                    if foreign := _names_in(said, file, (part, key)) - wanted[key]:
                        known_names = ", ".join(sorted(wanted[key])) or "none"
                        raise file.fault((part, key), f"unknown placeholder '{min(foreign)}' (known: {known_names})")
            if missing := wanted.keys() - texts.keys():
                raise file.fault((part,), f"'{min(missing)}' is missing")

    @classmethod
    def load(cls, config_dir: Path, queues: Queues) -> "Sentences":
        """The sentences of `config_dir/mails/notices.yml`."""
        return cls(config_dir / "mails" / "notices.yml", queues)

    def say(self, key: str, data: Mapping[str, str], language: Language) -> str:
        """What happened, without a full stop. A fact that has no sentence any more is told by its name."""
        text = self._facts.get(key)
        if text is None:
            return key
        values = {name: self._value(name, value, language) for name, value in data.items()}
        return text.say(language).format_map(_Missing(values))

    def reason(self, whys: Iterable[str], instead_of: Iterable[str], language: Language) -> str:
        """Why the reader hears of it: `sei responsabile e sei nominato in una nota`."""
        names = format_list(list(instead_of), "standard", language)
        said = [self._reasons[why].say(language).format(names=names) for why in whys if why in self._reasons]
        return format_list(said, "standard", language)

    def kind(self, kind: str, language: Language) -> str:
        """The kind as people choose it."""
        text = self._kinds.get(kind)
        return text.say(language) if text else kind

    def _value(self, name: str, value: str, language: Language) -> str:
        if name in _QUEUES:
            return self._queues.name(value, language)
        if name == "by" and not value:
            return self._user.say(language)
        return say_when(datetime.fromisoformat(value), language) if name == "due" and value else value


class _Missing(dict[str, str]):
    """A row stored before its sentence asked for more says a dash there."""

    def __missing__(self, key: str) -> str:
        return "–"


def keys_of(fact: type[RootEvent]) -> tuple[str, ...]:
    """The keys of the fact's sentences in the file: `ticket.closed/successful`."""
    return tuple(_key(fact, each) for each in VARIANTS.get(fact, ("",)))


def key_for(event: RootEvent, reader: str, why: Iterable[Why]) -> str:
    """Which of its sentences tells `event` to `reader`, who hears of it for these reasons."""
    return _key(type(event), _variant(event, reader, set(why)))


def placeholders(fact: type[RootEvent]) -> frozenset[str]:
    """What the fact's sentences may name."""
    names = {name for name, fields in _FIELDS.items() if any(field in fact.model_fields for field in fields)}
    if not issubclass(fact, _HOLDERS):
        names.discard("owner")
    if not issubclass(fact, _NEW_RESPONSIBLE):
        names.discard("responsible")
    return frozenset({"by", "queue"} | names)


def data_of(event: RootEvent) -> dict[str, str]:
    """What its sentences name, as it is stored: queues by id, days as ISO text; no name when a user did it."""
    known = placeholders(type(event))
    named = {name: _text(event, fields) for name, fields in _FIELDS.items() if name in known}
    by = event.by.name if isinstance(event, e.SecondLevelAnswered) else event.actor.name
    typed = event.actor.kind is e.ActorKind.REQUESTER
    return {**named, "by": "" if typed else by, "queue": event.queue}


def subject_of(event: RootEvent) -> str:
    """The root's subject, the one thing typed that a notice repeats."""
    return event.ticket_subject or (event.subject if isinstance(event, _OF_TICKET) else "")


def _key(fact: type[RootEvent], variant: str) -> str:
    name = fact.name.rpartition(".v")[0]
    return f"{name}/{variant}" if variant else name


def _variant(event: RootEvent, reader: str, why: set[Why]) -> str:
    if isinstance(event, e.SecondLevelAnswered | e.ChildClosed):
        return event.ending
    if isinstance(event, e.TicketClosed):
        return "successful" if event.outcome is e.State.CLOSED_SUCCESSFUL else "unsuccessful"
    if isinstance(event, e.TicketResumed | e.ChildResumed):
        return event.because or ("timer" if event.actor.kind is e.ActorKind.SYSTEM else "")
    found = {
        "over": isinstance(event, e.TicketTaken | e.ChildTaken) and event.former_owner is not None,
        "reply": isinstance(event, e.TicketReopened) and event.by_reply,
        "split": isinstance(event, e.TicketOpened) and event.split_from is not None,
        "mention": Why.MENTIONED in why,
        "you": _is_about(event, reader),
    }
    return next((variant for variant, true in found.items() if true), "")


def _is_about(event: RootEvent, reader: str) -> bool:
    """Whether the reader is the one whom the fact puts in place."""
    if isinstance(event, e.TicketHandedOver | e.ChildHandedOver):
        person = event.owner
    elif isinstance(event, _NEW_RESPONSIBLE):
        person = event.responsible
    elif isinstance(event, e.TicketWatched | e.TicketUnwatched | e.ChildWatched | e.ChildUnwatched):
        person = event.person
    else:
        person = None
    return person is not None and person.id == reader


def _text(event: RootEvent, fields: tuple[str, ...]) -> str:
    for field in fields:
        value: Any = getattr(event, field, None)
        if isinstance(value, PersonRef):
            return value.name
        if isinstance(value, TicketRef):
            return value.number
        if isinstance(value, datetime):
            return value.isoformat()
        if value is not None:
            return str(value)
    return ""


def _names_in(text: str, file: YamlFile, at: tuple[str, str]) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise file.fault(at, f"a brace is not closed: {error}") from error
