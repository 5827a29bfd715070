"""A house of tickets in memory: the real verbs, handlers and consumers, a store and a bus of lists, a clock of its own.

The bus delivers nothing by itself: what was said waits in `messages` until a test hears it, in its own order, twice,
or late. A new fact that tickets must hear gets there through the real topology table.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import pytest

from services.tickets import commands as c
from services.tickets.articles import Words, named_by
from services.tickets.clock import written
from services.tickets.commands import Command
from services.tickets.consumers import Ear, command_of, wire
from services.tickets.domain import Child, Root, Ticket
from services.tickets.domain.refusals import Clash, Refused
from services.tickets.handlers import Outcome, handle, open_child, open_split, open_ticket
from services.tickets.numbers import number
from services.tickets.repository import Tickets
from services.tickets.rules import QueueRule, Rules
from shared.errors import BadInput, SportelloError
from shared.events import (
    SYSTEM,
    About,
    Actor,
    ChildRouted,
    Event,
    MailFailed,
    MailSent,
    PersonRef,
    Requester,
    RootEvent,
    RuleQuestion,
    SecondLevelRequested,
    TicketSplit,
)
from shared.ids import derived, ticket_id
from shared.policy import Person
from shared.topology import HEARERS
from tests.unit.samples import ANNA, GIULIA, LUCA, MARCO, NOON, a_submission, routed

T = TypeVar("T")
WINDOW = timedelta(seconds=20)
MONTH = timedelta(days=30)
DAY = timedelta(days=1)


def rules_of(window: timedelta = timedelta(0)) -> Rules:
    """Queues that close silently (`credentials`) and that don't (`careers`), and two of the second level."""
    queues = {
        "credentials": QueueRule(may_close_silently=True, follow_up=MONTH),
        "careers": QueueRule(follow_up=MONTH),
        "accounts": QueueRule(level=2, due=DAY),
        "network": QueueRule(level=2),
    }
    operators = {each.id: PersonRef(id=each.id, name=each.name) for each in (GIULIA, MARCO, ANNA)}
    return Rules(send_window=window, queues=queues, operators=operators)


def run(work: Coroutine[Any, Any, T]) -> T:
    """What never waits for anything needs no loop."""
    try:
        work.send(None)
    except StopIteration as end:
        return cast(T, end.value)
    raise AssertionError("something waited")


class Store:
    """What handlers need of the repository; nobody writes in between."""

    def __init__(self, on_save: Callable[[Root, Sequence[RootEvent]], None]) -> None:
        self.roots: dict[str, Root] = {}
        self.histories: dict[str, list[RootEvent]] = {}
        self.articles: dict[str, Words] = {}
        self.on_save = on_save

    async def find(self, root_id: str) -> Root | None:
        return self.roots.get(root_id)

    async def caused_by(self, ticket: Root, command: Command) -> list[RootEvent]:
        facts = [fact for fact in self.histories[ticket.id] if fact.cause_id == command.id]
        if any(fact.cause_digest != command.digest for fact in facts):
            raise BadInput("This key was used for another wish: send the new one with a new key.")
        return facts

    async def write(self, words: Words) -> None:
        self.articles.setdefault(words.id, words)

    async def words(self, ids: Sequence[str]) -> dict[str, Words]:
        return {each: self.articles[each] for each in ids if each in self.articles}

    async def existing(self, ids: Sequence[str]) -> set[str]:
        return {each for each in ids if each in self.roots}

    async def draw_number(self, submitted_at: datetime) -> str:
        return number(submitted_at.strftime("%Y%m%d"), len(self.roots) + 1)

    async def first_facts(self, ticket: Root) -> list[RootEvent]:
        return self.histories[ticket.id][:1]

    async def add(self, ticket: Root, facts: Sequence[RootEvent]) -> Root:
        self.histories[ticket.id] = []
        return await self.save(ticket, facts)

    async def save(self, ticket: Root, facts: Sequence[RootEvent]) -> Root:
        self.roots[ticket.id] = ticket
        self.histories[ticket.id] += facts
        self.on_save(ticket, facts)
        return ticket


class Bus:
    """Only remembers who hears what."""

    def __init__(self) -> None:
        self.handlers: dict[type[Event], Callable[[Any], Coroutine[Any, Any, None]]] = {}

    def hears(self, event: type[Event]) -> Callable[[Callable[[Any], Awaitable[None]]], Any]:
        def register(handler: Any) -> Any:
            self.handlers[event] = handler
            return handler

        return register


class InnerEar(Ear):
    """The real translation of facts into commands; it acts at the house's own time."""

    def __init__(self, house: "House", bus: Bus) -> None:
        super().__init__(cast(Any, bus), cast(Any, house.store), house.rules, cast(Any, None))
        self.house = house

    async def do(self, event: Event, ticket: str, wish: c.InnerWish) -> None:
        self.house.command(command_of(event, ticket, wish))


class House:
    """Several tickets, and what they say to each other. `window`: how long written mails are held."""

    def __init__(self, window: timedelta = timedelta(0)) -> None:
        self.now = NOON
        self.rules = rules_of(window)
        self.store = Store(self.saved)
        self.messages: list[Event] = []
        self.bus = Bus()
        self.count = 0
        wire(InnerEar(self, self.bus))

    def saved(self, ticket: Root, facts: Sequence[RootEvent]) -> None:
        """Something was stored: a subclass looks at it."""

    def __getitem__(self, ticket: str) -> Ticket:
        found = self.store.roots[ticket]
        assert isinstance(found, Ticket)
        return found

    def root(self, root: str) -> Root:
        """A ticket or a question."""
        return self.store.roots[root]

    def child(self, child: str) -> Child:
        """A question that is open, or was."""
        found = self.store.roots[child]
        assert isinstance(found, Child)
        return found

    def tickets(self) -> list[Ticket]:
        """Every user's ticket."""
        return [each for each in self.store.roots.values() if isinstance(each, Ticket)]

    def children(self) -> list[Child]:
        """Every question."""
        return [each for each in self.store.roots.values() if isinstance(each, Child)]

    def history(self, ticket: str) -> list[RootEvent]:
        """Every fact of a ticket, in order."""
        return self.store.histories[ticket]

    def open(self, requester: Requester | None = None, key: str = "", questions: tuple[RuleQuestion, ...] = ()) -> str:
        """A new ticket in `credentials`, by default Luca's; its id. `questions`: of the rule that routed it."""
        self.count += 1
        given = {"requester": requester} if requester else {}
        submission = a_submission(id=derived("submission", self.count, key), submitted_at=self.now, **given)
        event = routed(submission).model_copy(update={"questions": questions})
        self._said(run(open_ticket(event, cast(Tickets, self.store), self.rules, self.now)))
        return ticket_id(submission.id)

    def do(self, ticket: str, wish: Any, by: Person | Actor = GIULIA, key: str | None = None) -> list[RootEvent]:
        """What a person wishes; without a key it is a new wish each time. The facts it caused."""
        self.count += 1
        actor = by.actor if isinstance(by, Person) else by
        identity = derived("command", ticket, actor.id, key or self.count)
        return self.command(Command(id=identity, ticket_id=ticket, actor=actor, wish=wish))

    def command(self, command: Command) -> list[RootEvent]:
        """Do it at the house's time, and say what comes of it: also what a repeat says again."""
        return self._said(run(handle(command, cast(Tickets, self.store), self.rules, self.now)))

    def _said(self, outcome: Outcome) -> list[RootEvent]:
        self.messages += [fact for fact in outcome.facts if "tickets" in HEARERS[type(fact)]]
        self.messages += [route(fact) for fact in outcome.facts if isinstance(fact, SecondLevelRequested)]
        return outcome.facts

    def wait(self, time: timedelta) -> None:
        """Time passes, then the clock rings whatever is due."""
        self.now += time
        for ticket in list(self.store.roots.values()):
            for timer, due in sorted(ticket.timers.items(), key=lambda each: each[1]):
                if due <= self.now:
                    self.ring(ticket.id, timer, due)

    def ring(self, ticket: str, timer: str, due: datetime) -> list[RootEvent]:
        """One timer's command, as the clock gives it."""
        words = self.store.articles.get(written(self.root(ticket), timer) or "")
        wish = c.Wake(timer=timer, due=due, text=words.text if words else "")
        return self.command(
            Command(id=derived(ticket, timer, due.isoformat()), ticket_id=ticket, actor=SYSTEM, wish=wish)
        )

    def hear(self, event: Event) -> None:
        """One delivery of a message, whether or not it still lies in `messages`."""
        if isinstance(event, TicketSplit):
            self._said(run(open_split(event, cast(Tickets, self.store), self.rules, self.now)))
        elif isinstance(event, ChildRouted):
            self._said(run(open_child(event, cast(Tickets, self.store), self.rules, self.now)))
        else:
            run(self.bus.handlers[type(event)](event))

    def deliver(self, place: int = 0) -> None:
        """The message at this place is delivered for good."""
        self.hear(self.messages.pop(place))

    def drain(self) -> None:
        """Deliver what waits, and what comes of it, the oldest first."""
        while self.messages:
            self.deliver()

    def seen(self, ticket: str) -> int:
        """What somebody knows who has just looked."""
        return self.root(ticket).seq

    def reply(self, ticket: str, text: str = "Grazie, ma non funziona.", **given: Any) -> list[RootEvent]:
        """Luca writes."""
        return self.do(ticket, c.ReplyTicket(text=text, **given), by=LUCA)

    def mail_server(self, article: str, reason: str | None = None, message: str = "1") -> Event:
        """What notifier says of the mail of this article; heard at once."""
        ticket = next(each for each in self.tickets() if article in each.waiting_mails)
        fields: dict[str, Any] = {
            "event_id": derived("mail", article, message),
            "occurred_at": self.now,
            "correlation_id": ticket.correlation_id,
            "cause_id": article,
            "actor": SYSTEM,
            "mail_id": derived(article, message),
            "ticket_id": ticket.id,
            "article_id": article,
            "message_id": "<m@ateneo.example>",
            "subject": "s",
            "text": "t",
        }
        event = MailFailed(**fields, reason=reason) if reason else MailSent(**fields)
        self.hear(event)
        return event

    def merge(self, source: str, target: str, by: Person = GIULIA) -> list[RootEvent]:
        """Ask that `source` becomes part of `target`."""
        return self.do(source, self.merging(source, target), by)

    def merging(self, source: str, target: str) -> c.MergeTicket:
        """The wish, as the door completes it."""
        other = self[target]
        return c.MergeTicket(seen=self.seen(source), target=other.id, found=other.ref, requester=other.requester)

    def ask(self, root: str, by: Person = GIULIA, **given: Any) -> str:
        """Ask the second level something; the id of the question that will open."""
        fields = {"seen": self.seen(root), "title": "Account", "text": "È attivo?", "queue": "accounts", **given}
        facts = self.do(root, c.AskSecondLevel(**fields, about=self.about(root)), by)
        (asked,) = [fact for fact in facts if isinstance(fact, SecondLevelRequested)]
        return asked.child_id

    def about(self, root: str) -> About:
        """What routing may know, as the door gathers it."""
        found = self.root(root)
        return About(
            queue=found.queue,
            form=found.form,
            version=found.form_version,
            site=found.site,
            language=found.language,
            submitted_at=found.opened_at,
        )

    def asked(self, root: str, **given: Any) -> str:
        """The same, and everything is delivered: the question is open."""
        child = self.ask(root, **given)
        self.drain()
        return child

    def answer(self, child: str, by: Person = ANNA, **given: Any) -> list[RootEvent]:
        """The second level answers."""
        fields = {"seen": self.seen(child), "text": "Sì, da ieri.", **given}
        return self.do(child, c.AnswerQuestion(**fields), by)

    def give_back(self, child: str, by: Person = ANNA, **given: Any) -> list[RootEvent]:
        """The second level sends it back."""
        fields = {"seen": self.seen(child), "reason": "Non è nostro.", **given}
        return self.do(child, c.ReturnQuestion(**fields), by)

    def take_back(self, root: str, child: str, by: Person = GIULIA) -> list[RootEvent]:
        """The first level takes its question back."""
        return self.do(root, c.WithdrawQuestion(seen=self.seen(root), child=child, found=child), by)

    def link(self, ticket: str, other: str, by: Person = GIULIA) -> list[RootEvent]:
        """These two have to do with each other."""
        return self.do(ticket, c.LinkTicket(seen=self.seen(ticket), other=other, found=self[other].ref), by)

    def unlink(self, ticket: str, other: str, by: Person = GIULIA) -> list[RootEvent]:
        """They don't."""
        return self.do(ticket, c.UnlinkTicket(seen=self.seen(ticket), other=other, found=self[other].ref), by)

    def splitting(self, ticket: str, article: str, **given: Any) -> c.SplitArticle:
        """The wish, as the door completes it: an article of the ticket itself, or nothing."""
        named = [each.ref for fact in self.history(ticket) for each in named_by(fact)]
        found = next((each for each in named if each.id == article), None)
        fields = {"seen": self.seen(ticket), "article": article, "subject": "Un'altra cosa", "found": found}
        return c.SplitArticle(**{**fields, **given})


def route(asked: SecondLevelRequested) -> ChildRouted:
    """What routing says of a question: the queue that was chosen, else `network`."""
    return ChildRouted(
        event_id=derived("routed", asked.event_id),
        occurred_at=asked.occurred_at,
        correlation_id=asked.correlation_id,
        cause_id=asked.event_id,
        actor=SYSTEM,
        request=asked,
        queue=asked.child_queue or "network",
        rule="asked" if asked.child_queue else "fallback",
    )


@contextmanager
def refused(code: str) -> Iterator[pytest.ExceptionInfo[SportelloError]]:
    """What is done inside is refused with this code."""
    with pytest.raises((Clash, Refused)) as refusal:
        yield refusal
    assert refusal.value.extra["code"] == code


def names(facts: Sequence[RootEvent]) -> list[str]:
    """`["taken", "answered"]`"""
    return [fact.name.split(".")[1] for fact in facts]
