"""What is sent: one realistic request for help, as the JSON of a form and as every fact and document it becomes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from bench.client import request
from services.intake.bodies import Body
from services.intake.handlers import Sender, compose, submitted
from services.notifier.domain import OutgoingMail, accepted, sent
from services.notifier.links import SignedLinks
from services.notifier.mails import Mails
from services.notifier.message import to_bytes
from services.notifier.repository import to_document as mail_document
from services.notifier.templates import Templates
from services.routing.consumers import route
from services.routing.table import Table
from services.tickets.app import rules_of
from services.tickets.articles import Words, words_of
from services.tickets.commands import Command, OpenTicket, RecordDelivery
from services.tickets.domain import Ticket, apply_all, decide
from services.tickets.repository import to_document
from shared.config import Settings
from shared.events import SYSTEM, FormSubmitted, MailSent, Requester, RootEvent, SubmissionRouted, to_wire
from shared.forms import Forms
from shared.forms.check import check
from shared.ids import derived, ticket_id
from shared.people import People
from shared.queues import Queues

CONFIG = Path(__file__).resolve().parent.parent / "config"
# Of the sample configuration; a written mail leaves at once.
RULES = rules_of(Settings(send_window=0, config_dir=CONFIG))
FORM, SITE = "credentials", "www"
PATH = f"/forms/{FORM}/submissions?site={SITE}"
# Every request of a run has an address of its own below this domain: by it we find the ticket and the mail.
DOMAIN = "studenti.ateneo.example"


def answers(email: str) -> dict[str, Any]:
    """A filled-in form."""
    return {
        "name": "Lucia Bianchi",
        "email": email,
        "role": "student",
        "kind": "mailbox",
        "username": "l.bianchi12",
        "tried": ["reset", "browser"],
        "description": (
            "Da ieri sera non riesco più ad accedere alla posta di Ateneo: dopo la password compare il messaggio"
            " «Sessione scaduta» e la pagina torna all'inizio. Ho già provato a cambiare la password e a usare una"
            " finestra anonima, ma non cambia nulla. Domani ho una scadenza con la segreteria e mi serve la posta"
            " per rispondere: potete aiutarmi? Grazie mille."
        ),
    }


def post(email: str, key: str, at_once: bool) -> bytes:
    """The request that sends the form; `at_once`: answer when it is stored, don't wait for the number."""
    body = json.dumps(answers(email), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json", "Idempotency-Key": key}
    return request("POST", PATH, {**headers, **({"Prefer": "respond-async"} if at_once else {})}, body)


def posts(run: str) -> Iterator[bytes]:
    """Endless requests, each a submission of its own."""
    count = 0
    while True:
        count += 1
        yield post(f"l.bianchi12@{DOMAIN}", f"{run}-{count}", at_once=True)


class Walk(NamedTuple):
    """One request through all services: every fact and document, made by the services' own code without their I/O."""

    submitted: FormSubmitted
    routed: SubmissionRouted
    words: Words
    opened: Ticket
    opened_facts: list[RootEvent]
    mail: OutgoingMail
    mail_done: OutgoingMail
    mail_words: Words
    delivered: Ticket
    delivered_facts: list[RootEvent]


def walk(email: str = f"l.bianchi12@{DOMAIN}", subject: str | None = None) -> Walk:
    """The walk of a request of `email`; `subject`: the person's id when a site vouched for them."""
    now = datetime.now(UTC)
    queues, forms = Queues.load(CONFIG), Forms.load(CONFIG)
    form = forms.current(FORM)
    person = Requester(name="Lucia Bianchi", email=email, verified=True, subject=subject) if subject else None
    body = Body(answers(email))
    submission = compose(form, check(form, body.values, (), "it"), body, Sender(SITE, "it", "walk", person), now)
    first = submitted(submission)
    routed = route(first, Table.load(CONFIG, queues, forms), now)
    opening = ticket_id(submission.id)
    wish = OpenTicket(submission=submission, queue=routed.queue, rule=routed.rule, number="20261123000428")
    opens = Command(id=derived("open", opening), ticket_id=opening, actor=SYSTEM, wish=wish)
    opened_facts = decide(None, opens, now, RULES)
    opened: Ticket = apply_all(None, opened_facts)
    places = Settings(intake_url="http://127.0.0.1:8101", portal_url="http://127.0.0.1:8100", signing_key="k" * 40)
    mails = Mails(Templates.load(CONFIG), queues, forms, People.load(CONFIG, queues), SignedLinks(places))
    mail = accepted(mails.received(opened_facts[0]), now.timestamp())  # type: ignore[arg-type]
    done = sent(mail, now.timestamp())
    told = done.outbox[0]
    assert isinstance(told, MailSent)
    record = RecordDelivery(article_id=told.article_id, subject=told.subject, text=told.text)
    notes = Command(id=derived("delivery", told.event_id), ticket_id=opening, actor=SYSTEM, wish=record)
    delivered_facts = decide(opened, notes, now, RULES)
    return Walk(
        submitted=first,
        routed=routed,
        words=words_of(opens)[0],
        opened=opened,
        opened_facts=opened_facts,
        mail=mail,
        mail_done=done,
        mail_words=words_of(notes)[0],
        delivered=apply_all(opened, delivered_facts),
        delivered_facts=delivered_facts,
    )


def walk_as_json() -> dict[str, Any]:
    """Messages and documents of one request, as `bench.chain` copies them."""
    found = walk()
    content = to_bytes(found.mail).decode("utf-8")
    lines = [line for line in content.split("\r\n") if not line.startswith("To:")]
    assert not any(line.startswith(".") for line in lines)
    return {
        "submitted": found.submitted.model_dump(mode="json"),
        "routed": found.routed.model_dump(mode="json"),
        "words": found.words.model_dump(mode="json", exclude={"id"}),
        "opened": to_document(found.opened.model_copy(update={"version": 1}), 0),
        "opened_fact": to_wire(found.opened_facts[0]),
        "mail": mail_document(found.mail, None),
        "mail_bytes": "\r\n".join(lines),
        "mail_done": mail_document(found.mail_done, 0),
        "sent": found.mail_done.outbox[0].model_dump(mode="json"),
        "mail_words": found.mail_words.model_dump(mode="json", exclude={"id"}),
        "delivered": to_document(found.delivered.model_copy(update={"version": 2}), 0),
        "delivered_fact": to_wire(found.delivered_facts[0]),
    }
