"""What a person is shown of a ticket: always through the policy, so nothing internal reaches a requester."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import AwareDatetime, BaseModel, JsonValue

from services.tickets.articles import MAILS, Named, Words, named_by
from services.tickets.domain import Ticket
from shared import policy
from shared.errors import NotFound
from shared.events import (
    Actor,
    ArticleDelivered,
    ArticleKind,
    ArticleRefused,
    Attachment,
    Language,
    PersonRef,
    Requester,
    State,
    TicketEvent,
    TicketTaken,
)
from shared.policy import Person, Visibility

Delivery = Literal["waiting", "sent", "refused"]


class Summary(BaseModel):
    """A ticket in a list. A requester learns that it was taken, not by whom; a holder nothing that was typed."""

    id: str
    number: str
    subject: str
    state: State
    queue: str
    taken: bool
    owner: PersonRef | None
    responsible: PersonRef | None
    requester: Requester | None
    form: str
    version: int
    language: Language
    opened_at: AwareDatetime
    changed_at: AwareDatetime
    seq: int


class Article(BaseModel):
    """A row of a ticket. `fields` are the raw values of the form; `delivery` is for mails only."""

    id: str
    kind: ArticleKind
    visibility: Visibility
    at: AwareDatetime
    author: PersonRef | None
    subject: str
    text: str
    fields: dict[str, JsonValue] | None
    attachments: tuple[Attachment, ...]
    delivery: Delivery | None
    delivery_detail: str | None


class JournalRow(BaseModel):
    """A fact, for operators: what, when, by whom."""

    event_id: str
    name: str
    at: AwareDatetime
    actor: Actor
    seq: int
    owner: PersonRef | None
    former_owner: PersonRef | None
    queue: str
    detail: str | None


class View(Summary):
    """One ticket with its articles, and for operators its journal."""

    articles: list[Article]
    journal: list[JournalRow]


def allowed(ticket: Ticket | None, person: Person) -> Ticket:
    """The ticket, if the person may see it; unknown and forbidden look the same."""
    if ticket is None or not policy.may_see_ticket(person, ticket.id, ticket.requester):
        raise NotFound("There is no such request.")
    return ticket


def summary(ticket: Ticket, person: Person) -> Summary:
    """The ticket in a list, as `person` may see it."""
    inside = policy.may_see_history(person)
    typed = policy.may_see_typed(person)
    return Summary(
        id=ticket.id,
        number=ticket.number,
        subject=ticket.subject if typed else "",
        state=ticket.state,
        queue=ticket.queue,
        taken=ticket.owner is not None,
        owner=ticket.owner if inside else None,
        responsible=ticket.responsible if inside else None,
        requester=ticket.requester if typed else None,
        form=ticket.form,
        version=ticket.form_version,
        language=ticket.language,
        opened_at=ticket.opened_at,
        changed_at=ticket.changed_at,
        seq=ticket.seq,
    )


def view(ticket: Ticket, history: Sequence[TicketEvent], words: Mapping[str, Words], person: Person) -> View:
    """The whole ticket, as `person` may see it."""
    fates = _fates(history)
    articles = [
        _article(named, words.get(named.ref.id), fates, person)
        for fact in history
        for named in named_by(fact)
        if policy.may_see_article(person, named.ref.kind)
    ]
    rows = [_row(fact) for fact in history] if policy.may_see_history(person) else []
    return View(**summary(ticket, person).model_dump(), articles=articles, journal=rows)


def _fates(history: Sequence[TicketEvent]) -> dict[str, tuple[Delivery, str | None]]:
    fates: dict[str, tuple[Delivery, str | None]] = {}
    for fact in history:
        if isinstance(fact, ArticleDelivered):
            fates[fact.article.id] = ("sent", None)
        elif isinstance(fact, ArticleRefused):
            fates[fact.article.id] = ("refused", fact.reason)
    return fates


def _article(
    named: Named, words: Words | None, fates: Mapping[str, tuple[Delivery, str | None]], person: Person
) -> Article:
    inside = policy.may_see_history(person)
    delivery, detail = fates.get(named.ref.id, ("waiting", None)) if named.ref.kind in MAILS else (None, None)
    return Article(
        id=named.ref.id,
        kind=named.ref.kind,
        visibility=policy.visibility(named.ref.kind),
        at=named.at,
        author=PersonRef(id=named.author.id, name=named.author.name) if inside else None,
        subject=words.subject if words else "",
        text=words.text if words else "",
        fields=words.values if words else None,
        attachments=words.attachments if words else (),
        delivery=delivery,
        # The mail server's words may name other people's machines.
        delivery_detail=detail if inside else None,
    )


def _row(fact: TicketEvent) -> JournalRow:
    return JournalRow(
        event_id=fact.event_id,
        name=fact.name,
        at=fact.occurred_at,
        actor=fact.actor,
        seq=fact.seq,
        owner=fact.owner,
        former_owner=fact.former_owner if isinstance(fact, TicketTaken) else None,
        queue=fact.queue,
        detail=fact.reason if isinstance(fact, ArticleRefused) else None,
    )
