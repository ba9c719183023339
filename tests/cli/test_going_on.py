"""Each command that is printed to go on runs as it is printed, from the same folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dlcli.cli.swept import resume
from tests import terminal
from tests.terminal import Done

NET = "from dlcli.nets.mlp import MLP\n\n\nclass Net(MLP):\n    pass\n"
MODEL = "defaults: [_supervised]\nnet: {_target_: own.Net, _partial_: true, widths: [4]}\n"
STORE = "_target_: dlcli.tracking.settings.MLflow\nuri: sqlite:///mine.db\nexperiment: mine\n"
SHORT = "trainer=cpu trainer.max_epochs=1 +trainer.limit_train_batches=2"
OWN = f"model=own {SHORT} --config-dir tree --allow own"

Run = Callable[[str], Done]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A command line in a folder with a net, its file, and a store of one's own."""
    (tmp_path / "own.py").write_text(NET)
    tree = {"model/own": MODEL, "tracking/mine": STORE, "tracking/mlflow": STORE}
    for name, text in tree.items():
        file = tmp_path / "tree" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run(line: str) -> Done:
        done = terminal.run(line, tmp_path)
        assert done.status == 0, f"{line}\n{done.output}"
        return done

    return run


def told(done: Done) -> list[str]:
    """The commands below the last line that announces some."""
    lines = done.output.rpartition("to go on:\n")[2].splitlines()
    return [line.strip() for line in lines if line.startswith("  dlcli ")]


@pytest.mark.slow
def test_what_a_sweep_tells_to_go_on_with_goes_on(run: Run) -> None:
    space = "search=random search.n_trials=1 optimizer.lr='interval(1e-3, 1e-1)'"
    commands = told(run(f"dlcli sweep --name s tracking=mine {space} {OWN}"))
    assert [" ".join(line.split()[:3]) for line in commands] == [
        "dlcli train --allow",
        "dlcli train --allow",
        "dlcli evaluate --allow",
        "dlcli sweep --resume",
    ]
    assert commands[-1] == "dlcli sweep --resume s search.n_trials=2"
    done = [run(line) for line in commands]
    assert "trials          2 complete" in done[-1].output
    shown = told(run("dlcli show s tracking=mine --config-dir tree"))
    assert len(shown) == 2
    for line in shown:
        run(line)


@pytest.mark.slow
def test_what_a_training_tells_to_go_on_with_goes_on(run: Run) -> None:
    evaluate = "dlcli evaluate t --config-dir tree --allow own"
    assert told(run(f"dlcli train --name t {OWN}")) == [evaluate, "dlcli ui --config-dir tree"]
    shown = told(run("dlcli show t --config-dir tree"))
    assert shown == [evaluate, "dlcli reproduce t --config-dir tree --allow own"]
    for line in shown:
        run(line)


def test_only_a_secret_is_given_again_to_a_sweep() -> None:
    given = ["model=own", "tracking.uri=mysql://***@host/x", "data.hub_token=***"]
    assert resume("s", given, "search.n_trials=2") == (
        "dlcli sweep --resume s 'tracking.uri=mysql://***@host/x' 'data.hub_token=***' "
        "search.n_trials=2"
    )
