"""From the command to the first optimizer step, and to the end, against a script by hand.

Run as ``python benchmarks/first_batch.py``. Both train the same net on the bundled digits and
record into MLflow on SQLite; each starts once in an empty folder (a new store) and once where it
has run before. The peer is ``plain_script.py``.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from timing import interleaved, run

HERE = Path(__file__).parent
BATCH_SIZE = 32


def dlcli(mark: Path, epochs: int) -> list[str]:
    """The default training with a callback that writes the time of the first step."""
    return [
        *(sys.executable, "-m", "dlcli", "train", "--allow", "plain_script"),
        *("+callbacks.mark._target_=plain_script.Mark", f"+callbacks.mark.path={mark}"),
        *(f"trainer.max_epochs={epochs}", f"data.batch_size={BATCH_SIZE}"),
        "~callbacks.early_stopping",
    ]


def script(mark: Path, epochs: int) -> list[str]:
    """The script by hand."""
    path = str(HERE / "plain_script.py")
    return [sys.executable, path, str(mark), str(epochs), str(BATCH_SIZE)]


def to_first_step(command: Callable[[Path, int], list[str]], folder: Path, new: bool) -> float:
    """Seconds from the command to its first optimizer step."""
    if new:
        shutil.rmtree(folder, ignore_errors=True)
    prepare(folder)
    mark = folder / "mark"
    mark.unlink(missing_ok=True)
    start = time.time()
    run(command(mark, 1), cwd=folder)
    return float(mark.read_text()) - start


def to_the_end(command: Callable[[Path, int], list[str]], folder: Path, epochs: int) -> float:
    """Seconds from the command to its end."""
    prepare(folder)
    return run(command(folder / "mark", epochs), cwd=folder)


def prepare(folder: Path) -> None:
    """A folder in which ``plain_script`` can be imported."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "plain_script.py", folder)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=20)
    arguments = parser.parse_args()
    commands = {"dlcli": dlcli, "script": script}
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        for title, new in (("new store", True), ("existing store", False)):
            report(
                f"first step, {title}",
                {
                    peer: lambda c=command, p=peer, n=new: to_first_step(c, top / p, n)
                    for peer, command in commands.items()
                },
                arguments.repetitions,
            )
        report(
            f"whole run of {arguments.epochs} epochs",
            {
                peer: lambda c=command, p=peer: to_the_end(c, top / p, arguments.epochs)
                for peer, command in commands.items()
            },
            arguments.repetitions,
        )


def report(title: str, measures: dict[str, Callable[[], float]], repetitions: int) -> None:
    """Print medians and their ratio."""
    medians = interleaved(measures, repetitions)
    ratio = medians["dlcli"] / medians["script"]
    times = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in medians.items())
    print(f"{title}: {times}; dlcli / script {ratio:.2f}", flush=True)


if __name__ == "__main__":
    main()
