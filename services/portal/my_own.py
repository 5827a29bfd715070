"""A person's own request, as a requester may see it: asked of `tickets` as such, and checked once more here."""

from services.portal.shapes import Article, View
from services.portal.tickets import Tickets
from services.portal.wording import NOT_LEFT
from shared.errors import NotFound
from shared.policy import Person, Role, may_see_article, may_see_ticket
from shared.subjects import plain


def as_requester(person: Person) -> Person:
    """The person without an operator's rights: here everybody is somebody who asked."""
    return person.model_copy(update={"roles": frozenset({Role.USER}), "groups": frozenset()})


async def own(person: Person, number: str, tickets: Tickets, before: int | None = None) -> View:
    """The person's own request with what a requester may see. `NotFound` for everybody else's."""
    requester = as_requester(person)
    ticket = await tickets.view(requester, number, before)
    # tickets has filtered already; this page asks the policy once more, because a leak here is public.
    if ticket.requester is None or not may_see_ticket(requester, ticket.id, ticket.requester):
        raise NotFound("There is no such request.")
    seen = tuple(
        _outside(article)
        for article in ticket.articles
        if may_see_article(requester, article.kind, left=article.delivery not in NOT_LEFT)
    )
    inside = {"journal": (), "owner": None, "responsible": None, "links": (), "tags": (), "waiting": None}
    return ticket.model_copy(update={**inside, "articles": seen})


def _outside(article: Article) -> Article:
    inside = {"author": None, "to": None, "delivery_detail": None, "stopped": None}
    return article.model_copy(update={**inside, "subject": plain(article.subject)})
