"""May this person see or do this? The one place that answers; deny by default.

An article's kind fixes who may see it, so a note can never become visible to a requester.
"""

from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict

from shared.events import Actor, ActorKind, ArticleKind, Language, PersonRef, Requester


class Role(StrEnum):
    """`operator` works on tickets, `user` follows their own, `service` is one of ours, `holder` has one link."""

    OPERATOR = "operator"
    USER = "user"
    SERVICE = "service"
    HOLDER = "holder"


class Visibility(StrEnum):
    REQUESTER = "requester"
    INTERNAL = "internal"


class Person(BaseModel):
    """Who is asking. `ticket`: all that a holder of a link may follow, while its links are of `follow_epoch`.

    `sent`: the link is the sender's own, which no mail ever carried.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    email: str = ""
    language: Language = "it"
    roles: frozenset[Role] = frozenset()
    groups: frozenset[str] = frozenset()
    ticket: str | None = None
    follow_epoch: int = 0
    sent: bool = False

    @property
    def is_operator(self) -> bool:
        return Role.OPERATOR in self.roles

    @property
    def ref(self) -> PersonRef:
        return PersonRef(id=self.id, name=self.name)

    @property
    def actor(self) -> Actor:
        kind = ActorKind.OPERATOR if self.is_operator else ActorKind.REQUESTER
        return Actor(id=self.id, name=self.name, kind=kind)


# What a requester may see; every other kind, and every kind still to come, is internal.
SEEN_BY_REQUESTER: Final = frozenset(
    {
        ArticleKind.REQUEST,
        ArticleKind.MAIL_RECEIPT,
        ArticleKind.MAIL_TAKEN,
        ArticleKind.MAIL_INFORMATION_REQUEST,
        ArticleKind.MAIL_ANSWER,
        ArticleKind.MAIL_CLOSED,
        ArticleKind.MAIL_REOPENED,
        ArticleKind.MAIL_REMINDER,
        ArticleKind.MAIL_LINK,
        ArticleKind.REQUESTER_REPLY,
    }
)
# A link mailed to an address that nobody verified must not repeat what was typed.
SEEN_BY_HOLDER: Final = SEEN_BY_REQUESTER - {ArticleKind.REQUEST, ArticleKind.REQUESTER_REPLY}
# Where it was sent from, it may be read again; what was written later may have come from elsewhere.
SEEN_BY_SENDER: Final = SEEN_BY_HOLDER | {ArticleKind.REQUEST}


def visibility(kind: ArticleKind) -> Visibility:
    """Whether an article of this kind is for the requester or for us."""
    return Visibility.REQUESTER if kind in SEEN_BY_REQUESTER else Visibility.INTERNAL


def may_see_ticket(person: Person, ticket: str, requester: Requester | None, follow_epoch: int = 0) -> bool:
    """Operators see every ticket; a user only those a verified identity ties to them; a holder just the one.

    `requester`: None for a second-level question, which is nobody's but the operators'. `follow_epoch`: the ticket's.
    """
    if person.is_operator:
        return True
    if requester is None:
        return False
    if Role.USER in person.roles:
        return requester.verified and requester.subject is not None and requester.subject == person.id
    return is_link_of(person, ticket) and person.follow_epoch == follow_epoch


def is_link_of(person: Person, ticket: str) -> bool:
    """Whether the person came by a link to this ticket, of whatever epoch."""
    return Role.HOLDER in person.roles and person.ticket is not None and person.ticket == ticket


def may_see_article(person: Person, kind: ArticleKind, *, left: bool = True) -> bool:
    """Whether an article of this kind, of a ticket the person may see, is for their eyes. `left`: it isn't held,
    stopped or undone: a mail that hasn't left the house is nobody's but the operators'."""
    if person.is_operator:
        return True
    if not left:
        return False
    if Role.USER in person.roles:
        return kind in SEEN_BY_REQUESTER
    return Role.HOLDER in person.roles and kind in (SEEN_BY_SENDER if person.sent else SEEN_BY_HOLDER)


def may_see_typed(person: Person) -> bool:
    """Whether the person may see what the requester typed: subject, fields, name and address."""
    return person.is_operator or Role.USER in person.roles


def may_see_history(person: Person) -> bool:
    """The journal, the people's names and the queue's inner life are for operators."""
    return person.is_operator


def may_act(person: Person) -> bool:
    """Every operator may act on every ticket (S13); nobody else acts on tickets in this way."""
    return person.is_operator


def may_reply(person: Person) -> bool:
    """Whoever may see a ticket as its requester writes to it by replying; operators have verbs of their own."""
    return not person.is_operator and bool(person.roles & {Role.USER, Role.HOLDER})


def may_thank(person: Person) -> bool:
    """Thanks are the requester's."""
    return may_reply(person)


def may_rate(person: Person) -> bool:
    """So is what they think of the answer: no operator rates a colleague's, or their own."""
    return may_reply(person)


def may_end_follow_links(person: Person) -> bool:
    """The requester, or an operator for them, ends the links that were mailed."""
    return may_reply(person) or may_act(person)


def may_have_links_mailed(person: Person) -> bool:
    """Who asks for a new link is nobody yet: one of our own doors asks for them."""
    return Role.SERVICE in person.roles


def is_address_of(email: str, requester: Requester) -> bool:
    """Whether it is the address that this request was made with: only there a new link is mailed."""
    return email.strip().casefold() == requester.email.strip().casefold()


def same_requester(one: Requester, other: Requester) -> bool:
    """Whether two tickets are surely the same person's: one verified identity, or one unverified address."""
    if one.verified or other.verified:
        return one.verified and other.verified and one.subject is not None and one.subject == other.subject
    return one.email.casefold() == other.email.casefold()


def may_become_request(kind: ArticleKind) -> bool:
    """Whether an article may be split into a ticket of the user's: only their own words."""
    return kind in (ArticleKind.REQUEST, ArticleKind.REQUESTER_REPLY)


def may_list(person: Person) -> bool:
    """Lists are for operators, and for users over their own."""
    return person.is_operator or Role.USER in person.roles


def may_have_notices(person: Person) -> bool:
    """Notices tell of colleagues' acts: operators only, and each only their own."""
    return person.is_operator


def may_see_dead_messages(person: Person) -> bool:
    """Dead messages hold whole submissions: operators only."""
    return person.is_operator
