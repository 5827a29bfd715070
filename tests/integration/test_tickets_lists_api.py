"""Lists and counts at the door of tickets, and as the portal reads them: who gets what, and what is refused."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from demo.servers import Broker, Server
from services.portal.tickets import Tickets
from services.tickets import commands as c
from shared.errors import BadInput, DependencyDown, Forbidden
from shared.events import State
from shared.internal import InternalClient
from tests.integration.ticketing import a_holder
from tests.integration.ticketsservice import KEY, Service, a_service
from tests.unit.samples import CHIARA, GIULIA, LUCA, MARCO, NOON, a_requester

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(broker: Broker, store: Server) -> AsyncIterator[Service]:
    async with a_service(broker, store) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def portal(service: Service) -> Tickets:
    await service.desk.tickets.roots.delete_many({})
    return Tickets(service.client)


async def test_a_users_list_ignores_what_is_for_operators(service: Service, portal: Tickets) -> None:
    theirs = [await service.desk.open() for _ in range(3)]
    await service.desk.open(requester=a_requester(subject=CHIARA.id, email=CHIARA.email, name=CHIARA.name))
    await service.desk.do(theirs[0], c.SetPriority(seen=9, priority=5))
    await service.desk.do(theirs[1], c.TagTicket(seen=9, add=("segreto",)))
    await service.wish(theirs[2], "take")
    everything = {ticket.number for ticket in theirs}
    narrowing: list[dict[str, Any]] = [
        *({"tag": "segreto"}, {"overdue": True}, {"waiting": "user"}, {"asked_by": GIULIA.id}),
        *({"email": CHIARA.email}, {"requester": CHIARA.id}, {"owner": GIULIA.id}, {"level": 2}, {"watcher": "x"}),
    ]
    for wanted in narrowing:
        page = await portal.page(LUCA, **wanted)
        assert {item.number for item in page.items} == everything, wanted
    # They find their own words, never ours.
    assert not (await portal.page(LUCA, text="segreto")).items
    # Neither the order nor the cursor tells what colleagues find urgent.
    newest = [item.number for item in (await portal.page(LUCA)).items]
    assert [item.number for item in (await portal.page(LUCA, order="priority")).items] == newest
    page = await portal.page(LUCA, order="priority", limit=1)
    assert page.next
    assert page.next.startswith("n")
    assert {item.number for item in (await portal.page(LUCA, states=[State.NEW])).items} < everything


async def test_counts_are_for_operators(service: Service, portal: Tickets) -> None:
    ticket = await service.desk.open()
    for person in (LUCA, a_holder(ticket)):
        with pytest.raises(Forbidden):
            await portal.counts(person)
    with pytest.raises(Forbidden):
        await portal.page(a_holder(ticket), text="credenziali")


async def test_what_the_portal_reads_of_boards_and_lists(service: Service, portal: Tickets) -> None:
    ticket, other = await service.desk.open(), await service.desk.open()
    await service.wish(ticket, "take")
    await service.wish(ticket, "pending", for_user=True)
    await service.wish(other, "tags", add=["urgente"])
    counts = await portal.counts(GIULIA)
    held = counts.boards["held"]["credentials"]
    assert (held.n, held.oldest) == (1, NOON)
    assert counts.boards["waiting"] == {"credentials": held}
    assert counts.boards["asked"] == {}
    assert (await portal.counts(MARCO)).boards["held"] == {}
    for wanted, numbers in (
        ({"waiting": "user"}, [ticket.number]),
        ({"tag": "urgente"}, [other.number]),
        ({"text": "urg BIANCHI"}, [other.number]),
        ({"overdue": True}, []),
        ({"overdue": False, "owner": GIULIA.id}, [ticket.number]),
        ({"order": "changed", "limit": 1}, [other.number]),
        ({"email": ""}, []),
        ({"requester": ""}, []),
        ({"email": LUCA.email.upper(), "order": "unchanged"}, [ticket.number, other.number]),
    ):
        page = await portal.page(GIULIA, **wanted)
        assert [item.number for item in page.items] == numbers, wanted


async def test_what_does_not_fit_is_refused_and_not_answered_otherwise(service: Service, portal: Tickets) -> None:
    for _ in range(2):
        await service.desk.open()
    cursor = (await portal.page(GIULIA, order="priority", limit=1)).next
    for order, after in (("newest", cursor), ("due", cursor), ("priority", "p'; --"), ("priority", "p" * 300)):
        with pytest.raises(BadInput):
            await portal.page(GIULIA, order=order, after=after)  # type: ignore[arg-type]
    for query in ("order=best", "waiting=me", "overdue=perhaps", f"text={'a' * 301}", f"tag={'a' * 101}", "limit=201"):
        assert (await service.ask("GET", f"/tickets?{query}")).status_code == 422, query


async def test_lists_wanted_at_once_are_asked_with_one_question_and_answered_each_by_itself(
    service: Service, portal: Tickets
) -> None:
    asked: list[str] = []

    async def listen(request: httpx.Request) -> None:
        asked.append(f"{request.method} {request.url.path}")

    ticket, other = await service.desk.open(), await service.desk.open()
    await service.wish(ticket, "take")
    client = InternalClient(service.url, KEY)
    client._http.event_hooks["request"].append(listen)
    tickets = Tickets(client)

    async def nested() -> list[str]:
        page, _ = await asyncio.gather(tickets.page(GIULIA, owner="none"), tickets.page(LUCA))
        return [item.number for item in page.items]

    gone = asyncio.create_task(tickets.page(GIULIA, limit=1))
    asyncio.get_running_loop().call_soon(gone.cancel)
    mine, others, several = await asyncio.gather(
        tickets.page(GIULIA, owner=GIULIA.id), nested(), tickets.page(GIULIA, states=list(State), order="oldest")
    )
    assert [item.number for item in mine.items] == [ticket.number]
    assert others == [other.number]
    assert len(several.items) == 2
    assert gone.cancelled()
    # Never one person's with another's.
    assert sorted(asked) == ["GET /tickets", "POST /tickets/pages"]
    asked.clear()
    right, wrong = await asyncio.gather(tickets.page(GIULIA), tickets.page(GIULIA, after="x9"), return_exceptions=True)
    assert isinstance(wrong, BadInput)
    assert not isinstance(right, BaseException)
    assert len(right.items) == 2
    asked.clear()
    assert len(await asyncio.gather(*(tickets.page(GIULIA, limit=1) for _ in range(45)))) == 45
    assert asked == ["POST /tickets/pages"] * 3
    holder = a_holder(ticket)
    refused = await asyncio.gather(tickets.page(holder), tickets.page(holder), return_exceptions=True)
    assert all(isinstance(each, Forbidden) for each in refused)
    await client.close()
    down = Tickets(InternalClient("http://127.0.0.1:1", KEY))
    unanswered = await asyncio.gather(down.page(GIULIA), down.page(GIULIA), return_exceptions=True)
    assert all(isinstance(each, DependencyDown) for each in unanswered)
