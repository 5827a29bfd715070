"""Tickets that have lived: with as many articles as wanted, made by the domain."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle

from bench.fill import FIRST, OPERATORS, Stored, submission_of, tickets
from bench.workload import RULES
from services.tickets.articles import named_by, words_of
from services.tickets.commands import AddNote, AnswerTicket, Command, RecordDelivery, ReplyTicket, TakeTicket, Wish
from services.tickets.domain import Ticket, apply_all, decide
from shared.events import SYSTEM, Actor, ActorKind, TicketAnswered
from shared.ids import derived, ticket_id

TEXT = "Abbiamo controllato la casella: lo spazio è finito, per questo la posta non arriva. " * 4
OPERATOR = OPERATORS[1]
# Far from the other tickets of a store.
APART = 1_000_000


def lived(start: int, count: int, articles: int) -> Iterator[Stored[Ticket]]:
    """`count` tickets in charge of an operator, each with at least `articles` articles: notes, answers (with what
    became of the mail) and replies in turn."""
    for stored in tickets(APART + start, APART + start + count):
        yield _live(stored, articles)


def ticket_at(position: int) -> str:
    """The id of the n-th of them."""
    return ticket_id(submission_of(APART + position))


def _live(stored: Stored[Ticket], articles: int) -> Stored[Ticket]:
    ticket, facts = stored.ticket, list(stored.facts)
    words = {each.id: each for each in stored.words}
    user = Actor(id=ticket.requester.subject or "", name=ticket.requester.name, kind=ActorKind.REQUESTER)

    def do(actor: Actor, wish: Wish) -> None:
        nonlocal ticket
        command = Command(id=derived(ticket.id, ticket.seq, "live"), ticket_id=ticket.id, actor=actor, wish=wish)
        caused = decide(ticket, command, FIRST + timedelta(minutes=ticket.seq), RULES)
        for each in words_of(command):
            # What was written first stays, as in the store.
            words.setdefault(each.id, each)
        facts.extend(caused)
        ticket = apply_all(ticket, caused) if caused else ticket

    do(OPERATOR, TakeTicket(seen=99))
    for number, turn in enumerate(cycle(("note", "answer", "reply"))):
        if sum(len(named_by(fact)) for fact in facts) >= articles:
            return Stored(ticket, list(words.values()), facts)
        if turn == "note":
            do(OPERATOR, AddNote(seen=ticket.seq, text=f"{number}: {TEXT}"))
        elif turn == "reply":
            do(user, ReplyTicket(text=f"{number}: {TEXT}"))
        else:
            do(OPERATOR, AnswerTicket(seen=ticket.seq, text=f"{number}: {TEXT}"))
            left = next(fact for fact in reversed(facts) if isinstance(fact, TicketAnswered))
            do(SYSTEM, RecordDelivery(article_id=left.mail.id, subject="Re: posta", text=TEXT))
    raise AssertionError("a cycle has no end")
