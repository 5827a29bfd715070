"""What the door finds out before a wish is decided: which ticket a number means, which article an id, its words.

What a question shows of its ticket is gathered in `excerpts`.
"""

from typing import Any

from services.tickets import commands as c
from services.tickets.domain import Root, Ticket
from services.tickets.excerpts import Excerpts
from services.tickets.numbers import is_number
from services.tickets.repository import Tickets
from services.tickets.views import allowed
from shared.errors import BadInput, NotFound
from shared.forms import Forms
from shared.ids import is_id
from shared.policy import Person


class Finder:
    """Fills in what a wish's sender can't know; whatever they put there themselves is forgotten."""

    def __init__(self, tickets: Tickets, forms: Forms) -> None:
        self._tickets = tickets
        self._forms = forms
        self._excerpts = Excerpts(tickets, forms)

    async def open(self, name: str, person: Person) -> Root:
        """The ticket called `name` (id or number), if the person may see it; else `NotFound`."""
        return allowed(await self._called(name), person)

    async def fill(self, ticket: Root, wish: Any) -> Any:
        """The wish of an operator, completed."""
        match wish:
            case c.LinkTicket() | c.UnlinkTicket():
                return wish.model_copy(update={"found": (await self._other(wish.other, "other")).ref})
            case c.MergeTicket():
                other = await self._other(wish.target, "target")
                requester = other.requester if isinstance(other, Ticket) else None
                return wish.model_copy(update={"found": other.ref, "requester": requester})
            case c.SplitArticle():
                named = await self._tickets.named(ticket, wish.article)
                return wish.model_copy(update={"found": named.ref if named else None})
            case c.SendMail():
                words = (await self._tickets.words([wish.article])).get(wish.article)
                told = (words.subject, words.text) if words and words.ticket_id == ticket.id else ("", "")
                return wish.model_copy(update=dict(zip(("subject", "text"), told, strict=True)))
            case c.AskInformation():
                self._check_fields(ticket, wish)
            case c.AskSecondLevel():
                return await self._excerpts.fill(ticket, wish)
            case c.WithdrawQuestion():
                child = wish.child if is_id(wish.child) else getattr(await self._called(wish.child), "id", "")
                return wish.model_copy(update={"found": child})
        return wish

    async def _called(self, name: str) -> Root | None:
        if is_id(name):
            return await self._tickets.find(name)
        return await self._tickets.find_by_number(name) if is_number(name) else None

    async def _other(self, name: str, field: str) -> Root:
        """The ticket a body names: any, because every operator may see it."""
        if found := await self._called(name):
            return found
        sentence = "There is no such ticket: check its number."
        raise NotFound(sentence, code="unknown_ticket", errors=[{"field": field, "message": sentence}])

    def _check_fields(self, ticket: Root, wish: c.AskInformation) -> None:
        """The small form can ask only what the pinned version of the form asks."""
        asked = self._forms.get(ticket.form, ticket.form_version).by_id
        for field in wish.fields:
            if field not in asked:
                sentence = f"The form of this ticket has no field '{field}'."
                raise BadInput(sentence, code="unknown_field", errors=[{"field": "fields", "message": sentence}])
