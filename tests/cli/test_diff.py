"""``dlcli diff``: what differs between two runs, and plainly that nothing does."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcli.cli.diff_page import side_by_side
from dlcli.tracking.client import Recorder
from dlcli.tracking.settings import NoTracking

CODE = {"mlflow.source.git.commit": "a" * 40, "dlcli.git.dirty": "false"}


@pytest.fixture
def two(folder: Path) -> None:
    """Runs recorded in their folders alone, of two learning rates and of one commit."""
    recorder = Recorder.start(NoTracking(), folder / "mlruns")
    for name, rate, accuracy in (("slow", 0.1, 0.5), ("fast", 0.2, 0.75)):
        run = recorder.create_run(name, {"dlcli.kind": "train", **CODE})
        (run.artifacts / "config.yaml").write_text(f"seed: 0\noptimizer: {{lr: {rate}}}\n")
        packages = '{"packages": {"torch": "2.15.0"}, "device": "CPU"}'
        (run.artifacts / "environment.json").write_text(packages)
        run.set_directions({"test/acc": "max"})
        run.set_tags({"dlcli.data.fingerprint": "f" * 64})
        run.log_metrics({"test/acc": accuracy, "cost/params": 650}, step=1)
        run.finish("FINISHED", "finished")
    recorder.close()


@pytest.mark.usefixtures("two")
def test_what_differs_is_shown_and_what_does_not_is_called_the_same(dlcli):
    done = dlcli("diff", "slow", "fast", "tracking=none")
    assert (done.status, done.stderr) == (0, "")
    assert (
        done.stdout
        == """\
configuration
  key           slow  fast
  optimizer.lr   0.1   0.2
code           the same: commit aaaaaaaaaaaa, all committed
packages       the same
environment    the same
data           the same
metrics
  metric    slow  fast  difference  better
  test/acc   0.5  0.75       +0.25  fast
cost           the same
"""
    )


@pytest.mark.usefixtures("two")
def test_json_holds_both_values(dlcli):
    told = dlcli("diff", "slow", "fast", "tracking=none", "--json").json
    assert (told["a"]["run_name"], told["b"]["run_name"]) == ("slow", "fast")
    assert told["config"] == {"optimizer.lr": ["0.1", "0.2"]}
    assert told["metrics"] == {"test/acc": {"a": 0.5, "b": 0.75, "difference": 0.25, "better": "b"}}
    assert (told["same"], told["code"]["same"], told["data"]["same"]) == (False, True, True)


@pytest.mark.usefixtures("two")
def test_one_run_is_said_to_be_one(dlcli):
    done = dlcli("diff", "fast", "latest", "tracking=none")
    assert done.stdout.endswith(" are one run\n")
    assert dlcli("diff", "fast", "latest", "tracking=none", "--json").json["same"] is True


def test_long_values_are_shown_from_where_they_differ():
    assert side_by_side("a" * 100 + "b" + "d" * 90, "a" * 100 + "c") == (
        "…" + "a" * 10 + "b" + "d" * 49 + "…",
        "…" + "a" * 10 + "c",
    )
    assert side_by_side("x", None) == ("x", "-")


@pytest.mark.usefixtures("two")
def test_a_run_that_is_none_is_refused(dlcli):
    done = dlcli("diff", "slow", "fats", "tracking=none")
    assert (done.status, done.stderr) == (
        2,
        "error: RUN 'fats': no such run; did you mean fast?; see dlcli runs\n",
    )
