"""The widget in the other engines that Debian packages: the same page under the same policy, driven through its
scripts. What is waited for is what a person would see."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from demo.found import firefox, webkit
from demo.servers import Broker, Server
from tests.conftest import eventually
from tests.e2e.engines import Engine, a_firefox, a_webkit
from tests.integration.formdesk import FormDesk, a_form_desk, an_address, embedded

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
ENGINES = [
    pytest.param(
        a_firefox, id="firefox", marks=pytest.mark.skipif(firefox() is None, reason="no Firefox: install firefox-esr")
    ),
    pytest.param(
        a_webkit,
        id="webkit",
        marks=pytest.mark.skipif(webkit() is None, reason="no WebKit: install webkit2gtk-driver and xvfb"),
    ),
]
ROOT = "const root = document.querySelectorAll('sportello-form')[0].shadowRoot;"
FILL = (
    ROOT
    + """
  const [address] = arguments;
  const say = (name, value) => {
    const control = root.querySelector(`[name=${name}]`);
    control.value = value;
    control.dispatchEvent(new Event("input", {bubbles: true}));
  };
  root.querySelector("[name=role][value=student]").click();
  root.querySelector("[name=kind][value=mfa]").click();
  root.querySelector("[name=mfa_problem][value=refused]").click();
  say("name", "Ada Rossi");
  say("email", address);
  say("description", "Il codice di verifica viene sempre rifiutato.");
"""
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(broker: Broker, store: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FormDesk]:
    pages = {"three": embedded() + embedded("fees") + embedded()}
    async with a_form_desk(broker, store, tmp_path_factory.mktemp("desk"), pages) as found:
        yield found


async def shown(browser: Engine, what: str) -> Any:
    """What of the first form is true at last."""
    return await eventually(lambda: browser.run(f"{ROOT} return {what}"), timeout=30)


@pytest.mark.parametrize("engine", ENGINES)
async def test_the_widget_works_in_another_engine(
    desk: FormDesk, tmp_path: Path, engine: Callable[[Path], AbstractAsyncContextManager[Engine]]
) -> None:
    email = an_address()
    async with engine(tmp_path) as browser:
        await browser.go(f"{desk.site}/three")
        drawn = (
            "return [...document.querySelectorAll('sportello-form')].every(one => one.shadowRoot.querySelector('form'))"
        )
        await eventually(lambda: browser.run(drawn), timeout=30)
        # Dressed by a style sheet that no site had to allow, and questions not asked are out of sight.
        dressed = "getComputedStyle(root.querySelector('[type=submit]')).backgroundColor"
        assert await shown(browser, dressed) == "rgb(0, 102, 204)"
        assert await shown(browser, "!root.querySelector('[data-field=mfa_problem]').checkVisibility()")

        await browser.run(f"{ROOT} root.querySelector('[type=submit]').click()")
        await shown(browser, "root.querySelectorAll('[data-part=faults] li').length === 5")
        assert await shown(browser, "root.activeElement.dataset.part") == "summary"

        await browser.run(FILL, email)
        assert await shown(browser, "root.querySelector('[data-field=mfa_problem]').checkVisibility()")
        await browser.go(f"{desk.site}/three")
        await shown(browser, "root.querySelector('[name=email]')?.value")
        assert await shown(browser, "root.querySelector('[name=email]').value") == email
        assert await shown(browser, "root.querySelector('[name=kind]:checked').value") == "mfa"
        assert await shown(browser, "root.querySelector('[data-part=restored]').checkVisibility()")

        await browser.run(f"{ROOT} root.querySelector('[type=submit]').click()")
        number = await shown(browser, "root.querySelector('.sp-result output')?.textContent")
        assert await browser.run(
            "return document.querySelectorAll('sportello-form')[2].shadowRoot.querySelector('form') !== null"
        )
        assert await browser.run("return Object.keys(sessionStorage).length + document.cookie.length") == 0
    ticket = await desk.ticket(email)
    assert (ticket["number"], ticket["page"]) == (number, f"{desk.site}/three")
    assert ticket["articles"][0]["fields"]["mfa_problem"] == "refused"
