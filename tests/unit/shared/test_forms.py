"""The forms of config/ as released, and what start-up says of a wrong file."""

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
import regress
import yaml

from shared.errors import ConfigError, NotFound
from shared.forms import Forms
from shared.forms.model import ChoiceField, ChoicesField, FileField, Form, TextField
from shared.forms.view import subject
from tests.unit.shared.formsamples import field, form_data, options

CONFIG = Path(__file__).parents[3] / "config"
FORMS = Forms.load(CONFIG)
ALL = FORMS.all_current()


def load(folder: Path, *forms: dict[str, Any], sites: str = "sites:\n- id: pages\n  names: {it: P, en: P}\n") -> Forms:
    """Forms from files in a fresh folder, each named as it should be."""
    (folder / "forms").mkdir()
    (folder / "sites.yml").write_text(sites)
    for data in forms:
        name = f"{data['id']}.v{data['version']}.yml"
        (folder / "forms" / name).write_text(yaml.safe_dump(data, sort_keys=False))
    return Forms.load(folder)


def fault_of(folder: Path, text: str, name: str = "sample.v1.yml") -> str:
    """What start-up says of one form file, without the folder."""
    (folder / "forms").mkdir()
    (folder / "sites.yml").write_text("sites:\n- id: pages\n  names: {it: P, en: P}\n")
    (folder / "forms" / name).write_text(text)
    with pytest.raises(ConfigError) as caught:
        Forms.load(folder)
    return caught.value.detail.removeprefix(f"{folder}/forms/")


GOOD = """\
id: sample
version: 1
title: {it: T, en: T}
summary: {it: S, en: S}
intro: {it: I, en: I}
subject: {it: "S {kind}", en: "S {kind}"}
sites: [pages]
fields:
  - id: kind
    type: choice
    label: {it: K, en: K}
    required: true
    options:
      - {value: a, label: {it: A, en: A}}
      - {value: b, label: {it: B, en: B}}
  - id: note
    type: text
    label: {it: N, en: N}
    personal: true
    show_when: {field: kind, equals: a}
"""


def test_released_files_are_never_edited() -> None:
    lines = (CONFIG / "forms/released.sha256").read_text().splitlines()
    listed = {name: digest for digest, name in map(str.split, lines)}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (CONFIG / "forms").glob("*.yml")}
    assert found == listed, "copy a released form to its next version; list a new file with sha256sum"


def test_the_six_kinds_of_request_have_a_form_in_both_languages() -> None:
    assert {form.id for form in ALL} >= {"credentials", "enrolment", "fees", "exams", "online-services", "internships"}
    for form in ALL:
        assert form.title.it != form.title.en
        assert any(question.show_when for question in form.fields)
        assert any(isinstance(question, (ChoiceField, ChoicesField)) for question in form.fields)
    assert sum(any(isinstance(question, FileField) for question in form.fields) for form in ALL) >= 2


@pytest.mark.parametrize("form", ALL, ids=lambda form: form.id)
def test_patterns_mean_the_same_in_a_browser(form: Form) -> None:
    for question in form.fields:
        if isinstance(question, TextField) and question.pattern:
            theirs = regress.Regex(f"^(?:{question.pattern})$", "v")
            for text in ("12345", "123456789012345678", "m.rossi4", "RSSMRA00A01H501X", "https://x.example/a", "è", ""):
                assert (theirs.find(text) is not None) == bool(re.fullmatch(question.pattern, text)), text


@pytest.mark.parametrize("form", ALL, ids=lambda form: form.id)
def test_subjects_fill_in_every_placeholder(form: Form) -> None:
    values = {q.id: q.options[0].value for q in form.fields if isinstance(q, ChoiceField) and q.required}
    for language in ("it", "en"):
        assert "{" not in subject(form, values, language)
        assert not subject(form, values, language).endswith((":", ", ", " "))


def test_the_newest_version_is_current_and_the_old_ones_stay(tmp_path: Path) -> None:
    forms = load(tmp_path, *(form_data(field("a", "text"), version=version) for version in (1, 2, 10)))
    assert forms.current("sample").version == 10
    assert forms.get("sample", 2).version == 2
    assert [form.version for form in forms.all_current()] == [10]
    with pytest.raises(NotFound):
        forms.get("sample", 3)
    with pytest.raises(NotFound):
        forms.current("nobody")


def test_routing_sees_the_options_of_all_versions(tmp_path: Path) -> None:
    old = form_data(field("kind", "choice", options=options("a")), field("gone", "text"))
    new = form_data(field("kind", "choice", options=options("b")), version=2)
    forms = load(tmp_path, old, new)
    assert forms.ids() == {"sample"}
    fields = forms.shape("sample").fields
    assert {name: shape.options for name, shape in fields.items()} == {"kind": frozenset({"a", "b"}), "gone": None}


def test_a_form_is_embedded_only_by_its_sites_origins(tmp_path: Path) -> None:
    sites = "sites:\n" + "".join(
        f"- {{id: {name}, names: {{it: A, en: A}}, origins: ['https://{name}.example']}}\n" for name in ("pages", "faq")
    )
    form = load(tmp_path, form_data(field("a", "text")), sites=sites).current("sample")
    forms = Forms.load(tmp_path, "pages=http://127.0.0.1:9999")
    assert forms.origins(form) == {"https://pages.example", "http://127.0.0.1:9999"}
    assert forms.may_embed(form, "pages", "https://pages.example")
    assert not forms.may_embed(form, "faq", "https://faq.example")
    assert not forms.may_embed(form, "pages", "https://faq.example")
    with pytest.raises(ConfigError, match="EXTRA_ORIGINS"):
        Forms.load(tmp_path, "nobody=http://127.0.0.1:9999")


@pytest.mark.parametrize("origin", ["https://*.example", "https://a.example/path", "null", "ftp://a.example"])
def test_an_origin_is_a_bare_origin(tmp_path: Path, origin: str) -> None:
    sites = f"sites:\n- id: pages\n  names: {{it: P, en: P}}\n  origins:\n  - '{origin}'\n"
    with pytest.raises(ConfigError, match=r"sites\.yml:4: .* is not an origin"):
        load(tmp_path, form_data(field("a", "text")), sites=sites)


def test_the_sample_of_the_faults_below_is_good(tmp_path: Path) -> None:
    assert load(tmp_path, yaml.safe_load(GOOD)).current("sample").by_id["note"].personal


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("type: text", "type: rainbow", "sample.v1.yml:17: unknown type rainbow; there are text, longtext, "),
        ("id: note", "id: kind", "sample.v1.yml:16: field 'kind' is given twice"),
        ("id: note", "id: email", "sample.v1.yml:16: 'email' is asked by every form"),
        ("field: kind", "field: gone", "sample.v1.yml:20: 'note' depends on 'gone', which does not exist"),
        ("field: kind", "field: note", "sample.v1.yml:20: 'note' depends on 'note', which comes later"),
        ("equals: a", "equals: z", "sample.v1.yml:20: 'kind' has no option 'z'"),
        ("equals: a", "in: [a, z]", "sample.v1.yml:20: 'kind' has no option 'z'"),
        ("equals: a", "equals: a, in: [b]", "sample.v1.yml:20: fields.1.show_when: give either 'equals' or 'in'"),
        (", en: N", "", "sample.v1.yml:18: fields.1.label.en: the English text is missing"),
        ("value: b", "value: a", "sample.v1.yml:15: 'kind': option 'a' is given twice"),
        ("[pages]", "[pages, moon]", "sample.v1.yml:7: site 'moon' is not in sites.yml"),
        ("personal: true", "pattern: '['", "sample.v1.yml:19: 'note': the pattern does not compile"),
        ("personal: true", "pattern: 'a'", "sample.v1.yml:19: 'note': a pattern needs a pattern_message"),
        ("personal: true", "min_length: 300", "sample.v1.yml:19: 'note': min_length is above max_length"),
        ("personal: true", "colour: red", "sample.v1.yml:19: fields.1.colour: Extra inputs are not permitted"),
        ('"S {kind}", en', '"S {note}", en', "sample.v1.yml:6: subject: 'note' is personal"),
        ('"S {kind}", en', '"S {gone}", en', "sample.v1.yml:6: subject: '{gone}' is not a field"),
        ('"S {kind}", en', '"S {kind.x}", en', "sample.v1.yml:6: subject: '{kind.x}' is not a field"),
        ('"S {kind}", en', '"S {kind", en', "sample.v1.yml:6: subject: "),
        ("    required: true\n", "", "sample.v1.yml:6: subject: 'kind' may be left out"),
        ("id: sample", "id: other", "sample.v1.yml:1: id 'other' does not match the file's name"),
        ("version: 1", "version: 2", "sample.v1.yml:2: version 2 does not match the file's name"),
        ("version: 1", "version: 1\nversion: 1", "sample.v1.yml:3: 'version' is given twice"),
    ],
)
def test_a_fault_names_file_and_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    assert fault_of(tmp_path, GOOD.replace(old, new, 1)).startswith(said)


def test_a_condition_on_a_later_field_is_refused(tmp_path: Path) -> None:
    conditional = field("first", "text", show_when={"field": "second", "equals": True})
    with pytest.raises(ConfigError, match="depends on 'second', which comes later"):
        load(tmp_path, form_data(conditional, field("second", "checkbox")))


@pytest.mark.parametrize(("other", "wanted"), [("text", "a"), ("checkbox", "yes")])
def test_a_condition_needs_a_field_that_can_decide(tmp_path: Path, other: str, wanted: str) -> None:
    fields = field("first", other), field("second", "text", show_when={"field": "first", "equals": wanted})
    with pytest.raises(ConfigError, match="'first' is a"):
        load(tmp_path, form_data(*fields))


@pytest.mark.parametrize("name", ["sample.yml", "sample.v01.yml", "Sample.v1.yml", "sample.v1.yaml", "other.v1.yml"])
def test_a_file_is_named_after_its_id_and_version(tmp_path: Path, name: str) -> None:
    # So two files can never be the same version either.
    assert re.match(rf"{name}:1: .*name", fault_of(tmp_path, GOOD, name))


def test_no_form_at_all_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no form"):
        load(tmp_path)
