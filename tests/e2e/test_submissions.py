"""What a site sends and what it is told: every status intake answers, on the running system."""

import asyncio
from typing import Any

import httpx
import pytest

from shared.ids import random_id
from tests.conftest import eventually
from tests.system import GIULIA, System, a_form
from tests.unit.shared.filesamples import PDF

pytestmark = pytest.mark.e2e

FEES: dict[str, str] = {
    "name": "Ada Rossi",
    "kind": "payment-missing",
    "academic_year": "2026-2027",
    "student_number": "123456",
    "amount": "156,50",
    "paid_on": "2026-11-02",
    "description": "Ho pagato la prima rata, ma risulta ancora da pagare.",
}


def an_address() -> str:
    """An address nobody else uses in this run."""
    return f"ada-{random_id()[:12]}@studenti.example"


async def test_s1_s4_s7_a_form_becomes_a_ticket_with_a_number(system: System) -> None:
    """S1, S4, S7: JSON in, 201 with the number, the ticket in the right queue (S18) with its request (S20)."""
    email = an_address()
    answer = await system.send(a_form(email))
    assert answer.status_code == 201, answer.text
    number = answer.json()["number"]
    ticket = await system.tickets.get(f"/tickets/{number}", GIULIA)
    assert (ticket["queue"], ticket["state"], ticket["requester"]["email"]) == ("credentials", "new", email)
    assert ticket["articles"][0]["fields"]["kind"] == "password"
    status = await system.intake.get(answer.headers["Location"], headers={"Accept": "application/json"})
    assert status.json() == {"number": number, "state": "new"}


async def test_form_data_and_multipart_with_a_file(system: System) -> None:
    """S20: what was attached is an attachment of the request's article."""
    email = an_address()
    answer = await system.intake.post(
        "/forms/fees/submissions?lang=it",
        data={**FEES, "email": email},
        files={"receipt": ("ricevuta.pdf", PDF, "application/pdf")},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 201, answer.text
    ticket = await system.tickets.get(f"/tickets/{answer.json()['number']}", GIULIA)
    request = ticket["articles"][0]
    assert request["fields"]["amount"] == 156.5
    assert [(file["name"], file["size"]) for file in request["attachments"]] == [("ricevuta.pdf", len(PDF))]
    plain = await system.intake.post(
        "/forms/credentials/submissions", data=a_form(an_address()), headers={"Accept": "application/json"}
    )
    assert plain.status_code == 201, plain.text


async def test_the_same_key_is_the_same_submission_however_often_it_comes(system: System) -> None:
    email, key = an_address(), random_id()
    answers = await asyncio.gather(
        *(system.send(a_form(email), **{"Idempotency-Key": key}) for _ in range(6)),
    )
    assert {answer.status_code for answer in answers} <= {201, 202}
    again = await system.send(a_form(email), **{"Idempotency-Key": key})
    assert again.status_code == 201
    tickets = [each for each in await system.all_tickets() if each["requester"]["email"] == email]
    assert [each["number"] for each in tickets] == [again.json()["number"]]
    assert len(await asyncio.to_thread(system.stack.mails.wait_for, 1, to=email)) == 1


async def test_respond_async_is_answered_202_and_the_number_follows(system: System) -> None:
    answer = await system.send(a_form(an_address()), Prefer="respond-async")
    assert answer.status_code == 202
    assert "number" not in answer.json()

    async def number() -> Any:
        status = await system.intake.get(answer.json()["status_url"], headers={"Accept": "application/json"})
        return status.json()["number"]

    assert len(await eventually(number)) >= 14


@pytest.mark.parametrize("language", ["it", "en"])
async def test_each_wrong_field_is_named_with_a_sentence_in_the_pages_language(system: System, language: str) -> None:
    wrong = {"name": "", "email": "no", "role": "king", "kind": "password", "surprise": 1}
    answer = await system.intake.post(
        f"/forms/credentials/submissions?lang={language}", json=wrong, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    faults = {fault["field"]: fault["message"] for fault in answer.json()["errors"]}
    assert {"name", "email", "role", "description", "surprise"} <= set(faults)
    assert all(sentence.endswith((".", "!")) for sentence in faults.values())
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("/forms/nothing/submissions", {"json": {}}, 404),
        ("/forms/credentials/submissions", {"content": b"{", "headers": {"Content-Type": "application/json"}}, 422),
        ("/forms/credentials/submissions", {"json": [1]}, 422),
        ("/forms/credentials/submissions", {"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415),
        ("/forms/credentials/submissions", {"json": {"description": "x" * 600_000}}, 413),
        ("/forms/credentials/submissions?site=nowhere", {"json": {}}, 403),
        ("/forms/credentials/submissions", {"json": {}, "headers": {"Origin": "https://evil.example"}}, 403),
        ("/forms/credentials/submissions", {"json": {}, "headers": {"Idempotency-Key": "k" * 101}}, 422),
        ("/forms/fees/submissions", {"data": FEES, "files": {"receipt": ("a.pdf", b"MZ\x90\x00" * 99)}}, 415),
        ("/forms/fees/submissions", {"data": FEES, "files": {"receipt": ("a.exe", PDF)}}, 415),
        ("/forms/fees/submissions", {"data": FEES, "files": {"receipt": ("a.pdf", PDF + b" " * 9_000_000)}}, 413),
    ],
)
async def test_what_is_refused_is_refused_with_its_status_and_leaves_nothing(
    system: System, path: str, options: dict[str, Any], status: int
) -> None:
    email = an_address()
    options = dict(options)
    if "data" in options:
        options["data"] = {**options["data"], "email": email}
    headers = {"Accept": "application/json", **options.pop("headers", {})}
    answer = await system.intake.post(path, headers=headers, **options)
    assert answer.status_code == status, answer.text
    assert answer.json()["status"] == status
    assert answer.json()["detail"]
    assert await system.ticket_of(email) is None


async def test_a_page_of_an_allowed_origin_may_read_the_answer_and_no_other(system: System) -> None:
    """C6: CORS for each form and site, never with cookies."""
    site = system.stack.urls.site
    preflight = await system.intake.options(
        "/forms/credentials/submissions",
        headers={"Origin": site, "Access-Control-Request-Method": "POST"},
    )
    assert preflight.headers["access-control-allow-origin"] == site
    assert "Idempotency-Key" in preflight.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in preflight.headers
    stranger = await system.intake.options("/forms/credentials/submissions", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in stranger.headers
    sent = await system.intake.post(
        "/forms/credentials/submissions?site=demo-site",
        json=a_form(an_address()),
        headers={"Origin": site, "Accept": "application/json"},
    )
    assert sent.status_code == 201, sent.text
    assert sent.headers["access-control-allow-origin"] == site


async def test_a_forged_status_link_leads_nowhere(system: System) -> None:
    answer = await system.intake.get("/submissions/forged", headers={"Accept": "application/json"})
    assert answer.status_code == 401


async def test_every_form_has_its_page_and_contract(system: System) -> None:
    """S2: several forms, one for each kind of request."""
    listed = (await system.intake.get("/forms", headers={"Accept": "application/json"})).json()["forms"]
    assert len(listed) >= 6
    for form in listed:
        contract = (await system.intake.get(f"/forms/{form['form']}/contract")).json()
        assert contract["schema"]["$schema"].startswith("https://json-schema.org/")
        for language in ("it", "en"):
            page = await system.intake.get(f"/forms/{form['form']}?lang={language}", headers={"Accept": "text/html"})
            assert page.status_code == 200
            assert f'lang="{language}"' in page.text
            assert "<script>" not in page.text


async def test_the_page_works_without_javascript(system: System) -> None:
    """A browser's plain POST: errors keep what was typed, success shows the number."""
    html = {"Accept": "text/html", "Origin": system.stack.urls.intake}
    wrong = await system.intake.post(
        "/forms/credentials/submissions?lang=it", data=a_form("no", _key="k1"), headers=html
    )
    assert wrong.status_code == 422
    assert "la password non viene accettata" in wrong.text
    assert 'value="k1"' in wrong.text
    right = await system.intake.post(
        "/forms/credentials/submissions?lang=it", data=a_form(an_address(), _key="k1"), headers=html
    )
    assert right.status_code == 201
    assert "text/html" in right.headers["content-type"]


async def test_internal_doors_are_closed_without_a_token(system: System) -> None:
    async with httpx.AsyncClient() as client:
        for url in (
            f"{system.stack.urls.tickets}/tickets",
            f"{system.stack.urls.routing}/queues",
            f"{system.stack.urls.notifier}/mails?ticket=x",
        ):
            assert (await client.get(url)).status_code == 401
            assert (await client.get(url, headers={"Authorization": "Bearer x.y.z"})).status_code == 401
