"""A difference is called real where there is none in one case of twenty at most."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from dlcli.comparison.noise import LEVEL, Pair, Welch, holm, pairs

DRAWS = 2000
# three standard deviations of the share that is called different, at a true rate of 5 %
MARGIN = 3 * math.sqrt(LEVEL * (1 - LEVEL) / DRAWS)


def welch(first: Sequence[float], second: Sequence[float]) -> Welch | None:
    (pair,) = pairs([first, second], 0)
    return pair.welch


def test_welch_is_as_worked_by_hand():
    """Means 0.90 and 0.84; variances 0.0001 and 0.0004; n 3 and 3.

    Squared standard errors 0.0001/3 and 0.0004/3, sum 0.0005/3, root 0.012910; t = 0.06/0.012910 =
    4.6476; df = (0.0005/3)^2 / ((0.0001/3)^2/2 + (0.0004/3)^2/2) = 0.25/0.085 = 2.9412. The 97.5 %
    quantile of t with 2.9412 degrees is 3.2188: the interval is 0.06 -+ 0.041554.
    """
    found = welch([0.89, 0.90, 0.91], [0.82, 0.84, 0.86])
    assert found is not None
    assert found.difference == pytest.approx(0.06)
    assert found.t == pytest.approx(4.6476, abs=1e-4)
    assert found.df == pytest.approx(2.9412, abs=1e-4)
    assert (found.low, found.high) == pytest.approx((0.018446, 0.101554), abs=1e-6)
    assert found.p == pytest.approx(0.01962, abs=1e-5)


def test_welch_is_what_scipy_says():
    from scipy.stats import ttest_ind

    draw = np.random.default_rng(0)
    for n in (3, 4, 9):
        first, second = draw.normal(0.5, 1, n), draw.normal(0, 3, 5)
        found, expected = welch(first, second), ttest_ind(first, second, equal_var=False)
        interval = expected.confidence_interval(1 - LEVEL)
        assert found is not None
        assert (found.t, found.df, found.p) == pytest.approx(
            (expected.statistic, expected.df, expected.pvalue)
        )
        assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_without_any_spread_there_is_nothing_to_go_by():
    assert welch([0.9, 0.9, 0.9], [0.1, 0.1, 0.1]) is None  # 0.9 + 0.9 + 0.9 is not 2.7
    (flat, spread) = pairs([[1.0] * 3, [0.5] * 3, [0.1, 0.2, 0.3]], 0)
    assert (flat.other, flat.difference, flat.welch, flat.p) == (1, 0.5, None, None)
    assert not flat.differs
    assert [one.difference for one in pairs([[0.9] * 3, [0.9] * 4], 0)] == [0.0]
    assert spread.differs


def test_holm_is_as_worked_by_hand():
    """0.01 * 4; 0.02 * 3; 0.03 * 2; then no p may be smaller than the one before it."""
    ps = np.array([0.02, 0.04, 0.01, 0.03])
    assert holm(ps).tolist() == pytest.approx([0.06, 0.06, 0.04, 0.06])
    assert holm(np.array([0.5, math.nan, 0.01])).tolist() == pytest.approx(
        [0.5, math.nan, 0.02], nan_ok=True
    )


def test_a_pair_is_compared_from_the_side_of_the_one_asked_for():
    low, high, middle = [0.1, 0.2, 0.3], [0.8, 0.9, 1.0], [0.4, 0.5, 0.6]
    found = pairs([low, high, middle], 1)
    assert [one.other for one in found] == [0, 2]
    assert [one.welch.difference for one in found if one.welch] == pytest.approx([0.7, 0.4])


def share(different: Callable[[np.random.Generator], bool]) -> float:
    draw = np.random.default_rng(20261)
    return sum(different(draw) for _ in range(DRAWS)) / DRAWS


@pytest.mark.parametrize(
    ("sizes", "spreads"), [((3, 3), (1, 1)), ((3, 12), (4, 1)), ((5, 5), (1, 3))]
)
def test_without_a_difference_one_is_seen_in_at_most_one_case_of_twenty(sizes, spreads):
    def different(draw: np.random.Generator) -> bool:
        samples = [draw.normal(0, s, n) for n, s in zip(sizes, spreads, strict=True)]
        return pairs(samples, 0)[0].differs

    assert 0.01 < share(different) < LEVEL + MARGIN


def test_a_test_that_takes_the_variances_for_equal_would_be_found_out():
    """The few of the wide spread beside the many of the narrow one: Student's test errs often."""
    from scipy.special import stdtr

    def different(draw: np.random.Generator) -> bool:
        few, many = draw.normal(0, 4, 3), draw.normal(0, 1, 12)
        pooled = (2 * few.var(ddof=1) + 11 * many.var(ddof=1)) / 13
        t = (few.mean() - many.mean()) / math.sqrt(pooled * (1 / 3 + 1 / 12))
        return 2 * stdtr(13, -abs(t)) < LEVEL

    assert share(different) > 4 * LEVEL


@pytest.fixture(scope="module")
def best_of_eight() -> list[list[Pair]]:
    """Rows without a difference; the one with the best mean against each other one."""
    draw = np.random.default_rng(20262)
    found = []
    for _ in range(DRAWS):
        samples = [draw.normal(0, 1, 10) for _ in range(8)]
        found.append(pairs(samples, int(np.argmax([one.mean() for one in samples]))))
    return found


def test_of_several_rows_any_is_called_different_in_at_most_one_case_of_twenty(best_of_eight):
    found = [any(one.differs for one in against) for against in best_of_eight]
    assert 0.01 < np.mean(found) < LEVEL + MARGIN


def test_a_correction_for_the_pairs_of_the_best_alone_would_be_found_out(best_of_eight):
    """The best was picked after all were seen, so its pairs are not the only ones looked at."""
    ps = [np.array([one.welch.p for one in against if one.welch]) for against in best_of_eight]
    assert np.mean([holm(each).min() < LEVEL for each in ps]) > LEVEL + MARGIN


def test_no_correction_at_all_would_be_found_out(best_of_eight):
    ps = [min(one.welch.p for one in against if one.welch) for against in best_of_eight]
    assert np.mean([p < LEVEL for p in ps]) > 4 * LEVEL
