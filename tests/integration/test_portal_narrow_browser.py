"""An operator's pages in a browser 360 pixels wide: no word is cut off, and the way back leads to the list."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from demo.servers import Broker, Server
from services.portal.gate import LANGUAGE_COOKIE
from tests.e2e.browser import Complaints, a_browser, a_page, chromium, sign_in
from tests.integration.house import House, a_house

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(chromium() is None, reason="no Chromium: `make test` installs one"),
]

MAIN = ("/", "/tickets?state=any", "/tickets/%s", "/notices", "/drafts", "/queues", "/preferences", "/arrange", "/bulk")
# Words that end in dots, or a placeholder that is wider than its field.
CUT = """() => {
  const found = [];
  const ruler = document.createElement('canvas').getContext('2d');
  for (const each of document.querySelectorAll('body *')) {
    const look = getComputedStyle(each);
    if (!each.getClientRects().length || look.visibility === 'hidden') continue;
    if (each.placeholder && !each.value) {
      ruler.font = getComputedStyle(each, '::placeholder').font;
      const room = each.clientWidth - parseFloat(look.paddingLeft) - parseFloat(look.paddingRight);
      if (ruler.measureText(each.placeholder).width > room) found.push(each.placeholder);
    } else if (each.scrollWidth > each.clientWidth && look.overflowX === 'hidden' && each.clientWidth > 1
               && look.whiteSpace.startsWith('nowrap') && each.innerText.trim()) {
      found.push(each.className + ': ' + each.innerText.trim());
    }
  }
  return [...new Set(found)];
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(broker: Broker, store: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with a_house(broker, store, tmp_path_factory.mktemp("blobs"), send_window=600) as found:
        yield found


@pytest.mark.parametrize("language", ["it", "en"])
async def test_no_word_is_cut_off_on_a_narrow_screen(house: House, language: str) -> None:
    number = await house.ticket()
    async with a_browser() as browser:
        page = await a_page(browser, Complaints(), wide=False)
        await page.set_viewport_size({"width": 360, "height": 780})
        await sign_in(page, house.settings.portal_url, "Giulia Conti", "/")
        url = house.settings.portal_url
        await page.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": url}])
        cut = {}
        for path in MAIN:
            await page.goto(house.settings.portal_url + path.replace("%s", number))
            await expect(page.locator("html")).to_have_attribute("lang", language)
            await page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            if found := await page.evaluate(CUT):
                cut[path] = found
        assert cut == {}, str(cut)


async def test_the_way_back_from_a_ticket_is_the_list_it_was_opened_from_without_javascript(house: House) -> None:
    subject = "Torno da dove sono venuta"
    number = await house.ticket(subject=subject)
    async with a_browser() as browser:
        context = await browser.new_context(locale="it-IT", java_script_enabled=False)
        page = await context.new_page()
        await sign_in(page, house.settings.portal_url, "Giulia Conti", "/tickets?queue=mine&text=venuta&order=oldest")
        listed = page.url
        await page.get_by_role("link", name=subject).click()
        await page.locator("#panel-tags summary").click()
        await page.get_by_label("Etichette, separate da virgole").fill("ritorno")
        await page.locator("#form-tags").get_by_role("button").click()
        await expect(page.locator(".notice-good")).to_be_visible()
        back = page.locator("a.back")
        await expect(back).to_have_text("Torna all’elenco")
        await back.click()
        assert page.url.split("#")[0] == listed
        assert await page.locator(f":target #tick-{number}").count() == 1
        # From the Cruscotto the same ticket leads there.
        await page.goto(house.settings.portal_url)
        await page.locator(f'a.row-link[href="/tickets/{number}"]').first.click()
        await expect(page.locator("a.back")).to_have_text("Cruscotto")
        await context.close()
