"""Signing in with the university's accounts, at a real OpenID Connect provider: in, back, out, and every wrong way."""

import contextlib
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
import yaml
from playwright.async_api import expect

from demo.ports import free_port
from demo.servers import Broker, Server
from services.portal.university import BACK, University
from shared.errors import DependencyDown
from shared.identity import sign
from shared.people import People
from shared.queues import Queues
from tests.conftest import eventually
from tests.e2e.browser import Complaints, a_browser, a_page
from tests.integration.house import KEY, House, a_house
from tests.integration.test_forms_pages import needs_browser
from tests.integration.widget import violations

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
LUCA = {"sub": "luca.bianchi", "name": "Luca Bianchi", "email": "luca.bianchi@studenti.example"}
GIULIA = {"sub": "giulia.conti", "name": "Giulia C.", "email": "giulia@ateneo.example", "locale": "en-GB"}
NOBODY = {"sub": "senza.nome", "email": "senza.nome@studenti.example"}
COLON = {"sub": "holder:x", "name": "Ada", "email": "ada@studenti.example"}
FOREIGN = {"sub": "erin.jones", "name": "Erin Jones", "email": "erin@studenti.example", "locale": "en"}
PEOPLE = (LUCA, GIULIA, NOBODY, COLON, FOREIGN)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    port = free_port()
    users = [part for one in PEOPLE for part in ("--user-claims", json.dumps(one))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "-n", "true", *users]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        url, patience = f"http://localhost:{port}", time.monotonic() + 20
        try:
            while not _answers(f"{url}/.well-known/openid-configuration"):
                assert time.monotonic() < patience, "the provider did not start"
                time.sleep(0.1)
            yield url
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(url).status_code == 200
    return False


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    broker: Broker, store: Server, provider: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    config = shutil.copytree("config", tmp_path_factory.mktemp("config") / "config")
    changes = {
        "config_dir": config,
        "demo": "off",
        "oidc_issuer": provider,
        "oidc_client_id": "sportello",
        "oidc_client_secret": "s" * 20,
    }
    async with a_house(broker, store, tmp_path_factory.mktemp("blobs"), **changes) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def browser_less(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.browser() as client:
        yield client


async def signed_in(browser: httpx.AsyncClient, subject: str, path: str = "/my") -> httpx.Response:
    """As a browser goes: from the page that was wanted, to the provider, and back."""
    back = await at_the_provider(browser, subject, path)
    return await browser.get(back)


async def at_the_provider(browser: httpx.AsyncClient, subject: str, path: str = "/my", **answer: str) -> str:
    """The address at which the provider sends back whoever said that they are `subject`."""
    refused = await browser.get(path)
    assert refused.status_code == 303
    on = await browser.get(refused.headers["location"])
    to = await browser.get(on.headers["location"])
    assert to.status_code == 302
    asked = parse_qs(urlsplit(to.headers["location"]).query)
    assert (asked["code_challenge_method"], asked["response_type"]) == (["S256"], ["code"])
    assert asked["nonce"]
    assert asked["state"]
    said = await browser.post(to.headers["location"], data=answer or {"sub": subject})
    assert said.status_code in (302, 303), said.text
    return str(said.headers["location"])


def pending(browser: httpx.AsyncClient) -> list[str]:
    """The cookies of the sign-ins that this browser has begun and not ended."""
    return [name for name in browser.cookies if name.startswith("sportello-sign-in-") and not name.endswith("-left")]


async def test_a_student_gets_where_they_wanted_and_sees_their_own_request(
    house: House, browser_less: httpx.AsyncClient
) -> None:
    number = "/my?state=any"
    entered = await signed_in(browser_less, "luca.bianchi", number)
    assert (entered.status_code, entered.headers["location"]) == (303, number)
    page = await browser_less.get(number)
    assert (page.status_code, "Luca Bianchi" in page.text) == (200, True)
    assert (await browser_less.get("/tickets?state=any")).status_code == 403
    # What was pending is gone: the way back can't be walked twice, and who is in already just goes home.
    assert pending(browser_less) == []


async def test_an_operator_is_who_the_configuration_says(browser_less: httpx.AsyncClient) -> None:
    entered = await signed_in(browser_less, "giulia.conti", "/")
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    page = (await browser_less.get("/tickets?state=any")).text
    assert "Giulia Conti" in page
    assert "Giulia C." not in page
    assert (await browser_less.get("/sign-in")).headers["location"] == "/"


async def test_whoever_is_no_operator_any_more_is_none_at_once(house: House, browser_less: httpx.AsyncClient) -> None:
    """Their session goes on, as anybody's: with their own requests and nothing more."""
    path = house.settings.config_dir / "people.yml"
    before = path.read_text(encoding="utf-8")
    await signed_in(browser_less, "giulia.conti", "/")
    assert (await browser_less.get("/tickets")).status_code == 200
    people = yaml.safe_load(before)
    people["people"] = [one for one in people["people"] if one["id"] != "giulia.conti"]
    path.write_text(yaml.safe_dump(people, allow_unicode=True), encoding="utf-8")
    try:

        async def refused() -> bool:
            return (await browser_less.get("/tickets")).status_code == 403

        await eventually(refused, timeout=20)
        assert (await browser_less.get("/my")).status_code == 200
    finally:
        path.write_text(before, encoding="utf-8")

        async def back() -> bool:
            return (await browser_less.get("/tickets")).status_code == 200

        await eventually(back, timeout=20)


async def test_the_pages_speak_the_language_of_the_account(browser_less: httpx.AsyncClient) -> None:
    await signed_in(browser_less, "erin.jones")
    assert '<html lang="en"' in (await browser_less.get("/my")).text


@pytest.mark.parametrize(
    ("subject", "words"),
    [("senza.nome", "non ci dice il tuo nome"), ("holder:x", "non ci dice il tuo nome")],
)
async def test_an_account_that_says_too_little_is_told_so(
    browser_less: httpx.AsyncClient, subject: str, words: str
) -> None:
    answer = await signed_in(browser_less, subject)
    assert (answer.status_code, words in answer.text) == (401, True)
    assert (await browser_less.get("/my")).status_code == 303


async def test_who_presses_cancel_may_try_again(browser_less: httpx.AsyncClient) -> None:
    back = await at_the_provider(browser_less, "luca.bianchi", "/my?q=tasse", action="deny")
    answer = await browser_less.get(back)
    assert (answer.status_code, "Non hai completato l’accesso" in answer.text) == (401, True)
    assert "/sign-in/university?next=%2Fmy%3Fq%3Dtasse" in answer.text


@pytest.mark.parametrize("how", ["no cookie", "forged cookie", "expired cookie", "another's state", "no state"])
async def test_what_this_browser_did_not_begin_lets_nobody_in(
    house: House, browser_less: httpx.AsyncClient, how: str
) -> None:
    back = await at_the_provider(browser_less, "luca.bianchi")
    forged = {"session": {}, "wanted": "/my"}
    name = pending(browser_less)[0]
    async with house.browser() as other:
        match how:
            case "forged cookie":
                other.cookies.set(name, sign(forged, "x" * 40, "sportello-sign-in", 60))
            case "expired cookie":
                other.cookies.set(name, sign(forged, KEY, "sportello-sign-in", -120))
            case "another's state":
                await at_the_provider(other, "erin.jones")
            case "no state":
                await at_the_provider(other, "erin.jones")
                back = re.sub(r"state=[^&]*", "state=", back)
        answer = await other.get(back)
        assert answer.status_code == 401, answer.text
        assert (await other.get("/my")).status_code == 303


async def test_a_code_is_good_once(house: House, browser_less: httpx.AsyncClient) -> None:
    back = await at_the_provider(browser_less, "luca.bianchi")
    (name,) = pending(browser_less)
    cookie = browser_less.cookies[name]
    assert (await browser_less.get(back)).status_code == 303
    async with house.browser() as thief:
        thief.cookies.set(name, cookie)
        assert (await thief.get(back)).status_code == 401
        assert (await thief.get("/my")).status_code == 303
    # The same by the browser's own back button: it is in already.
    again = await browser_less.get(back)
    assert (again.status_code, again.headers["location"]) == (303, "/my")


async def test_a_browser_that_opens_again_signs_in_with_all_its_tabs(browser_less: httpx.AsyncClient) -> None:
    one = await at_the_provider(browser_less, "luca.bianchi", "/my?q=tasse")
    two = await at_the_provider(browser_less, "luca.bianchi", "/my?q=libri")
    assert (await browser_less.get(one)).headers["location"] == "/my?q=tasse"
    session = browser_less.cookies["sportello"]
    assert (await browser_less.get(two)).headers["location"] == "/my?q=libri"
    # The first tab's forms go on being good.
    assert browser_less.cookies["sportello"] == session
    assert pending(browser_less) == []


async def test_sign_ins_that_nobody_ends_do_not_pile_up(browser_less: httpx.AsyncClient) -> None:
    for _ in range(20):
        await browser_less.get("/sign-in/university?next=/my")
        assert len(pending(browser_less)) <= 4
    assert (await signed_in(browser_less, "luca.bianchi")).status_code == 303


async def test_a_page_whose_address_is_too_long_to_remember_hinders_no_sign_in(browser_less: httpx.AsyncClient) -> None:
    """A browser drops a cookie of more than 4096 bytes."""
    for wanted, kept in (("/my?q=" + "a" * 1400, True), ("/my?q=" + "a" * 8000, False), ("/my?q=" + "è" * 800, False)):
        to = await browser_less.get("/sign-in/university", params={"next": wanted})
        assert len(to.headers["set-cookie"]) < 4096
        said = await browser_less.post(to.headers["location"], data={"sub": "luca.bianchi"})
        entered = await browser_less.get(said.headers["location"])
        assert (entered.status_code, entered.headers["location"]) == (303, wanted if kept else "/my")


async def test_no_other_site_is_reached_through_us(browser_less: httpx.AsyncClient) -> None:
    for wanted in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        to = await browser_less.get("/sign-in/university", params={"next": wanted})
        said = await browser_less.post(to.headers["location"], data={"sub": "luca.bianchi"})
        entered = await browser_less.get(said.headers["location"])
        assert (entered.status_code, entered.headers["location"]) == (303, "/my")


async def test_leaving_ends_the_session_and_shows_the_way_out_of_the_university(
    provider: str, browser_less: httpx.AsyncClient
) -> None:
    await signed_in(browser_less, "luca.bianchi")
    page = (await browser_less.get("/my")).text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token
    left = await browser_less.post("/sign-out", data={"csrf": token[1]})
    assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
    # Nothing signs them in again by itself: no link, no part of an open page that asks who they are.
    page = (await browser_less.get("/sign-in?next=/my")).text
    assert 'href="/sign-in/university?next=%2Fmy"' in page
    assert f"{provider}/oauth2/end_session?client_id=sportello&amp;post_logout_redirect_uri=" in page
    assert (await browser_less.get("/my")).status_code == 303
    await browser_less.get("/sign-in/university")
    assert (await browser_less.get("/sign-in?next=/my")).status_code == 200
    # Nor does an old way back, which the back button or any foreign page leads to.
    assert (await browser_less.get(f"{BACK}?code=old&state=old")).status_code == 401
    assert (await browser_less.get("/sign-in?next=/my")).status_code == 200


async def test_while_the_provider_is_down_the_page_says_so(house: House) -> None:
    """A portal of its own, whose provider nobody has started."""
    settings = house.settings.model_copy(update={"oidc_issuer": f"http://127.0.0.1:{free_port()}"})
    people = People.load(settings.config_dir, Queues.load(settings.config_dir))
    university = University(settings, people)
    with pytest.raises(DependencyDown):
        await university.begin(None, "/my", "it")  # type: ignore[arg-type]
    assert await university.way_out() is None


@needs_browser
async def test_in_a_real_browser_there_and_back_across_sites(house: House, provider: str) -> None:
    """localhost and 127.0.0.1 are different sites to a browser: the cookies must survive the way there and back."""
    complaints = Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints, wide=False)
        await page.goto(f"{house.settings.portal_url}/my")
        assert page.url.startswith(provider)
        await page.get_by_role("button", name="luca.bianchi").click()
        await expect(page).to_have_url(f"{house.settings.portal_url}/my")
        await page.locator("summary", has_text="Luca Bianchi").click()
        await page.get_by_role("button", name="Esci").click()
        await expect(page.locator(".empty-title")).to_contain_text("Hai chiuso la sessione")
        assert await violations(page) == []
        await page.get_by_role("link", name="Esci dall’accesso di Ateneo").click()
        assert page.url.startswith(f"{provider}/oauth2/end_session")
        await page.goto(f"{house.settings.portal_url}{BACK}")
        await expect(page.get_by_role("alert")).to_contain_text("È passato troppo tempo")
        assert await violations(page) == []
    # The provider's own page is not ours to judge; 401 is the answer that was asked for.
    assert [one for one in complaints.found if one.startswith(house.settings.portal_url) and "401" not in one] == []
