"""What leads on from a ticket's page: the paper without what is internal, and everything the same person asked."""

import re

import pytest

from tests.conftest import eventually
from tests.integration.house import House
from tests.integration.test_portal_files import PDF, send_files
from tests.integration.test_portal_verbs import form, send
from tests.unit.portal.test_ticket_page import shown
from tests.unit.samples import a_requester

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
HOUSE = {"send_window": 600}

SECRET = "Solo per noi: chiamare l’ufficio"


async def test_the_paper_has_no_internal_word_unless_somebody_chose_so_and_says_which_it_is(house: House) -> None:
    number = await house.ticket()
    path = f"/tickets/{number}"
    async with house.person("giulia.conti") as giulia, house.person("luca.bianchi") as luca:
        page = (await giulia.get(path)).text
        page = await send(giulia, page, "notes", text=SECRET)
        await send_files(giulia, page, "answers", [PDF], text="Non ancora partita", outcome="")
        plain = (await giulia.get(f"{path}/print")).text
        words = shown(plain)
        for known in (
            number,
            "Università di Esempio",
            "da Giulia Conti",
            "Senza note interne",
            "Non riesco a entrare.",
        ):
            assert known in words
        # A mail that has not left is nobody's but ours, and the user need not learn who works on it.
        for hidden in (SECRET, "Non ancora partita", "ricevuta.pdf", "Responsabile", "Priorità"):
            assert hidden not in words
        assert "<form" not in plain
        whole = shown((await giulia.get(f"{path}/print?notes=with")).text)
        for known in (
            SECRET,
            "Non ancora partita",
            "ricevuta.pdf",
            "Con le note interne: non per l’utente",
            "Responsabile",
        ):
            assert known in whole
        assert (await giulia.get(f"{path}/print?notes=all")).status_code == 422
        assert (await giulia.get("/tickets/20261123000021/print")).status_code == 404
        for page_of_ours in ("print", "others"):
            assert (await luca.get(f"{path}/{page_of_ours}")).status_code == 403


async def test_a_long_ticket_is_printed_with_all_its_pages(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        for n in range(70):
            page = await send(giulia, page, "notes", text=f"Nota numero {n}.")
        assert "Nota numero 0." not in page[page.index('id="articles"') :]
        assert len(page.encode()) < 150_000
        words = shown((await giulia.get(f"/tickets/{number}/print?notes=with")).text)
        assert [f"Nota numero {n}." in words for n in range(70)] == [True] * 70
        assert words.index("Nota numero 3.") < words.index("Nota numero 40.")


async def test_other_requests_are_one_verified_person_s_or_those_of_an_address_and_it_says_which(house: House) -> None:
    one = a_requester(subject="john.miller", name="John Miller", email="john@studenti.example")
    mine = [await house.ticket(requester=one) for _ in range(8)]
    stranger = a_requester(verified=False, subject=None, email="Rossi@fuori.example")
    theirs = [await house.ticket(requester=stranger) for _ in range(2)]
    async with house.person("giulia.conti") as giulia:

        async def card(number: str) -> str:
            page = (await giulia.get(f"/tickets/{number}")).text
            return page[page.index('id="theirs-card"') :].split("</section>")[0]

        found = await card(mine[0])
        numbers = re.findall(r'href="/tickets/(\d+)"', found)
        assert numbers == mine[:2:-1]
        assert "non verificata" not in shown(found)
        assert f'href="/tickets/{mine[0]}/others"' in found
        everything = (await giulia.get(f"/tickets/{mine[0]}/others")).text
        assert set(re.findall(r'row-link"[^>]*href="/tickets/(\d+)"', everything)) == set(mine)
        assert "john@studenti.example" not in str((await giulia.get(f"/tickets/{mine[0]}/others")).url)
        found = await card(theirs[0])
        assert re.findall(r'href="/tickets/(\d+)"', found) == [theirs[1]]
        assert "stesso indirizzo, identità non verificata" in shown(found)


async def test_an_answer_of_an_earlier_page_stands_beside_the_form_with_its_files(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia, house.person("anna.villa") as anna:
        page = (await giulia.get(f"/tickets/{number}")).text
        filled = {"title": "Si può?", "text": "Come si fa?", "queue": "credentials-identity", "due_at": ""}
        await send_files(giulia, page, "questions", [], **filled)

        async def opened() -> str | None:
            found = re.search(
                r'question-title"><a href="/tickets/(\d+)"', (await giulia.get(f"/tickets/{number}")).text
            )
            return found[1] if found else None

        question = await eventually(opened)
        page = (await anna.get(f"/tickets/{question}")).text
        beside = page[page.index('id="beside"') :].split("</section>")[0]
        assert "Come si fa?" in beside
        assert f'href="/tickets/{number}"' in beside
        assert 'id="theirs-card"' not in page
        await send_files(anna, page, "question-answer", [PDF], text="Si fa così.")

        async def answered() -> bool:
            return "Si fa così." in (await giulia.get(f"/tickets/{number}")).text

        await eventually(answered)
        page = (await giulia.get(f"/tickets/{number}")).text
        for n in range(62):
            page = await send(giulia, page, "notes", text=f"Nota numero {n}.")
        assert "Si fa così." not in page[page.index('id="articles"') : page.index('id="act-row"')]
        beside = page[page.index('id="beside"') :].split("</section>")[0]
        assert "Si fa così." in beside
        assert "Usa nella risposta" in shown(beside)
        assert "ricevuta.pdf" in shown(form(page, "answers"))
