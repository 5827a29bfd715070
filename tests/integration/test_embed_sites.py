"""What a site may say to `<sportello-form>`: who its user is, its colours, another language, several forms."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from demo.servers import Broker, Server
from shared.events import Requester
from shared.identity import site_context
from tests.e2e.browser import Complaints, a_page, needs_chromium
from tests.integration.formdesk import KEY, FormDesk, a_form_desk, an_address, embedded
from tests.integration.widget import TEXT, fill_in, number, opened, send, violations

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
]
PAGES = {
    "one": embedded(),
    "three": embedded() + embedded("fees") + embedded(),
    "known": "",
    "wrong": embedded("nothing"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(broker: Broker, store: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FormDesk]:
    async with a_form_desk(broker, store, tmp_path_factory.mktemp("desk"), PAGES) as found:
        yield found


async def test_three_forms_on_a_page_keep_out_of_each_others_way(desk: FormDesk, browser: Browser) -> None:
    complaints, email = Complaints(), an_address()
    page = await opened(browser, complaints, f"{desk.site}/three", wide=False)
    await expect(page.locator("[data-part=form]")).to_have_count(3)
    assert await violations(page) == []
    await page.locator("sportello-form").nth(2).get_by_label("Nome e cognome").fill("Ada Terza")
    await fill_in(page, email)
    await page.reload()
    await expect(page.locator("[data-part=form]")).to_have_count(3)
    names = [await page.locator("[name=name]").nth(place).input_value() for place in range(3)]
    assert names == ["Ada Rossi", "", "Ada Terza"]
    await send(page)
    await number(page)
    await expect(page.locator("[data-part=form]")).to_have_count(2)
    assert len(await desk.of(email)) == 1
    assert complaints.found == []


async def test_a_site_that_knows_its_user_vouches_for_them(desk: FormDesk, browser: Browser) -> None:
    who = Requester(name="Luca Bianchi", email=an_address(), verified=True, subject="luca.bianchi")
    PAGES["known"] = embedded(context=site_context("demo-site", who, KEY))
    page = await opened(browser, Complaints(), f"{desk.site}/known")
    await expect(page.locator("[name=name]")).to_have_js_property("readOnly", True)
    await expect(page.locator("[name=email]")).to_have_value(str(who.email))
    await page.locator("[name=role][value=student]").check()
    await page.locator("[name=kind][value=locked]").check()
    await page.locator("[name=description]").fill(TEXT)
    await send(page)
    await number(page)
    assert (await desk.ticket(str(who.email)))["requester"]["verified"]


async def test_a_context_that_expired_costs_nothing_that_was_typed(desk: FormDesk, browser: Browser) -> None:
    who = Requester(name="Luca Bianchi", email=an_address(), verified=True, subject="luca.bianchi")
    PAGES["known"] = embedded(context=site_context("demo-site", who, KEY, lifetime=-100))
    page = await opened(browser, Complaints("401"), f"{desk.site}/known")
    await page.locator("[name=role][value=student]").check()
    await page.locator("[name=kind][value=locked]").check()
    await page.locator("[name=description]").fill(TEXT)
    await send(page)
    await expect(page.locator("[data-part=summary]")).to_be_focused()
    await expect(page.locator("[data-part=notice]")).not_to_be_empty()
    PAGES["known"] = embedded(context=site_context("demo-site", who, KEY))
    await page.reload()
    await expect(page.locator("[name=description]")).to_have_value(TEXT)
    await send(page)
    await number(page)
    assert (await desk.ticket(str(who.email)))["requester"]["verified"]


async def test_without_a_word_that_holds_it_can_be_sent_from_here_as_the_refusal_says(
    desk: FormDesk, browser: Browser
) -> None:
    who = Requester(name="Luca Bianchi", email=an_address(), verified=True, subject="luca.bianchi")
    PAGES["known"] = embedded(context=site_context("demo-site", who, KEY, lifetime=-100))
    page = await opened(browser, Complaints("401"), f"{desk.site}/known")
    await page.locator("[name=role][value=student]").check()
    await page.locator("[name=kind][value=locked]").check()
    await page.locator("[name=description]").fill(TEXT)
    await send(page)
    await expect(page.locator("[data-part=summary]")).to_be_focused()
    await expect(page.locator("[name=name]")).to_be_editable()
    await page.locator("[name=name]").fill("Luca B.")
    await send(page)
    await number(page)
    requester = (await desk.ticket(str(who.email)))["requester"]
    assert (requester["name"], requester["verified"]) == ("Luca B.", False)


@pytest.mark.parametrize("where", ["widget", "page"])
async def test_a_name_that_the_form_refuses_can_be_put_right_though_a_site_vouches_for_it(
    desk: FormDesk, browser: Browser, where: str
) -> None:
    who = Requester(name="Luca " * 30 + "Bianchi", email=an_address(), verified=True, subject="luca.bianchi")
    context = site_context("demo-site", who, KEY)
    PAGES["known"] = embedded(context=context)
    url = f"{desk.intake}/forms/credentials?lang=it&site=demo-site&context={context}"
    page = await opened(browser, Complaints("422"), f"{desk.site}/known" if where == "widget" else url)
    await expect(page.locator("[name=name]")).to_have_js_property("readOnly", True)
    await page.locator("[name=role][value=student]").check()
    await page.locator("[name=kind][value=locked]").check()
    await page.locator("[name=description]").fill(TEXT)
    await send(page)
    await expect(page.locator("[data-field=name] .sp-error")).to_contain_text("viene da «Sito dimostrativo»")
    await expect(page.locator("[name=name]")).to_be_editable()
    await page.locator("[name=name]").fill("Luca Bianchi")
    await send(page)
    await number(page)
    requester = (await desk.ticket(str(who.email)))["requester"]
    assert (requester["name"], requester["verified"]) == ("Luca Bianchi", False)


async def test_without_javascript_such_a_name_is_refused_with_fields_to_put_it_right(desk: FormDesk) -> None:
    who = Requester(name="Luca " * 30 + "Bianchi", email=an_address(), verified=True, subject="luca.bianchi")
    sent = {"name": who.name, "email": str(who.email), "role": "student", "kind": "locked", "description": TEXT}
    sent |= {"_key": "k1", "_context": site_context("demo-site", who, KEY)}
    url = f"{desk.intake}/forms/credentials/submissions?lang=en&site=demo-site"
    async with httpx.AsyncClient(headers={"Accept": "text/html"}) as client:
        refused = await client.post(url, data=sent)
        other = await client.post(url, data={**sent, "name": "x", "role": "nobody"})
    for answer in (refused, other):
        assert answer.status_code == 422
        assert "readonly" not in answer.text
        assert 'name="_context"' not in answer.text
        assert "This comes from “Demonstration site”" in answer.text
        assert TEXT in answer.text


async def test_what_one_person_typed_is_not_shown_to_the_next_who_signs_in(desk: FormDesk, browser: Browser) -> None:
    def signed_in(name: str) -> str:
        who = Requester(name=name, email=an_address(), verified=True, subject=name)
        return embedded(context=site_context("demo-site", who, KEY))

    PAGES["known"] = signed_in("luca")
    page = await opened(browser, Complaints(), f"{desk.site}/known")
    await page.locator("[name=description]").fill(TEXT)
    PAGES["known"] = signed_in("chiara")
    await page.reload()
    await expect(page.locator("[name=name]")).to_have_value("chiara")
    await expect(page.locator("[name=description]")).to_have_value("")
    await expect(page.locator("[data-part=restored]")).to_be_hidden()
    await page.locator("[name=description]").fill("La mia.")
    await page.reload()
    await expect(page.locator("[name=description]")).to_have_value("La mia.")


async def test_another_language_keeps_what_was_typed_and_no_form_keeps_the_link(
    desk: FormDesk, browser: Browser
) -> None:
    page = await opened(browser, Complaints(), f"{desk.site}/one")
    await fill_in(page, an_address())
    await page.evaluate("document.querySelector('sportello-form').lang = 'en'")
    await expect(page.get_by_label("First and last name")).to_have_value("Ada Rossi")
    await expect(page.locator("[name=description]")).to_have_value(TEXT)
    wrong = await a_page(browser, Complaints("404"))
    await wrong.goto(f"{desk.site}/wrong")
    await expect(wrong.get_by_role("link", name="Apri il modulo")).to_be_visible()


async def test_a_site_changes_colours_by_properties(desk: FormDesk, browser: Browser) -> None:
    page = await opened(browser, Complaints(), f"{desk.site}/one")
    await page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync("sportello-form { --sportello-accent: rgb(120, 30, 60); --sportello-radius: 0 }");
          document.adoptedStyleSheets = [sheet];
        }"""
    )
    button = page.locator("[type=submit]")
    await expect(button).to_have_css("background-color", "rgb(120, 30, 60)")
    await expect(button).to_have_css("border-radius", "0px")
    await expect(page.locator("a:has-text('Apri il modulo')")).to_be_hidden()
