"""Answer templates: every fault with its file and line, placeholders filled in, and what is missing marked."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app
from services.portal.answers import FORMS, Answers, Filled, fill, read, unfilled, watched_answers
from shared.errors import ConfigError
from shared.forms import Forms
from shared.queues import Queues

CONFIG = Path("config")
FORMS_READ = Forms.load(CONFIG)
QUEUES = Queues.load(CONFIG)
RIGHT = """answers:
  - id: first
    names: {it: Primo, en: First}
    queues: [credentials]
    forms: [answer, note]
    text:
      it: Ciao {{ requester }}
      en: Hello {{requester}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy to edit, with one template."""
    copy = Path(shutil.copytree(CONFIG, tmp_path / "config"))
    for file in (copy / "answers").glob("*.yml"):
        file.unlink()
    (copy / "answers" / "a.yml").write_text(RIGHT, encoding="utf-8")
    return copy


def check(folder: Path) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["answers", "check", "--config", str(folder)])
    return found.exit_code, found.output


def test_the_shipped_templates_are_right_and_speak_of_every_first_level_queue() -> None:
    code, told = check(CONFIG)
    assert (code, "nothing wrong" in told) == (0, True)
    answers = Answers.load(CONFIG, FORMS_READ)
    assert len(answers) >= 8
    for queue in QUEUES.first_level():
        assert answers.offered("answers", queue.id, QUEUES), queue.id
        assert answers.offered("information-requests", queue.id, QUEUES), queue.id


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("[credentials]", "[credential]", 4, "queue 'credential' is not in queues.yml: did you mean 'credentials'?"),
        ("[answer, note]", "[answer, letter]", 5, "write 'answer', 'information', 'note', 'close' or 'question'"),
        ("[answer, note]", "[]", 5, "forms"),
        ("{{ requester }}", "{{ requestor }}", 7, "no placeholder 'requestor': did you mean 'requester'?"),
        ("{{requester}}", "{{ field.student }}", 8, "no form has the field 'student'"),
        ("{{requester}}", "{{ requester", 8, "write a placeholder like {{ requester }}"),
        ("{{requester}}", "{{ a + b }}", 8, "write a placeholder like {{ requester }}"),
        ("Ciao {{ requester }}", '""', 7, "text.it"),
        ("      en: Hello {{requester}}\n", "", 6, "text.en: is missing"),
        ("id: first", "id: First!", 2, "small letters"),
        ("names:", "name:", 3, "names"),
        ("Hello", "x" * 20_001, 8, "20,000 characters"),
    ],
)
def test_every_fault_stands_with_its_file_and_line(folder: Path, old: str, new: str, line: int, sentence: str) -> None:
    file = folder / "answers" / "a.yml"
    file.write_text(RIGHT.replace(old, new), encoding="utf-8")
    code, told = check(folder)
    assert code == 1
    assert f"{file}:" in told
    if "names" not in sentence:
        assert f"{file}:{line}: " in told
    assert sentence in told


def test_all_faults_of_all_files_are_told_at_once(folder: Path) -> None:
    (folder / "answers" / "a.yml").write_text(RIGHT.replace("[credentials]", "[nobody]"), encoding="utf-8")
    (folder / "answers" / "b.yml").write_text(RIGHT.replace("{{requester}}", "{{nothing}}"), encoding="utf-8")
    (folder / "answers" / "c.yml").write_text("answers: [", encoding="utf-8")
    told = check(folder)[1].splitlines()
    assert len(told) == 4
    assert "template 'first' is given twice: also in a.yml, line 2" in "\n".join(told)
    with pytest.raises(ConfigError, match=r"a\.yml:4"):
        Answers.load(folder, FORMS_READ)


async def test_changed_files_hold_while_the_portal_runs_and_wrong_ones_do_not(folder: Path) -> None:
    kept = watched_answers(folder, FORMS_READ)
    file = folder / "answers" / "a.yml"
    file.write_text(RIGHT + RIGHT.partition("\n")[2].replace("first", "second"), encoding="utf-8")
    await kept.look()
    await kept.look()
    assert len(kept.current) == 2
    file.write_text(RIGHT.replace("requester", "nobody"), encoding="utf-8")
    await kept.look()
    await kept.look()
    assert (len(kept.current), kept.fault is not None) == (2, True)


def test_a_template_is_for_its_queue_those_below_it_and_its_forms(folder: Path) -> None:
    answers = Answers(read(folder, FORMS_READ)[0])
    assert [each.id for each in answers.offered("answers", "credentials-mail", QUEUES)] == ["first"]
    assert answers.offered("notes", "credentials", QUEUES)
    assert not answers.offered("close", "credentials", QUEUES)
    assert not answers.offered("answers", "fees", QUEUES)
    assert not answers.offered("answers", "gone", QUEUES)
    assert set(FORMS) == {"answer", "information", "note", "close", "question"}


def test_no_folder_means_no_templates(tmp_path: Path) -> None:
    shutil.copy(CONFIG / "queues.yml", tmp_path / "queues.yml")
    assert len(Answers.load(tmp_path, FORMS_READ)) == 0


def test_what_is_known_is_filled_in_and_what_is_not_is_marked() -> None:
    known = {
        "requester": Filled("Luca {{ number }}", "richiedente"),
        "field.student_number": Filled("", "Matricola"),
        "number": Filled("2026", "numero"),
    }
    text = fill("{{requester}}: {{ field.student_number }}, {{ field.other }} ({{ number }})\n", known)
    # What a user wrote is no template.
    assert text == "Luca {{ number }}: [Matricola?], [other?] (2026)"
    assert unfilled(f"{text} [Matricola?] [vero] [?]") == ["[Matricola?]", "[other?]"]
