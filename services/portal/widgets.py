"""The widgets of the Cruscotto: what each shows, how it is asked of tickets, and the list that has the rest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.portal.arrangement import MINE, Column, Layout, Patience, Placed
from services.portal.i18n import marked as _
from services.portal.pages import with_query
from services.portal.shapes import Counts, Tally
from shared.events import State
from shared.policy import Person
from shared.queues import Queues

OPEN: Final = (State.NEW, State.OPEN, State.PENDING)
Ask = Callable[[Person], dict[str, Any]]


@dataclass(frozen=True)
class Widget:
    """One of them. `board`: its name among the counts; `ask`: beyond `states` and queues, what its rows are; `listed`:
    the same in the address of the list. `says`: new rows are read out."""

    id: str
    title: str
    about: str
    empty: str
    advice: str
    column: Column
    icon: str
    board: str = ""
    states: Sequence[State] = OPEN
    ask: Ask = lambda _: {}
    listed: Mapping[str, str] = field(default_factory=dict)
    queue: str = ""
    longest: str = "oldest"
    patience: Patience = "newest"
    rows: int = 5
    says: bool = False

    @property
    def of_tickets(self) -> bool:
        """Whether its rows are tickets or questions."""
        return bool(self.board)


WIDGETS: Final[Mapping[str, Widget]] = {
    each.id: each
    for each in (
        Widget(
            id="new",
            title=_("New tickets"),
            about=_("Requests that nobody has taken in charge yet, those of my queues first."),
            empty=_("Nothing new is waiting."),
            advice=_("A new ticket shows up here by itself, without reloading."),
            column="main",
            icon="it-inbox",
            board="new",
            states=(State.NEW,),
            ask=lambda _: {"level": 1},
            listed={"state": "new", "level": "1"},
            rows=8,
            says=True,
        ),
        Widget(
            id="working",
            title=_("In progress in my queues"),
            about=_("Open and waiting tickets of my queues, and who holds them."),
            empty=_("Nobody holds a ticket just now."),
            advice=_("Take a new ticket in charge and it moves here, with your name."),
            column="main",
            icon="it-folder",
            board="working",
            states=(State.OPEN, State.PENDING),
            ask=lambda _: {"level": 1},
            listed={"state": "working", "level": "1"},
            queue=MINE,
        ),
        Widget(
            id="responsible",
            title=_("My responsibility"),
            about=_("Tickets that I answer for, whoever holds them."),
            empty=_("You are responsible for no ticket."),
            advice=_("Whoever takes a ticket first is responsible for it until it is closed."),
            column="main",
            icon="it-flag",
            board="responsible",
            ask=lambda person: {"responsible": person.id},
            listed={"responsible": "me"},
        ),
        Widget(
            id="waiting",
            title=_("Waiting for the user"),
            about=_("Tickets that rest until their user answers."),
            empty=_("No ticket waits for its user."),
            advice=_("Ask a user for information: the ticket waits here, and comes back with the answer."),
            column="main",
            icon="it-clock",
            board="waiting",
            states=(State.PENDING,),
            ask=lambda _: {"waiting": "user"},
            listed={"waiting": "user"},
            longest="unchanged",
        ),
        Widget(
            id="second",
            title=_("Questions to my second-level queues"),
            about=_("What first-level colleagues ask the queues that I work for."),
            empty=_("No question is waiting for your queues."),
            advice=_("A question of a colleague shows up here by itself; answer it and they go on."),
            column="main",
            icon="it-help-circle",
            board="second",
            ask=lambda _: {"level": 2},
            listed={"level": "2"},
            queue=MINE,
            says=True,
        ),
        Widget(
            id="held",
            title=_("Assigned to me"),
            about=_("Tickets and questions that I hold."),
            empty=_("You hold no ticket."),
            advice=_("Press “Take in charge” next to one that waits."),
            column="side",
            icon="it-user",
            board="held",
            ask=lambda person: {"owner": person.id},
            listed={"owner": "me"},
        ),
        Widget(
            id="overdue",
            title=_("Overdue now"),
            about=_("Questions whose time has passed, and the tickets that wait for them."),
            empty=_("Nothing is overdue."),
            advice=_("A question that nobody answers in its time appears here."),
            column="side",
            icon="it-warning-circle",
            board="overdue",
            ask=lambda _: {"overdue": True},
            listed={"overdue": "1"},
            longest="due",
            patience="longest",
        ),
        Widget(
            id="notices",
            title=_("Unread notices"),
            about=_("What happened to what is mine or what I watch."),
            empty=_("You have read everything."),
            advice=_("What colleagues and users do to your tickets appears here by itself."),
            column="side",
            icon="it-horn",
        ),
        Widget(
            id="asked",
            title=_("Questions that I asked"),
            about=_("My questions to the second level that are still open."),
            empty=_("None of your questions is open."),
            advice=_("Ask the second level from a ticket: the question is followed here."),
            column="side",
            icon="it-exchange-circle",
            board="asked",
            ask=lambda person: {"asked_by": person.id, "level": 2},
            listed={"asked_by": "me", "level": "2"},
        ),
        Widget(
            id="queues",
            title=_("Queues"),
            about=_("All queues as a tree, with what waits in each."),
            empty=_("There is no queue."),
            advice=_("Queues are described in config/queues.yml."),
            column="side",
            icon="it-list",
        ),
    )
}
# Who answers questions and faces no user finds the questions first.
SECOND_LEVEL_FIRST: Final = ("second", "held", "overdue")


def usual(person: Person, queues: Queues) -> Layout:
    """The arrangement of somebody who never arranged anything."""
    mine = queues.of_groups(person.groups)
    order = list(WIDGETS.values())
    if mine and all(queue.level == 2 for queue in mine):
        order.sort(key=lambda widget: widget.id not in SECOND_LEVEL_FIRST)
    return tuple(
        Placed(id=each.id, column=each.column, queue=each.queue, order=each.patience, rows=each.rows) for each in order
    )


def asked(widget: Widget, placed: Placed, person: Person, those: Sequence[str]) -> dict[str, Any]:
    """What `Tickets.page` is asked for its rows, `those` queues only when there are any."""
    order = widget.longest if placed.order == "longest" else "newest"
    return {"queues": those, "states": widget.states, "order": order, **widget.ask(person)}


def full_list(widget: Widget, placed: Placed, queue: str | None = None) -> str:
    """The address of the list with the same filter, for another `queue` when told."""
    if widget.id == "notices":
        return "/notices?show=unread"
    if widget.id == "queues":
        return "/queues"
    order = widget.longest if placed.order == "longest" else None
    where = placed.queue if queue is None else queue
    return with_query("/tickets", [*widget.listed.items(), ("queue", where), ("order", order)])


def chosen(placed: Placed, mine: Sequence[str]) -> Sequence[str] | None:
    """The queues that the widget is narrowed to; None: all."""
    if placed.queue == MINE:
        return mine
    return [placed.queue] if placed.queue else None


def not_mine(queues: Queues, counts: Counts, mine: Sequence[str]) -> list[str]:
    """Every other queue, those too that left the configuration and still hold tickets."""
    every = dict.fromkeys([*(queue.id for queue in queues), *counts.by_queue])
    return [queue for queue in every if queue not in mine]


def tally(counts: Counts, widget: Widget, those: Sequence[str] | None) -> Tally | None:
    """How many there are in `those` queues (None: in all) and since when the oldest waits; None: none at all."""
    board = counts.boards.get(widget.board, {})
    found = [each for queue, each in board.items() if each.n and (those is None or queue in those)]
    if not found:
        return None
    return Tally(n=sum(each.n for each in found), oldest=min(each.oldest for each in found))
