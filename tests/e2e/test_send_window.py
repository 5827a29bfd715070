"""The send window: undo within it, and a written mail that stops instead of leaving when something changed."""

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from playwright.async_api import expect

from demo.programs import SERVICES
from demo.stack import Stack
from shared.errors import Conflict
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.system import GIULIA, LUCA, MARCO, System

pytestmark = pytest.mark.e2e
# Seconds: enough to press a button on a busy machine.
WINDOW = 6


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A system of its own, in which written mails are held for a while."""
    found = Stack(
        tmp_path_factory.mktemp("window"),
        copies=dict.fromkeys(SERVICES, 2),
        settings={"SEND_WINDOW": str(WINDOW)},
    )
    found.start()
    yield found
    found.stop()


@pytest.fixture
async def system(stack: Stack) -> AsyncIterator[System]:
    found = System(stack)
    yield found
    await found.close()


def last(ticket: dict[str, Any], kind: str = "mail_answer") -> dict[str, Any]:
    """The newest article of a kind."""
    found: dict[str, Any] = [article for article in ticket["articles"] if article["kind"] == kind][-1]
    return found


async def test_answer_and_close_closes_when_the_mail_is_released(system: System) -> None:
    ticket = await system.opened(LUCA)
    started = time.monotonic()
    await system.wish(ticket, "answers", text="Risolto.", outcome="closed_successful")
    ticket = await system.view(ticket)
    assert (ticket["state"], last(ticket)["delivery"]) == ("open", "held")
    assert "Risolto." not in str(await system.view(ticket, LUCA))
    ticket = await system.until(ticket, lambda view: view["state"] == "closed_successful")
    assert time.monotonic() - started >= WINDOW - 1
    await system.until(ticket, lambda view: last(view)["delivery"] == "sent")
    assert "Risolto." in str(await system.view(ticket, LUCA))
    # Two copies have a clock each: the mail left once.
    mails = await system.mails_to(LUCA.email)
    assert len([mail for mail in mails if ticket["number"] in mail["subject"] and "Risolto." in mail["text"]]) == 1


async def test_undone_within_the_window_it_never_leaves(system: System) -> None:
    ticket = await system.opened()
    await system.wish(ticket, "answers", text="Testo sbagliato.", outcome="closed_successful")
    ticket = await system.view(ticket)
    held = last(ticket)
    assert held["due_at"]
    await system.wish(ticket, "mails/undo", article=held["id"])
    ticket = await system.view(ticket)
    assert (ticket["state"], last(ticket)["delivery"], last(ticket)["text"]) == (
        "open",
        "withdrawn",
        "Testo sbagliato.",
    )
    with pytest.raises(Conflict) as refused:
        await system.wish(ticket, "mails/undo", article=held["id"])
    assert refused.value.extra["code"] == "not_held"
    # Another mail, written later, has left: the undone one is not behind it.
    await system.wish(ticket, "answers", text="Testo giusto.")
    await system.mail(ticket["requester"]["email"], "Testo giusto.")
    assert "Testo sbagliato." not in str(await system.mails_to(ticket["requester"]["email"]))


async def test_when_the_user_writes_meanwhile_it_stops_and_asks(system: System) -> None:
    ticket = await system.opened(LUCA)
    await system.wish(ticket, "answers", GIULIA, text="Serve un documento.", outcome="closed_unsuccessful")
    await system.wish(ticket, "replies", LUCA, text="Ho trovato la soluzione!")
    ticket = await system.until(ticket, lambda view: last(view)["delivery"] == "stopped")
    assert ticket["state"] == "open"
    assert last(ticket)["stopped"]["what"] == "ticket.replied.v1"
    assert last(ticket)["stopped"]["by"] == LUCA.name
    assert "Serve un documento." not in str(await system.view(ticket, LUCA))
    assert not [m for m in await system.mails_to(LUCA.email) if "Serve un documento." in m["text"]]
    # A person decides: it leaves all the same, and closes.
    await system.wish(await system.view(ticket), "mails/send", article=last(ticket)["id"])
    await system.mail(LUCA.email, "Serve un documento.")
    assert (await system.view(ticket))["state"] == "closed_unsuccessful"


@needs_chromium
async def test_the_page_asks_what_to_do_with_a_stopped_mail(system: System) -> None:
    ticket = await system.opened(LUCA)
    complaints = Complaints()
    async with a_browser() as browser:
        giulia = await a_page(browser, complaints)
        await sign_in(giulia, system.stack.urls.portal, "Giulia Conti", f"/tickets/{ticket['number']}")
        await system.wish(ticket, "answers", GIULIA, text="Quasi pronto.")
        await expect(giulia.get_by_role("button", name="Annulla invio")).to_be_visible(timeout=20_000)
        await system.wish(ticket, "replies", LUCA, text="Aspettate!")
        stopped = giulia.locator(".fate-stopped")
        await expect(stopped).to_contain_text("Luca Bianchi", timeout=20_000)
        await stopped.get_by_role("button", name="Invia lo stesso").click()
        await expect(stopped).to_be_hidden()
    await system.mail(LUCA.email, "Quasi pronto.")
    assert complaints.found == []


@needs_chromium
async def test_s14_a_colleague_sees_a_mail_held_and_undone_and_its_writer_has_the_text_again(system: System) -> None:
    ticket, complaints = await system.opened(), Complaints()
    async with a_browser() as browser:
        giulia, marco = await a_page(browser, complaints, wide=False), await a_page(browser, complaints)
        for page, name in ((giulia, "Giulia Conti"), (marco, "Marco Ferri")):
            await sign_in(page, system.stack.urls.portal, name, f"/tickets/{ticket['number']}")
            await expect(page.locator("#live-state.is-on")).to_be_visible(timeout=20_000)
        await giulia.locator("#panel-answers > summary").click()
        await giulia.get_by_label("La tua risposta").fill("Scritta troppo in fretta.")
        await giulia.get_by_role("button", name="Invia la risposta").click()
        await giulia.get_by_role("button", name="Annulla invio").click()
        await expect(giulia.get_by_label("La tua risposta")).to_have_value("Scritta troppo in fretta.")
        await expect(marco.locator("#articles")).to_contain_text("Annullata", timeout=20_000)
        await expect(marco.get_by_role("button", name="Annulla invio")).to_have_count(0)
    ticket = await system.view(ticket)
    assert last(ticket)["delivery"] == "withdrawn"
    # Once a later mail has left, the undone one is not behind it.
    await system.wish(ticket, "answers", GIULIA, text="Scritta con calma.")
    await system.mail(ticket["requester"]["email"], "Scritta con calma.")
    assert "in fretta" not in str(await system.mails_to(ticket["requester"]["email"]))
    assert complaints.found == []


async def test_of_two_answers_at_once_the_second_stops(system: System) -> None:
    ticket = await system.opened()
    await system.wish(ticket, "answers", GIULIA, text="Risposta di Giulia.")
    with pytest.raises(Conflict) as refused:
        await system.wish(ticket, "answers", MARCO, text="Risposta di Marco.")
    assert refused.value.extra["changed"]["by"] == "Giulia Conti"
    await system.wish(await system.view(ticket), "answers", MARCO, text="Risposta di Marco.")
    ticket = await system.until(ticket, lambda view: last(view)["delivery"] == "stopped")
    assert last(ticket)["text"] == "Risposta di Marco."
    assert last(ticket)["stopped"]["by"] == "Giulia Conti"


async def test_a_killed_copy_leaves_the_window_to_the_other(system: System) -> None:
    ticket = await system.opened()
    await system.wish(ticket, "answers", text="Nonostante tutto.")
    system.stack.kill("tickets", 1)
    try:
        await system.mail(ticket["requester"]["email"], "Nonostante tutto.")
    finally:
        system.stack.start_again("tickets", 1)
