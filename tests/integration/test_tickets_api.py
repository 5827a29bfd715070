"""The tickets service as its callers meet it: every verb by HTTP, who may ask, what is refused and how."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from demo.servers import Broker, Server
from services.tickets import commands as c
from services.tickets.api import WISHES
from services.tickets.bodies import LIMIT
from shared.errors import BadInput, Conflict, TooLarge
from shared.ids import random_id, ticket_id
from shared.policy import Person, Role
from tests.conftest import eventually
from tests.integration.ticketing import a_holder
from tests.integration.ticketsservice import Service, a_service
from tests.unit.samples import CHIARA, GIULIA, LUCA, MARCO, a_submission

# One service for all: each test has tickets of its own.
pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

HOUR = timedelta(hours=1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(broker: Broker, store: Server) -> AsyncIterator[Service]:
    async with a_service(broker, store) as found:
        yield found


async def test_a_ticket_lives_its_whole_life_by_http(service: Service) -> None:
    ticket, other = await service.desk.open(), await service.desk.open()
    asking = {"fields": ["description"], "text": "Quale?", "until": "2099-01-01T00:00:00Z"}
    steps: list[tuple[str, dict[str, Any]]] = [
        ("take", {}),
        ("release", {"reason": "pausa"}),
        ("hand-over", {"to": "marco.ferri", "reason": "conosci il caso"}),
        ("responsible", {"to": "emma.clarke"}),
        ("move", {"queue": "fees"}),
        ("priority", {"priority": 4}),
        ("tags", {"add": ["Urgente"]}),
        ("notes", {"text": "Nota."}),
        ("answers", {"text": "Risposta."}),
        ("information-requests", asking),
        ("resume", {}),
        ("forwards", {"to": "terzi@example.org", "subject": "Caso", "text": "Guardate?"}),
        ("pending", {"for_user": True}),
        ("links", {"other": other.number}),
        ("links/remove", {"other": other.id}),
        ("close", {"outcome": "closed_unsuccessful", "reason": "Non è nostra."}),
        ("reopen", {"reason": "Invece sì."}),
    ]
    for verb, body in steps:
        done = await service.wish(ticket, verb, **body)
        assert done["facts"], verb
        view = await service.view(ticket)
        assert done["seq"] == done["facts"][-1]["seq"] <= view["seq"], verb
        assert done["number"] == ticket.number
    assert (view["state"], view["queue"], view["priority"], view["tags"]) == ("open", "fees", 4, ["urgente"])
    assert (view["owner"]["name"], view["responsible"]["name"]) == ("Marco Ferri", "Emma Clarke")
    request = view["articles"][0]
    await service.wish(ticket, "split", article=request["id"], subject="Due cose")
    await service.wish(ticket, "merge", target=other.number)

    async def merged() -> bool:
        return bool((await service.view(ticket))["state"] == "merged")

    await eventually(merged)
    await service.wish(ticket, "unmerge")
    asked = await service.asked(await service.view(ticket))
    for verb, body in (("watch", {}), ("unwatch", {}), ("questions/withdraw", {"child": asked["number"]})):
        assert (await service.wish(ticket, verb, **body))["facts"], verb
        steps.append((verb, body))
    # A question's own verbs: test_tickets_questions.
    steps += [("questions", {}), ("question/answer", {}), ("question/return", {})]
    tested = {verb for verb, _ in steps} | {"split", "merge", "unmerge", "mails/undo", "mails/send", "mails/retry"}
    assert tested == set(WISHES)


async def test_every_operators_wish_has_a_door() -> None:
    assert set(WISHES.values()) == set(c.Seen.__subclasses__())


async def test_a_repeat_gets_the_same_answer_also_when_more_happened_since(service: Service) -> None:
    ticket, key = await service.desk.open(), random_id()
    first = await service.wish(ticket, "notes", key=key, text="Nota.")
    await service.wish(ticket, "notes", text="Altra.")
    assert await service.wish(ticket, "notes", key=key, text="Nota.") == first
    with pytest.raises(BadInput):
        await service.wish(ticket, "notes", key=key, text="Un'altra.")
    nothing = await service.wish(ticket, "reopen")
    assert (nothing["facts"], nothing["seq"]) == ([], first["seq"] + 1)


async def test_a_held_mail_is_undone_or_sent_by_http(service: Service) -> None:
    # Written at a desk with a window, so that it is held when the service hears of it.
    ticket = await service.desk.open()
    service.desk.rules, ours = service.desk.rules.model_copy(update={"send_window": HOUR}), service.desk.rules
    for text in ("Prima.", "Seconda."):
        await service.desk.do(ticket, c.AnswerTicket(seen=99, text=text))
    service.desk.rules = ours
    first, second = [each for each in (await service.view(ticket))["articles"] if each["delivery"] == "held"]
    await service.wish(ticket, "mails/undo", article=first["id"])
    # What the sender claims that it says counts for nothing.
    await service.wish(ticket, "mails/send", article=second["id"], text="FALSO", subject="FALSO")
    articles = {each["id"]: each for each in (await service.view(ticket))["articles"]}
    assert (articles[first["id"]]["delivery"], articles[second["id"]]["delivery"]) == ("withdrawn", "waiting")
    facts = await service.desk.tickets.page_of_facts(await service.desk.now(ticket))
    assert [fact.text for fact in facts if fact.name == "ticket.answered.v1"] == ["Seconda."]  # type: ignore[attr-defined]
    with pytest.raises(Conflict) as refused:
        await service.wish(ticket, "mails/retry", article=second["id"])
    assert refused.value.extra["code"] == "not_refused"


async def test_who_was_slower_is_told_what_changed(service: Service) -> None:
    ticket = await service.desk.open()
    await service.wish(ticket, "take", MARCO)
    answer = await service.ask("POST", f"/tickets/{ticket.id}/take", json={"seen": 1})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["changed"]["what"]) == ("changed", "ticket.taken.v1")
    assert problem["changed"]["by"] == MARCO.name
    assert problem["detail"] == "Marco Ferri took this ticket in charge meanwhile."


async def test_only_operators_act_and_only_requesters_reply(service: Service) -> None:
    ticket, foreign = await service.desk.open(), await service.desk.open()
    before = (await service.view(ticket))["seq"]
    nobody = Person(id="nobody", name="")
    helper = Person(id="cli", name="", roles=frozenset({Role.SERVICE}))
    wishes: dict[str, Any] = {
        "notes": {"text": "x"},
        "merge": {"target": "20000101000010"},
        "links": {"other": foreign.id},
    }
    strangers = (CHIARA, a_holder(foreign), nobody, helper)
    for person in (LUCA, a_holder(ticket), *strangers):
        for verb, body in wishes.items():
            answer = await service.ask("POST", f"/tickets/{ticket.id}/{verb}", person, json={"seen": 9, **body})
            assert answer.status_code == (404 if person in strangers else 403), (person.id, verb)
    for person in strangers:
        assert (await service.ask("GET", f"/tickets/{ticket.id}", person)).status_code == 404
        reply = await service.ask("POST", f"/tickets/{ticket.id}/replies", person, json={"text": "x"})
        assert reply.status_code == 404
    assert (await service.view(ticket))["seq"] == before
    answer = await service.ask("POST", f"/tickets/{ticket.id}/replies", GIULIA, json={"text": "x"})
    assert answer.status_code == 403
    for person in (LUCA, a_holder(ticket)):
        assert (await service.wish(ticket, "replies", person, text="Ciao."))["facts"]
    forged = await service.http.post(f"/tickets/{ticket.id}/notes", json={}, headers={"Authorization": "Bearer x"})
    assert forged.status_code in (401, 422)


async def test_a_reply_brings_only_files_of_its_own_ticket(service: Service) -> None:
    ticket, other = await service.desk.open(), await service.desk.open()

    def file(owner: str) -> dict[str, Any]:
        return {"key": f"{owner}/{'a' * 64}", "name": "a.pdf", "media_type": "application/pdf", "size": 1, "field": ""}

    with pytest.raises(BadInput):
        await service.wish(ticket, "replies", LUCA, text="Ecco.", attachments=[file(other.id)])
    await service.wish(ticket, "replies", LUCA, text="Ecco.", attachments=[file(ticket.id)])
    assert (await service.view(ticket, LUCA))["articles"][-1]["attachments"][0]["name"] == "a.pdf"


async def test_what_a_wish_names_must_be_there(service: Service) -> None:
    ticket, other = await service.desk.open(), await service.desk.open()
    foreign = (await service.view(other))["articles"][0]["id"]
    found, request = {"id": other.id, "number": other.number}, {"id": foreign, "kind": "request"}
    cases: list[tuple[str, dict[str, Any], int, str]] = [
        ("links", {"other": "20000101000010"}, 404, "unknown_ticket"),
        ("links", {"other": "x", "found": found}, 404, "unknown_ticket"),
        ("merge", {"target": random_id(), "found": found}, 404, "unknown_ticket"),
        ("merge", {"target": ticket.number}, 422, "same_ticket"),
        ("split", {"article": foreign, "subject": "x"}, 422, "unknown_article"),
        (
            "split",
            {"article": random_id(), "subject": "x", "found": request},
            422,
            "unknown_article",
        ),
        ("information-requests", {"fields": ["nothing"], "text": "x"}, 422, "unknown_field"),
    ]
    for verb, body, status, code in cases:
        answer = await service.ask("POST", f"/tickets/{ticket.id}/{verb}", json={"seen": 9, **body})
        assert (answer.status_code, answer.json()["code"]) == (status, code), (verb, answer.text)
        assert answer.json()["detail"].endswith(".")
    assert (await service.view(ticket))["seq"] == ticket.seq
    mine = (await service.view(ticket))["articles"][0]["id"]
    await service.wish(ticket, "split", article=mine, subject="Il resto", queue="fees")


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(service: Service) -> None:
    ticket = await service.desk.open()
    with pytest.raises(TooLarge) as refused:
        await service.wish(ticket, "answers", text="x" * 10_000_000)
    assert refused.value.detail.endswith(".")

    async def endless() -> AsyncIterator[bytes]:
        yield b'{"seen": 1, "text": "'
        for _ in range(LIMIT // 50_000 + 2):
            yield b"x" * 50_000
        yield b'"}'

    path, json = f"/tickets/{ticket.id}/notes", {"Content-Type": "application/json"}
    answer = await service.ask("POST", path, content=endless(), headers=json)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    # What fits is read, and told at its field when the text alone is too long.
    for text, status in (("è" * 50_000, 200), ("è" * 50_001, 422)):
        answer = await service.ask("POST", path, json={"seen": 1, "text": text})
        assert answer.status_code == status
    assert [fault["field"] for fault in answer.json()["errors"]] == ["text"]
    assert "è" * 100 not in answer.text
    answer = await service.ask("POST", path, content=b"{", headers=json)
    assert answer.status_code in (400, 422)


async def test_a_long_ticket_is_paged_by_http(service: Service) -> None:
    ticket = await service.desk.notes(await service.desk.open(), 12)
    view = await service.view(ticket, limit=5)
    assert [row["seq"] for row in view["journal"]] == [9, 10, 11, 12, 13]
    view = await service.view(ticket, limit=5, before=view["earlier"])
    assert [row["seq"] for row in view["journal"]] == [4, 5, 6, 7, 8]
    for page in ({"limit": 0}, {"limit": 501}, {"before": 0}, {"before": "x"}):
        answer = await service.ask("GET", f"/tickets/{ticket.id}", params=page)
        assert answer.status_code == 422, page
    by_number = await service.client.get(f"/tickets/{ticket.number}", GIULIA)
    assert by_number["id"] == ticket.id


async def test_files_of_a_submission_or_of_a_ticket_are_named(service: Service) -> None:
    submission, nothing = a_submission(), random_id()
    await service.desk.open(**submission.model_dump())
    owners = [submission.id, ticket_id(submission.id), nothing]
    helper = Person(id="cli", name="", roles=frozenset({Role.SERVICE}))
    answer = await service.client.post("/blobs/unnamed", helper, {"owners": owners}, random_id())
    assert answer == {"unnamed": [nothing]}
    assert (await service.ask("POST", "/blobs/unnamed", GIULIA, json={"owners": []})).status_code == 403
