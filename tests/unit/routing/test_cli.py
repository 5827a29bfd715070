"""`sportello routing check`: right files are told so, wrong ones all of their faults."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app

CONFIG = Path("config")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy to edit."""
    return Path(shutil.copytree(CONFIG, tmp_path / "config"))


def check(folder: Path) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["routing", "check", "--config", str(folder)])
    return found.exit_code, found.output


def test_the_shipped_rules_are_right(folder: Path) -> None:
    code, told = check(folder)
    assert code == 0
    assert "nothing wrong" in told


def test_every_fault_is_named_with_file_and_line(folder: Path) -> None:
    rules = folder / "routing.yml"
    text = rules.read_text(encoding="utf-8")
    text = text.replace("name: fees\n", "name: exams\n").replace("queue: internships", "queue: internship")
    rules.write_text(text, encoding="utf-8")
    code, told = check(folder)
    assert code == 1
    lines = told.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"{rules}:") for line in lines)
    assert "rule 'exams' is given twice" in told
    assert "did you mean 'internships'?" in told


def test_a_file_that_can_not_be_read_is_one_fault(folder: Path) -> None:
    (folder / "queues.yml").write_bytes(b"fallback: \xff\n")
    code, told = check(folder)
    assert code == 1
    assert told == f"{folder / 'queues.yml'}:1: is not text in UTF-8: save it as such\n"
