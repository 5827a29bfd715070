"""config/guard.yml: what it says of each form, and each fault with its file and line."""

from pathlib import Path

import pytest

from shared.errors import ConfigError
from shared.forms.guarding import Guarding, Rate

CONFIG = Path(__file__).parents[3] / "config"
FORMS = frozenset({"exams", "fees"})


def loaded(tmp_path: Path, text: str) -> Guarding:
    (tmp_path / "guard.yml").write_text(text, encoding="utf-8")
    return Guarding.load(tmp_path, FORMS)


def test_without_a_file_everything_is_guarded(tmp_path: Path) -> None:
    of = Guarding.load(tmp_path, FORMS).of("exams")
    assert (of.proof_of_work, of.honeypot, of.rates.plain.burst) == (True, True, 60)


def test_the_file_says_what_holds_without_it() -> None:
    assert Guarding.load(CONFIG, FORMS) == Guarding()


def test_one_form_may_have_it_otherwise(tmp_path: Path) -> None:
    rules = loaded(
        tmp_path,
        "all_forms: {honeypot: false, rates: {site: {burst: 9, per_hour: 9}}}\n"
        "forms:\n  exams: {proof_of_work: false, rates: {plain: {burst: 5, per_hour: 7}}}\n",
    )
    exams, fees = rules.of("exams"), rules.of("fees")
    assert (exams.proof_of_work, exams.honeypot, exams.rates.plain) == (False, False, Rate(burst=5, per_hour=7))
    assert exams.rates.site == Rate(burst=9, per_hour=9)
    assert (fees.proof_of_work, fees.rates.plain.burst) == (True, 60)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("copies: 0\n", ":1:", "at least 1"),
        ("copies: 2\nspeed: 3\n", ":2:", "no such word"),
        ("\nforms:\n  exam: {honeypot: false}\n", ":3:", "there is no form 'exam'"),
        ("forms:\n  exams:\n    rates:\n      plane: {burst: 1, per_hour: 1}\n", ":3:", "there is no rate 'plane'"),
        ("all_forms:\n  rates:\n    plain: {burst: -1, per_hour: 1}\n", ":3:", "at least 0"),
        ("all_forms:\n  rates:\n    plain: {burst: 1}\n", ":3:", "is missing"),
        ("all_forms:\n  proof_of_work: perhaps\n", ":2:", "proof_of_work"),
        ("unlimited: [10.0.0.1/8]\n", ":1:", "10.0.0.1/8"),
        ("proof: {cost: many}\n", ":1:", "cost"),
        ("forms:\n  exams: [no\n", ":", "YAML"),
    ],
)
def test_each_fault_is_told_with_its_line(tmp_path: Path, text: str, place: str, words: str) -> None:
    with pytest.raises(ConfigError) as fault:
        loaded(tmp_path, text)
    assert f"guard.yml{place}" in fault.value.detail
    assert words in fault.value.detail
