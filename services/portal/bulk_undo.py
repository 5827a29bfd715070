"""What takes one ticket of a bulk action back: each verb's inverse, unless the same was changed meanwhile. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from services.portal.shapes import JournalRow, Said, View
from services.portal.verbs import CLOSED
from shared.errors import Conflict
from shared.events import (
    ArticlePrepared,
    ArticleWithdrawn,
    ChildHandedOver,
    ChildMoved,
    ChildReleased,
    ChildTagged,
    ChildTaken,
    State,
    TicketClosed,
    TicketHandedOver,
    TicketMoved,
    TicketReleased,
    TicketReopened,
    TicketTagged,
    TicketTaken,
)

_TAKEN: Final = frozenset({TicketTaken.name, ChildTaken.name})
_HANDED: Final = frozenset({TicketHandedOver.name, ChildHandedOver.name})
_HANDS: Final = _TAKEN | _HANDED | {TicketReleased.name, ChildReleased.name}
_MOVED: Final = frozenset({TicketMoved.name, ChildMoved.name})
_TAGGED: Final = frozenset({TicketTagged.name, ChildTagged.name})
_ENDED: Final = frozenset({TicketClosed.name, TicketReopened.name})
# The verbs that have an inverse; a note stays written.
UNDOABLE: Final = frozenset({"take", "move", "hand-over", "tags", "close"})


class Inverse(NamedTuple):
    """The wish that takes it back; without a path there is nothing to take back any more."""

    path: str = ""
    wish: Mapping[str, Any] = {}


NOTHING: Final = Inverse()


def inverse(verb: str, facts: Sequence[Said], ticket: View, rows: Sequence[JournalRow], reason: str) -> Inverse:
    """How to take back what `verb` did by `facts`. `rows`: the history since then, oldest first.

    `Conflict` with who did what when somebody changed the same meanwhile: that is never touched.
    """
    ours = {fact.event_id for fact in facts}
    done = [row for row in rows if row.event_id in ours]
    since = [row for row in rows if row.event_id not in ours and row.seq > max((each.seq for each in done), default=0)]
    found = _OF[verb](done, since, ticket, reason)
    return Inverse(found.path, {**found.wish, "seen": ticket.seq}) if found.path else NOTHING


def _hands(done: Sequence[JournalRow], since: Sequence[JournalRow], ticket: View, reason: str) -> Inverse:
    row = _first(done, _TAKEN | _HANDED)
    if row is None:
        return NOTHING
    _untouched(since, _HANDS)
    if row.former_owner:
        return Inverse("hand-over", {"to": row.former_owner.id, "reason": reason})
    return Inverse("release", {"reason": reason})


def _move(done: Sequence[JournalRow], since: Sequence[JournalRow], ticket: View, reason: str) -> Inverse:
    row = _first(done, _MOVED)
    if row is None:
        return NOTHING
    _untouched(since, _MOVED)
    return Inverse("move", {"queue": row.data["former_queue"], "reason": reason})


def _tags(done: Sequence[JournalRow], since: Sequence[JournalRow], ticket: View, reason: str) -> Inverse:
    row = _first(done, _TAGGED)
    added = row.data.get("added") if row else None
    # What somebody took off, or took off and put on again, is theirs.
    theirs = {tag for each in since if each.name in _TAGGED for tag in _words(each.data.get("removed"))}
    left = [tag for tag in _words(added) if tag in ticket.tags and tag not in theirs]
    return Inverse("tags", {"add": [], "remove": left}) if left else NOTHING


def _close(done: Sequence[JournalRow], since: Sequence[JournalRow], ticket: View, reason: str) -> Inverse:
    """Within the send window the mail is stopped; after it the ticket is opened again, and the user is told."""
    article = _article(_first(done, frozenset({ArticlePrepared.name})))
    shown = ticket.article(article) if article else None
    if shown and shown.delivery == "held":
        return Inverse("mails/undo", {"article": article})
    _untouched([row for row in since if _article(row) == article], frozenset({ArticleWithdrawn.name}))
    closing = _first([*done, *since], frozenset({TicketClosed.name}))
    _untouched([row for row in since if closing and row.seq > closing.seq], _ENDED)
    if ticket.state in CLOSED:
        return Inverse("reopen", {"reason": ""})
    if ticket.state is State.PENDING and ticket.waiting and ticket.waiting.closing:
        return Inverse("resume", {})
    return NOTHING


def _untouched(since: Sequence[JournalRow], names: frozenset[str]) -> None:
    """`Conflict` when one of these facts came later."""
    if rows := [row for row in since if row.name in names]:
        row = rows[-1]
        raise Conflict("", changed={"what": row.name, "by": row.actor.name, "at": row.at.isoformat()})


def _first(rows: Sequence[JournalRow], names: frozenset[str]) -> JournalRow | None:
    return next((row for row in rows if row.name in names), None)


def _article(row: JournalRow | None) -> str:
    """The id of the article that a fact is about."""
    if row is None:
        return ""
    article = row.data.get("article")
    found = article.get("id") if isinstance(article, Mapping) else row.data.get("article_id")
    return str(found or "")


def _words(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []


_OF: Final[Mapping[str, Callable[[Sequence[JournalRow], Sequence[JournalRow], View, str], Inverse]]] = {
    "take": _hands,
    "hand-over": _hands,
    "move": _move,
    "tags": _tags,
    "close": _close,
}
