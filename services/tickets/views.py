"""What a person is shown of a ticket: always through the policy, so nothing internal reaches a requester."""

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from pydantic import JsonValue

from services.tickets.articles import MAILS, Named, Words, about, named_by
from services.tickets.domain import Child, Root, Ticket
from services.tickets.domain.root import NORMAL
from services.tickets.domain.ticket import Link
from services.tickets.fates import Fate, fate_of, named_when_it_left
from services.tickets.shapes import Article, JournalRow, LinkedTicket, Question, Summary, View
from services.tickets.steps import Step, steps_of
from shared import policy
from shared.errors import NotFound
from shared.events import (
    ArticleRefused,
    ChildClosed,
    ChildDeferred,
    PersonRef,
    RootEvent,
    SecondLevelAnswered,
    SecondLevelRequested,
    State,
    TicketClosed,
    TicketDeferred,
    TicketRef,
)
from shared.policy import Person

# The code of a refusal: the ticket is there, but this link to it leads nowhere any more.
LINK_ENDED: Final = "link_ended"


class Read(NamedTuple):
    """What was read of a ticket: a page of its facts in order, the first of all, and newer ones about the page's mails
    where those have not come to an end on the page."""

    ticket: Root
    facts: Sequence[RootEvent]
    first: Sequence[RootEvent]
    newer: Sequence[RootEvent] = ()

    @property
    def is_newest(self) -> bool:
        """Whether it is the page that is shown first."""
        return bool(self.facts) and self.facts[-1].seq == self.ticket.seq

    @property
    def request(self) -> Named | None:
        """What the user sent."""
        return next((named for fact in self.first for named in named_by(fact)), None)


def allowed(ticket: Root | None, person: Person) -> Root:
    """The ticket, if the person may see it; unknown and forbidden look the same."""
    if ticket is not None and may_see(person, ticket):
        return ticket
    if ticket is not None and policy.is_link_of(person, ticket.id):
        raise NotFound("This link was ended.", code=LINK_ENDED)
    raise NotFound("There is no such request.")


def may_see(person: Person, root: Root) -> bool:
    """A question is nobody's but the operators'."""
    if isinstance(root, Ticket):
        return policy.may_see_ticket(person, root.id, root.requester, root.follow_epoch)
    return policy.may_see_ticket(person, root.id, None)


def summary(ticket: Root, person: Person) -> Summary:
    """The ticket in a list, as `person` may see it."""
    return Summary(**_summary(ticket, person))


def view(
    read: Read,
    person: Person,
    words: Mapping[str, Words],
    absorbed: Sequence[Read] = (),
    linked: Mapping[str, Root] = MappingProxyType({}),
    may_close_silently: bool = False,
    asked: Sequence[Question] = (),
) -> View:
    """One page of the ticket, as `person` may see it, with the pages of the tickets that are part of it."""
    ticket, inside = read.ticket, policy.may_see_history(person)
    articles = _articles(read, person, words)
    for other in absorbed:
        articles += _articles(other, person, words, other.ticket.ref)
    if absorbed:
        articles.sort(key=lambda article: article.at)
    first = read.facts[0].seq if read.facts else 1
    shown_with = {other.ticket.id for other in absorbed}
    links = ticket.links if isinstance(ticket, Ticket) and inside else ()
    return View(
        **_summary(ticket, person),
        site=ticket.site,
        page=ticket.page if isinstance(ticket, Ticket) and inside else None,
        articles=articles,
        journal=[_row(fact) for fact in read.facts] if inside else [],
        earlier=first if first > 1 else None,
        links=[_link(link, linked.get(link.ticket.id)) for link in links],
        absorbed=[source for source in _absorbed(ticket) if inside or source.id in shown_with],
        information=ticket.information if isinstance(ticket, Ticket) else None,
        values=_values(read, words) if policy.may_see_typed(person) else {},
        may_close_silently=inside and may_close_silently,
        questions=list(asked) if inside else [],
        steps=[] if inside else _steps(read),
        thanked=isinstance(ticket, Ticket) and ticket.thanked,
        helpful=ticket.helpful if isinstance(ticket, Ticket) else None,
        questions_more=len(ticket.open_questions) - sum(each.open for each in asked) if inside else 0,
    )


def _steps(read: Read) -> list[Step]:
    """The newest page begins with the request."""
    first = read.first if read.is_newest and read.facts[0].seq > 1 else ()
    return steps_of([*first, *read.facts])


def _absorbed(ticket: Root) -> list[TicketRef]:
    """The tickets that are part of this one; for a moment the root may know two attempts of the same."""
    if not isinstance(ticket, Ticket):
        return []
    return list({each.source.id: each.source for each in ticket.absorbed}.values())


def shown(read: Read, person: Person) -> list[Named]:
    """The articles of a page that are for the person's eyes, in order; the newest page begins with the request."""
    names = named_by if policy.may_see_history(person) else named_when_it_left
    found = [named for fact in read.facts for named in names(fact)]
    if read.is_newest and read.facts[0].seq > 1 and read.request:
        found.insert(0, read.request)
    return [named for named in found if policy.may_see_article(person, named.ref.kind)]


def _articles(read: Read, person: Person, words: Mapping[str, Words], origin: TicketRef | None = None) -> list[Article]:
    told: dict[str, list[RootEvent]] = {}
    for fact in {fact.seq: fact for fact in (*read.facts, *read.newer)}.values():
        if article := about(fact):
            told.setdefault(article, []).append(fact)
    found = []
    for named in shown(read, person):
        facts = told.get(named.ref.id, [])
        is_mail = named.ref.kind in MAILS and isinstance(read.ticket, Ticket)
        fate = fate_of(read.ticket, named.ref.id, facts) if is_mail else None
        if policy.may_see_article(person, named.ref.kind, left=fate is None or fate.has_left):
            shown_so = _article(named, words.get(named.ref.id), fate, origin, person)
            found.append(shown_so.model_copy(update=_of_question(facts)))
    return found


def _of_question(facts: Sequence[RootEvent]) -> dict[str, Any]:
    """Which question an article belongs to, and how that one ended."""
    for fact in facts:
        match fact:
            case SecondLevelRequested():
                return {"child": TicketRef(id=fact.child_id, number="")}
            case SecondLevelAnswered():
                return {"child": fact.child, "ending": fact.ending}
            case ChildClosed():
                return {"ending": fact.ending}
    return {}


def _article(named: Named, words: Words | None, fate: Fate | None, origin: TicketRef | None, person: Person) -> Article:
    inside = policy.may_see_history(person)
    article = Article(
        id=named.ref.id,
        kind=named.ref.kind,
        visibility=policy.visibility(named.ref.kind),
        at=named.at,
        author=PersonRef(id=named.author.id, name=named.author.name) if inside else None,
        subject=words.subject if words else "",
        text=words.text if words else "",
        fields=words.values if words else None,
        quotes=words.quotes if words else (),
        attachments=words.attachments if words else (),
        origin=origin,
    )
    if fate is None:
        return article
    told = fate._asdict()
    if not inside:
        # The mail server's words may name other people's machines; the rest is how colleagues work.
        told |= {"delivery_detail": None, "to": None, "due_at": None, "stopped": None}
    return article.model_copy(update=told)


def _summary(ticket: Root, person: Person) -> dict[str, Any]:
    inside, typed = policy.may_see_history(person), policy.may_see_typed(person)
    mine = ticket if isinstance(ticket, Ticket) else None
    return {
        "id": ticket.id,
        "number": ticket.number,
        "subject": ticket.subject if typed else "",
        "state": ticket.state if inside or ticket.waits_for_user else _outside(ticket.state),
        "queue": ticket.queue,
        "taken": ticket.owner is not None,
        "owner": ticket.owner if inside else None,
        "responsible": ticket.responsible if inside else None,
        "requester": mine.requester if mine and typed else None,
        "form": ticket.form,
        "version": ticket.form_version,
        "language": ticket.language,
        "opened_at": ticket.opened_at,
        "changed_at": ticket.changed_at,
        "seq": ticket.seq,
        "priority": ticket.priority if inside else NORMAL,
        "tags": ticket.tags if inside else (),
        "waiting": ticket.waiting if inside or ticket.waits_for_user else None,
        "merging": mine.merging.target if mine and inside and mine.merging else None,
        "merged_into": mine.merged_into if mine else None,
        "watchers": ticket.watchers if inside else (),
        "open_questions": len(ticket.open_questions) if inside else 0,
        "overdue": ticket.late and inside,
        **_asked(ticket),
    }


def _outside(state: State) -> State:
    """What waits for us, a date or the second level is being worked on, to whoever asked."""
    return State.OPEN if state is State.PENDING else state


def _asked(root: Root) -> dict[str, Any]:
    """Who asked, of what, by when: of questions only, and those are seen by operators only."""
    if not isinstance(root, Child):
        return {"parent": None, "depth": 0, "asked_by": None, "due_at": None, "ending": None}
    return {
        "parent": root.parent,
        "depth": root.depth,
        "asked_by": PersonRef(id=root.asked_by.id, name=root.asked_by.name),
        "due_at": root.due_at,
        "ending": root.ending,
    }


def _values(read: Read, words: Mapping[str, Words]) -> dict[str, JsonValue]:
    """The answers of the request, overlaid by what the user corrected later, in order."""
    given = [read.request.ref.id] if read.request else []
    later = read.ticket.answers if isinstance(read.ticket, Ticket) else ()
    found: dict[str, JsonValue] = {}
    for article in (*given, *later):
        if (said := words.get(article)) and said.values:
            found |= said.values
    return found


def _link(link: Link, other: Root | None) -> LinkedTicket:
    if other is None:
        return LinkedTicket(ticket=link.ticket, relation=link.relation, subject="", state=None)
    return LinkedTicket(ticket=other.ref, relation=link.relation, subject=other.subject, state=other.state)


def _row(fact: RootEvent) -> JournalRow:
    data = fact.model_dump(mode="json", include=set(_own_fields(type(fact))))
    for text in ("subject", "attachments"):
        data.get("plan", {}).pop(text, None)
    # Closed without a word to the user, or not yet closed: no article has it.
    if isinstance(fact, TicketClosed) and fact.mail is None and fact.text:
        data["reason"] = fact.text
    if isinstance(fact, (TicketDeferred, ChildDeferred)) and fact.text:
        data["reason"] = fact.text
    return JournalRow(
        event_id=fact.event_id,
        name=fact.name,
        at=fact.occurred_at,
        actor=fact.actor,
        seq=fact.seq,
        owner=fact.owner,
        former_owner=getattr(fact, "former_owner", None),
        queue=fact.queue,
        detail=fact.reason if isinstance(fact, ArticleRefused) else None,
        data=data,
    )


@cache
def _own_fields(fact: type[RootEvent]) -> frozenset[str]:
    of_all = frozenset(RootEvent.model_fields) | {"requester", "language", "follow_epoch", "asks_about"}
    own = frozenset(fact.model_fields) - of_all - {"text", "subject", "attachments"}
    # Who is responsible now stands in every fact; it is this one's news.
    return own | {"responsible"} if "former_responsible" in own else own
