"""The form of a bulk action: which tickets were ticked, what is wished of them, and what doesn't fit. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from starlette.datastructures import FormData

from services.portal.bulk import MOST_TICKETS, Item
from services.portal.i18n import Tongue
from services.portal.i18n import marked as _
from services.portal.verbs import verb_of
from shared.errors import BadInput, NotFound
from shared.people import People
from shared.queues import Queues

LONGEST_TEXT: Final = 50_000
LONGEST_LINE: Final = 200
MOST_TAGS: Final = 20
# As `tickets` takes them.
TAG: Final = re.compile(r"\w[\w .+-]{0,39}")
TICK: Final = re.compile(r"([0-9]{1,30}):([0-9]{1,9})")
NO_TICK: Final = _("Tick the tickets first: nothing was chosen.")
TOO_MANY: Final = _("At most %(limit)s tickets can be changed at once; %(count)s were chosen.")


class Offer(NamedTuple):
    """A bulk verb. `words`: its button; `title`: its page; `doing`: what a job of it is called."""

    path: str
    words: str
    title: str
    icon: str


OFFERS: Final[Mapping[str, Offer]] = {
    offer.path: offer
    for offer in (
        Offer("take", _("Take in charge"), _("Take in charge"), "it-user"),
        Offer("hand-over", _("Hand over"), _("Hand over to a colleague"), "it-arrow-right-circle"),
        Offer("move", _("Move"), _("Move to another queue"), "it-exchange-circle"),
        Offer("tags", _("Tag"), _("Put tags on"), "it-bookmark"),
        Offer("notes", _("Note"), _("Write an internal note"), "it-note"),
        Offer("close", _("Close"), _("Close"), "it-check-circle"),
    )
}
# Verbs that need nothing more to be said.
AT_ONCE: Final = frozenset({"take"})


@dataclass(frozen=True)
class Ticks:
    """What was ticked: (number, seen), each number once. `wrong`: why that can't be taken, in the reader's words."""

    items: Sequence[tuple[str, int]]
    wrong: str = ""

    @property
    def numbers(self) -> frozenset[str]:
        return frozenset(number for number, _seen in self.items)

    def named(self, subjects: Mapping[str, str]) -> tuple[Item, ...]:
        """The items of the job; a ticket that the list does not show any more has its number only."""
        return tuple(Item(number=number, seen=seen, subject=subjects.get(number, "")) for number, seen in self.items)


def ticks_of(form: FormData, tongue: Tongue) -> Ticks:
    """The ticked tickets, or all that the page shows. `BadInput` for what no page of ours sends."""
    name = "page" if form.get("all") else "ticket"
    found: dict[str, int] = {}
    for given in form.getlist(name):
        match = TICK.fullmatch(given) if isinstance(given, str) else None
        if match is None:
            raise BadInput("This form did not come from a page of Sportello.")
        found.setdefault(match[1], int(match[2]))
    if not found:
        return Ticks((), tongue.say(NO_TICK))
    if len(found) > MOST_TICKETS:
        return Ticks((), tongue.say(TOO_MANY, limit=MOST_TICKETS, count=len(found)))
    return Ticks(tuple(found.items()))


def offer_of(path: object) -> Offer:
    """The bulk verb with this path. `NotFound` for anything else."""
    if not isinstance(path, str) or path not in OFFERS:
        raise NotFound("There is no such bulk action.")
    return OFFERS[path]


def wish_of(path: str, form: FormData) -> dict[str, Any]:
    """The wish of the form, as the ticket's page would send it."""
    return verb_of(path).wish(form)


def check(path: str, wish: Mapping[str, Any], queues: Queues, people: People) -> None:
    """`BadInput`, as `tickets` would say it, for what fits no ticket at all."""
    if path in _CHECKS:
        _CHECKS[path](wish, queues, people)


def _move(wish: Mapping[str, Any], queues: Queues, people: People) -> None:
    if wish["queue"] not in queues:
        _refuse("queue", "unknown_queue" if wish["queue"] else "")
    _short("reason", wish["reason"], LONGEST_LINE)


def _hand_over(wish: Mapping[str, Any], queues: Queues, people: People) -> None:
    to = people.get(wish["to"])
    if to is None or not to.is_operator:
        _refuse("to", "unknown_person" if wish["to"] else "")
    _short("reason", wish["reason"], LONGEST_TEXT, empty=False)


def _tags(wish: Mapping[str, Any], queues: Queues, people: People) -> None:
    if not wish["add"]:
        _refuse("add", "nothing_to_tag")
    if len(wish["add"]) > MOST_TAGS or not all(TAG.fullmatch(tag) for tag in wish["add"]):
        _refuse("add")


def _note(wish: Mapping[str, Any], queues: Queues, people: People) -> None:
    if not wish["text"].strip():
        _refuse("text", "empty")
    _short("text", wish["text"], LONGEST_TEXT)


def _close(wish: Mapping[str, Any], queues: Queues, people: People) -> None:
    if wish["outcome"] not in ("closed_successful", "closed_unsuccessful"):
        _refuse("outcome")
    if wish["questions"] not in (None, "withdraw", "wait"):
        _refuse("questions")
    if not wish["silent"] and not wish["reason"].strip():
        _refuse("reason", "reason_missing")
    _short("reason", wish["reason"], LONGEST_TEXT)


def _short(field: str, text: str, most: int, empty: bool = True) -> None:
    if len(text.strip()) > most or not (empty or text.strip()):
        _refuse(field)


def _refuse(field: str, code: str = "") -> None:
    raise BadInput("", errors=[{"field": field}], **({"code": code, "limit": MOST_TAGS} if code else {}))


_CHECKS: Final[Mapping[str, Callable[[Mapping[str, Any], Queues, People], None]]] = {
    "move": _move,
    "hand-over": _hand_over,
    "tags": _tags,
    "notes": _note,
    "close": _close,
}
