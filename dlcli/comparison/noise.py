"""Whether means differ by more than their noise: Welch's test, corrected after Holm.

Welch, "The generalization of 'Student's' problem when several different population variances are
involved", Biometrika 34 (1947). Holm, "A simple sequentially rejective multiple test procedure",
Scandinavian Journal of Statistics 6 (1979).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LEVEL = 0.05  # of calling a difference real where there is none
LEAST = 3  # seeds on each side, from which on the spread says something


@dataclass(frozen=True)
class Welch:
    """Welch's test of two samples with unequal variances.

    Args:
        difference: of the means, the first less the second.
        low: lower end of the 95 % confidence interval of the difference.
        high: upper end of it.
        t: the difference in standard errors.
        df: degrees of freedom, after Welch and Satterthwaite.
        p: how likely so large a difference is, in either direction, where there is none.
    """

    difference: float
    low: float
    high: float
    t: float
    df: float
    p: float


@dataclass(frozen=True)
class Pair:
    """Two samples compared.

    Args:
        other: position of the sample that one was compared with.
        difference: of the means, the one's less the other's.
        welch: None where neither sample has any spread, so that there is nothing to go by.
        p: corrected for all pairs that were compared; None as above.
    """

    other: int
    difference: float
    welch: Welch | None
    p: float | None

    @property
    def differs(self) -> bool:
        """Whether the difference is distinguishable from noise."""
        return self.p is not None and self.p < LEVEL


def pairs(samples: Sequence[Sequence[float]], index: int) -> list[Pair]:
    """One sample compared with each of the others, each p corrected for the pairs of all samples.

    Whoever picks the best of several and compares it with the others has looked at every pair:
    corrected for the pairs with the best alone, one p in several would be too small.

    Args:
        samples: each of at least two finite numbers.
        index: which of them to compare with the others.
    """
    import numpy as np

    i, j = np.triu_indices(len(samples), 1)
    means, errors, sizes = _moments(samples)
    tests = _welch(means[i] - means[j], errors[i], errors[j], sizes[i] - 1, sizes[j] - 1)
    tests["corrected"] = holm(tests["p"])
    found = []
    for place in np.flatnonzero((i == index) | (j == index)):
        sign = 1 if i[place] == index else -1
        other = int(j[place] if i[place] == index else i[place])
        numbers = {name: float(column[place]) for name, column in tests.items()}
        found.append(_pair(other, sign, **numbers))
    return found


def _moments(samples: Sequence[Sequence[float]]) -> tuple[Any, Any, Any]:
    """Mean, squared standard error of the mean, and size of each sample."""
    import numpy as np

    arrays = [np.asarray(one, dtype=float) for one in samples]
    sizes = np.array([len(one) for one in arrays])
    # rounding would leave a spread of 1e-17 in what is the same number throughout
    flat = [bool((one == one[0]).all()) for one in arrays]
    means = [one[0] if same else one.mean() for one, same in zip(arrays, flat, strict=True)]
    spreads = [0.0 if same else one.var(ddof=1) for one, same in zip(arrays, flat, strict=True)]
    return np.array(means), np.array(spreads) / sizes, sizes


def _welch(difference: Any, a: Any, b: Any, df_a: Any, df_b: Any) -> dict[str, Any]:
    """Welch's test of arrays of pairs; not a number where there is no spread.

    The same as scipy.stats.ttest_ind(…, equal_var=False), whose import takes longer than all else
    that a comparison does.

    Args:
        difference: of the means.
        a: squared standard error of the first mean; ``b`` of the second.
        b: see ``a``.
        df_a: size of the first sample less one; ``df_b`` of the second.
        df_b: see ``df_a``.
    """
    import numpy as np
    from scipy.special import stdtr, stdtrit

    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(a + b > 0, difference / np.sqrt(a + b), np.nan)
        df = (a + b) ** 2 / (a**2 / df_a + b**2 / df_b)
        reach = np.sqrt(a + b) * stdtrit(df, 1 - LEVEL / 2)
    return {"difference": difference, "reach": reach, "t": t, "df": df, "p": 2 * stdtr(df, -abs(t))}


def _pair(other: int, sign: int, corrected: float, **test: float) -> Pair:
    difference, reach, p = sign * test["difference"], test["reach"], test["p"]
    if p != p:  # not a number
        return Pair(other, difference, None, None)
    low, high = difference - reach, difference + reach
    result = Welch(difference, low, high, sign * test["t"], test["df"], p)
    return Pair(other, difference, result, corrected)


def holm(ps: Any) -> Any:
    """Each p corrected, so that any of them falls below 0.05 by chance in at most 5 % of cases.

    Args:
        ps: an array; what is not a number in it does not count, and stays.
    """
    import numpy as np

    order = np.argsort(ps)  # what is not a number comes last
    count = np.count_nonzero(~np.isnan(ps))
    factors = np.maximum(count - np.arange(len(ps)), 1)
    raised = np.minimum(np.maximum.accumulate(ps[order] * factors), 1.0)
    corrected = np.empty_like(raised)
    corrected[order] = raised
    return corrected
