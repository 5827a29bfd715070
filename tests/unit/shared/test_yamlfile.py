"""Faults in configuration files are named with file and line."""

from pathlib import Path

import pytest

from shared.config import Settings
from shared.errors import ConfigError
from shared.people import People
from shared.queues import Queues

CONFIG = Path("config")
TREE = """fallback: desk
queues:
  - id: desk
    level: 1
    names: {it: Sportello, en: Desk}
    group: desk
    mail_from: desk@ateneo.example
  - id: experts
    level: 2
    parent: desk
    names: {it: Esperti, en: Experts}
    group: experts
second_level_fallback: experts
"""


@pytest.mark.parametrize(
    ("right", "wrong", "line", "sentence"),
    [
        ("fallback: desk", "fallback: nobody", 1, "not a first-level queue"),
        ("fallback: desk", "fallback: experts", 1, "not a first-level queue"),
        ("id: experts", "id: desk", 8, "given twice"),
        ("parent: desk", "parent: later", 10, "must be a queue further up"),
        ("    parent: desk\n", "", 8, "needs a parent"),
        ("    mail_from: desk@ateneo.example\n", "", 3, "needs mail_from"),
        ("desk@ateneo.example", "desk", 7, "mail_from"),
        ("level: 2", "level: 3", 9, "level"),
        ("en: Experts", "de: Experten", 11, "names.en"),
        ("group: experts", "group: experts\n    group: others", 13, "given twice"),
        ("level: 1", "level: [", 6, "not valid YAML"),
        # What YAML itself can't make sense of has a line too.
        ("level: 1", "level: 2026-02-30", 4, "'2026-02-30' can't be read"),
        ("level: 1", "level: !!int one", 4, "'one' can't be read"),
        ("level: 1", "level: !secret one", 4, "'one' can't be read"),
        ("level: 1", "? [level] : 1", 4, "one word"),
        ("names: {it: Sportello, en: Desk}", "names: &names {it: *names, en: Desk}", 5, "nested more than 50 deep"),
        ("level: 1", "level: " + "[" * 5000, 1, "nested more than 50 deep"),
    ],
)
def test_a_wrong_queue_tree_is_named(tmp_path: Path, right: str, wrong: str, line: int, sentence: str) -> None:
    path = tmp_path / "queues.yml"
    path.write_text(TREE.replace(right, wrong), encoding="utf-8")
    with pytest.raises(ConfigError) as refusal:
        Queues(path)
    assert refusal.value.detail.startswith(f"{path}:{line}: ")
    assert sentence in refusal.value.detail


def test_a_missing_and_an_empty_file_are_named(tmp_path: Path) -> None:
    for content in (None, ""):
        path = tmp_path / "queues.yml"
        if content is not None:
            path.write_text(content, encoding="utf-8")
        with pytest.raises(ConfigError, match=r"queues\.yml:1: "):
            Queues(path)


def test_the_shipped_tree_has_its_levels_and_people() -> None:
    queues = Queues.load(CONFIG)
    assert len(queues.first_level()) >= 5
    assert len([queue for queue in queues if queue.level == 2]) >= 6
    people = People.load(CONFIG, queues).all()
    assert {person.is_operator for person in people} == {True, False}
    assert all(person.email.endswith(".example") for person in people)


def test_missing_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AMQP_URL", "INTERNAL_KEY", "PORT"):
        monkeypatch.delenv(f"SPORTELLO_{name}", raising=False)
    with pytest.raises(ConfigError, match="SPORTELLO_AMQP_URL, SPORTELLO_INTERNAL_KEY"):
        Settings.load("amqp_url", "internal_key")
    monkeypatch.setenv("SPORTELLO_INTERNAL_KEY", "short")
    with pytest.raises(ConfigError, match="shorter than 32"):
        Settings.load("internal_key")
    monkeypatch.setenv("SPORTELLO_PORT", "many")
    with pytest.raises(ConfigError, match="SPORTELLO_PORT"):
        Settings.load()
