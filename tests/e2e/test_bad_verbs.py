"""Bad input to the verbs: one sentence with its status, nothing half-done, nothing lost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from shared.identity import information_token, internal_token, sign
from shared.ids import random_id
from tests.system import GIULIA, LUCA, System

pytestmark = pytest.mark.e2e
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).isoformat()

# (verb, body, status, a word of the sentence or of what names the field)
BAD: list[tuple[str, dict[str, Any], int, str]] = [
    ("move", {"queue": "nowhere"}, 422, "no queue 'nowhere'"),
    ("move", {"queue": "fees-accounting"}, 422, "first-level"),
    ("hand-over", {"to": "nobody", "reason": "prova"}, 422, "no operator 'nobody'"),
    ("hand-over", {"to": "luca.bianchi", "reason": "prova"}, 422, "no operator"),
    ("hand-over", {"to": "marco.ferri", "reason": "  "}, 422, "reason"),
    ("responsible", {"to": "nobody"}, 422, "no operator"),
    ("notes", {"text": ""}, 422, "text"),
    ("notes", {"text": " \n "}, 422, "text"),
    ("notes", {"text": "x" * 50_001}, 422, "text"),
    ("notes", {"text": "a\x00b"}, 422, "text"),
    ("answers", {"text": "x", "outcome": "merged"}, 422, "outcome"),
    ("answers", {"text": "x" * 10_000_000}, 413, "large"),
    ("priority", {"priority": 6}, 422, "priority"),
    ("tags", {}, 422, "tag"),
    ("tags", {"add": ["<script>"]}, 422, "add"),
    ("information-requests", {"fields": [], "text": "x"}, 422, "missing"),
    ("information-requests", {"fields": ["description"], "text": "x", "until": YESTERDAY}, 422, "future"),
    ("forwards", {"to": "not an address", "subject": "s", "text": "t"}, 422, "to"),
    ("forwards", {"to": "a@example.org\nBcc: b@example.org", "subject": "s", "text": "t"}, 422, "to"),
    ("forwards", {"to": "a@example.org", "subject": "s\nBcc: b@example.org", "text": "t"}, 422, "subject"),
    ("close", {"outcome": "closed_unsuccessful", "reason": ""}, 422, "reason"),
    ("close", {"outcome": "closed_unsuccessful", "silent": True}, 422, "silently"),
    ("close", {"outcome": "open", "reason": "x"}, 422, "outcome"),
    ("pending", {"until": YESTERDAY}, 422, "future"),
    ("pending", {}, 422, "until when"),
    ("links", {"other": "20000101000010"}, 404, "no such"),
    ("merge", {"target": "20000101000010"}, 404, "no such"),
    ("split", {"article": random_id(), "subject": "x"}, 422, "no such article"),
    ("mails/undo", {"article": random_id()}, 409, "not waiting"),
    ("mails/retry", {"article": random_id()}, 409, "not refused"),
    ("unmerge", {}, 409, "not part of"),
    ("take", {"seen": -1}, 422, "seen"),
]


async def post(
    system: System, ticket: str, verb: str, body: dict[str, Any], person: Any = GIULIA, key: str = ""
) -> httpx.Response:
    """A verb as bare HTTP."""
    headers = {
        "Authorization": f"Bearer {internal_token(person, system.stack.internal_key)}",
        "Idempotency-Key": key or random_id(),
    }
    async with httpx.AsyncClient(base_url=system.stack.urls.tickets, timeout=30) as client:
        return await client.post(f"/tickets/{ticket}/{verb}", json=body, headers=headers)


async def test_each_bad_wish_gets_one_sentence_and_changes_nothing(system: System) -> None:
    ticket = await system.opened()
    await system.until(ticket, lambda view: view["articles"][-1]["delivery"] == "sent")
    before = await system.view(ticket)
    for verb, body, status, words in BAD:
        answer = await post(system, ticket["id"], verb, {"seen": before["seq"], **body})
        assert answer.status_code == status, f"{verb} {str(body)[:80]}: {answer.status_code} {answer.text[:300]}"
        problem = answer.json()
        assert problem["detail"].endswith((".", "!")) or problem.get("errors"), problem
        assert words in str(problem), f"{verb}: {problem}"
        assert "x" * 1000 not in answer.text
    assert await system.view(ticket) == before


async def test_merging_with_itself_and_repeating_a_key_with_another_wish(system: System) -> None:
    ticket = await system.opened()
    seen = {"seen": ticket["seq"]}
    answer = await post(system, ticket["id"], "merge", {**seen, "target": ticket["number"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "same_ticket")
    key = random_id()
    for text, status in (("prima", 200), ("prima", 200), ("seconda", 422)):
        answer = await post(system, ticket["id"], "notes", {**seen, "text": text}, key=key)
        assert answer.status_code == status
    view = await system.view(ticket)
    assert [article["text"] for article in view["articles"] if article["kind"] == "note"] == ["prima"]


async def test_a_user_can_do_nothing_but_reply_to_their_own(system: System) -> None:
    own, foreign = await system.opened(LUCA), await system.opened()
    for verb, body, _, _ in BAD:
        answer = await post(system, own["id"], verb, {"seen": 1, **body}, person=LUCA)
        assert answer.status_code in (403, 413, 422), verb
        assert (await system.view(own))["seq"] <= own["seq"] + 1  # the receipt's delivery
    assert (await post(system, own["id"], "notes", {"seen": 1, "text": "x"}, person=LUCA)).status_code == 403
    assert (await post(system, own["id"], "replies", {"text": "Ciao"}, person=LUCA)).status_code == 200
    assert (await post(system, foreign["id"], "replies", {"text": "Ciao"}, person=LUCA)).status_code == 404
    assert (await post(system, own["id"], "replies", {"text": "Ciao"})).status_code == 403
    assert (await post(system, own["id"], "replies", {"text": ""}, person=LUCA)).status_code == 422


async def test_markup_in_every_field_stays_text(system: System) -> None:
    ticket = await system.opened(LUCA)
    markup = '<img src=x onerror="alert(1)"> & {{ number }} **x** [y](javascript:alert(1))'
    steps: list[tuple[str, dict[str, Any]]] = [
        ("take", {}),
        ("notes", {"text": markup}),
        ("hand-over", {"to": "marco.ferri", "reason": markup}),
        ("forwards", {"to": f"terzi-{random_id()[:8]}@example.org", "subject": markup, "text": markup}),
        ("information-requests", {"fields": ["description"], "text": f"domanda {markup}"}),
        ("answers", {"text": f"risposta {markup}"}),
        ("close", {"outcome": "closed_unsuccessful", "reason": f"motivo {markup}"}),
    ]
    for verb, body in steps:
        await system.wish(await system.view(ticket), verb, GIULIA, **body)
    for words in ("domanda", "risposta", "motivo"):
        mail = await system.mail(LUCA.email, f"{words} <img src=x")
        assert markup in mail["text"]
        assert "<img" not in mail["html"]
        assert 'href="javascript' not in mail["html"]
        assert ticket["number"] in mail["subject"]


async def test_an_expired_or_foreign_information_link_says_what_to_do(system: System) -> None:
    ticket, other = await system.opened(), await system.opened()
    asking: dict[str, Any] = {"fields": ["description"], "text": "Che cosa appare?"}
    await system.wish(ticket, "information-requests", **asking)
    asked = (await system.view(ticket))["information"]["article"]
    key = system.stack.settings["SPORTELLO_SIGNING_KEY"]
    claims = {"ticket": ticket["id"], "article": asked}
    links = {
        "expired": sign(claims, key, "sportello-information", -3600),
        "forged": sign(claims, "x" * 40, "sportello-information", 3600),
        "of another kind": sign(claims, key, "sportello-submission", 3600),
        "garbage": "abc",
        "of another ticket": information_token(other["id"], asked, key),
    }
    for what, token in links.items():
        answer = await system.intake.get(f"/information/{token}", headers={"Accept": "text/html"})
        assert 400 <= answer.status_code < 500, what
        assert "<h1" in answer.text, what
        assert "Che cosa appare?" not in answer.text, what
    good = await system.intake.get(f"/information/{information_token(ticket['id'], asked, key)}")
    assert good.status_code == 200
