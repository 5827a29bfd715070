"""S8, S19 to S23: the states of a ticket, its whole history, and every mail to the user."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import BadInput, Conflict
from shared.events import ActorKind
from shared.policy import Person, Role
from tests.system import GIULIA, LUCA, MARCO, System

pytestmark = pytest.mark.e2e


def kinds(ticket: dict[str, Any]) -> list[str]:
    """The kinds of the ticket's articles, in order."""
    return [article["kind"] for article in ticket["articles"]]


def fates(ticket: dict[str, Any]) -> set[str]:
    """What became of the ticket's mails."""
    return {article["delivery"] for article in ticket["articles"] if article["delivery"]}


def holder(ticket: dict[str, Any]) -> Person:
    """Whoever has the link of the ticket."""
    return Person(id=f"holder:{ticket['id']}", name="", roles=frozenset({Role.HOLDER}), ticket=ticket["id"])


async def test_s8_a_ticket_is_new_open_closed_successfully_or_unsuccessfully(system: System) -> None:
    ticket = await system.opened()
    assert ticket["state"] == "new"
    await system.take(ticket)
    assert (await system.view(ticket))["state"] == "open"
    await system.wish(await system.view(ticket), "answers", text="Fatto.", outcome="closed_successful")
    assert (await system.view(ticket))["state"] == "closed_successful"
    with pytest.raises(Conflict) as refused:
        await system.wish(await system.view(ticket), "answers", text="Ancora una cosa.")
    assert refused.value.extra["code"] == "closed"
    await system.wish(await system.view(ticket), "reopen", reason="Mancava un passaggio.")
    assert (await system.view(ticket))["state"] == "open"
    closing: dict[str, Any] = {"outcome": "closed_unsuccessful", "reason": "La richiesta non è di nostra competenza."}
    await system.wish(await system.view(ticket), "close", **closing)
    assert (await system.view(ticket))["state"] == "closed_unsuccessful"


async def test_s19_the_ticket_holds_its_whole_history(system: System) -> None:
    ticket = await system.opened()
    for verb, body in (
        ("take", {}),
        ("notes", {"text": "Prima nota."}),
        ("tags", {"add": ["password"]}),
        ("priority", {"priority": 4}),
        ("move", {"queue": "online-services"}),
        ("answers", {"text": "Ecco fatto.", "outcome": "closed_successful"}),
    ):
        await system.wish(await system.view(ticket), verb, GIULIA, **body)
    ticket = await system.until(ticket, lambda view: fates(view) == {"sent"})
    rows = [row["name"] for row in ticket["journal"]]
    wanted = ["opened", "taken", "noted", "tagged", "prioritized", "moved", "answered", "closed"]
    assert [name for name in rows if name.startswith("ticket.")] == [f"ticket.{name}.v1" for name in wanted]
    assert [row["seq"] for row in ticket["journal"]] == list(range(1, len(rows) + 1))
    assert all(row["at"] and row["actor"]["name"] for row in ticket["journal"])


async def test_s20_each_row_is_an_article_of_its_kind(system: System) -> None:
    ticket = await system.opened(LUCA)
    await system.take(ticket)
    await system.wish(await system.view(ticket), "notes", text="Solo per noi.")
    forwarding: dict[str, Any] = {"to": "fornitore@example.org", "subject": "Un caso", "text": "Potete guardare?"}
    await system.wish(await system.view(ticket), "forwards", **forwarding)
    await system.wish(ticket, "replies", LUCA, text="Una cosa ancora.")
    await system.wish(await system.view(ticket), "answers", text="Risposta.")
    ticket = await system.view(ticket)
    internal = ["note", "mail_forward"]
    wanted = ["request", "mail_receipt", "mail_taken", "note", "mail_forward", "requester_reply", "mail_answer"]
    assert kinds(ticket) == wanted
    assert kinds(await system.view(ticket, LUCA)) == [kind for kind in wanted if kind not in internal]
    forwarded = await system.mail("fornitore@example.org", "Potete guardare?")
    assert "/my" not in forwarded["text"]
    assert "/submissions/" not in forwarded["text"]


async def test_s21_the_user_is_told_that_it_was_received_and_that_it_was_taken_in_charge(system: System) -> None:
    ticket = await system.opened()
    email = ticket["requester"]["email"]
    receipt = await system.mail(email, "Abbiamo ricevuto")
    # Acting on a ticket that nobody holds takes it in charge.
    await system.wish(await system.view(ticket), "answers", MARCO, text="Rispondo subito.")
    taken = await system.mail(email, "presa in carico")
    answer = await system.mail(email, "Rispondo subito.")
    for mail in (receipt, taken):
        assert mail["headers"]["Auto-Submitted"] == "auto-generated"
    assert "Auto-Submitted" not in answer["headers"]
    mails = (receipt, taken, answer)
    assert len({mail["headers"]["References"] for mail in mails}) == 1
    assert all(f"[Ticket#{ticket['number']}]" in mail["subject"] for mail in mails)
    assert all("credenziali@ateneo.example" in mail["headers"]["From"] for mail in mails)
    assert all("Assistenza credenziali" in mail["text"] for mail in mails)
    assert (await system.view(ticket))["owner"]["name"] == "Marco Ferri"


async def test_s22_the_operator_asks_for_more_and_the_answer_updates_the_fields(system: System) -> None:
    ticket = await system.opened(LUCA)
    await system.take(ticket)
    asking: dict[str, Any] = {
        "fields": ["description"],
        "text": "Che cosa appare sullo schermo?",
        "until": (datetime.now(UTC) + timedelta(days=7)).isoformat(),
    }
    await system.wish(await system.view(ticket), "information-requests", **asking)
    ticket = await system.view(ticket)
    assert ticket["state"] == "pending"
    assert ticket["information"]["fields"] == ["description"]
    mail = await system.mail(LUCA.email, "Che cosa appare sullo schermo?")
    assert "/information/" in mail["text"]
    asked = ticket["information"]["article"]
    with pytest.raises(BadInput):
        await system.wish(ticket, "replies", LUCA, text="", values={"kind": "other"}, information=asked)
    values = {"description": "Appare: utente sospeso."}
    await system.wish(ticket, "replies", LUCA, text="Ecco.", values=values, information=asked)
    ticket = await system.view(ticket)
    assert (ticket["state"], ticket["information"]) == ("open", None)
    assert ticket["values"]["description"] == "Appare: utente sospeso."
    # The request stays as it was sent.
    assert ticket["articles"][0]["fields"]["description"] != "Appare: utente sospeso."
    with pytest.raises(Conflict) as over:
        await system.wish(ticket, "replies", LUCA, text="Di nuovo.", values=values, information=asked)
    assert over.value.extra["code"] == "information_over"


async def test_s23_the_final_answer_by_mail_closes_the_request(system: System) -> None:
    ticket = await system.opened()
    email = ticket["requester"]["email"]
    text = "La password è stata reimpostata.\n\nProva ora: <b>tutto</b> & bene."
    await system.wish(ticket, "answers", text=text, outcome="closed_successful")
    mail = await system.mail(email, "La password è stata reimpostata.")
    assert "<b>tutto</b> & bene." in mail["text"]
    assert "<b>tutto</b>" not in mail["html"]
    ticket = await system.until(ticket, lambda view: "waiting" not in fates(view))
    assert ticket["state"] == "closed_successful"
    assert kinds(ticket)[-1] == "mail_answer"
    # A user who writes again is heard: the same ticket, open again, and a mail that says so.
    await system.wish(ticket, "replies", holder(ticket), text="Non funziona ancora.")
    ticket = await system.view(ticket)
    assert ticket["state"] == "open"
    assert ticket["articles"][-2]["text"] == "Non funziona ancora."
    await system.mail(email, "riapert")
    assert all(row["actor"]["kind"] != ActorKind.OPERATOR for row in ticket["journal"][-2:])
