"""What a person sees of a request of theirs, as HTML strings, and where they write to it again.

    render_followed      GET /submissions/{token}, and again when what they wrote was refused
    render_information   GET /information/{token}, and again when what they wrote was refused
    render_replied       POST to either: it arrived

Shows only what `services.intake.followed` gives: nothing internal, and what was typed only to the browser that sent it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from services.intake.followed import Followed, Letter, Sent
from services.intake.pages import FILLED_IN_LATER, SPOKEN, other_address, render
from services.intake.texts import RECEIVED, say, say_letter, say_next, say_state, say_step
from shared.events import ArticleKind, Language
from shared.forms import Forms
from shared.forms.model import Form
from shared.forms.reply import REPLY, Narrowed
from shared.forms.view import display, fields
from shared.queues import Queues

ROME = ZoneInfo("Europe/Rome")
# They say what the person knows already.
FOLDED = frozenset({ArticleKind.MAIL_RECEIPT, ArticleKind.MAIL_TAKEN, ArticleKind.MAIL_REMINDER, ArticleKind.MAIL_LINK})
# A step that no mail told of.
_BARE: Mapping[str, Any] = {
    "text": "",
    "folded": False,
    "refused": False,
    "answers": (),
    "files": (),
    "ours": True,
}
# What the script says of a reply, where it isn't what it says of a request.
_SPOKEN = {"errors_intro": "reply_not_sent", "gave_up": "reply_gave_up", "refused": "reply_refused"}


@dataclass(frozen=True)
class Box:
    """A box to write in. `values` as they were typed, `errors` sentences by field, `key` the idempotency key."""

    action: str
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    notice: str | None = None

    @property
    def again(self) -> bool:
        """Whether something was sent from it already."""
        return bool(self.errors or self.notice)


def render_followed(
    followed: Followed | None,
    language: Language,
    box: Box | None,
    *,
    information_url: str = "",
    over: bool = False,
    usual: str = "",
    said: str = "",
    queues: Queues | None = None,
    forms: Forms | None = None,
) -> str:
    """What became of a request, and a box to write to it. `over`: the question they answered is asked no more.
    `forms`: they word what the sender is shown of their own request.

    `followed` is None before there is a ticket (then there is no box), or when nobody can say just now.
    """
    asked = followed.information if followed else None
    return render(
        "status.html",
        language,
        # Another language means another page: what was typed would be lost there.
        other_url=None if over or (box and box.again) else other_address("", language),
        sentence=_state(followed, box, language),
        number=followed.number if followed else None,
        joined=followed.merged_into.number if followed and followed.merged_into else None,
        over=over,
        usual=usual,
        information_url=information_url if asked else "",
        asked_at=_day(asked.at, language) if asked else "",
        entries=_timeline(followed, queues, forms, language) if followed else [],
        next=say_next(language, followed.stage) if followed else None,
        said=_true_of(said, followed),
        closed=followed is not None and followed.closed,
        thanked=followed is not None and followed.thanked,
        helpful=followed.helpful if followed else None,
        earlier_url=_earlier(followed, language),
        hint=say(language, "reply_reopens" if followed and followed.closed else "reply_hint"),
        refresh_url=None if box and box.again else f"?lang={language}",
        **_drawn(REPLY if box else None, language, box),
    )


def render_information(form: Narrowed, number: str | None, language: Language, box: Box) -> str:
    """Just the questions that were asked again, and room for a message."""
    return render(
        "information.html",
        language,
        other_url=None if box.again else other_address("", language),
        title=form.title.say(language),
        number=number,
        **_drawn(form, language, box),
    )


def render_replied(sent: Sent, status_url: str, language: Language) -> str:
    """It arrived."""
    url = f"{status_url}?lang={language}"
    message = said_of(sent, language)
    return render("replied.html", language, other_url=None, number=sent.number, status_url=url, message=message)


def said_of(sent: Sent, language: Language) -> str:
    """What a reply did to its request."""
    done = "replied_renewed" if sent.renewed else "replied_reopened" if sent.reopened else "replied"
    return say(language, done)


def _state(followed: Followed | None, box: Box | None, language: Language) -> str | None:
    if followed:
        return say_state(language, followed.state)
    return None if box else say_state(language, RECEIVED)


def _timeline(
    followed: Followed, queues: Queues | None, forms: Forms | None, language: Language
) -> list[dict[str, Any]]:
    """Each step with the mail that said so, and the mails that are no step of their own, in order."""
    form = forms.at(followed.form, str(followed.version)) if forms else None
    letters = {one.id: one for one in followed.articles}
    found = []
    for step in followed.steps:
        office = queues.name(step.queue, language) if queues else step.queue
        words = say_step(language, "rated_no" if step.helpful is False else step.what, office)
        letter = letters.pop(step.article or "", None)
        if words:
            entry = _letter(letter, form, language) if letter else {**_moment(step.at, language), **_BARE}
            found.append((step.at, {**entry, "title": words}))
    found += [(one.at, _letter(one, form, language)) for one in letters.values()]
    return [entry for _, entry in sorted(found, key=lambda each: each[0])]


def _true_of(said: str, followed: Followed | None) -> str:
    """What the page thanks for, if it is true: the address alone could claim anything."""
    if said == "late":
        return "said_late" if followed else ""
    true = followed and (followed.thanked if said == "thanks" else followed.helpful is not None)
    return {"thanks": "said_thanks", "rating": "said_rating"}.get(said, "") if true else ""


def _moment(at: datetime, language: Language) -> dict[str, Any]:
    when = format_datetime(at.astimezone(ROME), "d MMMM y, HH:mm", locale=language)
    return {"at": at.isoformat(), "when": when}


def _letter(one: Letter, form: Form | None, language: Language) -> dict[str, Any]:
    return {
        "title": say_letter(language, one.kind),
        **_moment(one.at, language),
        "text": one.text,
        "folded": one.kind in FOLDED,
        "refused": one.delivery == "refused",
        "answers": display(form, one.fields, language) if form and one.fields else (),
        "files": [file.name for file in one.attachments],
        "ours": one.kind is not ArticleKind.REQUEST,
    }


def _day(when: datetime, language: Language) -> str:
    return str(format_date(when.astimezone(ROME), "d MMMM y", locale=language))


def _earlier(followed: Followed | None, language: Language) -> str | None:
    if followed is None or followed.earlier is None:
        return None
    return f"?lang={language}&before={followed.earlier}"


def _drawn(form: Narrowed | None, language: Language, box: Box | None) -> dict[str, Any]:
    asked = fields(form, language) if form else []
    known = {each["id"] for each in asked}
    box = box or Box("", "")
    return {
        "fields": asked,
        "values": box.values,
        "errors": box.errors,
        "strays": [message for name, message in box.errors.items() if name not in known],
        "key": box.key,
        "action": box.action,
        "notice": box.notice,
        "again": box.again,
        "vouched": False,
        "spoken": {name: say(language, _SPOKEN.get(name, name), **FILLED_IN_LATER) for name in SPOKEN},
    }
