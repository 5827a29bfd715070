"""The report as a person reads it."""

from datetime import UTC, datetime

import pytest

from bench.figures import Aim, Row, Spread, Table
from bench.report import number, report, section

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TABLE = Table(
    "(a) Intake",
    "intake",
    "bare endpoint",
    (
        Row("1 client: submissions", "/s", 612.4, 1001.0, Spread(0.612, 0.58, 0.64), Aim("at least", 0.6)),
        Row("idle", "MB", 95.25),
    ),
    "How it was done.",
)


def test_a_section_is_an_aligned_table_below_its_note() -> None:
    assert section(TABLE) == [
        "## (a) Intake",
        "",
        "How it was done.",
        "",
        "| what                  | unit | intake | bare endpoint |            ratio |        aim |",
        "| --------------------- | ---- | -----: | ------------: | ---------------: | ---------: |",
        "| 1 client: submissions | /s   |    612 |          1001 | 0.61 (0.58–0.64) | ≥ 0.6: met |",
        "| idle                  | MB   |   95.2 |             – |                – |            |",
    ]


def test_a_missed_aim_is_said() -> None:
    row = Row("p95", "ms", 90.0, 20.0, Spread(4.5, 4.5, 4.5), Aim("at most", 4.0))
    assert section(Table("t", "ours", "bare", (row,)))[-1].endswith("|  4.50 | ≤ 4: missed |")


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0"), (0.1234, "0.123"), (1.234, "1.23"), (12.34, "12.3"), (123.4, "123"), (1234.5, "1234")],
)
def test_numbers_have_three_digits_that_count(value: float, said: str) -> None:
    assert number(value) == said


def test_the_report_says_when_on_what_and_how_long() -> None:
    text = report([TABLE], NOON, ["2 cores", "CPython 3.11"], short=True)
    assert "23 November 2026, 12:00 UTC, short run" in text
    assert "2 cores; CPython 3.11." in text
    assert text.endswith("|\n")
    assert "full run" in report([TABLE], NOON, [], short=False)
