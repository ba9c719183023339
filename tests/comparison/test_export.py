"""Programs get every number, each beside the run that it is of."""

from __future__ import annotations

from dlcli.comparison.compare import Wish, compare
from dlcli.comparison.export import as_json
from dlcli.comparison.verdict import judged
from tests.comparison.made import entry, seeds


def exported(entries):
    comparison = compare(entries, Wish(metric="test/acc"))
    return as_json(comparison, judged(comparison))


def test_means_without_any_spread_have_their_difference():
    other = seeds("b", [0.875] * 3, params={"optimizer.lr": "0.2"})
    (pair,) = exported([*seeds("a", [1.0] * 3), *other])["comparisons"]
    assert (pair["difference"], pair["p"], pair["differs"]) == (0.125, None, False)


def test_values_stand_in_the_order_of_the_runs_also_where_one_is_missing():
    (group,) = exported([entry("a", 0, 0.5), entry("b", 1), entry("c", 2, 0.75)])["groups"]
    assert group["seeds"] == ["0", "1", "2"]
    assert group["metrics"]["test/acc"]["values"] == [0.5, None, 0.75]
    assert group["metrics"]["test/acc"]["mean"] == 0.625
