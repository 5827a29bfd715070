"""The user's side before the real tickets service: the small form, the page of a request, and Le mie richieste."""

import asyncio
import html
import re
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import expect

from demo.ports import free_port
from demo.servers import Broker, Server
from services.intake import app as intake_app
from services.portal import app as portal_app
from services.tickets import app as tickets_app
from shared.blobs import Blobs
from shared.broker import Bus
from shared.config import Settings
from shared.errors import NotFound
from shared.identity import follow_token, information_token, submission_token
from shared.ids import random_id, ticket_id
from shared.internal import InternalClient
from shared.mongo import Database
from shared.policy import Person, Role
from tests.conftest import eventually
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium
from tests.integration.house import field, serving
from tests.unit.samples import a_requester, a_submission, routed
from tests.unit.shared.formsamples import EXE, PDF

# One house for all: each test has a ticket of its own.
pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

KEY = "k" * 40
GIULIA = Person(id="giulia.conti", name="Giulia Conti", roles=frozenset({Role.OPERATOR}))
SECRET = "La mia matricola è 1234567."
PAGE = {"Accept": "text/html", "Accept-Language": "it"}


class House:
    """tickets, intake and portal, running, and the bus that brings submissions."""

    def __init__(self, settings: Settings, bus: Bus) -> None:
        self.settings = settings
        self.tickets = InternalClient(settings.tickets_urls, settings.internal_key)
        self._bus = bus

    async def ticket(self, **changes: Any) -> dict[str, Any]:
        """A new ticket of Luca's, as Giulia sees it."""
        own = {
            "requester": a_requester(subject="luca.bianchi"),
            "values": {"kind": "password", "description": SECRET},
            "submitted_at": datetime.now(UTC),
        }
        submission = a_submission(**{**own, **changes})
        await self._bus.publish(routed(submission))
        return dict(await eventually(lambda: self._found(ticket_id(submission.id))))

    async def view(self, ticket: dict[str, Any]) -> dict[str, Any]:
        """It, as Giulia sees it now."""
        return dict(await self.tickets.get(f"/tickets/{ticket['id']}", GIULIA))

    async def wish(self, ticket: dict[str, Any], path: str, **body: Any) -> dict[str, Any]:
        """Giulia does something, having seen it all; what she sees then."""
        seen = (await self.view(ticket))["seq"]
        await self.tickets.post(f"/tickets/{ticket['id']}/{path}", GIULIA, {"seen": seen, **body}, random_id())
        return await self.view(ticket)

    async def ask(self, ticket: dict[str, Any], *fields: str) -> str:
        """Giulia asks for these fields; the address in the mail."""
        view = await self.wish(ticket, "information-requests", fields=list(fields), text="Ci serve ancora questo.")
        token = information_token(ticket["id"], view["information"]["article"], KEY)
        return f"{self.settings.intake_url}/information/{token}"

    def follow_link(self, ticket: dict[str, Any]) -> str:
        """The address of the ticket's page for who has its link."""
        return f"{self.settings.intake_url}/submissions/{submission_token(ticket['id'], KEY)}"

    def mailed_link(self, ticket: dict[str, Any]) -> str:
        """The same by the link that mails carry."""
        return f"{self.settings.intake_url}/requests/{follow_token(ticket['id'], 0, KEY)}"

    async def _found(self, ticket: str) -> Any:
        try:
            return await self.tickets.get(f"/tickets/{ticket}", GIULIA)
        except NotFound:
            return None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(broker: Broker, store: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    prefix = f"t_{secrets.token_hex(6)}"
    ports = {name: free_port() for name in ("tickets", "intake", "portal")}
    amqp_url = await asyncio.to_thread(broker.new_vhost)
    settings = Settings(
        amqp_url=amqp_url,
        mongo_url=store.url,
        mongo_prefix=prefix,
        blobs_url=tmp_path_factory.mktemp("blobs").as_uri(),
        internal_key=KEY,
        signing_key=KEY,
        tickets_urls=f"http://127.0.0.1:{ports['tickets']}",
        intake_url=f"http://127.0.0.1:{ports['intake']}",
        portal_url=f"http://127.0.0.1:{ports['portal']}",
        send_window=0,
        demo="on",
    )
    bus = Bus(amqp_url, "routing")
    await bus.start()
    await asyncio.wait_for(bus.connected.wait(), 10)
    async with (
        serving(tickets_app.build(settings), ports["tickets"]),
        serving(intake_app.build(settings), ports["intake"]),
        serving(portal_app.build(settings), ports["portal"]),
    ):
        house = House(settings, bus)
        yield house
        await house.tickets.close()
    await bus.stop()
    for name in ("tickets", "portal"):
        database = Database(store.url, f"{prefix}_{name}")
        await database.drop()
        await database.close()
    await asyncio.to_thread(broker.drop_vhost, amqp_url)


@pytest_asyncio.fixture(loop_scope="module")
async def holder(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a browser and a link, not signed in."""
    async with httpx.AsyncClient(headers=PAGE, timeout=10) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def luca(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """Luca, signed in."""
    async with httpx.AsyncClient(base_url=house.settings.portal_url, timeout=10, headers=PAGE) as browser:
        assert (await browser.post("/sign-in", data={"person": "luca.bianchi"})).status_code == 303
        browser.follow_redirects = True
        yield browser


def action(page: str) -> str:
    """Where the page's last form to write in goes to."""
    return html.unescape(re.findall(r'<form[^>]* action="([^"]*)"[^>]* enctype', page)[-1])


async def test_s22_the_answer_updates_the_ticket_and_comes_but_once(house: House, holder: httpx.AsyncClient) -> None:
    ticket = await house.ticket()
    link = await house.ask(ticket, "username", "kind")
    page = (await holder.get(link)).text
    assert SECRET not in page
    assert ticket["number"] in page
    typed = {"_key": field(page, "_key"), "username": "m.rossi4", "kind": "locked", "_message": "Ora so qual è."}
    where = house.settings.intake_url + action(page)
    for _ in range(2):
        answer = await holder.post(where, data=typed)
        assert (answer.status_code, "Grazie" in answer.text) == (200, True)
    view = await house.view(ticket)
    assert (view["state"], view["information"]) == ("open", None)
    assert view["values"] == {"kind": "locked", "description": SECRET, "username": "m.rossi4"}
    replies = [article for article in view["articles"] if article["kind"] == "requester_reply"]
    assert [(reply["text"], reply["fields"]) for reply in replies] == [
        ("Ora so qual è.", {"username": "m.rossi4", "kind": "locked"})
    ]
    late = await holder.post(where, data={**typed, "_key": "another", "username": "g.verdi"})
    assert late.status_code == 409
    assert "Nome utente: g.verdi" in late.text


async def test_s22_a_file_that_was_asked_for_reaches_the_operators(house: House, holder: httpx.AsyncClient) -> None:
    ticket = await house.ticket(form="fees", values={"kind": "receipt"})
    link = await house.ask(ticket, "receipt")
    refused = await holder.post(link, data={"_key": "k"}, files={"receipt": ("r.pdf", EXE)})
    assert refused.status_code == 415
    assert field(refused.text, "_key") == "k"
    answer = await holder.post(link, data={"_key": "k"}, files={"receipt": ("r.pdf", PDF)})
    assert answer.status_code == 200
    (file,) = (await house.view(ticket))["articles"][-1]["attachments"]
    assert (file["name"], file["field"], file["key"].split("/")[0]) == ("r.pdf", "receipt", ticket["id"])
    assert await Blobs(house.settings.blobs_url).get(file["key"]) == PDF


@needs_chromium
async def test_s22_with_javascript_the_page_stays_until_the_answer_has_arrived(house: House) -> None:
    """A refusal comes without a new page; a question that ended meanwhile brings what was typed to another box."""
    ticket, complaints = await house.ticket(), Complaints("422", "409")
    link = await house.ask(ticket, "username")
    async with a_browser() as browser:
        first = await a_page(browser, complaints, wide=False)
        second = await a_page(browser, complaints)
        for page in (first, second):
            await page.goto(link)
            await page.locator("[name=username]").fill("m rossi")
            await page.locator("[name=_message]").fill("Ecco.")
        await first.get_by_role("button", name="Invia").click()
        await expect(first.locator("[data-part=summary]")).to_contain_text("Il nome utente ha solo lettere")
        await first.locator("[name=username]").fill("m.rossi4")
        await first.get_by_role("button", name="Invia").click()
        await expect(first.get_by_role("heading", level=1)).to_have_text("Grazie, abbiamo ricevuto la tua risposta")
        await expect(first.locator("output")).to_have_text(ticket["number"])
        await second.locator("[name=username]").fill("g.verdi")
        await second.get_by_role("button", name="Invia").click()
        await expect(second.locator("[name=_message]")).to_have_value("Nome utente: g.verdi\nEcco.")
        await second.get_by_role("button", name="Invia").click()
        await expect(second.locator(".sp-good")).to_contain_text("Grazie")
    assert complaints.found == []
    replies = [one["text"] for one in (await house.view(ticket))["articles"] if one["kind"] == "requester_reply"]
    assert replies == ["Ecco.", "Nome utente: g.verdi\nEcco."]


async def test_a_replaced_question_leads_to_the_new_one(house: House, holder: httpx.AsyncClient) -> None:
    ticket = await house.ticket()
    old = await house.ask(ticket, "username")
    new = await house.ask(ticket, "kind")
    answer = await holder.get(old)
    assert answer.status_code == 409
    (found,) = re.findall(r'href="(/information/[^"]*)"', answer.text)
    for link in (new, house.settings.intake_url + html.unescape(found)):
        assert 'name="kind"' in (await holder.get(link)).text
    late = await holder.post(old, data={"username": "m.rossi4"})
    assert late.status_code == 409
    assert (await house.view(ticket))["information"]


async def test_a_link_is_good_for_one_ticket_only(house: House, holder: httpx.AsyncClient) -> None:
    mine, other = await house.ticket(), await house.ticket()
    link = await house.ask(mine, "username")
    article = (await house.view(mine))["information"]["article"]
    crossed = f"{house.settings.intake_url}/information/{information_token(other['id'], article, KEY)}"
    assert (await holder.get(crossed)).status_code == 409
    assert (await holder.post(crossed, data={"username": "x"})).status_code == 409
    assert (await holder.get(link)).status_code == 200
    assert (await house.view(other))["seq"] == other["seq"]


async def test_the_page_of_a_request_shows_our_mails_and_takes_replies(house: House, holder: httpx.AsyncClient) -> None:
    ticket = await house.ticket()
    await house.wish(ticket, "notes", text="Nota solo nostra.")
    await house.wish(ticket, "forwards", to="altri@esempio.example", subject="Inoltro", text="Solo loro.")
    await house.wish(ticket, "answers", text="Ecco la risposta.", outcome="closed_successful")
    page = (await holder.get(house.mailed_link(ticket))).text
    assert SECRET in (await holder.get(house.follow_link(ticket))).text, "who sent it reads it again"
    assert "Ecco la risposta." in page
    assert "se scrivi, si riapre" in page
    assert not any(inner in page for inner in ("Nota solo nostra.", "Solo loro.", SECRET, "Giulia", "Inoltro"))
    where = house.settings.intake_url + action(page)
    typed = {"_key": field(page, "_key"), "_message": "Non funziona ancora."}
    for _ in range(2):
        answer = await holder.post(where, data=typed, files={"_files": ("schermo.pdf", PDF)})
        assert "ora è di nuovo aperta" in answer.text
    view = await house.view(ticket)
    assert view["state"] == "open"
    replies = [article for article in view["articles"] if article["kind"] == "requester_reply"]
    assert [(reply["text"], len(reply["attachments"])) for reply in replies] == [("Non funziona ancora.", 1)]
    assert "Non funziona ancora." not in (await holder.get(house.follow_link(ticket))).text


async def test_s24_luca_answers_a_question_and_writes_again(house: House, luca: httpx.AsyncClient) -> None:
    ticket = await house.ticket()
    await house.ask(ticket, "username")
    address = f"/my/{ticket['number']}"
    page = (await luca.get(address)).text
    assert "Ti abbiamo chiesto qualcosa" in page
    answer = {"username": "l bianchi", **{name: field(page, name) for name in ("csrf", "key", "article", "asked")}}
    refused = await luca.post(f"{address}/information", data=answer)
    assert (refused.status_code, "Il nome utente ha solo lettere" in refused.text) == (422, True)
    assert 'value="l bianchi"' in refused.text
    for _ in range(2):
        # Pressed twice, it is one answer.
        sent = await luca.post(f"{address}/information", data={**answer, "username": "l.bianchi"})
        assert (sent.status_code, "quello che ti avevamo chiesto" in sent.text) == (200, True)
    late = await luca.post(f"{address}/information", data={**answer, "username": "g.verdi"})
    assert (late.status_code, "Questo non ci serve più" in late.text, "g.verdi" in late.text) == (409, True, True)
    page = (await luca.get(address)).text
    assert 'id="answer-question"' not in page
    assert "l.bianchi" in page

    wish = {"csrf": field(page, "csrf"), "key": field(page, "key"), "text": "E <i>anche</i> questo."}
    for _ in range(2):
        sent = await luca.post(f"{address}/replies", data=wish, files={"files": ("a.pdf", PDF)})
        assert sent.url.path == address
        assert "il tuo messaggio è arrivato" in sent.text
        assert sent.text.count("E &lt;i&gt;anche&lt;/i&gt; questo.") == 1
    (file,) = re.findall(rf'href="({address}/attachments/[^"]*)"', sent.text)
    assert (await luca.get(file)).content == PDF


async def test_s24_what_luca_wrote_stays_on_every_refusal(house: House, luca: httpx.AsyncClient) -> None:
    ticket = await house.ticket()
    address = f"/my/{ticket['number']}/replies"
    page = (await luca.get(f"/my/{ticket['number']}")).text
    wish = {"csrf": field(page, "csrf"), "key": "key-1"}
    for text, file, status, words in (
        (" ", None, 422, "Scrivi qualcosa, oppure allega un file."),
        ("resta", ("x.exe", EXE), 415, "I file vanno allegati di nuovo."),
        ("resta", ("x.pdf", PDF + bytes(6_000_000)), 413, "il massimo è 5 MB"),
        ("resta " * 400_000, None, 422, "al massimo 10.000 caratteri"),
    ):
        answer = await luca.post(address, data={**wish, "text": text}, files={"files": file or ("", b"")})
        assert answer.status_code == status
        assert words in answer.text
        assert text.strip() in answer.text
        assert field(answer.text, "key") == "key-1"
        assert SECRET in answer.text, "the rest of the page is there"
    assert (await luca.post(address, data={"csrf": "x", "text": "resta"})).status_code == 403
    assert (await house.view(ticket))["seq"] == ticket["seq"]


async def test_s24_when_tickets_is_down_luca_keeps_his_words(house: House, luca: httpx.AsyncClient) -> None:
    ticket = await house.ticket()
    page = (await luca.get(f"/my/{ticket['number']}")).text
    wish = {"csrf": field(page, "csrf"), "key": field(page, "key"), "text": "Le mie parole."}
    port = free_port()
    settings = house.settings.model_copy(update={"tickets_urls": f"http://127.0.0.1:{free_port()}", "port": port})
    async with serving(portal_app.build(settings), port):
        answer = await luca.post(f"http://127.0.0.1:{port}/my/{ticket['number']}/replies", data=wish)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "Le mie parole." in answer.text
    assert field(answer.text, "key") == wish["key"]


async def test_s24_writing_to_a_closed_request_opens_it_again(house: House, luca: httpx.AsyncClient) -> None:
    ticket = await house.ticket()
    await house.wish(ticket, "close", outcome="closed_unsuccessful", reason="Non si può.")
    page = (await luca.get(f"/my/{ticket['number']}")).text
    assert "Se scrivi, si riapre" in page
    wish = {"csrf": field(page, "csrf"), "key": field(page, "key"), "text": "Riprovate."}
    sent = await luca.post(f"/my/{ticket['number']}/replies", data=wish)
    assert "la richiesta è di nuovo aperta" in sent.text
    # The address alone can't claim it.
    other = await house.ticket()
    assert "di nuovo aperta" not in (await luca.get(f"/my/{other['number']}?written=reopened")).text


async def test_s24_a_joined_request_leads_to_where_it_goes_on(house: House, luca: httpx.AsyncClient) -> None:
    source, target = await house.ticket(), await house.ticket()
    await house.wish(source, "merge", target=target["number"])

    async def merged() -> bool:
        return bool((await house.view(source))["state"] == "merged")

    await eventually(merged)
    page = (await luca.get(f"/my/{source['number']}")).text
    assert f'href="/my/{target["number"]}"' in page
    wish = {"csrf": field(page, "csrf"), "key": field(page, "key"), "text": "Scrivo ancora qui."}
    await luca.post(f"/my/{source['number']}/replies", data=wish)
    joined = (await luca.get(f"/my/{target['number']}")).text
    assert "Scrivo ancora qui." in joined
    assert f"dalla richiesta {source['number']}" in joined


async def test_nobody_writes_to_somebody_elses_request(house: House, luca: httpx.AsyncClient) -> None:
    other = await house.ticket(requester=a_requester(subject="chiara.russo"))
    mine = await house.ticket()
    page = (await luca.get(f"/my/{mine['number']}")).text
    wish = {"csrf": field(page, "csrf"), "key": field(page, "key"), "text": "x"}
    assert (await luca.post(f"/my/{other['number']}/replies", data=wish)).status_code == 404
    assert (await house.view(other))["seq"] == other["seq"]
