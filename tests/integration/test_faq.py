"""Answered questions in a real browser while somebody types, and when an answer usually comes, afterwards."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Request, expect

from demo.servers import Broker, Server
from services.tickets.answer_times import AnswerTimes
from shared.ids import random_id
from tests.conftest import eventually
from tests.e2e.browser import Complaints, a_page, needs_chromium
from tests.integration.formdesk import GIULIA, FormDesk, a_form_desk, an_address, embedded
from tests.integration.widget import fill_in, number, send, violations
from tests.system import a_form

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
]
TYPED = "Non ricordo più la password"
SENTENCE = "Di solito rispondiamo entro poche ore lavorative."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(broker: Broker, store: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FormDesk]:
    pages = {"one": embedded()}
    async with a_form_desk(broker, store, tmp_path_factory.mktemp("desk"), pages) as found:
        yield found


async def opened(browser: Browser, complaints: Complaints, url: str, wide: bool = False) -> Page:
    page = await a_page(browser, complaints, wide)
    await page.goto(url)
    await expect(page.locator("[data-part=form]")).to_be_visible()
    return page


def both(desk: FormDesk) -> list[str]:
    """The form's own page, and one of a site."""
    return [f"{desk.intake}/forms/credentials?lang=it", f"{desk.site}/one"]


@pytest.mark.parametrize("place", [0, 1], ids=["page", "widget"])
async def test_answers_are_offered_below_the_field_and_never_in_the_way(
    desk: FormDesk, browser: Browser, place: int
) -> None:
    complaints, asked = Complaints(), list[Request]()
    page = await opened(browser, complaints, both(desk)[place])
    page.on("request", lambda request: asked.append(request))
    field, offered = page.locator("[name=description]"), page.locator("[data-part=similar]")
    await field.press_sequentially("Salve,")
    await expect(offered).to_be_hidden()
    await field.press_sequentially(f" {TYPED}")
    await expect(offered).to_be_visible()
    # Closed, at most three, the field still has the focus and everything that was typed; told once.
    assert 1 <= await offered.locator("details").count() <= 3
    await expect(offered.locator("details[open]")).to_have_count(0)
    await expect(field).to_be_focused()
    await expect(field).to_have_value(f"Salve, {TYPED}")
    told = page.locator("[role=status].sp-told", has_text="Forse questo ti aiuta")
    await expect(told).to_have_count(1)
    # To intake alone, and in no address.
    assert {request.url.partition("?")[0] for request in asked} == {f"{desk.intake}/faq/similar"}
    assert all("password" not in request.url and request.method == "POST" for request in asked)
    # One that is being read stays, whatever is typed next.
    await offered.locator("summary").first.press("Enter")
    await expect(offered.locator("details[open]")).to_have_count(1)
    before = await offered.inner_text()
    async with page.expect_response("**/faq/similar*"):
        await field.press_sequentially(" e la casella di posta è piena")
    assert await offered.inner_text() == before
    assert await violations(page) == []
    assert complaints.found == []


@pytest.mark.parametrize("place", [0, 1], ids=["page", "widget"])
async def test_who_was_helped_sends_nothing_and_loses_nothing(desk: FormDesk, browser: Browser, place: int) -> None:
    complaints, email = Complaints(), an_address()
    page = await opened(browser, complaints, both(desk)[place])
    await fill_in(page, email)
    field, offered = page.locator("[name=description]"), page.locator("[data-part=similar]")
    await field.fill(TYPED)
    await offered.locator("summary").first.click()
    async with page.expect_response("**/faq/helped*") as counted:
        await page.get_by_role("button", name="Mi ha aiutato").first.click()
    assert (await counted.value).status == 204
    goodbye = page.locator("[data-part=goodbye]")
    await expect(goodbye.get_by_role("heading")).to_be_focused()
    await expect(page.locator("[data-part=form]")).to_be_hidden()
    assert await violations(page) == []
    await goodbye.get_by_role("button", name="Torna al modulo").click()
    await expect(field).to_have_value(TYPED)
    await expect(field).to_be_focused()
    await expect(page.locator("[name=email]")).to_have_value(email)
    await page.get_by_role("button", name="Mi ha aiutato").first.click()
    await goodbye.get_by_role("button", name="Cancella").click()
    await expect(goodbye).to_contain_text("non resta nulla")
    await goodbye.get_by_role("button", name="Torna al modulo").click()
    await expect(field).to_have_value("")
    assert await page.evaluate("sessionStorage.length") == 0
    assert await desk.of(email) == []
    assert complaints.found == []


async def test_a_form_without_a_script_lists_its_questions_and_one_with_a_script_does_not(
    desk: FormDesk, browser: Browser
) -> None:
    complaints = Complaints()
    page = await opened(browser, complaints, both(desk)[0])
    await expect(page.locator(".sp-answered")).to_be_hidden()
    context = await browser.new_context(java_script_enabled=False, locale="it-IT")
    plain = await context.new_page()
    await plain.goto(both(desk)[0])
    await expect(plain.locator(".sp-answered summary").first).to_be_visible()
    await plain.locator(".sp-answered summary").first.click()
    await expect(plain.locator(".sp-answered details[open] .sp-answer")).to_be_visible()
    assert complaints.found == []


async def test_an_address_that_names_a_question_opens_it(desk: FormDesk, browser: Browser) -> None:
    complaints = Complaints()
    page = await a_page(browser, complaints)
    await page.goto(f"{desk.intake}/faq?lang=it#refund")
    await expect(page.locator("details[open]")).to_have_attribute("id", "refund")
    assert complaints.found == []


async def test_suggestions_that_fail_are_not_missed(desk: FormDesk, browser: Browser) -> None:
    complaints = Complaints("Failed to load resource")
    page = await opened(browser, complaints, both(desk)[1])
    await page.route("**/faq/similar*", lambda route: route.fulfill(status=500, body="no"))
    email = an_address()
    await fill_in(page, email)
    async with page.expect_response("**/faq/similar*"):
        await page.locator("[name=description]").press_sequentially(" Aiuto, la password.")
    await send(page)
    assert (await desk.ticket(email))["number"] == await number(page)
    assert complaints.found == []


async def test_changed_files_are_taken_while_intake_runs_whatever_was_wrong_between(desk: FormDesk) -> None:
    path = desk.config / "faq" / "fees.yml"
    text = path.read_text()

    async with httpx.AsyncClient(base_url=desk.intake, headers={"Accept": "application/json"}) as client:

        async def questions() -> list[str]:
            return [each["question"] for each in (await client.get("/faq?lang=it")).json()["questions"]]

        path.write_text(text.replace("Che cosa succede se pago in ritardo?", "E se pago tardi?"))

        async def taken() -> bool:
            return "E se pago tardi?" in await questions()

        assert await eventually(taken, timeout=20)
        path.write_text(text.replace("forms: [fees]", "forms: [moon]"))
        assert "E se pago tardi?" in await questions()
        path.write_text(text)

        async def back() -> bool:
            return "Che cosa succede se pago in ritardo?" in await questions()

        assert await eventually(back, timeout=20)


async def wish(desk: FormDesk, ticket: str, verb: str, **said: str) -> None:
    """What Giulia wishes."""
    await desk.tickets.post(f"/tickets/{ticket}/{verb}", GIULIA, {"seen": 99, **said}, random_id())


async def test_when_an_answer_usually_comes_is_told_after_ten_answers(desk: FormDesk, browser: Browser) -> None:
    complaints = Complaints()
    page = await opened(browser, complaints, both(desk)[1])
    email = an_address()
    await fill_in(page, email)
    await send(page)
    await number(page)
    await expect(page.locator(".sp-usual")).to_be_hidden()
    async with httpx.AsyncClient(base_url=desk.intake, headers={"Accept": "application/json"}) as client:
        addresses = [an_address() for _ in range(10)]
        for address in addresses:
            answer = await client.post("/forms/credentials/submissions", json=a_form(address))
            assert "usual" not in answer.json()
        for address in addresses:
            ticket = await desk.ticket(address)
            await wish(desk, ticket["id"], "answers", text="Ecco la nuova password.")
            view = await desk.tickets.get(f"/tickets/{ticket['id']}", GIULIA)
            held = next(each["id"] for each in view["articles"] if each["kind"] == "mail_answer")
            await wish(desk, ticket["id"], "mails/send", article=held)
        # tickets looks every few minutes, and so does intake; here both look at once.
        doors = desk.house.state.doors
        doors.times = AnswerTimes(doors.tickets, lambda: ["credentials"])
        await desk.stop()
        await desk.start()

        async def told() -> bool:
            answer = await client.post("/forms/credentials/submissions", json=a_form(an_address()))
            return bool(answer.json().get("usual") == SENTENCE)

        assert await eventually(told, timeout=20)
        # A guest's goes to another queue than the form's others, of which nobody knows; not yet opened, it is any.
        guest = {**a_form(an_address()), "role": "guest"}
        for headers, knows in ({"Prefer": "wait=1"}, False), ({"Prefer": "respond-async"}, True):
            answer = await client.post(
                "/forms/credentials/submissions", json={**guest, "email": an_address()}, headers=headers
            )
            assert (answer.status_code, "usual" in answer.json()) == (202 if knows else 201, knows)
        plain = await client.post(
            "/forms/credentials/submissions?lang=en", data=a_form(an_address()), headers={"Accept": "text/html"}
        )
    assert "We usually answer within a few working hours." in plain.text
    for place in both(desk):
        page = await opened(browser, complaints, place)
        await fill_in(page, an_address())
        await send(page)
        await number(page)
        await expect(page.locator(".sp-usual")).to_have_text(SENTENCE)
    await page.locator("[data-slot=status]").click()
    await expect(page.locator("main")).to_contain_text(SENTENCE)
    assert complaints.found == []
