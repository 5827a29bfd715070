"""The pretend sites, each an origin of its own under a strict policy: who is signed in, where they are, three forms."""

import pytest
from playwright.async_api import Page, expect

from shared.ids import random_id
from tests.conftest import eventually
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium
from tests.e2e.test_worried_student import violations
from tests.system import LUCA, System

pytestmark = [
    pytest.mark.e2e,
    needs_chromium,
]


async def send_from_plan(page: Page, words: str) -> str:
    """The form of a service in use; the number."""
    form = page.locator("[data-part=form]")
    await expect(form.locator("[name=service]")).to_have_value("portal")
    await form.locator("[name=kind][value=slow]").check()
    await form.locator("[name=description]").fill(words)
    await page.get_by_role("button", name="Invia la richiesta").click()
    shown = page.locator("sportello-form output")
    await expect(shown).not_to_be_empty(timeout=30_000)
    return (await shown.inner_text()).strip()


async def test_a_signed_in_user_writes_from_a_service_in_use_as_who_they_are(system: System) -> None:
    """S3, S5, S24: vouched for by Servizi Online, with where they are and what is known filled in."""
    urls, complaints = system.stack.urls, Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints, wide=False)
        await page.goto(f"{urls.site}/?lang=it")
        await page.get_by_role("link", name="Luca Bianchi").click()
        await page.goto(f"{urls.site}/piano-di-studi?lang=it")
        await expect(page.locator("[name=name]")).to_have_value("Luca Bianchi")
        await expect(page.locator("[name=name]")).not_to_be_editable()
        await expect(page.locator("[data-part=from]")).to_contain_text("Piano di studi")
        assert await violations(page) == []
        number = await send_from_plan(page, "Il piano di studi non si carica mai fino in fondo.")
    ticket = await system.view(number)
    assert (ticket["requester"]["subject"], ticket["requester"]["verified"]) == (LUCA.id, True)
    assert ticket["page"] == "Servizi Online - Piano di studi"
    assert (await system.view(number, LUCA))["number"] == number
    assert complaints.found == []


async def test_three_forms_of_one_page_are_sent_each_by_itself(system: System) -> None:
    urls, complaints = system.stack.urls, Complaints()
    emails = [f"ada-{random_id()[:8]}@studenti.example" for _ in range(2)]
    async with a_browser() as browser:
        page = await a_page(browser, complaints, wide=False)
        await page.goto(f"{urls.www}/contatti?lang=it")
        forms = page.locator("sportello-form")
        await expect(page.locator("[data-part=form]")).to_have_count(3)
        assert await violations(page) == []
        first, third = forms.nth(0), forms.nth(2)
        for place, email in ((first, emails[0]), (third, emails[1])):
            await place.locator("[name=name]").fill("Ada Rossi")
            await place.locator("[name=email]").fill(email)
        await first.locator("[name=role][value=student]").check()
        await first.locator("[name=kind][value=password]").check()
        await first.locator("[name=description]").fill("Non riesco più a entrare da nessuna parte.")
        await first.get_by_role("button", name="Invia la richiesta").click()
        await expect(first.locator("output")).not_to_be_empty(timeout=30_000)
        await expect(third.locator("[name=email]")).to_have_value(emails[1])
        assert await page.context.cookies() == []

    async def sites() -> list[str]:
        found = [each for each in await system.all_tickets() if each["requester"]["email"] in emails]
        return [(await system.view(each["number"]))["site"] for each in found]

    assert await eventually(sites, timeout=20) == ["www"]
    assert complaints.found == []


async def test_the_sites_differ_in_looks_and_have_no_barriers_in_both_languages(system: System) -> None:
    urls, complaints = system.stack.urls, Complaints()
    looks: dict[str, str] = {}
    async with a_browser() as browser:
        for wide in (False, True):
            page = await a_page(browser, complaints, wide)
            for language in ("it", "en"):
                places = (
                    (urls.site, "/credenziali"),
                    (urls.www, "/contatti"),
                    (urls.faq, "/"),
                    (urls.www, "/"),
                    (urls.site, "/"),
                )
                for path in [site + path for site, path in places]:
                    await page.goto(f"{path}?lang={language}")
                    if path.endswith(("/credenziali", "/contatti")):
                        button = page.locator("sportello-form [type=submit]").first
                        looks[path] = await button.evaluate("each => getComputedStyle(each).backgroundColor")
                    assert await violations(page) == [], path
                    spare = await page.evaluate(
                        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                    )
                    assert spare <= 0, path
                    await expect(page.locator("html")).to_have_attribute("lang", language)
    assert len(set(looks.values())) == 2
    assert complaints.found == []
