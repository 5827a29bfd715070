"""Delivery is part of the article: waiting, sent, refused with the server's words; again, or to the right address."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

from shared.errors import Conflict
from shared.ids import random_id
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.system import System

pytestmark = pytest.mark.e2e


def of(ticket: dict[str, Any], kind: str) -> dict[str, Any]:
    """The article of a kind."""
    found: dict[str, Any] = next(article for article in ticket["articles"] if article["kind"] == kind)
    return found


async def test_a_refused_mail_is_sent_to_the_corrected_address(system: System) -> None:
    wrong, right = f"sbagliato-{random_id()[:8]}@studenti.example", f"giusto-{random_id()[:8]}@studenti.example"
    await asyncio.to_thread(system.stack.mails.refuse, wrong, 550, "5.1.1 no such user here")
    ticket = await system.opened(email=wrong)
    await system.wish(ticket, "answers", text="Ecco la risposta.", outcome="closed_successful")
    ticket = await system.until(ticket, lambda view: of(view, "mail_answer")["delivery"] == "refused")
    assert "no such user here" in of(ticket, "mail_answer")["delivery_detail"]
    # One failing address holds nobody back.
    other = await system.opened()
    await system.until(other, lambda view: of(view, "mail_receipt")["delivery"] == "sent")

    retried = of(ticket, "mail_answer")["id"]
    await system.wish(ticket, "mails/retry", article=retried, to=right)
    mail = await system.mail(right, "Ecco la risposta.")
    assert f"[Ticket#{ticket['number']}]" in mail["subject"]
    ticket = await system.until(ticket, lambda view: of(view, "mail_answer")["delivery"] == "sent")
    assert ticket["requester"]["email"] == right
    with pytest.raises(Conflict) as refused:
        await system.wish(ticket, "mails/retry", article=retried)
    assert refused.value.extra["code"] == "not_refused"
    # From now on every mail goes there.
    await system.wish(ticket, "reopen")
    await system.mail(right, "riapert")


async def test_a_mail_put_off_leaves_later_and_the_others_meanwhile(system: System) -> None:
    late = f"tardi-{random_id()[:8]}@studenti.example"
    await asyncio.to_thread(system.stack.mails.refuse, late, 451, "4.7.1 greylisted, try again", 2)
    ticket = await system.opened(email=late)
    other = await system.opened()
    await system.until(other, lambda view: of(view, "mail_receipt")["delivery"] == "sent")
    await system.until(ticket, lambda view: of(view, "mail_receipt")["delivery"] == "sent")


async def test_a_server_that_drops_the_line_after_the_mail_gets_the_same_mail_again(system: System) -> None:
    address = f"cade-{random_id()[:8]}@studenti.example"
    await asyncio.to_thread(system.stack.mails.drop, address, 1)
    ticket = await system.opened(email=address)
    await system.until(ticket, lambda view: of(view, "mail_receipt")["delivery"] == "sent")
    mails = await system.mails_to(address)
    assert len({mail["message_id"] for mail in mails}) == 1


@needs_chromium
async def test_the_address_is_corrected_on_the_page(system: System) -> None:
    wrong, right = f"errato-{random_id()[:8]}@studenti.example", f"corretto-{random_id()[:8]}@studenti.example"
    await asyncio.to_thread(system.stack.mails.refuse, wrong, 550, "5.1.1 no such user here")
    ticket = await system.opened(email=wrong)
    await system.until(ticket, lambda view: of(view, "mail_receipt")["delivery"] == "refused")
    complaints = Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await sign_in(page, system.stack.urls.portal, "Giulia Conti", f"/tickets/{ticket['number']}")
        refused = page.locator(".fate-refused")
        await expect(refused).to_contain_text("no such user here")
        await refused.get_by_label("Indirizzo").fill(right)
        await refused.get_by_role("button", name="Riprova").click()
        await expect(refused).to_be_hidden()
        await expect(page.locator("#articles")).to_contain_text("Inviata", timeout=20_000)
    await system.mail(right, ticket["number"])
    assert complaints.found == []
