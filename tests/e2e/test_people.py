"""S9 to S14: who holds a ticket, who hears of it, and that nobody is ever locked out."""

import asyncio
from typing import Any

import pytest

from shared.errors import Conflict
from tests.system import EMMA, GIULIA, MARCO, System

pytestmark = pytest.mark.e2e


def who(ticket: dict[str, Any]) -> tuple[str | None, str | None]:
    """Owner and responsible, by name."""
    owner, responsible = ticket["owner"], ticket["responsible"]
    return (owner and owner["name"], responsible and responsible["name"])


async def test_s9_a_ticket_has_one_operator_who_handles_it(system: System) -> None:
    ticket = await system.opened()
    assert who(ticket) == (None, None)
    await system.take(ticket)
    taken = await system.view(ticket)
    assert who(taken) == ("Giulia Conti", "Giulia Conti")
    await system.wish(taken, "release", reason="finisco il turno")
    assert who(await system.view(ticket)) == (None, "Giulia Conti")


async def test_s10_every_fact_names_the_responsible_who_hears_of_it(system: System) -> None:
    ticket = await system.opened()
    await system.take(ticket, MARCO)
    ticket = await system.view(ticket)
    await system.wish(ticket, "notes", GIULIA, text="Ho chiamato l'utente.")
    await system.wish(ticket, "priority", EMMA, priority=4)
    mine = await system.all_tickets(responsible=MARCO.id)
    assert ticket["id"] in {each["id"] for each in mine}
    facts = (await system.view(ticket))["journal"]
    assert [row["actor"]["name"] for row in facts if row["name"] in ("ticket.noted.v1", "ticket.prioritized.v1")] == [
        "Giulia Conti",
        "Emma Clarke",
    ]


async def test_s11_owner_and_responsible_can_both_be_changed(system: System) -> None:
    ticket = await system.opened()
    await system.take(ticket)
    ticket = await system.view(ticket)
    await system.wish(ticket, "responsible", to=EMMA.id)
    ticket = await system.view(ticket)
    assert who(ticket) == ("Giulia Conti", "Emma Clarke")
    await system.take(ticket, MARCO)
    assert who(await system.view(ticket)) == ("Marco Ferri", "Emma Clarke")


async def test_s12_of_two_who_take_at_once_one_wins_and_the_other_is_told_by_name(system: System) -> None:
    ticket = await system.opened()
    answers = await asyncio.gather(system.take(ticket, GIULIA), system.take(ticket, MARCO), return_exceptions=True)
    (refusal,) = [answer for answer in answers if isinstance(answer, Conflict)]
    owner = (await system.view(ticket))["owner"]["name"]
    assert refusal.extra["code"] == "changed"
    assert refusal.extra["changed"]["by"] == owner
    assert refusal.extra["changed"]["what"] == "ticket.taken.v1"
    assert owner in refusal.detail


async def test_s12_what_a_colleague_did_since_is_told_with_name_and_time(system: System) -> None:
    """One of each: answered, moved, prioritized, made responsible; whoever looked before is told, and may repeat."""
    ticket = await system.opened()
    await system.take(ticket)
    stale = await system.view(ticket)
    conflicting: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("priority", {"priority": 5}, {"priority": 1}),
        ("move", {"queue": "fees"}, {"queue": "students"}),
        ("responsible", {"to": MARCO.id}, {"to": EMMA.id}),
        ("answers", {"text": "Ecco la risposta."}, {"text": "Un'altra risposta."}),
    ]
    for verb, first, second in conflicting:
        await system.wish(await system.view(ticket), verb, GIULIA, **first)
        with pytest.raises(Conflict) as refused:
            await system.wish(stale, verb, MARCO, **second)
        changed = refused.value.extra["changed"]
        assert changed["by"] == "Giulia Conti", verb
        await system.wish(await system.view(ticket), verb, MARCO, **second)
    # What can't clash passes, however old the page.
    await system.wish(stale, "notes", MARCO, text="Nota da una pagina vecchia.")
    await system.wish(stale, "tags", MARCO, add=["urgente"])


async def test_s13_every_operator_acts_on_every_ticket(system: System) -> None:
    """Emma is of other queues, and Giulia holds the ticket: nothing keeps Emma out."""
    ticket = await system.opened()
    await system.take(ticket, GIULIA)
    for verb, body in (
        ("notes", {"text": "Nota di una collega."}),
        ("priority", {"priority": 2}),
        ("tags", {"add": ["password"]}),
        ("move", {"queue": "online-services"}),
        ("answers", {"text": "Risponde una collega."}),
        ("pending", {"for_user": True}),
        ("resume", {}),
        ("close", {"outcome": "closed_successful", "reason": "Risolto al telefono."}),
        ("reopen", {}),
    ):
        done = await system.wish(await system.view(ticket), verb, EMMA, **body)
        assert done["facts"], verb
    assert who(await system.view(ticket)) == ("Giulia Conti", "Giulia Conti")


async def test_s14_a_ticket_is_handed_over_with_a_reason_and_the_new_owner_is_told(system: System) -> None:
    ticket = await system.opened()
    await system.take(ticket)
    ticket = await system.view(ticket)
    await system.wish(ticket, "hand-over", to=MARCO.id, reason="Conosci tu il caso: grazie.")
    ticket = await system.view(ticket)
    assert who(ticket) == ("Marco Ferri", "Giulia Conti")
    assert ticket["state"] == "open"
    notice = await system.mail("marco.ferri@ateneo.example", ticket["number"])
    assert "Conosci tu il caso: grazie." in notice["text"]
    assert "Giulia Conti" in notice["text"]
    # A notice is no article, and nobody else's business.
    assert "Conosci tu il caso" not in str((await system.view(ticket))["articles"])
