"""S15 to S18 and S20: questions to the second level, and their answers, with two copies of each service."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import Conflict
from tests.conftest import eventually
from tests.system import EMMA, GIULIA, LUCA, MARCO, System, a_form

pytestmark = pytest.mark.e2e

IDENTITY, MAIL, NETWORK = "credentials-identity", "credentials-mail", "online-services-network"


async def answered(system: System, child: dict[str, Any], text: str = "Sì, è attivo.") -> dict[str, Any]:
    """Emma answers, having seen all."""
    return await system.wish(await system.view(child), "question/answer", EMMA, text=text)


async def test_s15_groups_of_operators_for_different_problems_answer_one_ticket(system: System) -> None:
    """Two questions at once, each to its own group; both answers come together in the one ticket the user knows."""
    ticket = await system.opened(LUCA)
    first, second = await asyncio.gather(
        system.asked(ticket, queue=IDENTITY, title="Identità"),
        system.asked(ticket, MARCO, queue=NETWORK, title="Rete"),
    )
    view = await system.view(ticket)
    assert {(each["title"], each["queue"], each["asked_by"]["name"]) for each in view["questions"]} == {
        ("Identità", IDENTITY, "Giulia Conti"),
        ("Rete", NETWORK, "Marco Ferri"),
    }
    await answered(system, first, "Identità verificata.")
    await answered(system, second, "Rete raggiungibile.")
    view = await system.until(ticket, lambda view: view["open_questions"] == 0)
    texts = [each["text"] for each in view["articles"] if each["kind"] == "child_answer"]
    assert sorted(texts) == ["Identità verificata.", "Rete raggiungibile."]


async def test_s16_a_sub_queue_gets_only_the_problems_it_answers(system: System) -> None:
    """Nobody chose a queue: the rules do, by what the form says; what no rule knows goes where the queue asks."""
    mailbox = await system.opened(LUCA, kind="mailbox")
    other = await system.opened(LUCA)
    assert (await system.asked(mailbox))["queue"] == MAIL
    assert (await system.asked(other))["queue"] == IDENTITY
    # A sub-queue has from the queue above what it doesn't say itself.
    catalogue = await system.routing.get("/queues", GIULIA)
    sub = next(queue for queue in catalogue["queues"] if queue["id"] == MAIL)
    above = next(queue for queue in catalogue["queues"] if queue["id"] == "credentials")
    assert sub["mail_from"] == above["mail_from"]


async def test_s17_the_user_meets_the_first_level_only_and_the_second_answers_it(system: System) -> None:
    ticket = await system.opened(LUCA)
    child = await system.asked(ticket, queue=IDENTITY, text="Parola-segreta-domanda")
    await answered(system, child, "Parola-segreta-risposta")
    view = await system.until(ticket, lambda view: view["open_questions"] == 0)
    # The answer is the first level's to use: it becomes a mail when somebody sends one.
    await system.wish(view, "answers", text="Il suo account è attivo.", outcome="closed_successful")
    await system.mail(LUCA.email, "Il suo account è attivo.")
    theirs = await system.view(ticket, LUCA)
    mails = [mail for mail in await system.mails_to(LUCA.email) if ticket["number"] in mail["subject"]]
    for hidden in ("Parola-segreta", child["number"], IDENTITY, "Gestione identità"):
        assert hidden not in str(theirs)
        assert hidden not in str(mails)
    with pytest.raises(Conflict) as refused:
        await system.wish(await system.view(child), "answers", EMMA, text="All'utente")
    assert refused.value.extra["code"] == "is_question"


async def test_s18_kinds_of_request_go_to_different_queues_and_one_can_ask_by_itself(system: System) -> None:
    plain = await system.opened(LUCA)
    assert (plain["queue"], plain["open_questions"]) == ("credentials", 0)
    answer = await system.send(
        a_form("eidas@studenti.example", kind="spid", sign_in_with="eidas", tax_code="RSSDAA01A41H501Z")
    )
    assert answer.status_code in (201, 202), answer.text

    async def opened() -> Any:
        found = await system.ticket_of("eidas@studenti.example")
        return found if found and all(each["child"]["number"] for each in found["questions"]) else None

    ticket = await eventually(opened, timeout=30)
    (asked,) = ticket["questions"]
    assert (ticket["state"], asked["queue"], asked["rule"]) == ("new", IDENTITY, "credentials-foreign-identity")
    child = await system.view(asked["child"]["number"])
    assert child["articles"][0]["fields"]["sign_in_with"] == "eidas"
    # Which rule decided, and why not those before it.
    told = await system.routing.get(f"/explain/{ticket['number']}", GIULIA)
    assert "credentials-foreign-identity" in str(told)


async def test_s20_the_ticket_shows_the_questions_and_answers_as_articles_among_the_others(system: System) -> None:
    ticket = await system.opened(LUCA)
    await system.wish(await system.view(ticket), "notes", text="Verifico con i colleghi.")
    due = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    child = await system.asked(ticket, queue=IDENTITY, due_at=due, fields=["kind"])
    await system.take(child, EMMA)
    view = await system.view(ticket)
    (asked,) = view["questions"]
    assert (asked["owner"]["name"], asked["state"], asked["overdue"]) == ("Emma Clarke", "open", False)
    assert datetime.fromisoformat(asked["due_at"]) == datetime.fromisoformat(due)
    await answered(system, child)
    view = await system.until(ticket, lambda view: view["open_questions"] == 0)
    kinds = [each["kind"] for each in view["articles"] if each["kind"].startswith(("child", "note"))]
    assert kinds == ["note", "child_opened", "child_answer"]
    assert {each["visibility"] for each in view["articles"] if each["kind"] in kinds} == {"internal"}
    answer = view["articles"][-1]
    assert (answer["author"]["name"], answer["child"]["number"]) == ("Emma Clarke", child["number"])


async def test_a_question_three_deep_is_answered_from_the_bottom_up(system: System) -> None:
    ticket = await system.opened(LUCA)
    chain = [ticket]
    for queue in (IDENTITY, MAIL, NETWORK):
        chain.append(await system.asked(chain[-1], EMMA, queue=queue, title=queue))
    assert [each["depth"] for each in chain] == [0, 1, 2, 3]
    for above, child in reversed(list(itertools.pairwise(chain))):
        await answered(system, child, f"Da {child['queue']}")
        await system.until(above, lambda view: view["open_questions"] == 0)
    assert (await system.view(ticket))["articles"][-1]["text"] == f"Da {IDENTITY}"


async def test_owner_and_responsible_of_the_parent_hear_at_once_of_an_answer(system: System) -> None:
    ticket = await system.opened(LUCA)
    await system.take(ticket)
    await system.wish(await system.view(ticket), "responsible", to=MARCO.id)
    child = await system.asked(ticket, queue=IDENTITY)
    await answered(system, child)
    for person, why in ((GIULIA, "owner"), (MARCO, "responsible")):

        async def told(person: Any = person) -> Any:
            found = await system.inbox(person, ticket=ticket["number"], kind="answered")
            return found[0] if found else None

        notice = await eventually(told, timeout=15)
        assert (notice["fact"], notice["by"]["name"]) == ("second_level.answered.v1", "Emma Clarke")
        assert why in notice["why"]


async def test_a_closed_parent_takes_its_questions_with_it(system: System) -> None:
    ticket = await system.opened(LUCA)
    child = await system.asked(ticket, queue=IDENTITY)
    below = await system.asked(child, EMMA, queue=MAIL)
    ticket = await system.view(ticket)
    closing: Any = {"outcome": "closed_successful", "reason": "Risolto."}
    with pytest.raises(Conflict) as refused:
        await system.wish(ticket, "close", **closing)
    assert refused.value.extra["code"] == "questions_open"
    await system.wish(ticket, "close", **closing, questions="withdraw")
    for each in (child, below):
        await system.until(each, lambda view: view["ending"] == "withdrawn")
    with pytest.raises(Conflict) as refused:
        await answered(system, child)
    assert refused.value.extra["code"] == "withdrawn"


async def test_a_parent_that_waits_closes_by_itself_and_the_user_gets_the_reason(system: System) -> None:
    ticket = await system.opened(LUCA)
    child = await system.asked(ticket, queue=IDENTITY)
    reason = f"Risolto con i colleghi, {ticket['number']}."
    closing: Any = {"outcome": "closed_successful", "reason": reason, "questions": "wait"}
    await system.wish(await system.view(ticket), "close", **closing)
    assert (await system.view(ticket))["state"] == "pending"
    await answered(system, child)
    await system.until(ticket, lambda view: view["state"] == "closed_successful")
    assert reason in (await system.mail(LUCA.email, reason))["text"]
