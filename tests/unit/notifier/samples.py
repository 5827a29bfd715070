"""Facts that owe a mail, and the writer of mails on the real templates."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from services.notifier.domain import OutgoingMail, accepted
from services.notifier.letters import Mail
from services.notifier.mails import Mails, nobody_knows
from services.notifier.templates import Templates
from shared.events import (
    SYSTEM,
    Actor,
    ActorKind,
    ArticleKind,
    ArticleRef,
    ArticleRetried,
    Attachment,
    FollowLinkRequested,
    InformationRequested,
    Language,
    PersonRef,
    Requester,
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
    Waiting,
)
from shared.forms import Forms
from shared.ids import fact_id, random_id, ticket_id
from shared.people import People
from shared.queues import Queues

EVENING = datetime(2026, 11, 23, 17, 45, tzinfo=UTC)
CONFIG = Path("config")
QUEUES = Queues.load(CONFIG)
TEMPLATES, FORMS, PEOPLE = Templates.load(CONFIG), Forms.load(CONFIG), People.load(CONFIG, QUEUES)
GIULIA = Actor(id="giulia.conti", name="Giulia Conti", kind=ActorKind.OPERATOR)
WORDS = "Buone notizie: la password è stata reimpostata.\n\nPer entrare:\n  1. apri la pagina\n  2. scegli «Accedi»"


class Links:
    """Where mails lead to, in these tests."""

    def request(self, event: TicketEvent) -> str:
        known = event.requester.verified
        return f"https://portal.example/my/{event.number}" if known else self.follow(event)

    def follow(self, event: TicketEvent) -> str:
        return f"https://forms.example/requests/{event.follow_epoch}.to.k_e-n"

    def information(self, event: TicketEvent, article_id: str) -> str:
        return f"https://forms.example/information/{article_id}"

    def desk(self, number: str) -> str:
        return f"https://portal.example/tickets/{number}"

    def inbox(self) -> str:
        return "https://portal.example/notices"

    def preferences(self) -> str:
        return "https://portal.example/preferences"


def write(queues: Queues = QUEUES, usual: Callable[[str, Language], str] = nobody_knows) -> Mails:
    """The writer of mails."""
    return Mails(TEMPLATES, queues, FORMS, PEOPLE, Links(), usual)


def someone(verified: bool = True, **changes: Any) -> Requester:
    """Chiara; with an address nobody verified, she is only what was typed."""
    fields = {"name": "Chiara Russo", "email": "chiara@studenti.example", "subject": "chiara" if verified else None}
    return Requester(**{**fields, "verified": verified, **changes})


def opened(**changes: Any) -> TicketOpened:
    """A ticket of its own, just opened."""
    submission = random_id()
    ticket = ticket_id(submission)
    fields: dict[str, Any] = {
        "event_id": fact_id(ticket, 0),
        "occurred_at": EVENING,
        "correlation_id": submission,
        "cause_id": submission,
        "actor": SYSTEM,
        "ticket_id": ticket,
        "number": "20261123000174",
        "seq": 1,
        "queue": "credentials",
        "requester": someone(),
        "language": "it",
        "subject": "Non riesco ad accedere alla posta",
        "form": "credentials",
        "version": 1,
        "site": "demo-site",
        "submitted_at": EVENING,
        "rule": "credentials",
        "request": ArticleRef(id=random_id(), kind=ArticleKind.REQUEST),
        "mail": ArticleRef(id=random_id(), kind=ArticleKind.MAIL_RECEIPT),
    }
    return TicketOpened(**{**fields, **changes})


def _fact(kind: ArticleKind, position: int, **own: Any) -> dict[str, Any]:
    """The fields of a later fact of a ticket of its own, with an article of `kind`, done by Giulia."""
    fields = opened().model_dump(exclude={"site", "submitted_at", "rule", "request", "split_from"})
    article = ArticleRef(id=random_id(), kind=kind)
    same = {"event_id": fact_id(fields["ticket_id"], position), "seq": position + 1, "actor": GIULIA, "mail": article}
    return {**fields, **same, **own}


def taken(**changes: Any) -> TicketTaken:
    """A ticket taken in charge."""
    return TicketTaken(**_fact(ArticleKind.MAIL_TAKEN, 1, **changes))


def asked(**changes: Any) -> InformationRequested:
    """Giulia needs to know more."""
    own: dict[str, Any] = {
        "text": WORDS,
        "fields": ("username", "phone"),
        "waiting": Waiting(for_user=True, since=EVENING, until=EVENING + timedelta(days=7)),
    }
    return InformationRequested(**_fact(ArticleKind.MAIL_INFORMATION_REQUEST, 2, **{**own, **changes}))


def reminded(**changes: Any) -> TicketReminded:
    """No answer yet."""
    own: dict[str, Any] = {
        "actor": SYSTEM,
        "information": random_id(),
        "fields": ("username", "phone"),
        "waiting": Waiting(for_user=True, since=EVENING, reminded=True),
    }
    return TicketReminded(**_fact(ArticleKind.MAIL_REMINDER, 3, **{**own, **changes}))


def answered(**changes: Any) -> TicketAnswered:
    """Giulia's answer."""
    return TicketAnswered(**_fact(ArticleKind.MAIL_ANSWER, 4, **{"text": WORDS, **changes}))


def closed(**changes: Any) -> TicketClosed:
    """Closed without success, for a reason."""
    own = {"text": WORDS, "outcome": State.CLOSED_UNSUCCESSFUL}
    return TicketClosed(**_fact(ArticleKind.MAIL_CLOSED, 5, **{**own, **changes}))


def reopened(**changes: Any) -> TicketReopened:
    """Open again."""
    return TicketReopened(**_fact(ArticleKind.MAIL_REOPENED, 6, **{"reason": WORDS, **changes}))


def new_link(**changes: Any) -> FollowLinkRequested:
    """Somebody asked for a new link."""
    return FollowLinkRequested(**_fact(ArticleKind.MAIL_LINK, 10, **{"actor": SYSTEM, **changes}))


def forwarded(**changes: Any) -> TicketForwarded:
    """Sent on to a third party."""
    own = {"to": "fornitore@ditta.example", "subject": "Un caso da guardare", "text": WORDS}
    return TicketForwarded(**_fact(ArticleKind.MAIL_FORWARD, 7, **{**own, **changes}))


def handed_over(to: str = "marco.ferri", **changes: Any) -> TicketHandedOver:
    """Giulia gives the ticket to a colleague."""
    own = {"owner": PersonRef(id=to, name=to), "reason": WORDS}
    fields = _fact(ArticleKind.SYSTEM, 8, **{**own, **changes})
    return TicketHandedOver(**fields)


def retried(mail: Mail, to: str = "", **changes: Any) -> ArticleRetried:
    """An operator wants the article's mail sent again."""
    article = ArticleRef(id=mail.article_id, kind=ArticleKind.MAIL_ANSWER)
    own = {"ticket_id": mail.ticket_id, "article": article, "to": to, "event_id": random_id()}
    return ArticleRetried(**_fact(ArticleKind.MAIL_ANSWER, 9, **{**own, **changes}))


def a_file(name: str = "ricevuta.pdf", **changes: Any) -> Attachment:
    """A stored file."""
    fields = {"key": f"{random_id()}/{'0' * 64}", "name": name, "media_type": "application/pdf", "size": 5, "field": ""}
    return Attachment(**{**fields, **changes})


def outgoing(now: float, **changes: Any) -> OutgoingMail:
    """A receipt that waits to be sent."""
    return accepted(write().received(opened(**changes)), now)
