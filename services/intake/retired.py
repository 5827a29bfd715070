"""A form that was changed between being shown and being sent: the new version is shown, with all that fits it."""

from datetime import datetime
from typing import Any

from services.intake.bodies import Body
from services.intake.followed import LINK_ENDED, Requests
from services.intake.handlers import Accepted, Sender, compose, with_identity
from services.intake.pages import News
from shared.errors import BadInput, Conflict, NotFound
from shared.forms import Form, Forms
from shared.forms.changes import Carried, carry, news
from shared.forms.check import check
from shared.forms.texts import say
from shared.ids import ticket_id
from shared.policy import Person, Role


class FormChanged(Conflict):
    """Nothing was sent; `values` are the answers that fit the new version."""

    title = "The form changed"

    def __init__(self, form: Form, sentence: str, told: News, values: dict[str, Any]) -> None:
        left = [{"label": label, "text": text} for label, text in told.left]
        super().__init__(sentence, version=form.version, changes=list(told.sentences), left=left)
        self.news = told
        self.values = values


async def earlier(forms: Forms, requests: Requests, form: Form, body: Body, sender: Sender, now: datetime) -> Accepted:
    """What was accepted of the older version before it was retired: its answer may have been lost on the way.

    Raises `FormChanged` when nothing was, and `DependencyDown` when nobody can say: repeated later, it is still one.
    """
    old = forms.at(form.id, str(body.version))
    ticket = _ticket(old, body, sender, now) if old and sender.key else None
    if ticket:
        holder = Person(id=f"holder:{ticket}", name="", roles=frozenset({Role.HOLDER}), ticket=ticket)
        try:
            return Accepted(ticket, (await requests.read(holder)).number)
        except NotFound as error:
            # Its links were ended: then it is a ticket, whose number this sender isn't told.
            if error.extra.get("code") == LINK_ENDED:
                return Accepted(ticket, None)
    raise _changed(old, form, body, sender)


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
