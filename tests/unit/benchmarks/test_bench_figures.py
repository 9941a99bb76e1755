"""Percentiles, ranges and ratios: what a wrong formula would quietly falsify."""

import pytest

from benchmarks.figures import Range, differences, percentile, ratios


def test_a_percentile_is_a_sample_that_so_many_do_not_exceed() -> None:
    samples = [float(value) for value in range(100, 0, -1)]
    assert percentile(samples, 50) == 50
    assert percentile(samples, 99) == 99
    assert percentile(samples, 100) == 100


def test_of_sixty_samples_the_99th_percentile_is_the_largest() -> None:
    assert percentile([1.0] * 59 + [7.0], 99) == 7


def test_of_one_sample_every_percentile_is_that_sample() -> None:
    assert percentile([3.0], 1) == percentile([3.0], 99) == 3


def test_a_ratio_is_taken_within_each_round() -> None:
    # The machine slowed down in the second round, and for both: neither is slower than the other.
    assert ratios([100, 50], [200, 100]) == [0.5, 0.5]


def test_a_difference_is_taken_within_each_round() -> None:
    assert differences([3, 13], [1, 11]) == [2, 2]


@pytest.mark.parametrize("compare", [ratios, differences])
def test_series_of_unequal_length_are_no_pairs(compare: object) -> None:
    assert callable(compare)
    with pytest.raises(ValueError, match="zip"):
        compare([1, 2], [1])


def test_a_range_is_the_median_with_all_that_was_seen() -> None:
    assert Range.of([0.9, 1.2, 1.0]) == Range(1.0, 0.9, 1.2)
    assert Range.of([0.9, 1.2, 1.0]).text() == "1.00 (0.90 to 1.20)"
