"""What somebody has typed into a ticket's page and what isn't sent yet: nothing of it gets lost on a refusal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from starlette.datastructures import FormData

from services.portal.i18n import ROME
from services.portal.kept_drafts import Kept, joined
from services.portal.shapes import Article, View
from services.portal.uploads import ALONG
from services.portal.wording import WRITTEN
from shared.errors import TooLarge
from shared.events import ArticleKind, Waiting

# What belongs to the page and not to the person.
OURS = frozenset(
    {"csrf", "key", "seen", "form", "back", "person", "unfilled", "template", "draft_base", "draft_tab", "draft_count"}
)


# Letters that a page still gives back.
LONGEST_BACK: Final = 200_000


@dataclass(frozen=True)
class Draft:
    """The fields of one form of the page. `errors`: what doesn't fit, by field, in the reader's words.

    `key`: the wish may have been done already, so it keeps its idempotency key. `files`: some were chosen, which
    no page can hold.

    `kept`: what was kept by itself for this and all other forms. `newer`: what another tab or device wrote into this
    form meanwhile."""

    form: str = ""
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    files: bool = False
    kept: Mapping[str, Kept] = field(default_factory=dict)
    newer: Kept | None = None

    def text(self, form: str, name: str, otherwise: str = "") -> str:
        """What was typed into the field `name` of `form`; `otherwise` when nothing is known of that form."""
        values = self._of(form)
        return otherwise if values is None else (values.get(name) or ("",))[0]

    def chosen(self, form: str, name: str, otherwise: Sequence[str] = ()) -> Sequence[str]:
        """All values of the field `name`: what was ticked."""
        values = self._of(form)
        return otherwise if values is None else values.get(name, ())

    def has(self, form: str) -> bool:
        """Whether that form holds something of the reader's, and is shown whatever the ticket's state."""
        return form == self.form or form in self.kept

    def kept_in(self, form: str) -> Kept | None:
        """What was kept by itself for that form, or thrown away just now."""
        return self.kept.get(form)

    def _of(self, form: str) -> Mapping[str, Sequence[str]] | None:
        if form == self.form:
            return self.values
        kept = self.kept.get(form)
        return kept.values if kept and kept.state == "kept" else None

    def beside(self, kept: Mapping[str, Kept], thrown: str = "") -> "Draft":
        """Together with what was kept by itself; `thrown`: the form whose draft was thrown away by the last wish."""
        shown = {form: each for form, each in kept.items() if each.state == "kept" or form == thrown}
        return replace(self, kept=shown)

    def below(self, kept: Mapping[str, Kept]) -> "Draft":
        """A text that the page itself puts into a form stands below what was kept for it."""
        mine = kept.get(self.form)
        if mine is None or mine.state != "kept":
            return self
        return replace(self, values=joined(mine.values, self.values))

    def error(self, form: str, name: str) -> str | None:
        """What doesn't fit in that field."""
        return self.errors.get(name) if form == self.form else None


def check_page_holds(form: FormData) -> None:
    """`TooLarge` when no page can give back what was typed: the browser still has it."""
    if sum(len(text) for _, text in form.multi_items() if isinstance(text, str)) > LONGEST_BACK:
        raise TooLarge("A text is too long to come back on a page.")


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
