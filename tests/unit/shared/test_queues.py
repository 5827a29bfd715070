"""The tree of queues: what sub-queues have from above, whom a question goes to, and what is wrong in the file."""

from pathlib import Path

import pytest

from shared.errors import ConfigError
from shared.queues import Asked, Queues

TREE = """
fallback: desk
second_level_fallback: last
queues:
  - id: desk
    level: 1
    names: {it: Sportello, en: Desk}
    group: desk
    mail_from: desk@ateneo.example
    signature: {it: Firma, en: Signed}
    may_close_silently: true
    follow_up_days: 10
    due_hours: 24
    asks: experts
  - id: desk-abroad
    level: 1
    parent: desk
    names: {it: Estero, en: Abroad}
    follow_up_days: 60
    may_close_silently: false
  - id: experts
    level: 2
    parent: desk
    names: {it: Esperti, en: Experts}
    group: experts
    due_hours: 8
  - id: visas
    level: 2
    parent: desk-abroad
    names: {it: Visti, en: Visas}
    asks: experts
  - id: last
    level: 2
    parent: experts
    names: {it: Ultimi, en: Last}
  - id: other
    level: 1
    names: {it: Altro, en: Other}
    group: other
    mail_from: other@ateneo.example
"""


def queues(folder: Path, text: str = TREE) -> Queues:
    path = folder / "queues.yml"
    path.write_text(text, encoding="utf-8")
    return Queues(path)


def test_a_sub_queue_has_from_above_what_it_does_not_say_itself(tmp_path: Path) -> None:
    abroad = queues(tmp_path).get("desk-abroad")
    assert abroad is not None
    assert abroad.signature is not None
    assert (abroad.group, abroad.mail_from, abroad.signature.en) == ("desk", "desk@ateneo.example", "Signed")
    assert (abroad.may_close_silently, abroad.follow_up_days, abroad.due_hours, abroad.asks) == (
        *(False, 60),
        *(24, "experts"),
    )


def test_it_is_known_who_says_what_was_inherited(tmp_path: Path) -> None:
    tree = queues(tmp_path)
    assert tree.inherited("desk") == {}
    from_desk = ("group", "mail_from", "signature", "due_hours", "asks")
    assert tree.inherited("desk-abroad") == dict.fromkeys(from_desk, "desk")
    visas = tree.inherited("visas")
    assert (visas["follow_up_days"], visas["group"], "asks" in visas) == ("desk-abroad", "desk", False)
    assert tree.inherited("last")["due_hours"] == "experts"


def test_what_nobody_says_has_its_usual_value(tmp_path: Path) -> None:
    other = queues(tmp_path).get("other")
    assert other is not None
    assert (other.may_close_silently, other.follow_up_days, other.due_hours, other.asks) == (False, 30, None, None)


@pytest.mark.parametrize(
    ("asking", "asked"),
    [
        ("desk", Asked("experts", "asks")),
        ("desk-abroad", Asked("experts", "asks")),
        ("visas", Asked("experts", "asks")),
        ("last", Asked("experts", "asks")),
        ("experts", Asked("last", "second_level_fallback")),
        ("other", Asked("last", "second_level_fallback")),
        ("vanished", Asked("last", "second_level_fallback")),
    ],
)
def test_a_question_goes_to_whom_the_queue_asks_and_never_back_to_it(tmp_path: Path, asking: str, asked: Asked) -> None:
    assert queues(tmp_path).asked_by(asking) == asked


def test_without_a_second_level_nobody_is_asked(tmp_path: Path) -> None:
    text = TREE.replace("second_level_fallback: last\n", "").replace("    asks: experts\n", "")
    text = text[: text.index("  - id: experts")] + text[text.index("  - id: other") :]
    assert queues(tmp_path, text).asked_by("desk") is None


@pytest.mark.parametrize(
    ("right", "wrong", "line", "sentence"),
    [
        ("second_level_fallback: last", "second_level_fallback: desk", 3, "is not a second-level queue"),
        ("second_level_fallback: last", "second_level_fallback: nobody", 3, "is not a second-level queue"),
        ("second_level_fallback: last\n", "", 2, "second_level_fallback is missing: name the second-level queue"),
        ("    due_hours: 24\n    asks: experts", "    due_hours: 24\n    asks: other", 14, "is not a second-level"),
        ("en: Visas}\n    asks: experts", "en: Visas}\n    asks: visas", 31, "queue 'visas' can't ask itself"),
        ("en: Other}\n    group: other\n", "en: Other}\n", 36, "queue 'other' needs a group"),
        ("id: other\n    level: 1", "id: other\n    level: 1\n    parent: last", 38, "can't be under 'last'"),
        ("due_hours: 24", "due_hours: 0", 13, "due_hours"),
    ],
)
def test_a_wrong_tree_is_named(tmp_path: Path, right: str, wrong: str, line: int, sentence: str) -> None:
    assert right in TREE
    with pytest.raises(ConfigError) as refusal:
        queues(tmp_path, TREE.replace(right, wrong))
    assert refusal.value.detail.startswith(f"{tmp_path / 'queues.yml'}:{line}: ")
    assert sentence in refusal.value.detail


def test_who_holds_the_tree_sees_the_newer_one(tmp_path: Path) -> None:
    held = queues(tmp_path)
    held.take(queues(tmp_path, TREE.replace("en: Other", "en: Elsewhere").replace("fallback: desk", "fallback: other")))
    assert (held.name("other", "en"), held.fallback.id) == ("Elsewhere", "other")
