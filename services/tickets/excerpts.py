"""What a question shows of the root that asks it: answers of its form and articles, as they are at that moment.

The second level reads this first; routing's rules see what of it is not personal.
"""

from collections.abc import Sequence

from pydantic import JsonValue

from services.tickets import commands as c
from services.tickets.articles import Words, named_by
from services.tickets.domain import Root, Ticket
from services.tickets.repository import Tickets
from shared.errors import BadInput, NotFound
from shared.events import About
from shared.forms import Forms
from shared.forms.model import Form
from shared.forms.view import display


class Excerpts:
    """Fills in what the operator only pointed at."""

    def __init__(self, tickets: Tickets, forms: Forms) -> None:
        self._tickets = tickets
        self._forms = forms

    async def fill(self, root: Root, wish: c.AskSecondLevel) -> c.AskSecondLevel:
        """The wish with the words of the fields and articles it names. `BadInput` for what the root hasn't got."""
        form, values = self._form(root), await self._values(root)
        for field in wish.fields:
            if field not in values and (form is None or field not in form.by_id):
                raise _unknown("unknown_field", "fields", f"The form of this ticket has no field '{field}'.")
        quotes = [await self._quote(root, article, form) for article in dict.fromkeys(wish.articles)]
        excerpt = c.Excerpt(
            values={field: values[field] for field in wish.fields if field in values}, quotes=tuple(quotes)
        )
        return wish.model_copy(update={"excerpt": excerpt, "about": _about(root, form, values)})

    async def _values(self, root: Root) -> dict[str, JsonValue]:
        """The answers of the form as they are now; of a question, those that it shows."""
        first = [named.ref.id for fact in await self._tickets.first_facts(root) for named in named_by(fact)][:1]
        ids = [*first, *(root.answers if isinstance(root, Ticket) else ())]
        words = await self._tickets.words(ids)
        found: dict[str, JsonValue] = {}
        for each in ids:
            found |= (words[each].values or {}) if each in words else {}
        return found

    async def _quote(self, root: Root, article: str, form: Form | None) -> c.Quote:
        words = (await self._tickets.words([article])).get(article)
        of = await self._owner(root, words) if words else None
        named = await self._tickets.named(of, article) if of else None
        if words is None or named is None:
            raise _unknown("unknown_article", "articles", "This ticket has no such article.")
        said: Sequence[str] = [words.text] if words.text else []
        if words.values and form:
            said = [*said, *(f"{label}: {text}" for label, text in display(form, words.values, root.language))]
        return c.Quote(kind=named.ref.kind, author=named.author.name, at=named.at, text="\n".join(said))

    async def _owner(self, root: Root, words: Words) -> Root | None:
        """The root whose article this is: itself, or a ticket that is part of it and shown with it."""
        if words.ticket_id == root.id:
            return root
        parts = {each.source.id for each in root.absorbed} if isinstance(root, Ticket) else set()
        return await self._tickets.find(words.ticket_id) if words.ticket_id in parts else None

    def _form(self, root: Root) -> Form | None:
        try:
            return self._forms.get(root.form, root.form_version)
        except NotFound:
            return None


def _about(root: Root, form: Form | None, values: dict[str, JsonValue]) -> About:
    personal = form.personal_fields if form else frozenset(values)
    requester = root.requester if isinstance(root, Ticket) else None
    return About(
        queue=root.queue,
        form=root.form,
        version=root.form_version,
        site=root.site,
        language=root.language,
        verified=requester.verified if requester else False,
        role=requester.role if requester else None,
        course=requester.course if requester else None,
        values={field: value for field, value in values.items() if field not in personal},
        submitted_at=root.opened_at,
    )


def _unknown(code: str, field: str, sentence: str) -> BadInput:
    return BadInput(sentence, code=code, errors=[{"field": field, "message": sentence}])
