"""What changed between being shown and being sent: a form, whose new version is then shown with all that fits it, or
a site's word that is over. What was accepted before that is told the same again."""

from datetime import datetime
from typing import Any

from services.intake.bodies import Body
from services.intake.guard import Guard
from services.intake.handlers import Accepted, Sender, compose, with_identity
from services.intake.pages import News
from shared.errors import BadInput, Conflict
from shared.forms import Form, Forms
from shared.forms.changes import Carried, carry, news
from shared.forms.check import check
from shared.forms.texts import say
from shared.ids import ticket_id


class FormChanged(Conflict):
    """Nothing was sent; `values` are the answers that fit the new version."""

    title = "The form changed"

    def __init__(self, form: Form, sentence: str, told: News, values: dict[str, Any]) -> None:
        left = [{"label": label, "text": text} for label, text in told.left]
        super().__init__(sentence, version=form.version, changes=list(told.sentences), left=left)
        self.news = told
        self.values = values


async def earlier(forms: Forms, guard: Guard, form: Form, body: Body, sender: Sender, now: datetime) -> Accepted:
    """What was accepted of the older version before it was retired: its answer may have been lost on the way.

    Raises `FormChanged` when nothing was, and what `again_of` raises.
    """
    if accepted := await again_of(forms, guard, form, body, sender, now):
        return accepted
    raise _changed(forms.at(form.id, str(body.version)), form, body, sender)


async def again_of(
    forms: Forms, guard: Guard, form: Form, body: Body, sender: Sender, now: datetime
) -> Accepted | None:
    """What was accepted of this very submission before, in the version that was filled in; None when nothing was.

    Raises `DependencyDown` when nobody can say, `TooMany` when this address asks too often: repeated later, it is
    still one.
    """
    filled_in = form if body.version is None else forms.at(form.id, body.version)
    ticket = _ticket(filled_in, body, sender, now) if filled_in and sender.key else None
    if ticket and await guard.accepted(ticket, sender.address, sender.language):
        return Accepted(ticket, *(guard.known.opened(ticket) or (None,)))
    return None


def _ticket(old: Form, body: Body, sender: Sender, now: datetime) -> str | None:
    """The ticket that this would have become; None when the old version would have refused it too."""
    try:
        checked = check(old, with_identity(body.values, sender.person), body.uploads, sender.language)
    except BadInput:
        return None
    return ticket_id(compose(old, checked, body, sender, now).id)


def _changed(old: Form | None, form: Form, body: Body, sender: Sender) -> FormChanged:
    language = sender.language
    known = old or form
    told = news(known, form, language) or [say(language, "new_texts")]
    carried = carry(known, form, body.values, language) if old else Carried(dict(body.values), [])
    return FormChanged(form, say(language, "form_changed"), News(told, carried.left), carried.values)
