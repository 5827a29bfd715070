"""The documents name files, targets and commands that exist."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("config/*/README.md")])
FILE = re.compile(r"`([\w./-]+\.(?:py|js|yml|md|css|html|json|sha256|txt))`|`(docs/adr/\d{4})`")
FOLDERS = ("services", "shared", "config", "tests", "demo", "bench", "docs")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for name, decision in FILE.findall(text):
        if decision:
            assert list(ROOT.glob(f"{decision}-*.md")), decision
        else:
            found = (ROOT / name).is_file() or (document.parent / name).is_file()
            assert found or any(next((ROOT / folder).rglob(name), None) for folder in FOLDERS), name


def test_every_command_that_a_document_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    said = "\n".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    assert set(re.findall(r"(?:`|^)make ([a-z][\w-]*)", said, re.MULTILINE)) <= targets
    commands = set(re.findall(r"(?:`|^)sportello ([a-z]+) ([a-z-]+)", said, re.MULTILINE))
    assert len(commands) > 8
    for group, command in commands:
        assert CliRunner().invoke(app, [group, command, "--help"]).exit_code == 0, f"sportello {group} {command}"
