"""A desk with real tickets in a real store, for the tests of the tickets service."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.tickets import commands as c
from services.tickets.app import rules_of
from services.tickets.articles import about
from services.tickets.commands import Command
from services.tickets.domain import Ticket
from services.tickets.handlers import Outcome, handle, open_ticket
from services.tickets.reading import Reader
from services.tickets.repository import Tickets
from services.tickets.shapes import View
from shared.config import Settings
from shared.events import SYSTEM, TicketRef
from shared.ids import command_id, random_id
from shared.mongo import Database
from shared.policy import Person, Role
from tests.unit.samples import GIULIA, a_submission, routed

# The queues and operators of the sample configuration; a written mail leaves at once.
RULES = rules_of(Settings(send_window=0))
WINDOW = timedelta(seconds=20)
HOLDING = RULES.model_copy(update={"send_window": WINDOW})


def now() -> datetime:
    return datetime.now(UTC)


def a_holder(ticket: Ticket) -> Person:
    """Whoever has the link of this ticket."""
    return Person(id=f"holder:{ticket.id}", name="", roles=frozenset({Role.HOLDER}), ticket=ticket.id)


class Desk:
    """What operators and users do, one after the other; `rules` can be changed between two wishes."""

    def __init__(self, database: Database, rules: Any = RULES) -> None:
        self.tickets = Tickets(database)
        self.rules = rules

    async def open(self, **changes: Any) -> Ticket:
        """A new ticket; `changes` to its submission."""
        opened = (await open_ticket(routed(a_submission(**changes)), self.tickets, self.rules, now())).ticket
        assert isinstance(opened, Ticket)
        return opened

    async def do(
        self, ticket: Ticket | str, wish: Any, person: Person = GIULIA, *, key: str = "", at: datetime | None = None
    ) -> Outcome:
        """One wish of a person; it has seen everything unless it says otherwise."""
        ticket_id = ticket if isinstance(ticket, str) else ticket.id
        actor = SYSTEM if isinstance(wish, c.RecordDelivery) else person.actor
        identity = command_id(ticket_id, person.id, key or random_id())
        command = Command(id=identity, ticket_id=ticket_id, actor=actor, wish=wish)
        return await handle(command, self.tickets, self.rules, at or now())

    async def note(self, ticket: Ticket, text: str = "Nota.") -> Outcome:
        """Something only operators see."""
        return await self.do(ticket, c.AddNote(seen=0, text=text))

    async def notes(self, ticket: Ticket, count: int) -> Ticket:
        """Many of them, published as they come."""
        for number in range(count):
            await self.note(ticket, f"Nota {number}.")
            await self.publish(ticket)
        return await self.now(ticket)

    async def deliver(self, ticket: Ticket, article: str, reason: str | None = None) -> Outcome:
        """A mail left, or was refused with the server's words."""
        wish = c.RecordDelivery(article_id=article, subject="Oggetto", text="Testo", reason=reason)
        return await self.do(ticket, wish)

    async def publish(self, ticket: Ticket) -> None:
        """Everything in the outbox goes into the journal."""
        await self.tickets.settle(await self.now(ticket))

    async def now(self, ticket: Ticket | TicketRef) -> Ticket:
        """The ticket as it is now."""
        found = await self.tickets.find(ticket.id)
        assert isinstance(found, Ticket)
        return found

    async def view(self, ticket: Ticket, person: Person = GIULIA, **page: Any) -> View:
        """A page, as somebody is shown it."""
        return await Reader(self.tickets, self.rules).view(await self.now(ticket), person, **page)


def last_article(outcome: Outcome) -> str:
    """The article that the last of the facts about one is about: taking in charge comes before what was wished."""
    return [article for fact in outcome.facts if (article := about(fact))][-1]
