"""Lists and counts over random tickets and questions, against what Python says of the same roots, on the real store."""

import random
import unicodedata
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.tickets import commands as c
from services.tickets.domain import Child, Root, Ticket
from services.tickets.domain.root import LIVE
from services.tickets.lists import Filter, Lists
from services.tickets.repository import to_document
from shared.errors import BadInput
from shared.events import About, PersonRef, State, TicketRef, Waiting
from shared.ids import random_id
from shared.mongo import Database
from tests.integration.ticketing import Desk, now
from tests.unit.samples import GIULIA, MARCO, NOON, a_requester

pytestmark = pytest.mark.integration

QUEUES = ("credentials", "fees", "credentials-identity")
PEOPLE = (None, GIULIA.ref, MARCO.ref)
SUBJECTS = ("Perché l'università?", "Università e tasse", "Credenziali: password (2)", "Straße", "")
NAMES = ("Luca Bianchi", "Zoë D'Élia", "luca rossi")
TAGS = ("urgent", "Sessione d'esame", "esse3-ko", "")
OPEN = sorted(LIVE)
ORDERS: dict[str, Callable[[Root], Any]] = {
    "newest": lambda root: (root.opened_at, root.id),
    "oldest": lambda root: (root.opened_at, root.id),
    "changed": lambda root: (root.changed_at, root.id),
    "unchanged": lambda root: (root.changed_at, root.id),
    "priority": lambda root: (-root.priority, root.opened_at, root.id),
    "due": lambda root: (due(root) is None, due(root) or NOON, root.opened_at, root.id),
}
DOWNWARDS = ("newest", "changed")


@pytest.fixture
async def desk(database: Database) -> Desk:
    found = Desk(database)
    await found.tickets.prepare()
    return found


@pytest.fixture
def lists(desk: Desk, database: Database) -> Lists:
    return Lists(desk.tickets, database)


def due(root: Root) -> datetime | None:
    return root.due_at if isinstance(root, Child) else None


def is_overdue(root: Root) -> bool:
    own = isinstance(root, Child) and root.overdue and root.state in LIVE
    return own or bool(set(root.late_questions) & set(root.open_questions))


def is_for_user(root: Root) -> bool:
    return root.waiting is not None and root.waiting.for_user


def asked_by(root: Root, person: str) -> bool:
    return isinstance(root, Child) and root.asked_by.id == person


def has_words(root: Root, typed: str) -> bool:
    """Each word typed begins one of the root's, in the plainest way to say so."""
    own = " ".join((root.subject, root.requester.name if isinstance(root, Ticket) else "", root.number, *root.tags))
    return all(any(word.startswith(each) for word in plain(own)) for each in plain(typed))


def plain(text: str) -> list[str]:
    letters = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return "".join(letter if letter.isalnum() else " " for letter in letters).split()


def a_root(pattern: Ticket, position: int, rnd: random.Random) -> Root:
    """Any state, any people; many open at the same moment, and change at the same moment."""
    state = rnd.choice(list(State))
    common: dict[str, Any] = {
        "id": random_id(),
        "number": f"20261123{position:05d}7",
        "state": state,
        "queue": rnd.choice(QUEUES),
        "owner": rnd.choice(PEOPLE),
        "responsible": rnd.choice(PEOPLE),
        "watchers": tuple(rnd.sample([GIULIA.ref, MARCO.ref], rnd.randint(0, 2))),
        "subject": rnd.choice(SUBJECTS),
        "opened_at": NOON + timedelta(minutes=rnd.randint(0, 9)),
        "changed_at": NOON + timedelta(hours=rnd.randint(1, 5)),
        "priority": rnd.randint(1, 5),
        "tags": tuple(rnd.sample(TAGS, rnd.randint(0, 3))),
        "waiting": Waiting(for_user=rnd.random() < 0.5, since=NOON) if state is State.PENDING else None,
        "open_questions": dict.fromkeys(rnd.sample(["q1", "q2", "q3"], rnd.randint(0, 2)), 1) if state in LIVE else {},
        "late_questions": tuple(rnd.sample(["q1", "q2", "q3"], rnd.randint(0, 1))),
    }
    if rnd.random() < 0.6:
        email = rnd.choice(("luca@studenti.example", "Luca@Studenti.Example", "ada@example.org"))
        requester = a_requester(name=rnd.choice(NAMES), email=email, subject=rnd.choice(("luca", "ada")))
        return pattern.model_copy(update={**common, "requester": requester})
    base = pattern.model_dump(include=set(Root.model_fields))
    return Child(
        **{**base, **common, "outbox": ()},
        parent=TicketRef(id=rnd.choice(("p1", "p2")), number="1"),
        level=rnd.randint(1, 3),
        asked_by=rnd.choice((GIULIA, MARCO)).actor,
        question="a1",
        due_at=rnd.choice((None, NOON, NOON + timedelta(days=1), NOON - timedelta(days=4))),
        overdue=rnd.random() < 0.3,
    )


async def some_roots(desk: Desk, count: int = 120, seed: int = 1) -> list[Root]:
    pattern = (await desk.open()).model_copy(update={"outbox": ()})
    rnd = random.Random(seed)
    roots = [a_root(pattern, position, rnd) for position in range(count)]
    await desk.tickets.roots.delete_many({})
    await desk.tickets.roots.insert_many([to_document(root, 0) for root in roots])
    return roots


async def everything(lists: Lists, limit: int = 7, **wanted: Any) -> list[str]:
    """The ids of all pages."""
    found: list[str] = []
    after = None
    while True:
        page, after = await lists.page(Filter(**wanted, limit=limit, after=after))
        assert len(page) <= limit
        found += [root.id for root in page]
        if after is None:
            return found


def ids(roots: Iterable[Root], order: str = "newest") -> list[str]:
    return [root.id for root in sorted(roots, key=ORDERS[order], reverse=order in DOWNWARDS)]


FILTERS: dict[str, tuple[dict[str, Any], Callable[[Root], bool]]] = {
    "all": ({}, lambda root: True),
    "a queue": ({"queue": ["fees"]}, lambda root: root.queue == "fees"),
    "queues": ({"queue": list(QUEUES[:2])}, lambda root: root.queue in QUEUES[:2]),
    "not closed": ({"state": OPEN}, lambda root: root.state in LIVE),
    "working": ({"state": ["open", "pending"]}, lambda root: root.state in (State.OPEN, State.PENDING)),
    "new or merged": ({"state": ["new", "merged"]}, lambda root: root.state in (State.NEW, State.MERGED)),
    "pending": ({"state": ["pending"]}, lambda root: root.state is State.PENDING),
    "mine": ({"owner": "giulia"}, lambda root: root.owner == GIULIA.ref),
    "nobody's": ({"owner": "none"}, lambda root: root.owner is None),
    "responsible": ({"responsible": "marco"}, lambda root: root.responsible == MARCO.ref),
    "a user's": ({"requester": "ada"}, lambda root: isinstance(root, Ticket) and root.requester.subject == "ada"),
    "tickets": ({"level": 1}, lambda root: isinstance(root, Ticket)),
    "questions": ({"level": 2}, lambda root: isinstance(root, Child)),
    "of a root": ({"parent": "p1"}, lambda root: isinstance(root, Child) and root.parent.id == "p1"),
    "watched": ({"watcher": "giulia"}, lambda root: GIULIA.ref in root.watchers),
    "asked by me": ({"asked_by": "marco"}, lambda root: asked_by(root, "marco")),
    "overdue": ({"overdue": True}, is_overdue),
    "not overdue": ({"overdue": False, "state": OPEN}, lambda root: not is_overdue(root) and root.state in LIVE),
    "for the user": ({"waiting": "user"}, is_for_user),
    "a tag": ({"tag": "Sessione d'esame"}, lambda root: "Sessione d'esame" in root.tags),
    "an address": (
        {"email": "LUCA@studenti.example"},
        lambda root: isinstance(root, Ticket) and root.requester.email.lower() == "luca@studenti.example",
    ),
    "much at once": (
        {"state": OPEN, "queue": list(QUEUES[:2]), "owner": "giulia", "text": "l", "level": 1},
        lambda root: (
            (root.state in LIVE and root.queue in QUEUES[:2] and root.owner == GIULIA.ref)
            and has_words(root, "l")
            and isinstance(root, Ticket)
        ),
    ),
}


async def test_every_filter_finds_what_it_says_page_by_page(desk: Desk, lists: Lists) -> None:
    roots = await some_roots(desk)
    for name, (wanted, fits) in FILTERS.items():
        expected = ids(filter(fits, roots))
        assert await everything(lists, **wanted) == expected, name
        # A random store that has none of them would prove nothing.
        assert expected, name


TYPED = (
    *("universita", "UNIVERSITÀ", "l'univ", "perche", "Perché luca", "pass 2", "(2)", "strasse", "zoë elia", "d'élia"),
    *("2026112300003", "esame", "esse3", "ko", "tasse urgent", "niversita", "bianchi rossi", ".*", "$", "a" * 300),
)


async def test_words_are_found_by_their_beginnings_without_case_and_accents(desk: Desk, lists: Lists) -> None:
    roots = await some_roots(desk)
    for typed in TYPED:
        expected = [] if not plain(typed) else ids(root for root in roots if has_words(root, typed))
        assert await everything(lists, limit=200, text=typed) == expected, typed
    assert await everything(lists, limit=200, text="universita")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("wanted", [{}, {"state": OPEN}, {"level": 2}, {"text": "luca"}], ids=str)
async def test_every_order_pages_across_equal_keys(desk: Desk, lists: Lists, order: str, wanted: Any) -> None:
    roots = [
        root
        for root in await some_roots(desk, 60)
        if (not wanted.get("state") or root.state in LIVE)
        and (not wanted.get("level") or isinstance(root, Child))
        and (not wanted.get("text") or has_words(root, "luca"))
    ]
    for limit in (1, 7, 200):
        assert await everything(lists, limit, order=order, **wanted) == ids(roots, order)


@pytest.mark.parametrize("order", ORDERS)
async def test_what_stays_as_it_is_is_shown_once_while_all_else_changes(desk: Desk, lists: Lists, order: str) -> None:
    tickets = [await desk.open() for _ in range(12)]
    still = {ticket.id for ticket in tickets[::2]}
    seen: list[str] = []
    after, others = None, tickets[1::2]
    while True:
        page, after = await lists.page(Filter(order=order, limit=3, after=after))  # type: ignore[arg-type]
        seen += [root.id for root in page]
        if after is None:
            break
        if others:
            changed = others.pop()
            await desk.do(changed, c.SetPriority(seen=9, priority=5))
            await desk.do(changed, c.AddNote(seen=9, text="Intanto."))
            await desk.open()
    assert still <= set(seen)
    assert all(seen.count(each) == 1 for each in still)


@pytest.mark.parametrize("order", ORDERS)
async def test_a_cursor_of_another_order_or_of_nobody_is_refused(desk: Desk, lists: Lists, order: Any) -> None:
    await some_roots(desk, 5)
    _, cursor = await lists.page(Filter(order=order, limit=2))
    assert cursor
    for other in ORDERS:
        if other != order:
            with pytest.raises(BadInput):
                await lists.page(Filter(order=other, after=cursor))  # type: ignore[arg-type]
    for forged in ('n{"$gt": ""}', "", cursor[1:], "x", f"{cursor} "):
        if forged:
            with pytest.raises(BadInput):
                await lists.page(Filter(order=order, after=forged))


BOARDS: dict[str, dict[str, Any]] = {
    "new": {"state": ["new"], "level": 1},
    "working": {"state": ["open", "pending"], "level": 1},
    "held": {"state": OPEN, "owner": GIULIA.id},
    "responsible": {"state": OPEN, "responsible": GIULIA.id},
    "waiting": {"state": OPEN, "waiting": "user"},
    "asked": {"state": OPEN, "asked_by": GIULIA.id},
    "second": {"state": OPEN, "level": 2},
    "overdue": {"overdue": True},
}


@pytest.mark.parametrize("seed", range(3))
async def test_every_board_counts_what_its_list_shows(desk: Desk, lists: Lists, seed: int) -> None:
    roots = {root.id: root for root in await some_roots(desk, 150, seed)}
    counts = await lists.counts(GIULIA.id)
    assert set(counts.boards) == set(BOARDS)
    for board, queues in counts.boards.items():
        listed = [roots[each] for each in await everything(lists, 200, **BOARDS[board])]
        by_queue = {queue: [root for root in listed if root.queue == queue] for queue in QUEUES}
        expected = {
            queue: (len(found), min(root.opened_at for root in found)) for queue, found in by_queue.items() if found
        }
        assert {queue: (count.n, count.oldest) for queue, count in queues.items()} == expected, board
        assert expected, board
    live = [root for root in roots.values() if root.state in LIVE]
    assert counts.by_state == {state: sum(root.state is state for root in live) for state in LIVE}
    assert counts.mine == sum(root.owner == PersonRef(id=GIULIA.id, name=GIULIA.name) for root in live)
    assert counts.my_responsibility == sum(root.responsible == GIULIA.ref for root in live)


async def test_a_late_question_is_told_by_itself_and_by_what_waits_for_it(desk: Desk, lists: Lists) -> None:
    """By the domain's own facts, not by made-up roots."""
    ticket = await desk.open()
    about = About(queue="credentials", form="credentials", version=1, site="www", language="it", submitted_at=NOON)
    asking = c.AskSecondLevel(seen=1, title="Account", text="È attivo?", queue="credentials-identity", about=about)
    await desk.do(ticket, asking)
    (child,) = (await desk.now(ticket)).open_questions
    heard = c.HearOverdue(child=TicketRef(id=child, number="7"), child_queue="credentials-identity", due_at=now())
    assert not (await lists.counts(GIULIA.id)).boards["overdue"]
    await desk.do(ticket, heard)
    assert await everything(lists, overdue=True) == [ticket.id]
    assert (await desk.view(ticket)).overdue
    await desk.do(ticket, c.WithdrawQuestion(seen=99, child="7", found=child, reason="Risolto."))
    assert await everything(lists, overdue=True) == []
    assert not (await desk.view(ticket)).overdue
