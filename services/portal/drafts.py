"""What somebody has typed into a ticket's page and what isn't sent yet: nothing of it gets lost on a refusal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import FormData

from services.portal.i18n import ROME
from services.portal.shapes import Article, View
from services.portal.uploads import ALONG
from services.portal.wording import WRITTEN
from shared.events import ArticleKind, Waiting

# What belongs to the page and not to the person.
OURS = frozenset({"csrf", "key", "seen", "form", "back"})


@dataclass(frozen=True)
class Draft:
    """The fields of one form of the page. `errors`: what doesn't fit, by field, in the reader's words.

    `key`: the wish may have been done already, so it keeps its idempotency key. `files`: some were chosen, which
    no page can hold.
    """

    form: str = ""
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    files: bool = False

    def text(self, form: str, name: str, otherwise: str = "") -> str:
        """What was typed into the field `name` of `form`; `otherwise` when that form wasn't sent."""
        if form != self.form:
            return otherwise
        return self.values.get(name, ("",))[0]

    def chosen(self, form: str, name: str, otherwise: Sequence[str] = ()) -> Sequence[str]:
        """All values of the field `name`: what was ticked."""
        return self.values.get(name, ()) if form == self.form else otherwise

    def error(self, form: str, name: str) -> str | None:
        """What doesn't fit in that field."""
        return self.errors.get(name) if form == self.form else None


def typed(form: FormData) -> dict[str, list[str]]:
    """All fields of a form but those that the page put there."""
    values: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str) and name not in OURS:
            values.setdefault(name, []).append(value)
    return values


def again(ticket: View, article_id: str) -> Draft:
    """A mail that was undone, back in the form it came from; nothing for any other article."""
    article = ticket.article(article_id)
    if article is None or article.delivery != "withdrawn" or article.kind not in WRITTEN:
        return Draft()
    return Draft(WRITTEN[article.kind], {**_values(article), **_plan(ticket, article_id)})


def quoting(answers: str) -> Draft:
    """A forward that begins with the request's answers."""
    return Draft("forwards", {"text": (answers,)})


def _values(article: Article) -> dict[str, Sequence[str]]:
    return {
        "reason" if article.kind is ArticleKind.MAIL_CLOSED else "text": (article.text,),
        "outcome": (article.outcome or "",),
        "fields": article.asked,
        "to": (article.to or "",),
        "subject": (article.subject,),
        ALONG: tuple(file.key for file in article.attachments),
    }


def _plan(ticket: View, article_id: str) -> dict[str, Sequence[str]]:
    """The day that a request for information was to wait for, or what was to become of the open questions; they stand
    in the fact that the mail was written."""
    for row in ticket.journal:
        article, plan = row.data.get("article"), row.data.get("plan")
        if not isinstance(article, Mapping) or article.get("id") != article_id or not isinstance(plan, Mapping):
            continue
        if plan.get("waiting"):
            waiting = Waiting.model_validate(plan["waiting"])
            day = waiting.until.astimezone(ROME).date().isoformat() if waiting.until else ""
            return {"until": (day,), "then": (waiting.then,)}
        if plan.get("questions"):
            return {"questions": (str(plan["questions"]),)}
    return {}
