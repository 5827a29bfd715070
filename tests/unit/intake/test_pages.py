"""The pages a person sees: complete, accessible in their markup, safe with whatever was typed, nothing inline."""

import json
import re
import string
from pathlib import Path
from typing import Any

import pytest

from services.intake import pages
from services.intake.guide import Guide
from services.intake.pages import FormPage, News
from services.intake.script import embed
from services.intake.texts import WORDS, say
from shared.events import Language
from shared.forms import Forms
from shared.forms.model import Form
from tests.unit.intake.page import Page

CONFIG = Path(__file__).parents[3] / "config"
FORMS = Forms.load(CONFIG)
GUIDE = Guide.load(CONFIG, FORMS)
ALL = FORMS.all_current()
CREDENTIALS = FORMS.current("credentials")
ACTION = "/forms/credentials/submissions?lang=it&site=faq"


def form_page(form: Form = CREDENTIALS, language: Language = "it", **changes: Any) -> Page:
    """A form's page at first sight."""
    facts: dict[str, Any] = {"key": "key-1", "action": ACTION, **changes}
    return Page(pages.render_form(form, language, FormPage(**facts)))


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("form", ALL, ids=lambda form: form.id)
def test_every_control_is_labelled_described_and_reachable(form: Form, language: Language) -> None:
    errors = {question.id: "Una frase." for question in form.questions}
    for page in (form_page(form, language), form_page(form, language, errors=errors)):
        ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
        assert len(ids) == len(set(ids))
        labelled = {label["for"] for label in page.all("label")}
        for control in page.all("input", "select", "textarea"):
            assert control.get("type") == "hidden" or control["id"] in labelled
        for _, attributes in page.found:
            assert set(attributes.get("aria-describedby", "").split()) <= set(ids)
        for link in page.all("a"):
            assert link["href"] == "#" or not link["href"].startswith("#") or link["href"][1:] in ids
        assert page.one(lang=language)
        named = {control.get("name") for control in page.all("input", "select", "textarea")}
        assert {question.id for question in form.questions} <= named


@pytest.mark.parametrize("form", ALL, ids=lambda form: form.id)
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(form: Form) -> None:
    for html in (pages.render_form(form, "it", FormPage("k", ACTION)), pages.render_list(GUIDE, "it")):
        page = Page(html)
        for tag, attributes in page.found:
            assert tag != "style"
            assert not any(name == "style" or name.startswith("on") for name in attributes)
            for name in ("src", "href", "action"):
                assert attributes.get(name, "/").startswith(("/", "#"))
        assert all(script["src"] for script in page.all("script"))


def test_a_page_works_without_a_script() -> None:
    page = form_page()
    form = page.one(method="post")
    assert form["action"] == ACTION
    assert form["enctype"] == "multipart/form-data"
    assert page.one(name="_key")["value"] == "key-1"
    hint = "Rispondi solo se a «Che cosa non funziona» hai scelto «Nome utente dimenticato» o «Accesso con SPID o CIE»."
    assert hint in page.text
    conditional = page.one(id="f-phone")
    # Only the server knows whether it is asked.
    assert "required" not in conditional
    assert "data-required" in conditional
    assert "required" in page.one(id="f-name")
    assert page.one(id="f-name")["autocomplete"] == "name"
    assert page.one(id="f-email")["autocomplete"] == "email"


def test_what_was_typed_stays_and_what_is_wrong_is_linked() -> None:
    typed = {"name": '<b>Zoë & "co"', "kind": "mfa", "tried": ["browser"], "description": "\nriga"}
    page = form_page(values=typed, errors={"email": "Scrivi un indirizzo.", "ghost": "Non c'è."})
    assert page.one(id="f-name")["value"] == typed["name"]
    assert [c["value"] for c in page.all("input") if "checked" in c] == ["mfa", "browser"]
    assert "\nriga" in page.text
    assert page.one(id="f-email")["aria-invalid"] == "true"
    assert page.one(href="#f-email")
    assert page.text.count("Scrivi un indirizzo.") == 2
    assert "Non c'è." in page.text
    assert "Errore: Problemi con le credenziali" in page.text
    assert "hidden" not in page.one(**{"data-part": "summary"})


def test_text_that_was_typed_is_never_markup() -> None:
    evil = "</textarea><script>alert(1)</script>\"'><img src=x>"
    typed = {"name": evil, "description": evil, "kind": evil, "tried": [evil]}
    faults = {"name": evil, evil: evil}
    shown = FormPage(evil, ACTION, typed, faults, evil, evil, evil, News([evil], [(evil, evil)]))
    html = pages.render_form(CREDENTIALS, "it", shown)
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert len(Page(html).all("script")) == 1


def test_the_other_language_is_offered_until_something_was_typed() -> None:
    first = form_page(context="a.b.c")
    assert first.one(hreflang="en")["href"] == "/forms/credentials?lang=en&site=faq&context=a.b.c"
    assert not [a for a in form_page(errors={"name": "x"}).all("a") if "hreflang" in a]
    again = form_page(notice="Riprova tra poco.")
    assert not [a for a in again.all("a") if "hreflang" in a]
    assert "Riprova tra poco." in again.text


def test_who_is_vouched_for_is_not_typed_over() -> None:
    known = {"name": "Luca Bianchi", "email": "luca@studenti.example"}
    vouched = form_page(values=known, context="a.b.c")
    assert "readonly" in vouched.one(id="f-email")
    assert vouched.one(name="_context")["value"] == "a.b.c"
    assert "readonly" not in form_page(values=known).one(id="f-email")
    assert "readonly" not in form_page(context="a.b.c").one(id="f-email")


def test_files_say_what_may_be_attached() -> None:
    page = form_page(FORMS.current("fees"))
    control = page.one(id="f-receipt")
    assert control["accept"] == ".pdf,.jpg,.jpeg,.png"
    assert "multiple" in control
    assert "Fino a 2 file PDF, JPG o PNG, al massimo 5 MB ciascuno." in page.text
    assert "I file vanno allegati di nuovo." in form_page(FORMS.current("fees"), errors={"name": "x"}).text


def test_the_list_links_every_form_with_the_readers_context() -> None:
    page = Page(pages.render_list(GUIDE, "en", context="a.b.c"))
    for form in ALL:
        assert page.one(href=f"/forms/{form.id}?lang=en&context=a.b.c")
        assert form.summary.en in page.text


def test_a_result_shows_the_number_or_says_that_it_comes() -> None:
    url = "https://intake.example/submissions/abc"
    numbered, waiting = (
        Page(pages.render_result("20261123000017", url, "it")),
        Page(pages.render_result(None, url, "it")),
    )
    assert "20261123000017" in numbered.text
    assert [button for button in numbered.all("button") if "data-copy" in button]
    assert "il numero arriverà per e-mail" in waiting.text.lower()
    for page in (numbered, waiting):
        assert page.one(href=f"{url}?lang=it")


def test_a_problem_is_a_page_too() -> None:
    page = Page(pages.render_problem(404, "Pagina non trovata", "Questo modulo non esiste.", "it"))
    assert "Questo modulo non esiste." in page.text


@pytest.mark.parametrize("form", ALL, ids=lambda form: form.id)
def test_the_contract_has_all_that_another_page_needs(form: Form) -> None:
    contract = json.loads(json.dumps(pages.contract(form, "en", "https://intake.example/")))
    assert contract["submit"] == f"https://intake.example/forms/{form.id}/submissions?lang=en"
    assert contract["page"] == f"https://intake.example/forms/{form.id}?lang=en"
    assert (contract["form"], contract["version"], contract["title"]) == (form.id, form.version, form.title.en)
    assert [field["id"] for field in contract["fields"]] == ["name", "email", *form.by_id]
    assert contract["schema"]["properties"].keys() == {field["id"] for field in contract["fields"]}
    fragment = Page(contract["html"])
    assert fragment.one(method="post")["action"] == contract["submit"]
    assert not fragment.all("script", "style", "link", "h1")
    # The key is the browser's to make: a contract may be cached.
    assert fragment.one(method="post")["data-key"] == ""
    assert contract["style"].startswith("https://intake.example/static/form.css?v=")


def test_every_text_is_used_and_takes_the_same_facts_in_both_languages() -> None:
    sources = "".join(path.read_text() for path in [*pages.HERE.glob("templates/*.html"), *pages.HERE.glob("*.py")])
    for key, words in WORDS.texts.items():
        assert f'"{key}"' in sources, key
        facts = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (words.it, words.en)]
        assert facts[0] == facts[1], key
    assert say("en", "quoted", text="x") == "“x”"


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("form", ALL, ids=lambda form: form.id)
def test_script_and_form_are_small_together(form: Form, language: Language) -> None:
    contract = pages.packed_contract(form, language, "https://intake.example", None, 2)
    assert len(embed().small) + len(contract.small) < 30_000
    assert json.loads(contract.plain)["form"] == form.id


def test_every_property_that_a_site_may_change_is_documented() -> None:
    known = set(re.findall(r"var\((--sportello-[a-z-]+),", (pages.STATIC / "form.css").read_text()))
    told = set(re.findall(r"(--sportello-[a-z-]+):", (CONFIG.parent / "docs/embed.md").read_text()))
    assert known == told


def test_the_script_sends_no_cookies_and_knows_no_other_place() -> None:
    source = embed().plain.decode()
    code = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    assert code.count("fetch(") == code.count('credentials: "omit"')
    assert "http" not in code
    assert not re.search(r"\b(cookie|localStorage|indexedDB|eval|withCredentials)\b", code)
