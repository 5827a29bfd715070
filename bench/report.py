"""The report as Markdown: pure text from tables. What machine it was is told by the caller in general words."""

from collections.abc import Sequence
from datetime import datetime

from bench.figures import Aim, Row, Spread, Table

INTRO = """\
Written by `make bench`; the figures are of one run on one machine, so read the ratios. Each figure is a median or a
percentile. *Ratio* is Sportello divided by the bare program measured next to it in the same run, with the smallest
and the largest of its pairs in brackets: for throughput more is better, for time, memory and CPU less is.
"""
HEADS = ("what", "unit", "ratio", "aim")


def report(tables: Sequence[Table], when: datetime, machine: Sequence[str], short: bool) -> str:
    """The whole document. `short` is said in it: a short run shows that it works, not how fast it is."""
    kind = "short run (`--quick`): too short to judge by" if short else "full run"
    parts = ["# Measured", "", INTRO, f"{when:%d %B %Y, %H:%M} UTC, {kind}. {'; '.join(machine)}.", ""]
    for table in tables:
        parts += [*section(table), ""]
    return "\n".join(parts).rstrip() + "\n"


def section(table: Table) -> list[str]:
    """A heading, the note and the aligned table, as lines."""
    heads = (HEADS[0], HEADS[1], table.ours, table.bare, *HEADS[2:])
    cells = [heads, *(_cells(row) for row in table.rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]
    rule = tuple(("-" * width if column < 2 else "-" * (width - 1) + ":") for column, width in enumerate(widths))
    lines = [_line(line, widths) for line in (cells[0], rule, *cells[1:])]
    return [f"## {table.title}", "", *([table.note, ""] if table.note else []), *lines]


def number(value: float) -> str:
    """Three digits that count: `1234`, `12.3`, `0.123`; never a power of ten."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}"


def _cells(row: Row) -> tuple[str, ...]:
    bare = "–" if row.bare is None else number(row.bare)
    return (row.what, row.unit, number(row.ours), bare, _ratio(row.ratio), _verdict(row.aim, row.met))


def _ratio(ratio: Spread | None) -> str:
    if ratio is None:
        return "–"
    middle = f"{ratio.middle:.2f}"
    return middle if ratio.least == ratio.most else f"{middle} ({ratio.least:.2f}–{ratio.most:.2f})"


def _verdict(aim: Aim | None, met: bool | None) -> str:
    if aim is None:
        return ""
    sign = "≥" if aim.bound == "at least" else "≤"
    return f"{sign} {aim.value:g}: {'met' if met else 'missed'}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if column < 2 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"
