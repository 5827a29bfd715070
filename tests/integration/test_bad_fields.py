"""Every type of field at, below and above its limits, of wrong types and unknown, before the running intake: what is
refused is told at its field in the sender's language, and nothing else is."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import yaml

from demo.ports import free_port
from demo.servers import Broker
from services.intake import app as intake_app
from shared.config import Settings
from tests.integration.house import serving
from tests.unit.shared.filesamples import a_pdf
from tests.unit.shared.formsamples import EXE, both, field, form_data, options

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

PDF = a_pdf()
MOST = 2_000
FORM = form_data(
    field("line", "text", min_length=2, max_length=10),
    field("code", "text", pattern="[0-9]{3}", pattern_message={"it": "Tre cifre.", "en": "Three digits."}),
    field("story", "longtext", min_length=3, max_length=20),
    field("other", "email"),
    field("phone", "phone"),
    field("amount", "number", minimum=-1, maximum=100.5),
    field("pieces", "number", integer=True, minimum=1, maximum=9),
    field("day", "date", minimum="2026-01-01", maximum="2026-12-31"),
    field("one", "choice", options=options("a", "b")),
    field("many", "choices", options=options("w", "x", "y", "z"), min_count=2, max_count=3),
    field("agree", "checkbox", required=True),
    field("deep", "text", show_when={"field": "one", "equals": "b"}),
    field("files", "file", max_count=2, max_bytes=MOST, types=["pdf"]),
    subject=both("Prova"),
)
GOOD: dict[str, Any] = {"name": "Ada Rossi", "email": "ada.rossi@studenti.example", "agree": True}
# field, answer, and the words (it, en) with which it is refused; None: it is accepted.
Case = tuple[str, Any, tuple[str, str] | None]
TEXT, CHARACTERS = ("Qui serve un testo", "must be text"), ("almeno 2 caratteri", "at least 2 characters")
EMAIL, PHONE = ("indirizzo e-mail completo", "complete e-mail address"), ("numero di telefono", "telephone number")
NUMBER, WHOLE, DATE = (
    ("un numero", "a number"),
    ("numero intero", "whole number"),
    ("data che esiste", "date that exists"),
)
OPTION, TICK = ("risposte proposte", "answers offered"), ("casella", "box")
CASES: list[Case] = [
    ("name", "A", CHARACTERS),
    ("name", "Al", None),
    ("name", "A" * 120, None),
    ("name", "A" * 121, ("al massimo 120", "up to 120")),
    ("name", "", ("Compila questo campo", "Fill in this field")),
    ("name", None, ("Compila questo campo", "Fill in this field")),
    ("email", "a@b.example", None),
    ("email", "a" * 65 + "@b.example", EMAIL),
    ("email", 7, EMAIL),
    ("line", "a", CHARACTERS),
    ("line", "ab", None),
    ("line", "a" * 10, None),
    ("line", "a" * 11, ("al massimo 10", "up to 10")),
    ("line", "due\nrighe", ("invisibili", "invisible")),
    ("line", "ab\u202e", ("invisibili", "invisible")),
    ("line", 12, TEXT),
    ("line", True, TEXT),
    ("line", ["ab"], TEXT),
    ("line", {"a": "b"}, TEXT),
    ("code", "12", ("Tre cifre.", "Three digits.")),
    ("code", "123", None),
    ("code", "1234", ("Tre cifre.", "Three digits.")),
    ("story", "ab", ("almeno 3", "at least 3")),
    ("story", "a\nb", None),
    ("story", "è" * 20, None),
    ("story", "è" * 21, ("al massimo 20", "up to 20")),
    ("other", "nessuno", EMAIL),
    ("other", "a@b", EMAIL),
    ("other", "ada@posta.example", None),
    ("other", f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.example", None),
    ("other", f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.example", EMAIL),
    ("phone", "12345", PHONE),
    ("phone", "123456", None),
    ("phone", "+39 0123 456789", None),
    ("phone", "1" * 15, None),
    ("phone", "1" * 16, PHONE),
    ("phone", "chiamami", PHONE),
    ("amount", -1, None),
    ("amount", -1.01, ("più basso ammesso è -1", "lowest value allowed is -1")),
    ("amount", 100.5, None),
    ("amount", 100.51, ("più alto ammesso è 100,5", "highest value allowed is 100.5")),
    ("amount", "cento", NUMBER),
    ("amount", True, NUMBER),
    ("amount", 10**400, ("più alto", "highest")),
    ("pieces", 0, ("più basso ammesso è 1", "lowest value allowed is 1")),
    ("pieces", 1, None),
    ("pieces", 9, None),
    ("pieces", 10, ("più alto ammesso è 9", "highest value allowed is 9")),
    ("pieces", 1.5, WHOLE),
    ("day", "2025-12-31", ("prima del 1 gennaio 2026", "before 1 January 2026")),
    ("day", "2026-01-01", None),
    ("day", "2026-12-31", None),
    ("day", "2027-01-01", ("dopo il 31 dicembre 2026", "after 31 December 2026")),
    ("day", "2026-02-30", DATE),
    ("day", "ieri", DATE),
    ("day", 20260101, DATE),
    ("one", "a", None),
    ("one", "c", OPTION),
    ("one", ["a"], OPTION),
    ("many", ["w"], ("almeno 2", "at least 2")),
    ("many", ["w", "x"], None),
    ("many", ["w", "x", "y"], None),
    ("many", ["w", "x", "y", "z"], ("al massimo 3", "at most 3")),
    ("many", ["w", "w"], ("due volte", "twice")),
    ("many", ["w", "q"], OPTION),
    ("many", "w", OPTION),
    ("agree", False, TICK),
    ("agree", None, TICK),
    ("agree", "maybe", TICK),
    ("agree", 1, TICK),
    ("deep", "non chiesto", ("non riguarda il tuo caso", "doesn’t concern you")),
    ("files", "a.pdf", ("Qui va allegato un file", "Attach a file here")),
    ("surprise", "ciao", ("non fa parte del modulo", "isn’t part of the form")),
    ("__proto__", {"a": 1}, ("non fa parte del modulo", "isn’t part of the form")),
]
# How many files of which content, the status, and the words.
PAD = MOST - len(PDF)
FILES: list[tuple[list[tuple[str, bytes]], int, tuple[str, str] | None]] = [
    ([("a.pdf", PDF + b"\n" * PAD)], 202, None),
    ([("a.pdf", PDF + b"\n" * (PAD + 1))], 413, ("il massimo è 2", "the limit is 2")),
    ([("a.pdf", PDF), ("b.pdf", PDF)], 202, None),
    ([("a.pdf", PDF), ("b.pdf", PDF), ("c.pdf", PDF)], 422, ("al massimo 2 file", "up to 2 files")),
    ([("a.pdf", b"")], 422, ("è vuoto", "is empty")),
    ([("a.exe", EXE)], 415, ("Sono ammessi: PDF", "Allowed: PDF")),
    ([("a.pdf", EXE)], 415, ("non contiene davvero un PDF", "isn’t really a PDF")),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def intake(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """One form with a field of each type, served by intake."""
    folder: Path = tmp_path_factory.mktemp("fields")
    (folder / "forms").mkdir()
    (folder / "forms" / "sample.v1.yml").write_text(yaml.safe_dump({**FORM, "sites": ["portal"]}))
    (folder / "sites.yml").write_text("sites:\n- {id: portal, names: {it: P, en: P}}\n")
    (folder / "guard.yml").write_text("unlimited: [127.0.0.0/8]\n")
    shutil.copy("config/queues.yml", folder)
    amqp_url = await asyncio.to_thread(broker.new_vhost)
    port = free_port()
    settings = Settings(
        amqp_url=amqp_url,
        blobs_url="memory:///",
        internal_key="k" * 40,
        signing_key="k" * 40,
        intake_url=f"http://127.0.0.1:{port}",
        config_dir=folder,
    )
    async with serving(intake_app.build(settings), port), httpx.AsyncClient(base_url=settings.intake_url) as client:
        client.headers.update({"Accept": "application/json", "Prefer": "respond-async"})
        yield client
    await asyncio.to_thread(broker.drop_vhost, amqp_url)


async def judged(intake: httpx.AsyncClient, language: str, **body: Any) -> tuple[int, dict[str, str]]:
    """The status, and the sentences by field. Each sender has a key of their own."""
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    answer = await intake.post(f"/forms/sample/submissions?lang={language}", headers=headers, **body)
    return answer.status_code, {one["field"]: one["message"] for one in answer.json().get("errors", [])}


@pytest.mark.parametrize(("name", "value", "words"), CASES, ids=[f"{name}-{str(v)[:18]!a}" for name, v, _ in CASES])
async def test_each_answer_is_judged_by_its_own_field(
    intake: httpx.AsyncClient, name: str, value: Any, words: tuple[str, str] | None
) -> None:
    for place, language in enumerate(("it", "en")):
        status, faults = await judged(intake, language, json={**GOOD, name: value})
        if words is None:
            assert (status, faults) == (202, {})
        else:
            assert (status, list(faults)) == (422, [name])
            assert words[place] in faults[name]
            assert faults[name].endswith(".")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [case for case in CASES if isinstance(case[1], str) and case[0] not in ("files", "__proto__")],
    ids=lambda value: str(value)[:18].encode("ascii", "replace").decode(),
)
async def test_form_data_is_judged_as_json_is(
    intake: httpx.AsyncClient, name: str, value: str, words: tuple[str, str] | None
) -> None:
    """A list of one is how form data says a choices field: there `w` is an answer, only too few."""
    status, faults = await judged(intake, "it", data={**GOOD, "agree": "true", name: value})
    if words is None:
        assert (status, faults) == (202, {})
        return
    expected = ("almeno 2",) if name == "many" else words
    assert (status, list(faults)) == (422, [name])
    assert expected[0] in faults[name]


@pytest.mark.parametrize(("sent", "status", "words"), FILES, ids=lambda value: str(value)[:30])
async def test_files_are_judged_by_size_count_and_content(
    intake: httpx.AsyncClient, sent: list[tuple[str, bytes]], status: int, words: tuple[str, str] | None
) -> None:
    for place, language in enumerate(("it", "en")):
        files = [("files", (name, content, "application/pdf")) for name, content in sent]
        found, faults = await judged(intake, language, data={**GOOD, "agree": "true"}, files=files)
        assert found == status, faults
        if words:
            assert words[place] in faults["files"]


async def test_everything_wrong_is_told_at_once_in_the_order_of_the_page(intake: httpx.AsyncClient) -> None:
    wrong = {"line": "a", "pieces": 99, "name": "", "many": ["w"], "day": "mai", "zz": 1}
    status, faults = await judged(intake, "it", json=wrong)
    assert status == 422
    assert list(faults) == ["name", "email", "line", "pieces", "day", "many", "agree", "zz"]


async def test_what_was_typed_stays_on_the_page_for_every_type_of_field(intake: httpx.AsyncClient) -> None:
    typed = {"line": "a", "story": "x", "other": "no", "phone": "1", "amount": "mille", "pieces": "1,5", "day": "mai"}
    typed |= {"one": "b", "many": "w", "deep": "resta"}
    headers = {"Accept": "text/html"}
    page = await intake.post("/forms/sample/submissions?lang=it", data={**GOOD, **typed}, headers=headers)
    assert page.status_code == 422
    for kept in (
        'value="a"',
        "\nx</textarea>",
        'value="no"',
        'value="1"',
        'value="mille"',
        'value="1,5"',
        'value="resta"',
    ):
        assert kept in page.text
    assert page.text.count(" checked") == 2
    assert 'value="b" selected' in page.text
