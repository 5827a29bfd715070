"""The portal before the real tickets service: who sees what, what a form may do, what a stream tells."""

import asyncio
import contextlib
import html
import json
import re
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from demo.ports import free_port
from demo.process import Child
from services.portal import app as portal_app
from shared.events import Attachment
from tests.conftest import eventually
from tests.integration.house import House, a_request, field, fields, serving
from tests.unit.samples import routed

# One house for all: the tests tell their tickets apart by their subjects.
pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

SECRET = "Il mio gatto si chiama <b>Fufi</b>."


async def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back(house: House) -> None:
    async with house.browser() as browser:
        stream = await browser.get("/events", headers={"Accept": "text/event-stream"})
        assert stream.status_code == 401
        for path in ("/", "/tickets", "/tickets/20261123000013?x=1", "/my", "/dead"):
            answer = await browser.get(path)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/sign-in")
        page = await browser.get("/sign-in", params={"next": "/tickets?state=new"})
        assert "L’accesso dimostrativo è attivo." in page.text
        answer = await browser.post("/sign-in", data={"person": "giulia.conti", "wanted": field(page.text, "wanted")})
        assert answer.headers["location"] == "/tickets?state=new"


async def test_every_answer_is_strict_about_what_a_browser_may_do(house: House) -> None:
    async with house.person("giulia.conti") as giulia:
        for path in ("/", "/tickets", "/my", "/dead", "/sign-in", "/nothing"):
            answer = await giulia.get(path)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'self'" in policy
            assert "unsafe" not in policy
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-frame-options"] == "DENY"
            assert not re.search(r"<script>|<style| style=| on\w+=", answer.text), path
            assert len(answer.text) < 150_000
    async with house.browser() as browser:
        cookie = (await browser.post("/sign-in", data={"person": "giulia.conti"})).headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie


async def test_a_session_ends_where_it_lives(house: House) -> None:
    async with house.person("giulia.conti") as giulia:
        stolen = dict(giulia.cookies)
        page = await giulia.get("/")
        await giulia.post("/sign-out", data={"csrf": field(page.text, "csrf")})
        async with house.browser() as thief:
            thief.cookies.update(stolen)
            assert (await thief.get("/")).status_code == 303
            assert (await thief.get("/", headers={"HX-Request": "true"})).headers["hx-redirect"] == "/sign-in"


async def test_s6_s9_s12_a_ticket_is_taken_and_the_second_is_told_who_was_first(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia, house.person("marco.ferri") as marco:
        giulias, marcos = [(await who.get(f"/tickets/{number}")).text for who in (giulia, marco)]
        assert "Ancora nessuno" in giulias
        done = await giulia.post(f"/tickets/{number}/take", data=fields(giulias, "csrf", "key", "seen"))
        assert "Hai preso in carico" in done.text
        late = await marco.post(f"/tickets/{number}/take", data=fields(marcos, "csrf", "key", "seen"))
        assert "Giulia Conti ha fatto prima" in late.text
        again = await giulia.post(f"/tickets/{number}/take", data=fields(giulias, "csrf", "key", "seen"))
        assert again.text.count("Preso in carico da Giulia Conti") == 1
        assert "Giulia Conti" in (await marco.get("/")).text


async def test_a_forged_form_does_nothing(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        wish = fields((await giulia.get(f"/tickets/{number}")).text, "csrf", "key", "seen")
        foreign = {"Sec-Fetch-Site": "cross-site"}
        for data, headers in (({**wish, "csrf": "x"}, {}), (wish, foreign), (wish, {"Origin": "http://evil.example"})):
            answer = await giulia.post(f"/tickets/{number}/take", data=data, headers=headers)
            assert answer.status_code == 403
            assert "Questo modulo non può essere accettato" in answer.text
        assert (await giulia.post("/sign-in", data={"person": "sara.lombardi"}, headers=foreign)).status_code == 403
        assert "Ancora nessuno" in (await giulia.get(f"/tickets/{number}")).text


async def test_s24_a_user_sees_their_own_and_nothing_of_ours(house: House) -> None:
    number = await house.ticket(values={"kind": "password", "description": SECRET})
    async with house.person("marco.ferri") as marco:
        page = (await marco.get(f"/tickets/{number}")).text
        assert html.escape(SECRET) in page
        assert SECRET not in page
        await marco.post(f"/tickets/{number}/take", data=fields(page, "csrf", "key", "seen"))
    async with house.person("luca.bianchi") as luca:
        listed = (await luca.get("/my")).text
        assert number in listed
        assert "Presa in carico" in listed
        own = (await luca.get(f"/my/{number}")).text
        assert html.escape(SECRET) in own
        assert "Presa in carico" in own
        assert not re.search(r"Marco Ferri|marco\.ferri|Storia|solo interno|ticket\.taken", listed + own)
        assert str((await luca.get(f"/tickets/{number}")).url).endswith(f"/my/{number}")
        for path in ("/tickets", "/dead", "/find?number=1"):
            assert (await luca.get(path)).status_code == 403
        assert "Le mie richieste" in (await luca.get("/")).text
    async with house.person("chiara.russo") as chiara:
        assert number not in (await chiara.get("/my")).text
        assert (await chiara.get(f"/my/{number}")).status_code == 404
    async with house.person("giulia.conti") as giulia:
        assert number not in (await giulia.get("/my")).text
        assert (await giulia.get(f"/my/{number}")).status_code == 404


async def test_an_attachment_leaves_as_a_download_for_those_who_may(house: House) -> None:
    draft = a_request()
    key = await house.blobs.put(draft.id, b"%PDF-1.7")
    file = Attachment(key=key, name="ricevuta.pdf", media_type="application/pdf", size=8, field="receipt")
    await house.bus.publish(routed(draft.model_copy(update={"attachments": (file,)})))
    number = await house.number_of(draft)
    stray = await house.blobs.put("elsewhere", b"not yours")
    async with house.person("giulia.conti") as giulia, house.person("luca.bianchi") as luca:
        for who, path in ((giulia, f"/tickets/{number}"), (luca, f"/my/{number}")):
            assert f'href="{path}/attachments/{key}"' in (await who.get(path)).text
            answer = await who.get(f"{path}/attachments/{key}")
            assert (answer.status_code, answer.content) == (200, b"%PDF-1.7")
            assert answer.headers["content-disposition"].startswith('attachment; filename="ricevuta.pdf"')
            assert "sandbox" in answer.headers["content-security-policy"]
            assert (await who.get(f"{path}/attachments/{stray}")).status_code == 404
    async with house.person("chiara.russo") as chiara:
        for path in (f"/my/{number}", f"/tickets/{number}"):
            assert (await chiara.get(f"{path}/attachments/{key}")).status_code in (403, 404)


async def test_the_language_is_chosen_and_remembered(house: House) -> None:
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get("/tickets?state=new")).text
        assert '<html lang="it"' in page
        wish = {**fields(page, "csrf", "back"), "language": "en"}
        answer = await giulia.post("/language", data=wish)
        assert '<html lang="en"' in answer.text
        assert str(answer.url).endswith("/tickets?state=new")
        assert '<html lang="en"' in (await giulia.get("/")).text
        away = await giulia.post("/language", data={**wish, "back": "https://evil.example/"}, follow_redirects=False)
        assert away.headers["location"] == "/"
        await giulia.post("/language", data={**wish, "language": "it"})  # as the other tests know her


async def test_pages_of_a_list_show_each_ticket_once(house: House) -> None:
    for _ in range(28):
        await house.bus.publish(routed(a_request(), queue="internships"))

    async def walk() -> list[str]:
        seen: list[str] = []
        async with house.person("giulia.conti") as giulia:
            address: str | None = "/tickets?state=new&queue=internships"
            while address:
                page = (await giulia.get(address)).text
                seen += re.findall(r'class="row-link" [^>]*href="/tickets/(\d+)"', page)
                older = re.search(r'href="([^"]*)" id="pager-older"', page)
                address = html.unescape(older[1]) if older else None
        return seen

    async def all_there() -> list[str] | None:
        seen = await walk()
        return seen if len(seen) == 28 else None

    assert len(set(await eventually(all_there))) == 28


async def test_unknown_things_get_a_clear_page(house: House) -> None:
    async with house.person("giulia.conti") as giulia:
        for path in ("/nothing", "/tickets/20261123999999", "/tickets/counts", "/tickets/..%2Fcounts", "/my/x"):
            answer = await giulia.get(path)
            assert answer.status_code == 404, path
            assert "Qui non c’è niente" in answer.text
        assert (await giulia.get("/tickets?state=lost")).status_code == 422
        assert (await giulia.get("/find", params={"number": "2026 1123-000013"})).url.path == "/tickets/20261123000013"
        # Words are looked for, so nobody is left before a list that says nothing of them.
        assert (await giulia.get("/find", params={"number": " posta & 😀"})).url.params["text"] == "posta & 😀"
        large = await giulia.post("/language", data={"csrf": "x" * 1_100_000})
        assert large.status_code == 413


async def words(stream: httpx.Response) -> AsyncIterator[dict[str, str]]:
    """What a stream says, `hello` first."""
    async for line in stream.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


async def about(said: AsyncIterator[dict[str, str]], number: str) -> dict[str, str]:
    """The next word about one ticket; facts of earlier tests may still be on their way."""
    return await anext(word async for word in said if word.get("number") == number)


async def test_s12_streams_tell_at_once_and_only_those_who_may_know(house: House) -> None:
    accept = {"Accept": "text/event-stream"}
    async with contextlib.AsyncExitStack() as stack:
        heard = []
        for person in ("giulia.conti", "luca.bianchi", "chiara.russo"):
            browser = await stack.enter_async_context(house.person(person))
            stream = await stack.enter_async_context(browser.stream("GET", "/events", headers=accept, timeout=20))
            assert stream.headers["content-type"].startswith("text/event-stream")
            said = words(stream)
            assert await anext(said) == {}
            heard.append(said)
        number = await house.ticket()
        async with asyncio.timeout(10):
            assert await about(heard[0], number) == {"number": number, "what": "ticket.opened.v1"}
            assert await about(heard[1], number) == {"number": number}
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await anext(heard[2])


async def test_when_tickets_is_down_the_page_says_so_and_offers_another_try(house: House) -> None:
    settings = house.settings.model_copy(
        update={"tickets_urls": f"http://127.0.0.1:{free_port()}", "port": free_port()}
    )
    async with serving(portal_app.build(settings), settings.port), house.person("giulia.conti") as giulia:
        answer = await giulia.get(f"http://127.0.0.1:{settings.port}/tickets?state=new")
        assert answer.status_code == 503
        assert 'href="/tickets?state=new">Riprova' in answer.text


async def test_it_leaves_at_once_with_a_stream_open(house: House, tmp_path: Path) -> None:
    """A browser's stream must not keep the process: SIGTERM to gone in less than 3 s."""
    port = free_port()
    settings = house.settings.model_dump(mode="json") | {"port": port}
    env = {f"SPORTELLO_{name.upper()}": str(value) for name, value in settings.items() if value not in ("", None)}
    child = Child(
        "portal", [sys.executable, "-m", "services.portal"], env=env, cwd=Path.cwd(), log=tmp_path / "portal.log"
    )
    child.start()
    async with house.person("giulia.conti") as giulia:

        async def ready() -> bool:
            with contextlib.suppress(httpx.TransportError):
                return (await giulia.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 204
            return False

        await eventually(ready, timeout=30)
        async with giulia.stream("GET", f"http://127.0.0.1:{port}/events", timeout=20) as stream:
            said = words(stream)
            assert await anext(said) == {}
            started = time.monotonic()
            child.terminate()
            assert [word async for word in said] == []
            await eventually(lambda: not child.alive)
    assert time.monotonic() - started < 3
    assert child.ending in ("ended with code 0", f"was killed ({signal.Signals.SIGTERM.name})")


async def test_the_theme_is_chosen_before_the_sign_in_and_written_into_the_page(house: House) -> None:
    async with house.browser() as browser:
        page = (await browser.get("/sign-in")).text
        assert 'data-theme="auto"' in page
        assert '<meta name="color-scheme" content="light dark">' in page
        answer = await browser.post("/theme", data={"theme": "dark", "back": "/sign-in"}, follow_redirects=True)
        assert 'data-theme="dark"' in answer.text
        assert '<meta name="color-scheme" content="dark">' in answer.text
        assert (await browser.post("/theme", data={"theme": "pink"})).status_code == 422


async def test_theme_and_language_follow_their_person_to_every_device(house: House) -> None:
    async with house.person("marco.ferri") as marco:
        page = (await marco.get("/preferences")).text
        wish = {**fields(page, "csrf"), "back": "/preferences"}
        assert 'data-theme="dark"' in (await marco.post("/theme", data={**wish, "theme": "dark"})).text
        assert (
            '<html lang="en" data-theme="dark"' in (await marco.post("/language", data={**wish, "language": "en"})).text
        )
    async with house.person("marco.ferri") as elsewhere:
        assert '<html lang="en" data-theme="dark"' in (await elsewhere.get("/")).text
    async with house.person("giulia.conti") as giulia:
        assert '<html lang="it" data-theme="auto"' in (await giulia.get("/")).text
    async with house.person("marco.ferri") as marco:  # as the other tests know him
        wish = {**fields((await marco.get("/")).text, "csrf"), "back": "/"}
        await marco.post("/theme", data={**wish, "theme": "auto"})
        await marco.post("/language", data={**wish, "language": "it"})
