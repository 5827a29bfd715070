"""What has the wrong shape in config/routing.yml is told in a person's words, not in a library's."""

from pathlib import Path

import pytest

from shared.errors import ConfigError
from tests.unit.routing.samples import table


@pytest.mark.parametrize(
    ("rest", "line", "sentence"),
    [
        ("when: {form: 5}", 3, "when.form: write a text"),
        ("when: {all: {form: one}}", 3, "when.all: write a list, like [one, another]"),
        ("when: {not: [{form: one}]}", 3, "when.not: write words with their values, like {form: fees}"),
        ("when: {time: {days: [monday]}}", 3, "when.time.days.0: write 'mon', 'tue'"),
        ("when: {time: {after: soon}}", 3, "when.time.after: write a date like 2026-09-01"),
        ("when: {}\n    ask: [{queue: experts, title: T, text: T, hours: 0}]", 4, "ask.0.hours: write at least 1"),
        ("when: {}\n    ask: [{queue: experts, title: T}]", 4, "ask.0.text: is missing: add it"),
        ("when: {}\n    aks: []", 4, "aks: there is no such word here: correct its spelling, or take it out"),
    ],
)
def test_what_has_the_wrong_shape_is_told_in_a_persons_words(
    tmp_path: Path, rest: str, line: int, sentence: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        table(tmp_path, f"rules:\n  - name: aa\n    {rest}\n    queue: desk\n")
    assert refusal.value.detail.startswith(f"{tmp_path / 'routing.yml'}:{line}: rules.0.{sentence}")
