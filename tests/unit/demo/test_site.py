"""The pretend site: strict about what it loads, in two languages, and every form is reached from somewhere."""

from collections.abc import AsyncIterator

import httpx
import pytest

from demo.site import PAGES, SITE_ID, create_app

INTAKE, PORTAL = "http://intake.example", "http://portal.example"


@pytest.fixture
async def site() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(INTAKE, PORTAL))
    async with httpx.AsyncClient(transport=transport, base_url="http://site.example") as client:
        yield client


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("path", PAGES)
async def test_every_page_loads_only_from_itself_and_intake(site: httpx.AsyncClient, path: str, language: str) -> None:
    answer = await site.get(path, params={"lang": language})
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith(f"default-src 'self' {INTAKE};")
    assert "unsafe" not in policy
    assert "<style" not in answer.text
    assert f'lang="{language}"' in answer.text


async def test_the_menu_leads_to_the_dashboard_and_to_my_requests(site: httpx.AsyncClient) -> None:
    """S5, S24: Servizi Online > Richieste e assistenza > ..."""
    page = (await site.get("/")).text
    places = [page.index(words) for words in ("Servizi Online", "Richieste e assistenza", "Gestione richieste")]
    assert places == sorted(places)
    assert f'href="{PORTAL}/"' in page
    assert f'href="{PORTAL}/my"' in page


@pytest.mark.parametrize(("path", "form"), [("/credenziali", "credentials"), ("/piano-di-studi", "online-services")])
async def test_a_form_is_embedded_with_a_plain_link_as_fallback(site: httpx.AsyncClient, path: str, form: str) -> None:
    page = (await site.get(path)).text
    assert f'<script src="{INTAKE}/embed.js" defer></script>' in page
    embedded = page.split("<sportello-form", 1)[1].split("</sportello-form>", 1)[0]
    assert f'form="{form}" site="{SITE_ID}" lang="it"' in embedded
    assert f'href="{INTAKE}/forms/{form}?lang=it"' in embedded


async def test_the_services_page_leads_to_all_forms_and_the_faq_to_some(site: httpx.AsyncClient) -> None:
    """S3: reached from the online services and from the students' FAQ."""
    services, faq = (await site.get("/servizi")).text, (await site.get("/domande-frequenti")).text
    for form in ("credentials", "enrolment", "fees", "exams", "online-services", "internships"):
        assert f"{INTAKE}/forms/{form}" in services
    assert faq.count(f"{INTAKE}/forms/") >= 4
