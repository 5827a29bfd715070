"""Bulk actions as plain forms, before the real tickets service: what is refused is told, what was done is undone."""

import asyncio
import html
import re
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.ports import free_port
from demo.process import Child
from tests.conftest import eventually
from tests.integration.house import House, a_request, field, fields
from tests.integration.test_portal_verbs import rows, send
from tests.unit.portal.test_ticket_page import shown
from tests.unit.samples import routed

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
HOUSE = {"send_window": 600}

REASON = "Vi abbiamo risposto di persona: <b>grazie</b>"


def ticks(page: str) -> dict[str, str]:
    """What a list offers to tick: number and value."""
    return {value.split(":")[0]: value for value in re.findall(r'name="ticket" form="bulk" [^>]*value="([^"]+)"', page)}


async def tagged(house: House, giulia: httpx.AsyncClient, count: int, tag: str) -> str:
    """The address of a list of `count` new tickets, oldest first."""
    subjects = [f"{tag} {position}" for position in range(count)]
    for subject in subjects:
        await house.bus.publish(routed(a_request(subject=subject)))
    address = f"/tickets?text={tag}&order=oldest&state=any"

    async def all_there() -> bool:
        return len(ticks((await giulia.get(address)).text)) == min(count, 25)

    await eventually(all_there, timeout=20)
    return address


async def begin(browser: httpx.AsyncClient, page: str, verb: str, those: list[str], **filled: Any) -> httpx.Response:
    """Send the bulk form of the list, and what it asks then when something is filled in."""
    hidden = fields(page, "csrf", "key", "back")
    hidden["key"] = field(page[page.index('id="bulk"') :], "key")
    more = {"go": "1", **filled} if filled else {}
    return await browser.post("/bulk", data={**hidden, "verb": verb, "ticket": those, **more})


async def over(browser: httpx.AsyncClient, answer: httpx.Response) -> str:
    """The report of the job that the answer shows, once it is over."""
    assert answer.url.path.startswith("/bulk/"), shown(answer.text)[:400]

    async def done() -> str | None:
        page = (await browser.get(answer.url.path)).text
        return page if "In corso:" not in page else None

    return str(await eventually(done, timeout=60))


def sums(report: str) -> tuple[int, ...]:
    """Done, nothing to do, refused."""
    found = re.search(r'class="job-sums".*?</ul>', report, re.DOTALL)
    assert found
    return tuple(int(each) for each in re.findall(r"<strong>(\d+)</strong>", found[0]))


async def undo(browser: httpx.AsyncClient, report: str) -> str:
    """Press the report's button; the report of the undo."""
    action = re.search(r'action="(/bulk/[^"]+/undo)"', report)
    assert action
    return await over(browser, await browser.post(action[1], data={"csrf": field(report, "csrf")}))


async def ticket(browser: httpx.AsyncClient, number: str) -> str:
    return (await browser.get(f"/tickets/{number}")).text


async def take(browser: httpx.AsyncClient, number: str) -> None:
    """Take it in charge from its page."""
    page = await ticket(browser, number)
    found = re.search(r'<form [^>]*class="take".*?</form>', page, re.DOTALL)
    assert found
    await browser.post(f"/tickets/{number}/take", data=fields(found[0], "csrf", "key", "seen"))


async def test_thirty_tickets_are_moved_and_what_was_refused_says_why(house: House) -> None:
    async with house.person("giulia.conti") as giulia, house.person("marco.ferri") as marco:
        address = await tagged(house, giulia, 30, "trenta")
        first = (await giulia.get(address)).text
        older = re.search(r'href="([^"]*)" id="pager-older"', first)
        assert older
        second = (await giulia.get(html.unescape(older[1]))).text
        those = {**ticks(first), **ticks(second)}
        numbers = list(those)
        assert len(numbers) == 30
        # Marco closes one, and moves another, after Giulia's list was shown.
        await send(marco, await ticket(marco, numbers[3]), "move", queue="internships", reason="")
        await send(marco, await ticket(marco, numbers[4]), "close", outcome="closed_successful", reason="Fatto")
        held = re.search(r"form-(mails-send-[0-9a-f-]+)", await ticket(marco, numbers[4]))
        assert held
        await send(marco, await ticket(marco, numbers[4]), held[1])
        answer = await begin(giulia, first, "move", list(those.values()), queue="fees", reason="Sono loro")
        report = await over(giulia, answer)
        assert sums(report) == (28, 0, 2)
        refused = shown(report[report.index('id="job-refused"') : report.index('id="job-done"')])
        assert "Marco Ferri ha spostato questo ticket in un’altra coda" in refused
        assert "Marco Ferri ha chiuso questo ticket" in refused
        assert f'href="/tickets/{numbers[3]}"' in report
        assert "Sono loro" in shown(await ticket(giulia, numbers[0]))
        again = await over(
            giulia, await begin(giulia, first, "move", list(those.values())[:3], queue="fees", reason="")
        )
        assert sums(again) == (0, 3, 0)
        # One is moved on by Marco: the undo leaves it where it is, and says so.
        await send(marco, await ticket(marco, numbers[7]), "move", queue="internships", reason="")
        undone = await undo(giulia, report)
        assert sums(undone) == (27, 0, 1)
        assert "Marco Ferri ha spostato questo ticket" in shown(undone)
        assert "Spostato da Tasse e contributi a Credenziali e accesso" in shown(await ticket(giulia, numbers[0]))
        assert "Tirocini" in shown((await giulia.get(f"/tickets?text={numbers[7]}")).text)
        # An undo is done once; its job leads back.
        assert "È stata annullata" in shown((await giulia.get(answer.url.path)).text)
        assert (await marco.get(answer.url.path)).status_code == 404
        assert answer.url.path not in (await marco.get("/bulk")).text
        assert answer.url.path in (await giulia.get("/bulk")).text


async def test_hands_are_taken_given_and_given_back(house: House) -> None:
    async with house.person("giulia.conti") as giulia, house.person("marco.ferri") as marco:
        address = await tagged(house, giulia, 3, "mani")
        numbers = list(ticks((await giulia.get(address)).text))
        await take(marco, numbers[0])
        page = (await giulia.get(address)).text
        taken = await over(giulia, await begin(giulia, page, "take", list(ticks(page).values())))
        assert sums(taken) == (3, 0, 0)
        page = (await giulia.get(address)).text
        answer = await begin(giulia, page, "hand-over", list(ticks(page).values()), to="marco.ferri", reason="Ferie")
        handed = await over(giulia, answer)
        assert sums(handed) == (3, 0, 0)
        assert "Marco Ferri" in (await giulia.get(address)).text
        assert sums(await undo(giulia, handed)) == (3, 0, 0)
        assert "Passato da Marco Ferri a Giulia Conti" in shown(await ticket(giulia, numbers[1]))
        # What was taken before has changed hands since: the undo of it leaves them alone.
        assert sums(await undo(giulia, taken)) == (0, 0, 3)


async def test_taking_is_undone_to_the_former_owner_or_the_queue(house: House) -> None:
    async with house.person("giulia.conti") as giulia, house.person("marco.ferri") as marco:
        address = await tagged(house, giulia, 2, "riprendi")
        numbers = list(ticks((await giulia.get(address)).text))
        await take(marco, numbers[0])
        page = (await giulia.get(address)).text
        taken = await over(giulia, await begin(giulia, page, "take", list(ticks(page).values())))
        assert sums(await undo(giulia, taken)) == (2, 0, 0)
        assert "Passato da Giulia Conti a Marco Ferri" in shown(await ticket(giulia, numbers[0]))
        assert "Restituito alla coda" in shown(await ticket(giulia, numbers[1]))


async def test_tags_are_taken_off_again_but_for_those_that_were_there(house: House) -> None:
    async with house.person("giulia.conti") as giulia:
        address = await tagged(house, giulia, 2, "etichette")
        page = (await giulia.get(address)).text
        numbers = list(ticks(page))
        await send(giulia, await ticket(giulia, numbers[0]), "tags", add="laurea")
        tagging = await begin(giulia, page, "tags", list(ticks(page).values()), add="Laurea, OTP")
        report = await over(giulia, tagging)
        assert sums(report) == (2, 0, 0)
        assert sums(await undo(giulia, report)) == (2, 0, 0)
        assert "laurea" in (await giulia.get(f"/tickets?text={numbers[0]}")).text
        assert "laurea" not in (await giulia.get(f"/tickets?text={numbers[1]}")).text
        assert "otp" not in (await giulia.get(address)).text


async def test_closing_is_stopped_in_time_or_opened_again_and_notes_stay(house: House) -> None:
    async with house.person("giulia.conti") as giulia:
        address = await tagged(house, giulia, 3, "chiudi")
        page = (await giulia.get(address)).text
        numbers = list(ticks(page))
        noted = await over(giulia, await begin(giulia, page, "notes", list(ticks(page).values()), text="Chiamato Luca"))
        assert "non si possono annullare" in shown(noted)
        assert "/undo" not in noted
        wish = {"outcome": "closed_successful", "reason": REASON}
        answer = await begin(giulia, page, "close", list(ticks(page).values()), **wish)
        report = await over(giulia, answer)
        assert sums(report) == (3, 0, 0)
        assert "vengono fermate senza avvisare" in shown(report)
        # Of one the mail leaves, and so it is closed; of another somebody has undone it.
        held = re.search(r"form-(mails-send-[0-9a-f-]+)", await ticket(giulia, numbers[0]))
        stopped = re.search(r"form-(mails-undo-[0-9a-f-]+)", await ticket(giulia, numbers[1]))
        assert held
        assert stopped
        await send(giulia, await ticket(giulia, numbers[0]), held[1])
        await send(giulia, await ticket(giulia, numbers[1]), stopped[1])
        undone = await undo(giulia, report)
        assert sums(undone) == (2, 0, 1)
        assert "Riaperto" in shown(await ticket(giulia, numbers[0]))
        assert "è stata annullata prima di partire" in shown(await ticket(giulia, numbers[2]))


async def test_nothing_typed_is_lost_and_bad_wishes_are_told(house: House) -> None:
    async with house.person("giulia.conti") as giulia:
        address = await tagged(house, giulia, 2, "errori")
        page = (await giulia.get(address)).text
        those = list(ticks(page).values())
        asked = await begin(giulia, page, "close", those)
        assert asked.url.path == "/bulk"
        assert all(f'value="{each}" checked' in asked.text for each in those)
        assert "errori 0" in shown(asked.text)
        answer = await begin(giulia, page, "close", those[:1], outcome="", reason=REASON)
        assert answer.status_code == 422
        assert "Scegli come si chiude" in shown(answer.text)
        assert html.escape(REASON) in answer.text
        assert f'value="{those[0]}" checked' in answer.text
        for verb, wish, words in (
            ("close", {"outcome": "closed_successful", "reason": " "}, "Scrivi il motivo"),
            ("move", {"queue": "nowhere", "reason": "Vanno là"}, "Questa coda non esiste più"),
            ("hand-over", {"to": "luca.bianchi", "reason": "Prego"}, "non è più"),
            ("tags", {"add": "!!"}, "Un’etichetta"),
            ("notes", {"text": " "}, "Prima scrivi qualcosa"),
        ):
            answer = await begin(giulia, page, verb, those, **wish)
            assert answer.status_code == 422, verb
            assert words in shown(answer.text), (verb, shown(answer.text))
        none = await begin(giulia, page, "take", [])
        assert none.status_code == 422
        assert "non ne è stato scelto nessuno" in shown(none.text)
        assert "errori 0" in shown(none.text)
        none = await begin(giulia, page, "notes", [], text="Una nota lunga")
        assert "Una nota lunga" in none.text
        many = await begin(giulia, page, "take", [f"2026112700{each:05}:1" for each in range(1000)])
        assert many.status_code == 422
        assert "al massimo 200 ticket" in shown(many.text)
        assert (await begin(giulia, page, "take", ["x:y"])).status_code == 422
        assert (await begin(giulia, page, "merge", those)).status_code == 404
        unknown = await over(giulia, await begin(giulia, page, "take", ["20991231000015:3"]))
        assert "Questo ticket non esiste" in shown(unknown)
        assert (await giulia.get("/bulk/x")).status_code == 404
        assert (await giulia.post("/bulk", data={"verb": "take"})).status_code == 403
    async with house.person("luca.bianchi") as luca:
        assert (await luca.get("/bulk")).status_code == 403
    async with house.browser() as nobody:
        ended = await nobody.post("/bulk", data={"verb": "notes", "ticket": "17:3", "go": "1", "text": REASON})
        assert html.escape(REASON) in ended.text
        assert "La sessione è finita" in shown(ended.text)


async def test_a_form_that_is_sent_twice_is_one_job_and_all_of_the_page_is_a_tick(house: House) -> None:
    async with house.person("giulia.conti") as giulia:
        address = await tagged(house, giulia, 4, "tutti")
        page = (await giulia.get(address)).text
        hidden = {**fields(page, "csrf", "back"), "key": field(page[page.index('id="bulk"') :], "key")}
        shown_ones = re.findall(r'name="page" form="bulk" value="([^"]+)"', page)
        wish = {**hidden, "verb": "notes", "all": "1", "page": shown_ones, "text": "Una sola nota", "go": "1"}
        first, second = await asyncio.gather(giulia.post("/bulk", data=wish), giulia.post("/bulk", data=wish))
        assert first.url == second.url
        assert sums(await over(giulia, first)) == (4, 0, 0)
        number = next(iter(ticks(page)))
        assert rows(await ticket(giulia, number)).count("Una sola nota") == 1


async def test_a_killed_portal_s_job_goes_on_elsewhere_and_nothing_is_done_twice(house: House, tmp_path: Path) -> None:
    port = free_port()
    settings = house.settings.model_dump(mode="json") | {"port": port}
    env = {f"SPORTELLO_{name.upper()}": str(value) for name, value in settings.items() if value not in ("", None)}
    child = Child(
        "portal", [sys.executable, "-m", "services.portal"], env=env, cwd=Path.cwd(), log=tmp_path / "portal.log"
    )
    async with house.person("giulia.conti") as giulia:
        address = await tagged(house, giulia, 25, "muore")
        page = (await giulia.get(address)).text
        child.start()
        other = f"http://127.0.0.1:{port}"

        async def ready() -> bool:
            try:
                return (await giulia.get(f"{other}/health/ready")).status_code == 204
            except httpx.TransportError:
                return False

        await eventually(ready, timeout=30)
        hidden = {**fields(page, "csrf", "back"), "key": field(page[page.index('id="bulk"') :], "key")}
        wish = {**hidden, "verb": "notes", "ticket": list(ticks(page).values()), "text": "Nota unica", "go": "1"}
        answer = await giulia.post(f"{other}/bulk", data=wish, follow_redirects=False)
        job = answer.headers["location"]

        async def begun() -> bool:
            return "In corso: 0 di" not in (await giulia.get(job)).text

        await eventually(begun, every=0.01)
        child.kill()
        assert "In corso:" in (await giulia.get(job)).text, "it was over before it was killed"

        async def done() -> str | None:
            report = (await giulia.get(job)).text
            return report if "In corso:" not in report else None

        report = str(await eventually(done, timeout=60))
        assert sums(report) == (25, 0, 0)
        for number in ticks(page):
            assert rows(await ticket(giulia, number)).count("Nota unica") == 1
