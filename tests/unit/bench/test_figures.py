"""What a measurement says: percentiles, ratios of pairs, aims."""

import pytest

from bench.figures import Aim, Row, Spread, paired, percentile, ratios


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert percentile(values, 0.5) == 3.0
    assert percentile(values, 0.95) == 5.0
    assert percentile(values, 0.0) == 1.0


def test_the_95th_of_100_leaves_five_above() -> None:
    assert percentile([float(n) for n in range(1, 101)], 0.95) == 95.0


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)
    with pytest.raises(ValueError, match="no values"):
        Spread.of([])


def test_ratios_are_of_pairs_not_of_medians() -> None:
    # The second minute was slow for both: the ratio doesn't notice.
    assert ratios([60.0, 6.0, 30.0], [100.0, 10.0, 60.0]) == Spread(0.6, 0.5, 0.6)


def test_a_pair_needs_both_sides() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


def test_a_paired_row_shows_the_medians_of_both_sides() -> None:
    row = paired("submissions", "/s", [600.0, 500.0, 700.0], [1000.0, 1000.0, 1000.0])
    assert (row.ours, row.bare, row.ratio) == (600.0, 1000.0, Spread(0.6, 0.5, 0.7))
    assert row.met is None


@pytest.mark.parametrize(
    ("bound", "ratio", "met"), [("at least", 0.6, True), ("at least", 0.59, False), ("at most", 0.59, True)]
)
def test_an_aim_is_met_or_missed_by_the_ratio(bound: str, ratio: float, met: bool) -> None:
    aim = Aim("at least" if bound == "at least" else "at most", 0.6)
    assert paired("x", "/s", [ratio], [1.0], aim).met is met


def test_an_aim_may_be_for_the_figure_itself() -> None:
    idle = Aim("at most", 120.0, of="figure")
    assert Row("memory", "MB", 119.0, aim=idle).met
    assert not Row("memory", "MB", 121.0, aim=idle).met


def test_without_a_ratio_an_aim_for_it_is_missed() -> None:
    assert Row("x", "/s", 1.0, aim=Aim("at least", 0.6)).met is False
