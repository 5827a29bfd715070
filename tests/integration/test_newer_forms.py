"""Forms that change while everything runs: sites and services know within seconds, and a wrong file changes nothing."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import structlog
import yaml

from demo.ports import free_port
from demo.servers import Broker, Server
from services.intake import app as intake_app
from services.intake.preview_links import preview_token
from services.portal import app as portal_app
from shared.ids import random_id
from tests.conftest import eventually
from tests.integration.formdesk import GIULIA, KEY, FormDesk, a_form_desk, an_address
from tests.integration.house import serving
from tests.integration.test_forms_pages import VALUES

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
JSON = {"Accept": "application/json"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(broker: Broker, store: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FormDesk]:
    async with a_form_desk(broker, store, tmp_path_factory.mktemp("desk"), {}) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def person(desk: FormDesk) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=desk.intake, headers=JSON, timeout=30) as client:
        yield client


@pytest.fixture
def folder(desk: FormDesk) -> Iterator[Callable[[str, str], None]]:
    """Writes a file of the configuration; all of them are as they were when the test is over."""
    before: dict[Path, bytes | None] = {}

    def write(name: str, text: str) -> None:
        path = desk.config / name
        before.setdefault(path, path.read_bytes() if path.exists() else None)
        path.write_text(text)

    yield write
    for path, content in before.items():
        path.unlink() if content is None else path.write_bytes(content)


async def shown(person: httpx.AsyncClient, path: str, wanted: Callable[[httpx.Response], bool]) -> httpx.Response:
    """The page, once it is as `wanted`."""

    async def asked() -> httpx.Response | None:
        answer = await person.get(path)
        return answer if wanted(answer) else None

    found: httpx.Response = await eventually(asked, timeout=20)
    return found


def a_form(desk: FormDesk, form_id: str = "wifi", **changes: Any) -> str:
    """A new form: the one for credentials under another name."""
    form = yaml.safe_load((desk.config / "forms" / "credentials.v1.yml").read_text())
    form |= {"id": form_id, "title": {"it": "Rete senza fili", "en": "Wireless network"}, **changes}
    return yaml.safe_dump(form, sort_keys=False, allow_unicode=True)


async def test_a_new_form_is_there_with_its_guide_and_questions_in_any_order_of_saving(
    desk: FormDesk, person: httpx.AsyncClient, folder: Callable[[str, str], None]
) -> None:
    """What names the form is saved before the form is: it waits, refused, and holds once the form is right."""
    faq = yaml.safe_dump(
        {
            "questions": [
                {
                    "id": "wifi-where",
                    "forms": ["wifi"],
                    "question": {"it": "Dove c'è la rete?", "en": "Where is the network?"},
                    "answer": {"it": "In tutte le biblioteche.", "en": "In all libraries."},
                }
            ]
        }
    )
    folder("faq/wifi.yml", faq)
    guide = yaml.safe_load((desk.config / "guide.yml").read_text())
    guide["forms"]["wifi"] = {"queue": guide["forms"]["credentials"]["queue"], "words": {"it": ["antenna"]}}
    folder("guide.yml", yaml.safe_dump(guide, allow_unicode=True))
    await asyncio.sleep(3)
    assert (await person.get("/forms/wifi/contract")).status_code == 404
    assert "wifi-where" not in (await person.get("/faq?lang=it")).text

    folder("forms/wifi.v1.yml", a_form(desk))
    await shown(person, "/forms/wifi/contract", lambda answer: answer.status_code == 200)
    assert "wifi" in [form["form"] for form in (await person.get("/forms")).json()["forms"]]
    page = await person.get("/forms?lang=it&q=antenna", headers={"Accept": "text/html"})
    assert "Rete senza fili" in page.text
    await shown(person, "/faq?lang=it", lambda answer: "wifi-where" in answer.text)

    email = an_address()
    sent = await person.post("/forms/wifi/submissions", json={**VALUES, "email": email})
    assert sent.status_code in (201, 202), sent.text
    ticket = await desk.ticket(email)
    assert (ticket["form"], ticket["version"]) == ("wifi", 1)
    # The owner of tickets knows it too: it can ask for a field of the form.
    wish = {"seen": ticket["seq"], "text": "Quale nome utente?", "fields": ["username"]}
    asked = await desk.tickets.post(f"/tickets/{ticket['number']}/information-requests", GIULIA, wish, key=random_id())
    assert asked["number"] == ticket["number"]


@pytest.mark.parametrize("what", ["wrong", "edited after its release", "gone", "half there"])
async def test_a_wrong_file_changes_nothing_and_is_named(
    desk: FormDesk, person: httpx.AsyncClient, folder: Callable[[str, str], None], what: str
) -> None:
    released = (desk.config / "forms" / "fees.v1.yml").read_text()
    before = (await person.get("/forms/fees/contract")).json()
    name, text = {
        "wrong": ("forms/fees.v2.yml", released.replace("version: 1", "version: 2").replace("type: ", "type: un")),
        "edited after its release": ("forms/fees.v1.yml", released + "# one more line\n"),
        "gone": ("forms/fees.v1.yml", ""),
        "half there": ("forms/fees.v2.yml", released[: len(released) // 2]),
    }[what]
    preview = f"/forms/preview?lang=it&token={preview_token(KEY, 1)}"
    await shown(person, preview, lambda answer: "non è in vigore" not in answer.text)
    with structlog.testing.capture_logs() as logs:
        folder(name, text)
        if what == "gone":
            (desk.config / name).unlink()
        refused = await eventually(
            lambda: [one for one in logs if one["event"].startswith("configuration refused")], timeout=20
        )
    assert any(f"fees.v{name[-5]}.yml" in one["fault"] or "released.sha256" in one["fault"] for one in refused)
    assert (await person.get("/forms/fees/contract")).json() == before
    # The form maker needs no log to know.
    told = await shown(person, preview, lambda answer: "Una modifica salvata non è in vigore" in answer.text)
    assert re.search(r"<code>forms/(fees\.v\d\.yml|released\.sha256):\d+: ", told.text)


async def test_what_editors_and_systems_put_beside_a_form_disturbs_nothing(
    desk: FormDesk, person: httpx.AsyncClient
) -> None:
    """A lock of Emacs (a link to nowhere), a shadow of macOS; then a file saved as editors do, by renaming another."""
    forms = desk.config / "forms"
    beside = [forms / ".#fees.v1.yml", forms / "._fees.v1.yml", forms / "fees.v2.yml~"]
    beside[0].symlink_to("somebody@nowhere.1234")
    beside[1].write_bytes(b"\x00\x05\x16\x07")
    beside[2].write_text("half")
    newer = (forms / "fees.v1.yml").read_text().replace("version: 1", "version: 2")
    try:
        (forms / "new.tmp").write_text(newer)
        (forms / "new.tmp").rename(forms / "fees.v2.yml")
        await shown(person, "/forms/fees/contract", lambda answer: answer.json()["version"] == 2)
    finally:
        for path in (*beside, forms / "fees.v2.yml"):
            path.unlink()
    await shown(person, "/forms/fees/contract", lambda answer: answer.json()["version"] == 1)


async def test_a_folder_that_is_swapped_by_a_link_is_taken(
    desk: FormDesk, person: httpx.AsyncClient, tmp_path: Path
) -> None:
    """As Kubernetes mounts a ConfigMap: each file a link into `..data`, which is swapped as a whole."""
    port, config = free_port(), tmp_path / "mounted"
    for version in ("one", "two"):
        shutil.copytree(desk.config, tmp_path / version)
    newer = tmp_path / "two" / "forms" / "fees.v1.yml"
    (newer.parent / "fees.v2.yml").write_text(newer.read_text().replace("version: 1", "version: 2"))
    config.mkdir()
    (config / "..data").symlink_to(tmp_path / "one")
    for each in (tmp_path / "one").iterdir():
        (config / each.name).symlink_to(Path("..data") / each.name)
    async with serving(intake_app.build(desk.settings.model_copy(update={"config_dir": config})), port):
        there = f"http://127.0.0.1:{port}/forms/fees/contract"
        assert (await person.get(there)).json()["version"] == 1
        (config / "..next").symlink_to(tmp_path / "two")
        (config / "..next").rename(config / "..data")
        await shown(person, there, lambda answer: answer.json()["version"] == 2)


async def test_a_copy_that_reads_later_waits_for_the_version_that_another_showed(
    desk: FormDesk, person: httpx.AsyncClient
) -> None:
    """Drawn by the copy that has the new version, sent to one that hasn't yet."""
    port, late = free_port(), intake_app.build(desk.settings)
    there = f"http://127.0.0.1:{port}/forms/credentials"
    body = {**VALUES, "student_number": "1234567", "_version": "2"}
    body.pop("username")

    async def send(email: str, **how: Any) -> httpx.Response:
        return await person.post(f"{there}/submissions", headers={"Idempotency-Key": random_id()}, **how)

    async with serving(late, port):
        await late.state.config.stop()
        await desk.change_credentials()
        try:
            assert (await person.get(f"{there}/contract")).json()["version"] == 1
            emails = [an_address(), an_address()]
            sending = [
                asyncio.create_task(send(emails[0], data={**body, "email": emails[0]})),
                asyncio.create_task(send(emails[1], json={**body, "email": emails[1]})),
            ]
            await asyncio.sleep(1)
            assert not any(one.done() for one in sending)
            await late.state.config.look()
            await late.state.config.look()
            for email, one in zip(emails, sending, strict=True):
                sent = await one
                assert sent.status_code in (201, 202), sent.text
                assert (await desk.ticket(email))["version"] == 2
        finally:
            await desk.forget_change()


async def test_operators_read_the_answers_to_a_question_that_came_while_they_work(
    desk: FormDesk, person: httpx.AsyncClient
) -> None:
    port, email = free_port(), an_address()
    settings = desk.settings.model_copy(update={"portal_url": f"http://127.0.0.1:{port}", "port": port, "demo": "on"})
    async with serving(portal_app.build(settings), port), httpx.AsyncClient(base_url=settings.portal_url) as giulia:
        assert (await giulia.post("/sign-in", data={"person": GIULIA.id})).status_code == 303
        await desk.change_credentials()
        try:
            body = {**VALUES, "email": email, "student_number": "7654321"}
            body.pop("username")
            sent = await person.post("/forms/credentials/submissions", json=body)
            assert sent.status_code in (201, 202), sent.text
            number = (await desk.ticket(email))["number"]
            page = await shown(giulia, f"/tickets/{number}", lambda answer: "Matricola" in answer.text)
            assert "7654321" in page.text
        finally:
            await desk.forget_change()


async def test_a_version_that_never_comes_is_not_waited_for_long(desk: FormDesk, person: httpx.AsyncClient) -> None:
    for version, least in (("2", 1.0), ("3", 0.0), ("99999999999999", 0.0), ("\u0662", 0.0)):
        began = asyncio.get_running_loop().time()
        body = {**VALUES, "email": an_address(), "_version": version}
        refused = await person.post("/forms/credentials/submissions", json=body)
        assert (refused.status_code, refused.json()["version"]) == (409, 1)
        assert asyncio.get_running_loop().time() - began >= least
