"""From a fact to the mail it owes somebody: pure, nothing is stored or sent here.

An address nobody verified gets nothing back of what was typed: neither name nor subject nor answers.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol

from services.notifier.letters import Envelope, Mail, office, post, say_when
from services.notifier.markup import one_line
from services.notifier.templates import Templates, Values
from shared.errors import NotFound
from shared.events import (
    ActorKind,
    ArticleRef,
    Attachment,
    ChildHandedOver,
    FollowLinkRequested,
    InformationRequested,
    Language,
    Outcome,
    RootEvent,
    State,
    TicketAnswered,
    TicketClosed,
    TicketEvent,
    TicketForwarded,
    TicketHandedOver,
    TicketOpened,
    TicketReminded,
    TicketReopened,
    TicketTaken,
)
from shared.forms import Forms
from shared.people import People
from shared.queues import Queue, Queues

_LONGEST_NAME, _LONGEST_SUBJECT, _LONGEST_LABEL = 80, 120, 200
# What an operator gave as subject is not cut: it is as long as the door lets it be.
_LONGEST_GIVEN = 200
_OUTCOMES: Final[dict[Outcome, str]] = {
    State.CLOSED_SUCCESSFUL: "successful",
    State.CLOSED_UNSUCCESSFUL: "unsuccessful",
}

# The facts that owe the requester a mail; each knows the ticket's subject.
ToRequester = (
    TicketOpened
    | TicketTaken
    | InformationRequested
    | TicketAnswered
    | TicketClosed
    | TicketReopened
    | TicketReminded
    | FollowLinkRequested
)
# Whoever gets a ticket or a question from a colleague is told why.
HandedOver = TicketHandedOver | ChildHandedOver


class Links(Protocol):
    """The addresses that mails lead to; some hold a token."""

    def request(self, event: TicketEvent) -> str:
        """Where the requester follows the ticket."""
        ...

    def follow(self, event: TicketEvent) -> str:
        """A link by which whoever has it follows this one ticket."""
        ...

    def information(self, event: TicketEvent, article_id: str) -> str:
        """Where the requester answers what the article asked."""
        ...

    def desk(self, number: str) -> str:
        """Where operators work on the ticket."""
        ...

    def inbox(self) -> str:
        """Where operators find their notices."""
        ...

    def preferences(self) -> str:
        """Where operators choose what they hear."""
        ...


def nobody_knows(queue: str, language: Language) -> str:
    """No word on when an answer usually comes."""
    return ""


class Mails:
    """Writes the mails, each method the mail of one fact; None when that fact owes nobody one.

    `usual`: the sentence that says when a queue usually answers, at once and whatever happens; or nothing.
    """

    def __init__(
        self,
        templates: Templates,
        queues: Queues,
        forms: Forms,
        people: People,
        links: Links,
        usual: Callable[[str, Language], str] = nobody_knows,
    ) -> None:
        self._templates = templates
        self._queues = queues
        self._forms = forms
        self._people = people
        self._links = links
        self._usual = usual

    def received(self, event: TicketOpened) -> Mail:
        """The receipt: we have it, this is its number, this happens next."""
        origin = event.split_from.number if event.split_from else ""
        usual = self._usual(event.queue, event.language)
        return self._automatic("received", event, event.mail, when=event.submitted_at, split_from=origin, usual=usual)

    def taken(self, event: TicketTaken) -> Mail | None:
        """Somebody has taken it in charge; None when the requester was told before."""
        return self._automatic("taken", event, event.mail) if event.mail else None

    def information(self, event: InformationRequested) -> Mail:
        """We need to know more: what, by when, and the link to the small form that asks just that."""
        until = event.waiting.until
        return self._written(
            "information",
            event,
            event.mail,
            text=event.text,
            fields=self._labels(event),
            information=self._links.information(event, event.mail.id),
            until=say_when(until, event.language) if until else "",
            closes=event.waiting.then == "close",
        )

    def answer(self, event: TicketAnswered) -> Mail:
        """What the operator wrote; with an outcome it says that the request ends here."""
        outcome = _OUTCOMES[event.outcome] if event.outcome else ""
        return self._written(
            "answer", event, event.mail, text=event.text, outcome=outcome, attachments=event.attachments
        )

    def closed(self, event: TicketClosed) -> Mail | None:
        """Closed, and why; None when an answer said it, or nobody shall hear of it."""
        if event.mail is None:
            return None
        say = self._automatic if event.actor.kind is ActorKind.SYSTEM else self._written
        return say("closed", event, event.mail, text=event.text, outcome=_OUTCOMES[event.outcome])

    def reopened(self, event: TicketReopened) -> Mail | None:
        """Open again, and why."""
        if event.mail is None:
            return None
        return self._automatic("reopened", event, event.mail, text=event.reason, by_reply=event.by_reply)

    def reminder(self, event: TicketReminded) -> Mail:
        """We still wait for the requester; with the link to the form when something certain was asked."""
        asked = event.information
        link = self._links.information(event, asked) if asked else ""
        return self._automatic("reminder", event, event.mail, fields=self._labels(event), information=link)

    def link(self, event: FollowLinkRequested) -> Mail:
        """A new link, to the address that the request was made with."""
        return self._automatic("link", event, event.mail)

    def forward(self, event: TicketForwarded) -> Mail:
        """To a third party, in the queue's name: what the operator wrote and no link that opens the ticket."""
        queue, language = office(self._queues, event.queue), event.language
        said = {"subject": one_line(event.subject, _LONGEST_GIVEN), "text": event.text}
        values = _values(event, queue, language, event.occurred_at, said)
        envelope = Envelope(
            recipient=event.to,
            language=language,
            article_id=event.mail.id,
            thread="forward",
            attachments=event.attachments,
        )
        return post(event, queue, envelope, self._templates.render("forward", language, values))

    def handed_over(self, event: HandedOver, language: Language | None = None) -> Mail | None:
        """The notice to the new owner, in their language; None when they took it themselves or have no address."""
        owner = self._people.get(event.owner.id) if event.owner else None
        if owner is None or owner.id == event.actor.id:
            return None
        queue, language = office(self._queues, event.queue), language or owner.language
        subject = event.subject if isinstance(event, TicketHandedOver) else event.ticket_subject
        said = {
            "name": one_line(owner.name, _LONGEST_NAME),
            "by": one_line(event.actor.name, _LONGEST_NAME),
            "subject": one_line(subject, _LONGEST_SUBJECT),
            "text": event.reason,
            "link": self._links.desk(event.number),
            "automatic": True,
        }
        values = _values(event, queue, language, event.occurred_at, said)
        envelope = Envelope(recipient=owner.email, language=language, thread="notice", automatic=True)
        return post(event, queue, envelope, self._templates.render("handed_over", language, values))

    def _automatic(self, name: str, event: ToRequester, article: ArticleRef, **said: Any) -> Mail:
        return self._to_requester(name, event, article, {**said, "automatic": True}, ())

    def _written(
        self, name: str, event: ToRequester, article: ArticleRef, attachments: tuple[Attachment, ...] = (), **said: Any
    ) -> Mail:
        return self._to_requester(name, event, article, said, attachments)

    def _to_requester(
        self,
        name: str,
        event: ToRequester,
        article: ArticleRef,
        said: dict[str, Any],
        attachments: tuple[Attachment, ...],
    ) -> Mail:
        queue, language = office(self._queues, event.queue), event.language
        said = {"link": self._links.request(event), "follow": self._links.follow(event), **said}
        if event.requester.verified:
            said["verified"] = True
            said["name"] = one_line(event.requester.name, _LONGEST_NAME)
            said["subject"] = one_line(event.subject, _LONGEST_SUBJECT)
        values = _values(event, queue, language, said.pop("when", event.occurred_at), said)
        envelope = Envelope(
            recipient=event.requester.email,
            language=language,
            article_id=article.id,
            automatic=values.automatic,
            attachments=attachments,
        )
        return post(event, queue, envelope, self._templates.render(name, language, values))

    def _labels(self, event: InformationRequested | TicketReminded) -> tuple[str, ...]:
        """The questions asked, in the words of the form that the request was made with."""
        try:
            asked = self._forms.get(event.form, event.version).asked
        except NotFound:  # a version taken away since: the mail must leave all the same
            asked = {}
        labels = (asked[field].label.say(event.language) if field in asked else field for field in event.fields)
        return tuple(one_line(label, _LONGEST_LABEL) for label in labels)


def _values(event: RootEvent, queue: Queue, language: Language, when: datetime, said: dict[str, Any]) -> Values:
    name = queue.names.say(language)
    return Values(
        number=event.number,
        queue=name,
        when=say_when(when, language),
        signature=queue.signature.say(language).strip() if queue.signature else name,
        **said,
    )
