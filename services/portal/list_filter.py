"""The list's filter as it stands in the address, and the same in words that can be taken off one by one. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, Field, ValidationError

from services.portal.arrangement import MINE, OTHERS
from services.portal.i18n import Tongue
from services.portal.i18n import marked as _
from services.portal.pages import with_query
from services.portal.tickets import Order
from services.portal.wording import STATES
from shared.events import State

NOT_CLOSED = (State.NEW, State.OPEN, State.PENDING)
WORKING = (State.OPEN, State.PENDING)
LIST = "/tickets"
# The list without any filter, also for somebody whose list begins with a saved one.
UNFILTERED = "/tickets?state="

ORDERS: dict[Order, str] = {
    "newest": _("Newest first"),
    "oldest": _("Oldest first"),
    "changed": _("Latest change first"),
    "unchanged": _("Longest untouched first"),
    "priority": _("Highest priority first"),
    "due": _("Earliest due first"),
}


class Wanted(BaseModel):
    """The filter, as it stands in the address. Empty: no such condition.

    `state` empty: what is not closed; `working`: open or on hold. `queue`: one, `mine`, or all `others`. `owner`,
    `responsible` and `watcher`: `me` or an operator's id; `owner` also `none`.
    """

    state: Literal["", "any", "working"] | State = ""
    queue: str = Field(default="", max_length=60)
    owner: str = Field(default="", max_length=100)
    responsible: str = Field(default="", max_length=100)
    watcher: str = Field(default="", max_length=100)
    level: Literal["", "1", "2"] = ""
    parent: str = Field(default="", max_length=64)
    asked_by: Literal["", "me"] = ""
    overdue: Literal["", "1"] = ""
    waiting: Literal["", "user"] = ""
    tag: str = Field(default="", max_length=40)
    text: str = Field(default="", max_length=100)
    order: Order = "newest"
    after: str = Field(default="", max_length=200)

    def address(self, after: str | None = None) -> str:
        """The list with this filter, from its beginning or `after` a cursor."""
        values = {name: str(getattr(self, name)) for name in type(self).model_fields if name != "after"}
        values["order"] = "" if self.order == "newest" else self.order
        return with_query(LIST, [*values.items(), ("after", after)])

    def here(self, after: str | None = None) -> str:
        """The same for the page itself, which must not turn into a saved filter."""
        address = self.address(after)
        return UNFILTERED if address == LIST else address

    @property
    def states(self) -> tuple[State, ...]:
        """The states asked for; none means every state."""
        if self.state == "any":
            return ()
        if self.state == "working":
            return WORKING
        return (self.state,) if isinstance(self.state, State) else NOT_CLOSED

    @property
    def narrowed(self) -> bool:
        """Whether it is anything but all that is not closed."""
        return self.model_copy(update={"after": "", "order": "newest"}) != Wanted()

    @property
    def has_more(self) -> bool:
        """Whether one of the rarer conditions is set."""
        rare = (self.responsible, self.watcher, self.level, self.asked_by, self.overdue, self.waiting, self.tag)
        return any(rare)

    def sorted_by(self, order: Order) -> str:
        """The same filter in another order, from its beginning."""
        return self.model_copy(update={"order": order}).here()

    def without(self, name: str) -> str:
        """The same filter without one condition, from its beginning."""
        return self.model_copy(update={name: ""}).here()


class Chip(NamedTuple):
    """A condition that is set, in words; `without`: the list without it."""

    name: str
    words: str
    without: str


class Names(NamedTuple):
    """What queues and people are called; someone or something unknown keeps its id."""

    queue: Callable[[str], str]
    people: Mapping[str, str]


def chips(wanted: Wanted, names: Names, tongue: Tongue, parent: str = "") -> list[Chip]:
    """Every condition that is set. `parent`: the number of the ticket whose questions are shown, when it is known."""
    say = tongue.say
    several = {MINE: say(_("My queues")), OTHERS: say(_("The other queues"))}
    queue = several.get(wanted.queue) or names.queue(wanted.queue)
    levels = {"1": say(_("Requests of users")), "2": say(_("Questions to the second level"))}
    told = {
        "text": say(_("Words: %(words)s"), words=wanted.text),
        "state": say(_("State: %(state)s"), state=_state(wanted, tongue)),
        "queue": say(_("Queue: %(queue)s"), queue=queue),
        "owner": say(_("Owner: %(name)s"), name=_who(wanted.owner, names, tongue)),
        "responsible": say(_("Responsible: %(name)s"), name=_who(wanted.responsible, names, tongue)),
        "watcher": say(_("Watched by: %(name)s"), name=_who(wanted.watcher, names, tongue)),
        "level": levels.get(wanted.level, ""),
        "parent": say(_("Questions of ticket %(number)s"), number=parent).strip(),
        "asked_by": say(_("Questions I asked")),
        "overdue": say(_("Overdue")),
        "waiting": say(_("Waiting for the user")),
        "tag": say(_("Tag: %(tag)s"), tag=wanted.tag),
    }
    return [Chip(name, words, wanted.without(name)) for name, words in told.items() if getattr(wanted, name)]


def _state(wanted: Wanted, tongue: Tongue) -> str:
    if isinstance(wanted.state, State):
        return tongue.say(STATES[wanted.state].words)
    return tongue.say(_("In progress") if wanted.state == "working" else _("Any state"))


def _who(person: str, names: Names, tongue: Tongue) -> str:
    fixed = {"me": tongue.say(_("Me")), "none": tongue.say(_("Nobody yet"))}
    return fixed.get(person) or names.people.get(person, person)


def of_address(address: str) -> Wanted:
    """The filter of an address of the list; the empty one for any other address."""
    try:
        # An address can be none at all, like `//[`.
        parts = urlsplit(address)
        return Wanted.model_validate(dict(parse_qsl(parts.query))) if parts.path == LIST else Wanted()
    except ValueError:
        return Wanted()


def unfit(query: Mapping[str, str], error: ValidationError) -> tuple[Sequence[str], str]:
    """The parts of an address that say nothing, and the address without them."""
    bad = list(dict.fromkeys(str(each["loc"][0]) for each in error.errors()))
    kept = [(name, value) for name, value in query.items() if name not in bad and name in Wanted.model_fields]
    rest = with_query(LIST, kept)
    return bad, UNFILTERED if rest == LIST else rest
