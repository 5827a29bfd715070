"""The pretend sites: strict about what they load, in two languages, and every form is reached from somewhere."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from demo.site import SITES, Around, ByPort, create_app
from shared.identity import read_site_context

KEY = "k" * 40
AROUND = Around(
    "http://intake.invalid", "http://portal.example", "http://a.example", "http://b.example", "http://c.example"
)
INTAKE, PORTAL = AROUND.intake, AROUND.portal
PLACES = [(name, path) for name, site in SITES.items() for path in site.pages]


@contextlib.asynccontextmanager
async def visiting(name: str, key: str = "") -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(name, AROUND, key))
    async with httpx.AsyncClient(transport=transport, base_url="http://site.example") as client:
        yield client


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize(("name", "path"), PLACES)
async def test_every_page_loads_only_from_itself_and_intake(name: str, path: str, language: str) -> None:
    async with visiting(name) as site:
        answer = await site.get(path, params={"lang": language})
        assert answer.status_code == 200
        for address in re.findall(r'(?:src|rel="stylesheet" href)="(/static/[^"]+)"', answer.text):
            assert (await site.get(address)).status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith(f"default-src 'self' {INTAKE};")
    assert "unsafe" not in policy
    assert "<style" not in answer.text
    assert "style=" not in answer.text
    assert f'lang="{language}"' in answer.text
    assert "set-cookie" not in answer.headers


async def test_the_menu_leads_to_the_dashboard_and_to_my_requests() -> None:
    """S5, S24: Servizi Online > Richieste e assistenza > ..."""
    async with visiting("online") as site:
        page = (await site.get("/")).text
    page = page[page.index("<nav") :]
    places = [page.index(words) for words in ("Servizi Online", "Richieste e assistenza", "Gestione richieste")]
    assert places == sorted(places)
    assert f'href="{PORTAL}/"' in page
    assert f'href="{PORTAL}/my"' in page


@pytest.mark.parametrize(("path", "form"), [("/credenziali", "credentials"), ("/piano-di-studi", "online-services")])
async def test_a_form_is_embedded_with_a_plain_link_as_fallback(path: str, form: str) -> None:
    async with visiting("online") as site:
        page = (await site.get(path)).text
    assert f'<script src="{INTAKE}/embed.js" defer></script>' in page
    embedded = page.split("<sportello-form", 1)[1].split("</sportello-form>", 1)[0]
    assert f'form="{form}" site="demo-site" lang="it"' in embedded
    assert f'href="{INTAKE}/forms/{form}?lang=it' in embedded


async def test_a_service_in_use_says_where_it_is_and_what_it_knows() -> None:
    async with visiting("online") as site:
        page = (await site.get("/piano-di-studi")).text
    assert 'page="Servizi Online - Piano di studi"' in page
    assert """values='{"service": "portal"}'""" in page


async def test_who_is_signed_in_is_vouched_for_and_nobody_else() -> None:
    async with visiting("online", KEY) as site:
        assert "context=" not in (await site.get("/credenziali")).text
        assert (await site.get("/accedi/luca")).status_code == 303
        page = (await site.get("/credenziali")).text
        found = re.search(r'context="([^"]+)"', page)
        assert found
        who = read_site_context(found[1], "demo-site", KEY)
        assert (who.subject, who.name, who.verified) == ("luca.bianchi", "Luca Bianchi", True)
        await site.get("/accedi/nessuno")
        assert "context=" not in (await site.get("/credenziali")).text
    async with visiting("online") as site:
        assert (await site.get("/accedi/luca")).status_code == 404


async def test_the_services_page_leads_to_all_forms_and_the_faq_to_some() -> None:
    """S3: reached from the online services and from the students' FAQ, which has answers of its own in an outage."""
    async with visiting("online") as online, visiting("faq") as answers:
        services, faq = (await online.get("/servizi")).text, (await answers.get("/")).text
    for form in ("credentials", "enrolment", "fees", "exams", "online-services", "internships"):
        assert f"{INTAKE}/forms/{form}" in services
    assert faq.count(f"{INTAKE}/forms/") >= 4
    # A form is loaded when somebody wants it; one that this site may not show is a link.
    assert "<sportello-form" not in faq
    assert f'<script src="{INTAKE}' not in faq
    assert 'data-form="fees" data-site="faq"' in faq
    assert 'data-form="internships"' not in faq


async def test_each_port_is_a_site_of_its_own() -> None:
    apps = {8190: create_app("online", AROUND), 8192: create_app("faq", AROUND)}

    async def titled(port: int) -> str:
        transport = httpx.ASGITransport(ByPort(apps))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{port}") as client:
            page = (await client.get("/")).text
        return page.partition("<title>")[2].partition("</title>")[0]

    titles = await asyncio.gather(titled(8190), titled(8192))
    assert list(titles) == ["Servizi Online - Università di Esempio", "Domande frequenti - Università di Esempio"]
