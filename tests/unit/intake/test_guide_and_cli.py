"""The guide to the forms, and what `sportello forms` says on a terminal."""

import shutil
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from services.cli import app
from services.intake.guide import Guide, fitting, fold
from shared.errors import ConfigError
from shared.forms import Forms

CONFIG = Path(__file__).parents[3] / "config"
FORMS = Forms.load(CONFIG)
GUIDE = Guide.load(CONFIG, FORMS)


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """A copy of config/ to edit."""
    return Path(shutil.copytree(CONFIG, tmp_path / "config"))


def sportello(*words: str) -> Result:
    """The command, on a terminal wide enough for paths."""
    return CliRunner().invoke(app, ["forms", *words], env={"COLUMNS": "400"})


def check(folder: Path) -> list[str]:
    """What `sportello forms check` finds, without the folder."""
    done = sportello("check", "--config", str(folder))
    assert done.exit_code == 1, done.output
    return [line.removeprefix(f"{folder}/") for line in done.output.splitlines()]


def replace(path: Path, old: str, new: str) -> None:
    """Edit a file."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_every_form_is_answered_by_somebody_and_found_by_its_situations() -> None:
    for language in ("it", "en"):
        listed = GUIDE.forms(language)
        assert all(one.who for one in listed)
        for situation in GUIDE.situations(language):
            fits = fitting(listed, situation.title, GUIDE.idle(language))
            assert fits[[one.form.id for one in listed].index(situation.form.id)], situation.title


def test_words_are_folded_and_endings_forgiven() -> None:
    assert fold("È l'Università!") == {"e", "l", "universita"}
    listed, idle = GUIDE.forms("it"), GUIDE.idle("it")
    assert fitting(listed, "", idle) == [True] * len(listed)
    assert fitting(listed, "tassa", idle) == fitting(listed, "TASSE", idle)
    assert not any(fitting(listed, "xyzzy", idle))


def test_the_released_forms_are_right() -> None:
    done = sportello("check", "--config", str(CONFIG))
    assert (done.exit_code, done.output) == (0, f"{CONFIG}: 6 forms: nothing wrong.\n")


def test_every_fault_of_every_file_is_named_with_its_line(edited: Path) -> None:
    fees, exams = edited / "forms/fees.v1.yml", edited / "forms/exams.v1.yml"
    replace(fees, "type: number", "type: rainbow")
    replace(fees, "en: Fees and contributions", "en: ''")
    replace(exams, "id: teacher", "id: exam")
    replace(exams, "show_when: {field: kind, equals: study-plan}", "show_when: {field: nobody, equals: study-plan}")
    replace(exams, "minimum: 1\n", "minimum: 99\n")
    replace(exams, "sites: [portal,", "sites: [moon,")
    replace(exams, "show_when: {field: kind, equals: recognition}", "show_when: {field: description, equals: x}")
    found = check(edited)
    lines = fees.read_text().splitlines(), exams.read_text().splitlines()

    def line(place: int, words: str, nth: int = 0) -> int:
        return [number for number, text in enumerate(lines[place], 1) if words in text][nth]

    for expected in (
        f"forms/exams.v1.yml:{line(1, 'sites:')}: site 'moon' is not in sites.yml",
        f"forms/exams.v1.yml:{line(1, 'field: nobody')}: 'plan_step' depends on 'nobody', which does not exist",
        f"forms/exams.v1.yml:{line(1, 'id: exam', 3)}: field 'exam' is given twice",
        f"forms/exams.v1.yml:{line(1, 'minimum: 99')}: 'expected_credits': minimum is above maximum",
        f"forms/exams.v1.yml:{line(1, 'field: description')}: 'obtained_through' depends on 'description', which comes",
        "forms/exams.v1.yml:1: was edited after its release: put it back, and write the change into the next version",
        f"forms/fees.v1.yml:{line(0, 'title:')}: title.en: the English text is missing",
    ):
        assert any(one.startswith(expected) for one in found), (expected, found)
    assert any(
        one.startswith(f"forms/fees.v1.yml:{line(0, 'rainbow')}: unknown type rainbow; there are") for one in found
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("form: fees", "form: taxes", "there is no form 'taxes'"),
        ("fill: {kind: refund}", "fill: {kind: gold}", "'kind' has no option 'gold'"),
        ("fill: {kind: refund}", "fill: {student_number: '1'}", "'student_number' is no field of 'fees' that may be"),
        ("queue: internships", "queue: moon", "there is no queue 'moon'"),
        ("  internships:\n", "  interns:\n", "there is no form 'interns'"),
        ("en: I forgot my password", "en: ''", "String should have at least 1 character"),
    ],
)
def test_the_guide_is_checked_with_the_forms(edited: Path, old: str, new: str, said: str) -> None:
    guide = edited / "guide.yml"
    replace(guide, old, new)
    assert any(one.startswith("guide.yml:") and said in one for one in check(edited))
    with pytest.raises(ConfigError, match=r"guide\.yml:\d+: "):
        Guide.load(edited, Forms.load(edited))


def test_a_form_that_the_guide_forgets_is_named(edited: Path) -> None:
    data = yaml.safe_load((edited / "guide.yml").read_text())
    del data["forms"]["fees"]
    (edited / "guide.yml").write_text(yaml.safe_dump(data))
    assert any("form 'fees' is missing here" in one for one in check(edited))


def test_without_a_guide_there_are_the_forms_alone(edited: Path) -> None:
    (edited / "guide.yml").unlink()
    guide = Guide.load(edited, Forms.load(edited))
    assert [one.who for one in guide.forms("it")] == [""] * 6
    assert guide.situations("it") == []


def test_a_new_version_is_compared_released_and_then_fixed(edited: Path) -> None:
    first, second = edited / "forms/fees.v1.yml", edited / "forms/fees.v2.yml"
    second.write_text(
        first.read_text().replace("version: 1", "version: 2").replace("max_length: 3000", "max_length: 4000")
    )
    assert "not released yet" in sportello("check", "--config", str(edited)).output
    compared = sportello("changes", "fees", "--config", str(edited))
    assert compared.output == "fees: version 1 -> 2\n  description: max_length: 3000 -> 4000\n"
    assert "fees.v2.yml: released." in sportello("release", "--config", str(edited)).output
    assert sportello("check", "--config", str(edited)).output.endswith("6 forms: nothing wrong.\n")
    replace(second, "max_length: 4000", "max_length: 5000")
    assert check(edited) == [
        "forms/fees.v2.yml:1: was edited after its release: put it back, and write the change into the next version"
    ]
    assert sportello("release", "--config", str(edited)).exit_code == 1
    second.unlink()
    assert any("'fees.v2.yml' was released and is gone" in one for one in check(edited))


def test_what_cannot_be_compared_is_said(edited: Path) -> None:
    for words, said in (
        (["fees"], "has only version 1"),
        (["nothing"], "no such form"),
        (["fees", "--from", "9"], "no"),
    ):
        done = sportello("changes", *words, "--config", str(edited))
        assert done.exit_code == 1
        assert said in done.output


def test_the_link_to_the_form_makers_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPORTELLO_SIGNING_KEY", "k" * 40)
    monkeypatch.setenv("SPORTELLO_INTAKE_URL", "https://intake.example/")
    link = sportello("preview-link", "--hours", "2").output.strip()
    assert link.startswith("https://intake.example/forms/preview?token=")
