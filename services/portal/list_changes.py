"""What a person can change about their list, each as a function of the choices before. Pure."""

from services.portal.i18n import marked as _
from services.portal.list_store import LONGEST_NAME, MOST_FILTERS, Choices, SavedFilter
from shared.errors import NotFound

NO_NAME = _("Write a name for the filter.")
TOO_LONG = _("A name can have %(limit)s characters at most.")
TAKEN = _("You have a filter with this name already: choose another one.")
TOO_MANY = _("You can save %(limit)s filters at most: remove one first.")


class Unfit(Exception):
    """Why a filter is not saved, as a message; `limit`: what it names."""

    def __init__(self, sentence: str, limit: int = 0) -> None:
        super().__init__(sentence)
        self.sentence, self.limit = sentence, limit


def saved(choices: Choices, fresh: str, name: str, address: str) -> Choices:
    """With the filter of `address` under a name."""
    _room(choices)
    new = SavedFilter(id=fresh, name=_named(choices, name), address=address)
    return choices.model_copy(update={"filters": (*choices.filters, new)})


def renamed(choices: Choices, wanted: str, name: str) -> Choices:
    """With another name for a filter."""
    old = _own(choices, wanted)
    new = old.model_copy(update={"name": _named(choices, name, old.id)})
    filters = tuple(new if each.id == old.id else each for each in choices.filters)
    return choices.model_copy(update={"filters": filters})


def first(choices: Choices, wanted: str) -> Choices:
    """The bare list begins with this filter; when it did so already, it doesn't any more."""
    own = _own(choices, wanted).id
    return choices.model_copy(update={"first": "" if choices.first == own else own})


def removed(choices: Choices, wanted: str) -> Choices:
    """Without a filter, which can be brought back until the next one is removed."""
    if choices.removed and choices.removed.id == wanted:
        return choices
    old = _own(choices, wanted)
    left = tuple(each for each in choices.filters if each.id != old.id)
    kept = "" if choices.first == old.id else choices.first
    return choices.model_copy(update={"filters": left, "removed": old, "first": kept})


def restored(choices: Choices) -> Choices:
    """With the filter that was removed last; under another name when its own was taken meanwhile."""
    old = choices.removed
    if old is None:
        return choices
    _room(choices)
    name, turn = old.name, 2
    while choices.named(name):
        name, turn = f"{old.name[: LONGEST_NAME - 5]} ({turn})", turn + 1
    back = old.model_copy(update={"name": name})
    return choices.model_copy(update={"filters": (*choices.filters, back), "removed": None})


def forgotten(choices: Choices) -> Choices:
    """Without the offer to bring back what was removed."""
    return choices.model_copy(update={"removed": None})


def _room(choices: Choices) -> None:
    if len(choices.filters) >= MOST_FILTERS:
        raise Unfit(TOO_MANY, MOST_FILTERS)


def _named(choices: Choices, name: str, but: str = "") -> str:
    """The name as it is kept: on one line, not too long, and no other's."""
    words = " ".join(name.split())
    if not words or not words.isprintable():
        raise Unfit(NO_NAME)
    if len(words) > LONGEST_NAME:
        raise Unfit(TOO_LONG, LONGEST_NAME)
    if choices.named(words, but):
        raise Unfit(TAKEN)
    return words


def _own(choices: Choices, wanted: str) -> SavedFilter:
    """The person's filter; anybody else's is as good as none."""
    found = choices.filter(wanted)
    if found is None:
        raise NotFound("There is no such filter.")
    return found
