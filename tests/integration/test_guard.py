"""Two copies of intake with strict limits, and what a person, a program and an attacker are told; with and without a
browser, a proof, a repeat."""

import asyncio
import contextlib
import html
import re
import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import altcha
import httpx
import pytest
import pytest_asyncio
from playwright.async_api import FilePayload, expect

from demo.ports import free_port
from demo.servers import Broker, Server
from services.intake import app as intake_app
from services.intake.entries import entries_digest
from shared.events import Requester
from shared.identity import LEEWAY, site_context
from shared.ids import random_id
from tests.conftest import eventually
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium
from tests.integration.formdesk import KEY, FormDesk, a_form_desk, an_address
from tests.integration.house import field, serving
from tests.unit.shared.filesamples import JS, PDF, a_pdf, root

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
RULES = """
copies: 2
proof: {cost: 100, tries: 20, minutes: 30}
lookups: {burst: 40, per_hour: 60}
all_forms:
  rates: {plain: {burst: 6, per_hour: 6}, proven: {burst: 60, per_hour: 60}, person: {burst: 4, per_hour: 4}}
"""
PERSON = Requester(name="Luca Bianchi", email="luca@studenti.example", verified=True, subject="luca.bianchi")
JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html", "Accept-Language": "it"}


class Copies:
    """Two copies behind a proxy that tells addresses, which is us."""

    def __init__(self, desk: FormDesk, urls: tuple[str, str]) -> None:
        self.desk, self.urls = desk, urls
        self.client = httpx.AsyncClient(timeout=20)

    async def send(
        self, copy: int, address: str, form: str = "credentials", headers: dict[str, str] = JSON, **how: Any
    ) -> httpx.Response:
        """A submission from an address, to one copy. `query`, `key`; else as httpx has it."""
        key, query = how.pop("key", random_id()), how.pop("query", "")
        url = f"{self.urls[copy]}/forms/{form}/submissions?lang=it{query}"
        return await self.client.post(
            url, headers={**headers, "X-Forwarded-For": address, "Idempotency-Key": key}, **how
        )

    async def proof(self, copy: int, address: str, key: str, entries: list[tuple[str, str | bytes]]) -> str:
        """Asks for work and does it."""
        answer = await self.client.post(
            f"{self.urls[copy]}/forms/credentials/challenge",
            json={"key": key, "content": entries_digest(entries)},
            headers={"X-Forwarded-For": address},
        )
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        challenge = altcha.Challenge.from_dict(answer.json())
        solution = altcha.solve_challenge(challenge)
        assert solution
        return str(altcha.Payload(challenge, solution).to_base64())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def copies(broker: Broker, store: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Copies]:
    folder, ports = tmp_path_factory.mktemp("guard"), (free_port(), free_port())
    async with a_form_desk(broker, store, folder, {}) as desk, contextlib.AsyncExitStack() as running:
        strict = folder / "strict"
        shutil.copytree(desk.config, strict)
        (strict / "guard.yml").write_text(RULES)
        settings = desk.settings.model_copy(update={"config_dir": strict, "trusted_proxies": "127.0.0.1/32"})
        for port in ports:
            await running.enter_async_context(serving(intake_app.build(settings), port))
        found = Copies(desk, (f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}"))
        yield found
        await found.client.aclose()


def an_ip() -> str:
    """A sender of its own."""
    return f"198.18.{secrets.randbelow(256)}.{secrets.randbelow(256)}"


def a_form(**changes: str) -> dict[str, str]:
    told = {"name": "Ada Rossi", "email": an_address(), "role": "student", "kind": "password"}
    return {**told, "description": "La password non viene accettata.", **changes}


async def used_up(copies: Copies, address: str) -> None:
    """Until neither copy takes more without a proof."""
    for copy in (0, 1):
        while (await copies.send(copy, address, json=a_form())).status_code != 429:
            pass


async def test_both_copies_together_let_in_what_the_rate_says(copies: Copies) -> None:
    address, form = an_ip(), a_form()
    answers = [await copies.send(number % 2, address, json=form) for number in range(10)]
    statuses = [answer.status_code for answer in answers]
    assert (sum(status < 300 for status in statuses), statuses.count(429)) == (6, 4)
    last = answers[-1]
    assert 1000 < int(last.headers["retry-after"]) <= 1200
    assert "Non hai perso nulla: riprova tra 20 minuti." in last.json()["detail"]
    page = await copies.send(0, address, headers=PAGE, data={**form, "_key": "k1"}, key="k1")
    assert (page.status_code, page.headers["retry-after"] != "") == (429, True)
    assert form["description"] in page.text
    assert field(page.text, "_key") == "k1"
    assert (await copies.send(0, an_ip(), json=form)).status_code < 300, "nobody else is held up"


async def test_no_repeat_of_an_accepted_submission_is_refused_or_doubled(copies: Copies) -> None:
    """The same key with and without proof, at both copies, once the limit is used up; before and after its ticket."""
    address, key, form = an_ip(), random_id(), a_form()
    first = await copies.send(0, address, key=key, headers={**JSON, "Prefer": "respond-async"}, json=form)
    assert first.status_code == 202
    await used_up(copies, address)
    entries: list[tuple[str, str | bytes]] = [*form.items()]
    proof = await copies.proof(1, address, key, entries)
    foreign = await copies.proof(1, address, "another", entries)
    ticket = await copies.desk.ticket(form["email"])
    for copy in (0, 1):
        for extra in ({}, {"_proof": proof}, {"_proof": foreign}, {"_proof": "x"}, {"_more": "filled in"}):
            again = await copies.send(copy, address, key=key, json={**form, **extra})
            assert (again.status_code, again.json().get("number")) == (201, ticket["number"]), extra
        page = await copies.send(copy, address, key=key, headers=PAGE, data=form)
        assert ticket["number"] in page.text
    assert len(await copies.desk.of(form["email"])) == 1


async def test_a_copy_that_was_just_started_refuses_no_repeat_either(copies: Copies) -> None:
    address, key, form = an_ip(), random_id(), a_form()
    assert (await copies.send(0, address, key=key, json=form)).status_code < 300
    ticket = await copies.desk.ticket(form["email"])
    port = free_port()
    config = copies.desk.config.parent / "closed"
    shutil.copytree(copies.desk.config, config, dirs_exist_ok=True)
    (config / "guard.yml").write_text("all_forms: {rates: {plain: {burst: 0, per_hour: 0}}}\n")
    settings = copies.desk.settings.model_copy(update={"config_dir": config})
    async with serving(intake_app.build(settings), port):
        late = Copies(copies.desk, (f"http://127.0.0.1:{port}", ""))
        assert (await late.send(0, address, json=a_form())).status_code == 429
        again = await late.send(0, address, key=key, json=form)
        await late.client.aclose()
    assert again.json()["number"] == ticket["number"]
    assert len(await copies.desk.of(form["email"])) == 1


async def test_a_proof_lets_in_where_the_limit_is_used_up_and_only_what_it_is_for(copies: Copies) -> None:
    address, key, form = an_ip(), random_id(), a_form(description="Prima riga.\r\nSeconda riga, con è e €.")
    await used_up(copies, address)
    proof = await copies.proof(0, address, key, [*form.items()])
    other = {**form, "email": an_address()}
    for copy in (0, 1):
        assert (await copies.send(copy, address, key=key, data={**other, "_proof": proof})).status_code == 429
        assert (await copies.send(copy, address, data={**form, "_proof": proof})).status_code == 429
    for copy in (1, 0):
        assert (await copies.send(copy, address, key=key, data={**form, "_proof": proof})).status_code < 300
    await copies.desk.ticket(form["email"])
    assert len(await copies.desk.of(form["email"])) == 1


@pytest.mark.parametrize(
    ("body", "query", "origin", "status"),
    [
        ({"key": "k", "content": "c" * 64}, "", "https://evil.example", 403),
        ({"key": "k", "content": "c" * 64}, "?site=nowhere", None, 403),
        ({"key": "k" * 101, "content": "c" * 64}, "", None, 422),
        ({"key": "k", "content": "C" * 64}, "", None, 422),
        ({"key": ["k"], "content": 7}, "", None, 422),
        ([], "", None, 422),
        ("x" * 9000, "", None, 413),
    ],
)
async def test_a_challenge_is_made_for_a_submission_that_could_be_sent(
    copies: Copies, body: object, query: str, origin: str | None, status: int
) -> None:
    url = f"{copies.urls[0]}/forms/credentials/challenge{query}"
    answer = await copies.client.post(url, json=body, headers={**JSON, **({"Origin": origin} if origin else {})})
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert (await copies.client.post(f"{copies.urls[0]}/forms/none/challenge", json={})).status_code == 404


async def test_status_pages_have_a_limit_of_their_own(copies: Copies) -> None:
    address = {**JSON, "X-Forwarded-For": an_ip()}
    link = f"{copies.urls[0]}/submissions/x.y.z"
    statuses = [(await copies.client.get(link, headers=address)).status_code for _ in range(30)]
    assert (statuses.count(401), statuses.count(429)) == (20, 10)


async def test_without_javascript_a_filled_trap_costs_one_more_press_and_no_word(copies: Copies) -> None:
    address = {**PAGE, "X-Forwarded-For": an_ip()}
    page = (await copies.client.get(f"{copies.urls[0]}/forms/credentials?lang=it", headers=address)).text
    (trap,) = re.findall(r'<input id="f-_more"[^>]*>', page)
    assert "value" not in trap
    form = a_form(_key=field(page, "_key"))
    refused = await copies.send(0, address["X-Forwarded-For"], headers=PAGE, data={**form, "_more": "http://x.example"})
    assert refused.status_code == 422
    assert "premi di nuovo Invia" in refused.text
    assert form["description"] in refused.text
    assert "x.example" not in refused.text
    assert (await copies.send(0, address["X-Forwarded-For"], headers=PAGE, data=form)).status_code < 300


@pytest.mark.parametrize("word", ["expired", "forged", "another site's", "huge", "nonsense"])
async def test_a_sites_word_that_does_not_hold_keeps_what_was_typed(copies: Copies, word: str) -> None:
    told = {
        "expired": site_context("demo-site", PERSON, KEY, lifetime=-60),
        "forged": site_context("demo-site", PERSON, "x" * 40),
        "another site's": site_context("www", PERSON, KEY),
        "huge": "a" * 20_000,
        "nonsense": "a.b.c",
    }[word]
    form, site = a_form(), "&site=demo-site"
    answer = await copies.send(0, an_ip(), query=site, json={**form, "_context": told})
    assert (answer.status_code, answer.json()["code"]) == (401, "site_context")
    assert "Accedi di nuovo da «Sito dimostrativo»" in answer.json()["detail"]
    page = await copies.send(0, an_ip(), query=site, headers=PAGE, data={**form, "_key": "k1", "_context": told})
    assert page.status_code == 401
    assert form["description"] in page.text
    assert 'name="_context"' not in page.text
    assert "readonly" not in page.text
    shown = await copies.client.get(
        f"{copies.urls[0]}/forms/credentials", params={"site": "demo-site", "context": told}, headers=PAGE
    )
    assert (shown.status_code, 'name="_context"' in shown.text) == (401, False)
    assert "Accedi di nuovo" in shown.text
    # From nobody in particular it may be sent all the same.
    assert (await copies.send(0, an_ip(), query=site, headers=PAGE, data={**form, "_key": "k1"})).status_code < 300
    assert not (await copies.desk.ticket(form["email"]))["requester"]["verified"]


async def test_a_word_that_ran_out_since_makes_no_second_request_and_grants_nothing_else(copies: Copies) -> None:
    """Accepted, the answer lost, the word over: told the same again at any copy; whatever differs is refused."""
    # Nobody else's: what they send counts against them.
    person = PERSON.model_copy(update={"subject": "grace.neri"})
    sent = {**a_form(), "_context": site_context("demo-site", person, KEY, lifetime=-LEEWAY + 3)}
    how: dict[str, Any] = {"query": "&site=demo-site", "key": random_id()}
    first = await copies.send(0, an_ip(), json=sent, **how)
    assert first.status_code in (201, 202), first.text
    params = {"site": "demo-site", "context": sent["_context"]}

    async def is_over() -> bool:
        shown = await copies.client.get(f"{copies.urls[0]}/forms/credentials", params=params, headers=PAGE)
        return shown.status_code == 401

    assert await eventually(is_over, 20)
    again = await copies.send(0, an_ip(), json=sent, **how)
    assert again.status_code == 201, again.text
    assert first.json().get("number") in (None, again.json()["number"])
    page = await copies.send(1, an_ip(), headers=PAGE, data=sent, **how)
    assert (page.status_code, again.json()["number"] in page.text) == (201, True)
    for changes, key in (({"description": "Un'altra cosa, con più parole."}, how["key"]), ({}, random_id())):
        refused = await copies.send(1, an_ip(), json={**sent, **changes}, query=how["query"], key=key)
        assert refused.status_code == 401


async def test_who_is_vouched_for_is_counted_alone(copies: Copies) -> None:
    address, word = an_ip(), site_context("demo-site", PERSON, KEY)
    await used_up(copies, address)
    form = a_form(_context=word)
    statuses = [(await copies.send(n % 2, address, query="&site=demo-site", json=form)).status_code for n in range(6)]
    assert (sum(status < 300 for status in statuses), statuses.count(429)) == (4, 2)


@pytest.mark.parametrize(
    ("query", "changes", "status"),
    [
        ("", {"_site": "www"}, 422),
        ("", {"verified": True, "subject": "luca.bianchi"}, 422),
        ("", {"requester": {"name": "x"}}, 422),
        ("", {"_context": site_context("portal", PERSON, "x" * 40)}, 401),
        ("&site=portal", {"_context": site_context("demo-site", PERSON, KEY)}, 401),
        ("&site=www&site=nowhere", {}, 403),
        ("", {"_version": "99"}, 409),
        ("", {"_version": "one"}, 409),
    ],
)
async def test_nothing_in_a_hidden_field_is_trusted(
    copies: Copies, query: str, changes: dict[str, Any], status: int
) -> None:
    form = a_form()
    answer = await copies.send(0, an_ip(), query=query, json={**form, **changes})
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    bad = await copies.client.post(
        f"{copies.urls[0]}/forms/credentials/submissions", json={**form, "_key": "k" * 101}, headers=JSON
    )
    assert bad.status_code == 422
    assert await copies.desk.of(form["email"]) == []


async def test_a_pdf_that_does_something_is_refused_by_name_and_the_rest_is_kept(copies: Copies) -> None:
    fees = {"name": "Ada Rossi", "email": an_address(), "kind": "payment-missing", "academic_year": "2026-2027"}
    fees |= {"student_number": "123456", "amount": "156,50", "paid_on": "2026-11-02", "description": "Ho già pagato."}
    evil = {"receipt": ("../ricevuta\u202efdp.pdf", a_pdf(root(OpenAction=JS)), "application/pdf")}
    page = await copies.send(0, an_ip(), "fees", PAGE, data=fees, files=evil)
    assert page.status_code == 415
    assert "Il PDF «ricevutafdp.pdf» contiene programmi" in html.unescape(page.text)
    assert "Ho già pagato." in html.unescape(page.text)
    many = [("receipt", (f"{number}.pdf", PDF)) for number in range(3)]
    assert (await copies.send(0, an_ip(), "fees", data=fees, files=many)).status_code == 422
    good = {"receipt": ("ricevuta.pdf", PDF)}
    assert (await copies.send(0, an_ip(), "fees", data=fees, files=good)).status_code < 300


async def test_the_file_is_taken_while_it_runs_and_a_fault_keeps_the_old_one(copies: Copies) -> None:
    file = copies.desk.config.parent / "strict" / "guard.yml"

    async def plain(expected: int) -> bool:
        return (await copies.send(0, an_ip(), json=a_form())).status_code == expected

    try:
        file.write_text(RULES.replace("plain: {burst: 6", "plain: {burst: 0"))
        await eventually(lambda: plain(429))
        file.write_text("copies: many\n")
        await asyncio.sleep(2.5)  # two looks at the file
        assert await plain(429)
    finally:
        file.write_text(RULES)
        await eventually(lambda: plain(201))


@needs_chromium
async def test_a_browser_works_for_its_form_and_nobody_sees_it(copies: Copies, tmp_path: Path) -> None:
    """No room but for who has a proof: a multipart body with a file, accents and line ends, as a browser makes it."""
    config, port, complaints = tmp_path / "config", free_port(), Complaints()
    shutil.copytree(copies.desk.config, config)
    (config / "guard.yml").write_text("unlimited: []\nall_forms: {rates: {plain: {burst: 0, per_hour: 0}}}\n")
    url = f"http://127.0.0.1:{port}"
    settings = copies.desk.settings.model_copy(update={"config_dir": config, "intake_url": url})
    email = an_address()
    async with serving(intake_app.build(settings), port), a_browser() as browser:
        page = await a_page(browser, complaints, wide=False)
        await page.goto(f"{url}/forms/fees?lang=it")
        await expect(page.locator("#f-_more")).not_to_be_in_viewport()
        await page.locator("[name=name]").fill("Niccolò D'Amè")
        await page.locator("[name=email]").fill(email)
        await page.locator("[name=kind][value=payment-missing]").check()
        await page.locator("[name=academic_year][value='2026-2027']").check()
        await page.locator("[name=student_number]").fill("123456")
        await page.locator("[name=amount]").fill("156,50")
        await page.locator("[name=paid_on]").fill("2026-11-02")
        receipt: FilePayload = {"name": "è.pdf", "mimeType": "application/pdf", "buffer": PDF}
        await page.locator("[name=receipt]").set_input_files([receipt])
        await page.locator("[name=description]").fill("Ho pagato:\n\n– la prima rata «intera» 💶\nma non risulta.")
        await page.locator("#f-_more").evaluate("field => { field.value = 'filled in by the browser'; }")
        await page.get_by_role("button", name="Invia").click()
        await expect(page.locator("output").first).not_to_be_empty(timeout=30_000)
    assert complaints.found == []
    ticket = await copies.desk.ticket(email)
    assert [file["name"] for file in ticket["articles"][0]["attachments"]] == ["è.pdf"]


@needs_chromium
async def test_when_no_work_is_to_be_had_the_form_is_sent_all_the_same(copies: Copies) -> None:
    complaints, email = Complaints("net::ERR_FAILED"), an_address()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await page.route("**/challenge*", lambda route: route.abort())
        await page.goto(f"{copies.desk.intake}/forms/credentials?lang=it")
        for name in ("name", "email", "description"):
            await page.locator(f"[name={name}]").fill(a_form(email=email)[name])
        await page.locator("[name=role][value=student]").check()
        await page.locator("[name=kind][value=password]").check()
        await page.get_by_role("button", name="Invia").click()
        await expect(page.locator(".sp-result").first).to_be_visible(timeout=20_000)
    assert complaints.found == []
    assert (await copies.desk.ticket(email))["requester"]["email"] == email
