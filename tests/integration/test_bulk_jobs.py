"""Bulk jobs in a real store: a copy that dies or is overtaken in the middle, and nothing that is wished twice."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.portal.bulk import KEPT, Item, Job
from services.portal.bulk_run import AT_ONCE, BulkRunner
from services.portal.bulk_store import BulkJobs
from services.portal.gate import person_now
from services.portal.i18n import tongues
from services.portal.tickets import Tickets
from shared.errors import Conflict, DependencyDown
from shared.internal import InternalClient
from shared.mongo import Database
from shared.people import People
from shared.policy import Person, Role
from shared.queues import Queues
from tests.conftest import eventually
from tests.unit.samples import GIULIA, MARCO

pytestmark = pytest.mark.integration


class Died(BaseException):
    """The process is gone: nothing of it runs any more."""


class ATicketsService(InternalClient):
    """A tickets service that knows keys. `dies`: the wish after which the caller is gone, already done."""

    def __init__(self, dies: int = 0, down: bool = False) -> None:
        self.done: dict[str, int] = {}
        self.asked: list[str] = []
        self.askers: list[Person] = []
        self.dies, self.down = dies, down

    async def post(self, path: str, person: Person, body: Any, key: str) -> Any:
        if self.down:
            raise DependencyDown
        number = path.split("/")[2]
        self.asked.append(key)
        self.askers.append(person)
        if number == "13":
            raise Conflict("", code="closed")
        self.done.setdefault(key, len(self.done))
        if self.dies and len(self.done) == self.dies:
            raise Died
        fact = {"event_id": f"e-{self.done[key]}", "name": "ticket.noted.v1", "seq": 4}
        return {"number": number, "facts": [fact]}


def runner(
    service: ATicketsService, lease: float = 0.2, now: Callable[[Person], Person] = lambda person: person
) -> BulkRunner:
    return BulkRunner(Tickets(service), lambda language: tongues()[language], now, lease)


def a_job(count: int = 20, **changes: Any) -> Job:
    items = tuple(Item(number=str(each), seen=3) for each in range(count))
    return Job(**{"id": "j", "person": GIULIA, "verb": "notes", "items": items, "created_at": time.time(), **changes})


async def claimed(jobs: BulkJobs, lease: float = 0.2) -> Job:
    found = await jobs.claim(time.time(), lease)
    assert found
    return found


async def test_a_job_goes_on_with_the_rights_that_its_person_has_now(database: Database) -> None:
    """It may have stood still since; what they may no longer do, `tickets` refuses."""
    jobs, service = BulkJobs(database), ATicketsService()
    await jobs.prepare()
    people = People.load(Path("config"), Queues.load(Path("config")))
    known = GIULIA.model_copy(update={"id": "giulia.conti", "groups": frozenset({"long.gone"})})
    without = GIULIA.model_copy(update={"roles": frozenset({Role.USER}), "groups": frozenset()})
    for person, then in ((known, people.get("giulia.conti")), (GIULIA, without)):
        service.askers.clear()
        await jobs.begin(a_job(2, id=person.id, person=person))
        await runner(service, now=lambda asked: person_now(asked, people)).work(await claimed(jobs), jobs)
        assert service.askers == [then] * 2


async def test_what_a_dead_copy_began_another_ends_and_no_wish_is_done_twice(database: Database) -> None:
    jobs, service = BulkJobs(database), ATicketsService(dies=11)
    await jobs.prepare()
    assert await jobs.begin(a_job())
    with pytest.raises(Died):
        await runner(service).work(await claimed(jobs), jobs)
    # It is the dead one's until its lease ends: two batches are stored, and the third was done but not stored.
    left = await jobs.find("j")
    assert left
    assert (left.settled, len(service.done)) == (2 * AT_ONCE, 3 * AT_ONCE)
    service.dies = 0
    other = runner(service)
    other.start(jobs)

    async def over() -> bool:
        found = await jobs.find("j")
        return found is not None and not found.running

    await eventually(over)
    await other.stop()
    found = await jobs.find("j")
    assert found
    assert (found.counts["done"], found.counts["refused"]) == (19, 1)
    assert sorted(service.done) == sorted(f"j:{each}" for each in range(20) if each != 13)
    # Those whose answer was lost were asked again under their own key.
    assert len(service.asked) > 20


async def test_two_copies_never_both_store_what_became_of_a_job(database: Database) -> None:
    jobs, service = BulkJobs(database), ATicketsService()
    await jobs.begin(a_job(40))
    slow = await claimed(jobs, lease=-1)
    quick = await claimed(jobs, lease=60)
    await runner(service, 60).work(quick, jobs)
    await runner(service, 60).work(slow, jobs)
    found = await jobs.find("j")
    assert found
    assert (found.settled, len(service.done)) == (40, 39)


async def test_each_job_is_one_copy_s_at_a_time(database: Database) -> None:
    jobs = BulkJobs(database)
    await jobs.begin(a_job())
    found = await asyncio.gather(*(jobs.claim(time.time(), 60) for _ in range(5)))
    assert len([job for job in found if job]) == 1


async def test_when_nothing_answers_the_job_rests_and_nothing_is_lost(database: Database) -> None:
    jobs, service = BulkJobs(database), ATicketsService(down=True)
    await jobs.begin(a_job(3))
    await runner(service, 60).work(await claimed(jobs, 60), jobs)
    found = await jobs.find("j")
    assert found
    assert (found.settled, [item.tries for item in found.items]) == (0, [1, 1, 1])
    assert await jobs.claim(time.time(), 60) is None
    service.down = False
    await runner(service, 60).work((await jobs.claim(time.time() + 10, 60)) or a_job(), jobs)
    assert len(service.done) == 3


async def test_who_leaves_lets_go_of_the_job_at_once(database: Database) -> None:
    jobs, service = BulkJobs(database), ATicketsService()
    await jobs.begin(a_job())
    leaving = runner(service, 60)
    await leaving.stop()
    await leaving.work(await claimed(jobs, 60), jobs)
    found = await jobs.find("j")
    assert found
    assert found.settled == AT_ONCE
    assert await jobs.claim(time.time() + 0.01, 60)


async def test_a_job_is_begun_once_and_forgotten_after_thirty_days(database: Database) -> None:
    jobs = BulkJobs(database)
    old = a_job(id="old", created_at=time.time() - KEPT - 60, running=False)
    assert await jobs.begin(old)
    assert await jobs.begin(a_job(person=MARCO))
    assert not await jobs.begin(a_job(person=MARCO))
    assert await jobs.find("old") is None
    assert [job.id for job in await jobs.of("marco", 10)] == ["j"]
    assert await jobs.of("giulia", 10) == []


async def test_a_ticket_whose_answer_makes_no_sense_keeps_no_other_waiting(database: Database) -> None:
    class Odd(ATicketsService):
        async def post(self, path: str, person: Person, body: Any, key: str) -> Any:
            if path.startswith("/tickets/0/"):
                return {"nothing": "known"}
            return await super().post(path, person, body, key)

    jobs, service = BulkJobs(database), Odd()
    await jobs.begin(a_job(12))
    for _ in range(10):
        if job := await jobs.claim(time.time() + 10, 60):
            await asyncio.wait_for(runner(service, 60).work(job, jobs), 5)
    found = await jobs.find("j")
    assert found
    assert found.counts == {"waiting": 1, "done": 11}
    assert found.items[0].tries


async def test_a_job_that_only_a_newer_version_can_read_stops_no_other(database: Database) -> None:
    jobs = BulkJobs(database)
    await jobs.begin(a_job(id="newer", created_at=time.time() - 60))
    await database.collection("bulk_jobs").update_one({"_id": "newer"}, {"$set": {"items": [{"number": "1"}]}})
    await jobs.begin(a_job())
    assert (await claimed(jobs)).id == "j"
    assert [job.id for job in await jobs.of("giulia", 10)] == ["j"]
