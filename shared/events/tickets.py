"""The life of a ticket: opened, held by people, answered, closed, opened again. A fact that causes a mail names it."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from shared.events.base import (
    Actor,
    ArticleRef,
    Attachment,
    Frozen,
    Outcome,
    PersonRef,
    TicketEvent,
    TicketRef,
)


class TicketOpened(TicketEvent):
    """`request` is the article with what the user sent; `mail` the receipt that notifier owes.

    `split_from`: the ticket whose article this one was split from. `page`: where it was written, as that page says.
    """

    name: ClassVar[str] = "ticket.opened.v1"
    subject: str
    form: str
    version: int
    site: str
    submitted_at: AwareDatetime
    rule: str
    request: ArticleRef
    mail: ArticleRef
    split_from: TicketRef | None = None
    page: str | None = None


class TicketTaken(TicketEvent):
    """`mail` tells the requester; absent when somebody took over a ticket that was already in charge."""

    name: ClassVar[str] = "ticket.taken.v1"
    subject: str
    former_owner: PersonRef | None = None
    mail: ArticleRef | None = None


class TicketReleased(TicketEvent):
    """Nobody's again, with its responsible as before."""

    name: ClassVar[str] = "ticket.released.v1"
    former_owner: PersonRef
    reason: str = ""


class TicketHandedOver(TicketEvent):
    """`owner` is the new one, who gets a notice with the reason. Never changes the state."""

    name: ClassVar[str] = "ticket.handed_over.v1"
    subject: str
    former_owner: PersonRef | None = None
    reason: str


class ResponsibleChanged(TicketEvent):
    """`responsible` is the new one."""

    name: ClassVar[str] = "ticket.responsible_changed.v1"
    former_responsible: PersonRef | None = None


class TicketMoved(TicketEvent):
    """`queue` is the new one. Never changes the state."""

    name: ClassVar[str] = "ticket.moved.v1"
    former_queue: str
    reason: str = ""


class TicketPrioritized(TicketEvent):
    """1 very low to 5 very high."""

    name: ClassVar[str] = "ticket.prioritized.v1"
    priority: int
    former_priority: int


class TicketTagged(TicketEvent):
    """`tags` are all of them once it is applied."""

    name: ClassVar[str] = "ticket.tagged.v1"
    tags: tuple[str, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class TicketNoted(TicketEvent):
    """An internal note. Never changes the state. `mentions`: colleagues it names, who get a notice."""

    name: ClassVar[str] = "ticket.noted.v1"
    article: ArticleRef
    mentions: tuple[PersonRef, ...] = ()


class TicketWatched(TicketEvent):
    """`person` hears of everything from now on; `watchers` are all of them once it is applied."""

    name: ClassVar[str] = "ticket.watched.v1"
    person: PersonRef


class TicketUnwatched(TicketEvent):
    """`person` watches no longer."""

    name: ClassVar[str] = "ticket.unwatched.v1"
    person: PersonRef


Then = Literal["remind", "close"]


class Closing(Frozen):
    """How a root closes by itself when its last question is answered, in the name of `by`.

    `article`: the mail with the reason, or the second level's answer, written already. `answered`: an answer that left
    said all to the user.
    """

    outcome: Outcome
    by: Actor
    article: ArticleRef | None = None
    answered: bool = False


class Waiting(Frozen):
    """What a pending ticket waits for. At `until` it reminds or closes with `outcome`; None: no date.

    Reminding means: the user by mail, and once more as many days later the operators, when it waits for the user;
    else the operators, because the ticket opens again. `closing`: it waits for the answers to its questions.
    """

    for_user: bool
    since: AwareDatetime
    until: AwareDatetime | None = None
    then: Then = "remind"
    outcome: Outcome | None = None
    reminded: bool = False
    closing: Closing | None = None


class TicketDeferred(TicketEvent):
    """Pending now. `text`: the reason that the user gets when it closes by itself. `waited_for_user`: what it waited
    for until now."""

    name: ClassVar[str] = "ticket.deferred.v1"
    waiting: Waiting
    text: str = ""
    waited_for_user: bool = False


class TicketResumed(TicketEvent):
    """Open again after it was pending; by the timer when the actor is the system.

    `because`: it could not close by itself, as a question came back without an answer (`returned`), was taken back
    (`withdrawn`), or is `open`. `waited_for_user`: they see that it doesn't any more; of every other wait they know
    nothing.
    """

    name: ClassVar[str] = "ticket.resumed.v1"
    because: Literal["", "returned", "withdrawn", "open"] = ""
    waited_for_user: bool = False


class TicketReminded(TicketEvent):
    """The user was asked something and hasn't answered: `mail` says so. `information`: the article that asked for
    `fields`, when it was a request for information. `waiting`: what happens next."""

    name: ClassVar[str] = "ticket.reminded.v1"
    subject: str
    mail: ArticleRef
    information: str | None = None
    fields: tuple[str, ...] = ()
    form: str
    version: int
    waiting: Waiting


class TicketAnswered(TicketEvent):
    """The answer left its window; `text` is what the operator wrote. `outcome`: it also closes the ticket."""

    name: ClassVar[str] = "ticket.answered.v1"
    subject: str
    mail: ArticleRef
    text: str
    attachments: tuple[Attachment, ...] = ()
    outcome: Outcome | None = None


class InformationRequested(TicketEvent):
    """The user is asked for `fields` of the pinned form; the mail's article is what the answer refers to."""

    name: ClassVar[str] = "ticket.information_requested.v1"
    subject: str
    mail: ArticleRef
    text: str
    fields: tuple[str, ...]
    form: str
    version: int
    waiting: Waiting


class TicketForwarded(TicketEvent):
    """Sent on to a third party at the address `to`; internal."""

    name: ClassVar[str] = "ticket.forwarded.v1"
    mail: ArticleRef
    to: str
    subject: str
    text: str
    attachments: tuple[Attachment, ...] = ()


class TicketClosed(TicketEvent):
    """`mail` gives the user the reason in `text`; absent when an answer said it, or when it is closed silently.

    `waited`: by itself, when the last of its questions was answered.
    """

    name: ClassVar[str] = "ticket.closed.v1"
    subject: str
    outcome: Outcome
    text: str = ""
    mail: ArticleRef | None = None
    answered: bool = False
    waited: bool = False


class TicketReopened(TicketEvent):
    """Open again; `by_reply`: because the user wrote."""

    name: ClassVar[str] = "ticket.reopened.v1"
    subject: str
    reason: str = ""
    by_reply: bool = False
    mail: ArticleRef | None = None


class TicketReplied(TicketEvent):
    """The requester wrote. `fields`: what they filled in of what was asked. `follows_to`: the ticket this one was
    merged into, which is woken instead."""

    name: ClassVar[str] = "ticket.replied.v1"
    article: ArticleRef
    fields: tuple[str, ...] = ()
    information: str | None = None
    follows_to: TicketRef | None = None


class ReplyFollowed(TicketEvent):
    """The requester wrote to `source`, which was merged into this ticket; `article` stays there."""

    name: ClassVar[str] = "ticket.reply_followed.v1"
    source: TicketRef
    article: ArticleRef
    follows_to: TicketRef | None = None
