"""The end of a sweep: it is finished once its best trial is tested, and says what is left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dlcli.cli.sweep_check import Checked
from dlcli.cli.sweep_resume import recomposed
from dlcli.cli.sweep_run import Sweep
from dlcli.cli.sweeping import Parts, composed, freeze
from dlcli.cli.swept import _more
from dlcli.errors import StoreError
from dlcli.search import parent
from dlcli.search.ending import Ending
from dlcli.search.folder import SweepFolder
from dlcli.search.settings import Search
from dlcli.search.trial import Result
from tests.search.sweeps import FakeStudy, frozen, trial

SPACE = ["model=mlp", "search=random", "search.n_trials=3", "optimizer.lr=interval(1e-3, 1e-1)"]


class Record:
    """Remembers whether the sweep is to go on."""

    left = False

    def log_test(self, *_: Any) -> None: ...

    def finish(self, *_: Any) -> None: ...

    def stopped(self) -> None:
        self.left = True


class Ended(Sweep):
    """A sweep whose trials are over."""

    tested = Result("complete", "finished", {"test/loss": 0.5})

    def _test(self, best: Any) -> Result:
        return self.tested

    def _write_best(self, best: Any) -> None: ...


@pytest.fixture
def sweep(folder: Path) -> Ended:
    sweep = SweepFolder(folder / "mlruns", "s")
    with sweep.owned():
        freeze(sweep, composed(SPACE, None, []), Checked(["val/loss"], ["min"], 2, []), None)
    parent.note(sweep, "f" * 32)
    made, about = recomposed(sweep, [], None, [])
    search = Search.of(made.settings["search"])
    return Ended(sweep, about, Parts(made, search, None, None), quiet=True)  # type: ignore[arg-type]


def conclude(sweep: Ended, *states: str, reason: str = "finished") -> tuple[Any, Record]:
    study, record = FakeStudy([trial(n, state, 0.5) for n, state in enumerate(states)]), Record()
    return sweep._conclude(study, record, Ending(reason)), record  # type: ignore[arg-type]


def test_a_sweep_whose_best_trial_is_tested_is_finished(sweep: Ended) -> None:
    swept, _ = conclude(sweep, "complete", "complete", "complete")
    assert (swept.message, swept.test) == ("", {"test/loss": 0.5})
    assert sweep.folder.final() is not None


def test_a_sweep_whose_test_was_lost_is_not_finished(sweep: Ended) -> None:
    sweep.tested = Result("failed", "killed", {}, "its process was killed by SIGKILL")
    swept, _ = conclude(sweep, "complete", "complete", "complete")
    assert swept.message == "the best trial was not tested: its process was killed by SIGKILL"
    assert sweep.folder.final() is None


def test_a_full_disk_at_the_test_stops_the_sweep_as_at_a_trial(sweep: Ended) -> None:
    sweep.tested = Result("failed", "storage", {}, "No space left on device")
    record = Record()
    with pytest.raises(StoreError, match="No space left on device"):
        sweep._conclude(FakeStudy([trial(0, "complete", 0.5)]), record, Ending("finished"))  # type: ignore[arg-type]
    assert record.left
    assert sweep.folder.final() is None


def test_trials_that_a_limit_of_time_left_are_told_of_with_the_way_to_have_them(
    sweep: Ended, capfd: pytest.CaptureFixture[str]
) -> None:
    swept, _ = conclude(sweep, "complete", "running", reason="timeout")
    assert "search.timeout passed with 2 of 3 trials to go" in capfd.readouterr().err
    assert swept.more == "dlcli sweep --resume s"


@pytest.mark.parametrize(
    ("kind", "trials", "total", "more"),
    [
        ("random", (15, 0), 24, "dlcli sweep --resume s"),
        ("random", (23, 1), 24, "dlcli sweep --resume s"),
        ("random", (24, 0), 24, "dlcli sweep --resume s search.n_trials=48"),
        ("grid", (3, 0), 4, "dlcli sweep --resume s"),
        ("grid", (4, 0), 4, ""),
    ],
)
def test_how_to_have_more_goes_by_what_the_sweep_was_to_have(
    kind: str, trials: tuple[int, int], total: int, more: str
) -> None:
    about = replace(frozen(), name="s", settings={"search": {"kind": kind, "n_trials": 15}})
    complete, running = trials
    counts = {"complete": complete, "pruned": 0, "failed": 0, "total": complete + running}
    assert _more(about, counts, total) == more
