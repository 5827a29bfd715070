"""`/preferences`: what an operator hears of, how it comes, and who hears instead while they are away."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from services.portal.gate import Gate, Visitor
from services.portal.i18n import LANGUAGES, NAMES, ROME, Tongue
from services.portal.i18n import marked as _
from services.portal.inbox import Choice, Inbox, Preferences
from services.portal.pages import Pages
from shared.errors import BadInput, Conflict, DependencyDown, Forbidden, SportelloError
from shared.ids import random_id
from shared.people import People
from shared.policy import may_have_notices
from shared.queues import Queue, Queues

WHENS: Final = {
    "now": _("At once"),
    "hourly": _("Every hour"),
    "daily": _("Every morning"),
    "never": _("Not by e-mail"),
}
# What notifier and this page refuse, by code.
REFUSED: Final[Mapping[str, str]] = {
    "unknown_kind": _("One of these choices is not there any more: look at them again, then save."),
    "unknown_when": _("Choose one of the four for each line."),
    "unknown_queue": _("One of these queues is not there any more: look at the list again, then save."),
    "away_past": _("This moment is over: say until when you will be away."),
    "away_until": _("Say until when you will be away, or choose nobody."),
    "away_deputy": _("Choose who stands in for you, or leave the date empty."),
    "deputy_self": _("You can’t stand in for yourself: choose a colleague."),
    "unknown_person": _("This colleague is not known: choose one from the list."),
    "deputy_circle": _("%(names)s is away too, and you stand in for them: choose somebody else."),
}
CHANGED: Final = _("Your preferences were changed in another page meanwhile. What you chose is still here: save again.")
DOWN: Final = _("We can’t save just now. What you chose is still here: try again in a moment.")
NOT_SAVED: Final = _("Nothing was saved: look at what is marked below.")


@dataclass(frozen=True)
class Chosen:
    """What stands in the form: as saved, or as typed and refused. `errors`: sentences by field."""

    version: int
    mail: Mapping[str, str]
    queues: frozenset[str]
    until: str
    deputy: str
    language: str
    errors: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""


@dataclass(frozen=True)
class Branch:
    """A queue with those below it."""

    queue: Queue
    below: tuple["Branch", ...]


def routes(gate: Gate, pages: Pages, inbox: Inbox, people: People, queues: Queues) -> APIRouter:
    """`/preferences`"""
    router = APIRouter()

    async def reader(request: Request) -> Visitor:
        visitor = await gate.signed_in(request)
        if not may_have_notices(visitor.person):
            raise Forbidden
        return visitor

    def show(
        request: Request, visitor: Visitor, kinds: Sequence[Choice], chosen: Chosen, status: int = 200
    ) -> HTMLResponse:
        colleagues = [each for each in people.all() if each.is_operator and each.id != visitor.person.id]
        return pages.show(
            request,
            visitor,
            "preferences.html",
            status,
            chosen=chosen,
            kinds=kinds,
            just_saved="saved" in request.query_params,
            tree=tree(queues),
            colleagues=sorted(colleagues, key=lambda each: each.name),
            whens=WHENS,
            languages=[(language, NAMES[language]) for language in LANGUAGES],
        )

    @router.get("/preferences", include_in_schema=False)
    async def read_preferences(request: Request, visitor: Annotated[Visitor, Depends(reader)]) -> HTMLResponse:
        """The form, as saved."""
        saved = await inbox.preferences(visitor.person, visitor.language)
        return show(request, visitor, saved.kinds, chosen_of(saved))

    @router.post("/preferences", include_in_schema=False)
    async def save_preferences(
        request: Request, visitor: Annotated[Visitor, Depends(gate.wishing(reader))]
    ) -> Response:
        """Save it, or show it again as it was typed with what is wrong."""
        form, tongue = await request.form(), pages.tongue(visitor)
        chosen = typed(form)
        faults = dict(half_away(chosen, tongue))
        try:
            if faults:
                raise BadInput
            await inbox.save(visitor.person, wish_of(chosen), random_id())
            return RedirectResponse("/preferences?saved", 303)
        except (BadInput, Conflict, DependencyDown) as error:
            kinds, version = await _now(inbox, visitor, error, chosen)
            refused = _refused(chosen, version, error, faults or errors_of(error, tongue), tongue)
            return show(request, visitor, kinds, refused, error.status)

    return router


def tree(queues: Queues) -> tuple[Branch, ...]:
    """The queues, each with those below it."""

    def branch(queue: Queue) -> Branch:
        return Branch(queue, tuple(branch(each) for each in queues.children(queue.id)))

    return tuple(branch(queue) for queue in queues if queue.parent is None)


def chosen_of(saved: Preferences) -> Chosen:
    """The form as it was saved."""
    away = saved.away if saved.is_away else None
    return Chosen(
        version=saved.version,
        mail=dict(saved.mail),
        queues=frozenset(saved.queues),
        until=f"{away.until.astimezone(ROME):%Y-%m-%dT%H:%M}" if away else "",
        deputy=away.deputy if away else "",
        language=saved.language,
    )


def typed(form: FormData) -> Chosen:
    """The form as it was sent."""
    version = _text(form, "version")
    return Chosen(
        version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0,
        mail={name.removeprefix("mail."): _text(form, name) for name in form if name.startswith("mail.")},
        queues=frozenset(each for each in form.getlist("queues") if isinstance(each, str)),
        until=_text(form, "until"),
        deputy=_text(form, "deputy"),
        language=_text(form, "language"),
    )


def errors_of(error: SportelloError, tongue: Tongue) -> dict[str, str]:
    """Notifier's faults in the reader's words, by field."""
    found: dict[str, str] = {}
    for fault in error.extra.get("errors", ()):
        code = fault.get("code", "")
        if code in REFUSED:
            found[fault["field"]] = tongue.say(REFUSED[code], names=fault.get("names", ""))
    return found


def half_away(chosen: Chosen, tongue: Tongue) -> Iterator[tuple[str, str]]:
    """An absence needs both its end and who stands in."""
    missing = {"until": not chosen.until or _moment(chosen.until) is None, "deputy": not chosen.deputy}
    if not chosen.until and not chosen.deputy:
        return
    for name, is_missing in missing.items():
        if is_missing:
            words = REFUSED[f"away_{name}"]
            yield f"away.{name}", tongue.say(words)


def wish_of(chosen: Chosen) -> dict[str, Any]:
    """The form as notifier takes it."""
    until = _moment(chosen.until)
    return {
        "version": chosen.version,
        "mail": dict(chosen.mail),
        "queues": sorted(chosen.queues),
        "away": {"until": until.isoformat(), "deputy": chosen.deputy} if until else None,
        "language": chosen.language if chosen.language in LANGUAGES else None,
    }


async def _now(inbox: Inbox, visitor: Visitor, error: SportelloError, chosen: Chosen) -> tuple[Sequence[Choice], int]:
    """The kinds there are, and the version to save over: who has read that it changed may save all the same."""
    try:
        saved = await inbox.preferences(visitor.person, visitor.language)
    except DependencyDown:
        known = inbox.known_kinds.get(visitor.language)
        if known is None:
            raise
        return known, chosen.version
    return saved.kinds, saved.version if isinstance(error, Conflict) else chosen.version


def _refused(chosen: Chosen, version: int, error: SportelloError, faults: Mapping[str, str], tongue: Tongue) -> Chosen:
    notices = {Conflict: CHANGED, DependencyDown: DOWN}
    notice = tongue.say(notices.get(type(error), NOT_SAVED))
    return Chosen(
        version, chosen.mail, chosen.queues, chosen.until, chosen.deputy, chosen.language, dict(faults), notice
    )


def _moment(text: str) -> datetime | None:
    """As Rome's clocks show it; None for what is no moment, and for one before there were years to count from."""
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=ROME)
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""
