"""S10: the responsible hears of every event of that ticket; nobody hears of their own acts, nobody twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.policy import Person
from tests.conftest import eventually
from tests.system import CHIARA, EMMA, GIULIA, LUCA, MARCO, System

pytestmark = pytest.mark.e2e


async def lived(system: System) -> dict[str, Any]:
    """A ticket of which Marco is responsible, with something of everything that can happen to it."""
    ticket = await system.opened(CHIARA)
    await system.wish(ticket, "responsible", to=MARCO.id)

    async def wish(verb: str, person: Person = GIULIA, **body: Any) -> None:
        await system.wish(await system.view(ticket), verb, person, **body)

    await wish("take")
    await wish("notes", text="Una nota di Giulia.")
    await wish("priority", EMMA, priority=4)
    await wish("tags", add=["urgente"])
    await wish("watch", EMMA)
    await wish("notes", MARCO, text="Una nota di Marco.")
    await wish("move", queue="students", reason="È per loro.")
    await wish("forwards", to="terzi@example.org", subject="Un caso", text="Per conoscenza.")
    await wish("information-requests", fields=["description"], text="Può dirci di più?")
    await wish("replies", CHIARA, text="Eccomi.")
    child = await system.asked(ticket, queue="students-enrolment")
    await system.wish(await system.view(child), "question/answer", EMMA, text="Sì.")
    await system.until(ticket, lambda view: view["open_questions"] == 0)
    due = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    await wish("pending", until=due)
    await wish("resume")
    await wish("hand-over", to=EMMA.id, reason="Finisco il turno.")
    await wish("answers", EMMA, text="Risolto.", outcome="closed_successful")
    await wish("reopen", reason="Manca qualcosa.")
    return await system.until(ticket, lambda view: all(each["delivery"] in (None, "sent") for each in view["articles"]))


async def test_s10_the_responsible_hears_of_every_event_but_their_own(system: System) -> None:
    ticket = await lived(system)
    journal = (await system.tickets.get(f"/tickets/{ticket['id']}", GIULIA, limit=500))["journal"]
    start = next(row["seq"] for row in journal if row["name"] == "ticket.responsible_changed.v1")
    owed = [row["name"] for row in journal if row["seq"] >= start and row["actor"]["id"] != MARCO.id]
    assert len(set(owed)) >= 15
    assert len(owed) < len([row for row in journal if row["seq"] >= start]), "Marco acted, too"

    async def heard(person: Person) -> list[dict[str, Any]]:
        return await system.inbox(person, ticket=ticket["number"])

    async def all_heard() -> Any:
        # Not what he heard as one who follows the queue, before he was responsible.
        found = [each for each in await heard(MARCO) if "responsible" in each["why"]]
        return found if len(found) >= len(owed) else None

    notices = await eventually(all_heard, timeout=30)
    assert sorted(each["fact"] for each in notices) == sorted(owed)
    assert len({each["id"] for each in notices}) == len(notices)
    assert all(each["by"]["id"] != MARCO.id for each in notices)
    # Emma heard of what she watched and held, and not of what she did; Luca is no operator and hears of nothing.
    emmas = await heard(EMMA)
    assert {"ticket.noted.v1", "ticket.replied.v1", "ticket.handed_over.v1"} <= {each["fact"] for each in emmas}
    assert all(each["by"]["id"] != EMMA.id for each in emmas)


async def test_s10_the_inbox_is_one_persons_and_its_read_marks_hold(system: System) -> None:
    ticket = await system.opened(LUCA)
    await system.wish(ticket, "responsible", to=MARCO.id)
    await system.wish(await system.view(ticket), "notes", text=f"Per @{EMMA.id}.")

    async def told(person: Person) -> Any:
        return [each for each in await system.inbox(person, ticket=ticket["number"]) if not each["read"]]

    (mention,) = await eventually(lambda: told(EMMA), timeout=15)
    assert mention["kind"] == "mention"
    await system.notifier.post("/inbox/read", MARCO, {"ids": [mention["id"]]}, "k1")
    assert await told(EMMA), "somebody else's mark changes nothing"
    marked = await system.notifier.post("/inbox/read", EMMA, {"ids": [mention["id"]]}, "k2")
    assert not await told(EMMA)
    await system.notifier.post("/inbox/unread", EMMA, {"mark": marked["mark"]}, "k3")
    assert await told(EMMA)
