"""Questions to the second level through the real door, store and bus; routing is played by the test."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from demo.servers import Broker, Server
from shared.errors import BadInput, Conflict, Forbidden, NotFound
from shared.ids import random_id
from shared.policy import Person, Role
from tests.integration.ticketing import a_holder
from tests.integration.ticketsservice import Service, a_service
from tests.unit.samples import CHIARA, GIULIA, LUCA, MARCO

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

EMMA = Person(id="emma.clarke", name="Emma Clarke", roles=frozenset({Role.OPERATOR}))
IDENTITY, MAIL = "credentials-identity", "credentials-mail"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(broker: Broker, store: Server) -> AsyncIterator[Service]:
    async with a_service(broker, store) as found:
        yield found


async def opened(service: Service) -> Any:
    return await service.view(await service.desk.open())


async def do(service: Service, view: Any, verb: str, person: Person = GIULIA, **body: Any) -> Any:
    """A verb by whoever has seen all of it."""
    path = f"/tickets/{view['id']}"
    seen = (await service.client.get(path, GIULIA))["seq"]
    return await service.client.post(f"{path}/{verb}", person, {"seen": seen, **body}, random_id())


async def test_the_parent_shows_at_once_whom_it_asked_and_later_who_holds_it(service: Service) -> None:
    ticket = await opened(service)
    due = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    body: Any = {"title": "Account", "text": "È attivo?", "queue": IDENTITY, "due_at": due}
    done = await do(service, ticket, "questions", **body)
    view = await service.client.get(f"/tickets/{ticket['id']}", GIULIA)
    (asked,) = view["questions"]
    assert (asked["title"], asked["queue"], asked["state"], asked["open"]) == ("Account", IDENTITY, None, True)
    assert (asked["asked_by"]["name"], asked["child"]["number"]) == ("Giulia Conti", "")
    assert datetime.fromisoformat(asked["due_at"]) == datetime.fromisoformat(due)
    child = await service.routed(ticket["id"], done["facts"][-1]["event_id"])
    view = await service.until(ticket, lambda view: view["questions"][0]["state"] == "new")
    assert view["open_questions"] == 1
    question = {"id": child, "seq": 1}
    await do(service, question, "take", EMMA)
    (asked,) = (await service.client.get(f"/tickets/{ticket['id']}", GIULIA))["questions"]
    assert (asked["owner"]["name"], asked["state"]) == ("Emma Clarke", "open")
    assert asked["child"]["number"].isdigit()


async def test_the_child_shows_the_excerpt_that_was_chosen_and_nothing_else(service: Service) -> None:
    ticket = await opened(service)
    await do(service, ticket, "notes", text="Ha già chiamato ieri.")
    await do(service, ticket, "notes", text="Questo non li riguarda.")
    view = await service.client.get(f"/tickets/{ticket['id']}", GIULIA)
    note = next(each["id"] for each in view["articles"] if each["text"] == "Ha già chiamato ieri.")
    child = await service.asked(view, fields=["kind"], articles=[note])
    article = child["articles"][0]
    assert (article["kind"], article["text"], article["fields"]) == ("child_opened", "È attivo?", {"kind": "password"})
    (quote,) = article["quotes"]
    assert (quote["kind"], quote["author"], quote["text"]) == ("note", "Giulia Conti", "Ha già chiamato ieri.")
    assert (child["parent"]["number"], child["requester"], child["depth"]) == (ticket["number"], None, 1)
    shown = str(child)
    for hidden in ("Questo non li riguarda", LUCA.email, LUCA.name, "Non riesco a entrare"):
        assert hidden not in shown


async def test_the_answer_becomes_an_internal_article_of_the_parent_with_its_files(service: Service) -> None:
    ticket = await opened(service)
    child = await service.asked(ticket)
    file = {"key": f"{child['id']}/{'a' * 64}", "name": "esito.pdf", "media_type": "application/pdf", "size": 3}
    await do(service, child, "question/answer", EMMA, text="Sì, da ieri.", attachments=[{**file, "field": ""}])
    view = await service.until(ticket, lambda view: view["open_questions"] == 0)
    answer = view["articles"][-1]
    assert (answer["kind"], answer["visibility"], answer["text"]) == ("child_answer", "internal", "Sì, da ieri.")
    assert (answer["ending"], answer["child"]["number"]) == ("answered", child["number"])
    assert [each["name"] for each in answer["attachments"]] == ["esito.pdf"]
    assert view["journal"][-1]["data"]["by"]["name"] == "Emma Clarke"
    assert (view["questions"][0]["ending"], view["questions"][0]["open"]) == ("answered", False)


async def test_what_is_sent_back_says_why_and_what_is_moved_stays_asked(service: Service) -> None:
    ticket = await opened(service)
    child = await service.asked(ticket)
    await do(service, child, "move", EMMA, queue=MAIL, reason="È della posta.")
    await do(service, child, "question/return", EMMA, reason="Manca la matricola.")
    view = await service.until(ticket, lambda view: view["open_questions"] == 0)
    assert (view["articles"][-1]["text"], view["articles"][-1]["ending"]) == ("Manca la matricola.", "returned")
    assert view["journal"][-1]["data"]["child_queue"] == MAIL


async def test_a_question_of_a_question_of_a_question_comes_back_up(service: Service) -> None:
    ticket = await opened(service)
    first = await service.asked(ticket)
    second = await service.asked(first, EMMA, queue=MAIL, title="Posta")
    third = await service.asked(second, EMMA, queue="online-services-network", title="Rete")
    assert [each["depth"] for each in (first, second, third)] == [1, 2, 3]
    await do(service, third, "question/answer", EMMA, text="Raggiungibile.")
    await service.until(second, lambda view: view["open_questions"] == 0)
    await do(service, second, "question/answer", EMMA, text="Casella attiva.")
    await service.until(first, lambda view: view["open_questions"] == 0)
    await do(service, first, "question/answer", EMMA, text="Tutto attivo.")
    view = await service.until(ticket, lambda view: view["open_questions"] == 0)
    assert view["articles"][-1]["text"] == "Tutto attivo."
    assert "Raggiungibile" not in str(view)


async def test_a_parent_is_closed_only_when_somebody_says_what_becomes_of_its_questions(service: Service) -> None:
    ticket = await opened(service)
    child = await service.asked(ticket)
    closing: Any = {"outcome": "closed_successful", "reason": "Risolto."}
    with pytest.raises(Conflict) as refused:
        await do(service, ticket, "close", **closing)
    assert (refused.value.extra["code"], refused.value.extra["count"]) == ("questions_open", 1)
    await do(service, ticket, "close", **closing, questions="withdraw")
    view = await service.until(child, lambda view: view["ending"] == "withdrawn")
    assert view["journal"][-1]["data"]["because"] == "closed"
    with pytest.raises(Conflict) as refused:
        await do(service, child, "question/answer", EMMA, text="Sì.")
    assert refused.value.extra["code"] == "withdrawn"


async def test_a_parent_that_waits_closes_by_itself_with_the_reason_that_was_written(service: Service) -> None:
    ticket = await opened(service)
    child = await service.asked(ticket)
    closing: Any = {"outcome": "closed_successful", "reason": "Risolto, vedi sotto.", "questions": "wait"}
    await do(service, ticket, "close", **closing)
    view = await service.client.get(f"/tickets/{ticket['id']}", GIULIA)
    assert (view["state"], view["waiting"]["closing"]["outcome"]) == ("pending", "closed_successful")
    assert view["journal"][-1]["data"]["reason"] == "Risolto, vedi sotto."
    await do(service, child, "question/answer", EMMA, text="Sì.")
    view = await service.until(ticket, lambda view: view["state"] == "closed_successful")
    mail = view["articles"][-1]
    assert (mail["kind"], mail["text"], mail["author"]["name"]) == ("mail_closed", "Risolto, vedi sotto.", GIULIA.name)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"queue": "students"}, "first_level", "queue"),
        ({"queue": "nowhere"}, "unknown_queue", "queue"),
        ({"due_at": "2020-01-01T08:00:00Z"}, "date_past", "due_at"),
        ({"fields": ["shoe_size"]}, "unknown_field", "fields"),
        ({"articles": ["never-written"]}, "unknown_article", "articles"),
        ({"title": " "}, None, "title"),
        ({"text": ""}, None, "text"),
        ({"title": "due\nrighe"}, None, "title"),
        ({"due_at": "domani"}, None, "due_at"),
    ],
)
async def test_a_question_that_can_not_be_asked_names_what_is_wrong(
    service: Service, body: dict[str, Any], code: str | None, field: str
) -> None:
    ticket = await opened(service)
    with pytest.raises(BadInput) as refused:
        await do(service, ticket, "questions", **{"title": "Account", "text": "È attivo?", "queue": IDENTITY, **body})
    assert refused.value.extra.get("code") == code
    assert [each["field"] for each in refused.value.extra["errors"]] == [field]
    assert (await service.client.get(f"/tickets/{ticket['id']}", GIULIA))["seq"] == ticket["seq"]


async def test_a_question_repeated_with_its_key_is_the_same_also_when_what_it_quotes_has_gone(service: Service) -> None:
    ticket, other = await opened(service), await opened(service)
    await do(service, other, "merge", target=ticket["id"])
    view = await service.until(ticket, lambda view: view["absorbed"])
    theirs = next(each["id"] for each in view["articles"] if each["origin"])
    path, key = f"/tickets/{ticket['id']}/questions", random_id()
    body = {"seen": view["seq"], "title": "Account", "text": "È attivo?", "articles": [theirs]}
    asked = await service.client.post(path, GIULIA, body, key)
    await do(service, other, "unmerge")
    await service.until(ticket, lambda view: not view["absorbed"])
    assert await service.client.post(path, GIULIA, body, key) == asked
    with pytest.raises(BadInput, match="no such article"):
        await service.client.post(path, GIULIA, body, random_id())


async def test_a_question_asks_no_question_of_its_own_queue(service: Service) -> None:
    child = await service.asked(await opened(service))
    with pytest.raises(BadInput) as refused:
        await do(service, child, "questions", title="Account", text="È attivo?", queue=IDENTITY)
    assert refused.value.extra["code"] == "same_queue"


async def test_a_question_is_nobodys_but_the_operators(service: Service) -> None:
    ticket = await service.desk.open()
    child = await service.asked(await service.view(ticket))
    asked = await service.desk.tickets.find(child["id"])
    assert asked
    for stranger in (LUCA, CHIARA, a_holder(ticket), Person(id="nobody", name="")):
        for name in (child["id"], child["number"]):
            with pytest.raises(NotFound):
                await service.client.get(f"/tickets/{name}", stranger)
            with pytest.raises(NotFound):
                await service.client.post(f"/tickets/{name}/replies", stranger, {"text": "Ciao"}, random_id())
    holder = Person(id="h", name="", roles=frozenset({Role.HOLDER}), ticket=child["id"])
    with pytest.raises(NotFound):
        await service.client.get(f"/tickets/{child['id']}", holder)
    for person in (LUCA, CHIARA):
        page = await service.client.get("/tickets", person, limit=200, parent=ticket.id, level=2)
        assert child["id"] not in {each["id"] for each in page["items"]}
        assert all(each["depth"] == 0 for each in page["items"])
    theirs = await service.client.get(f"/tickets/{ticket.id}", LUCA)
    assert (theirs["questions"], theirs["open_questions"], theirs["watchers"]) == ([], 0, [])
    assert child["number"] not in str(theirs)
    with pytest.raises(Forbidden):
        await service.client.post(f"/tickets/{ticket.id}/questions/withdraw", LUCA, {"seen": 9, "child": "x"}, "k")


async def test_questions_are_listed_by_parent_level_and_watcher(service: Service) -> None:
    ticket = await opened(service)
    child = await service.asked(ticket)
    await do(service, child, "watch", MARCO)

    async def listed(**wanted: Any) -> set[str]:
        page = await service.client.get("/tickets", GIULIA, limit=200, **wanted)
        return {each["id"] for each in page["items"]}

    assert await listed(parent=ticket["id"]) == {child["id"]}
    assert child["id"] in await listed(level=2)
    assert ticket["id"] not in await listed(level=2)
    assert child["id"] not in await listed(level=1)
    assert child["id"] in await listed(watcher=MARCO.id)
    assert child["id"] not in await listed(watcher="emma.clarke")


async def test_a_note_tells_the_colleagues_it_names(service: Service) -> None:
    ticket = await opened(service)
    text = "Per @emma.clarke e @marco.ferri, non per x@emma.clarke né @nessuno."
    await do(service, ticket, "notes", text=text)
    row = (await service.client.get(f"/tickets/{ticket['id']}", GIULIA))["journal"][-1]
    assert [each["name"] for each in row["data"]["mentions"]] == ["Emma Clarke", "Marco Ferri"]
