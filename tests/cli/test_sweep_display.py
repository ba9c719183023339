"""What a sweep shows while it goes."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from dlcli.cli.sweep_display import Lines, Progress, display
from dlcli.cli.sweep_live import Live, duration
from dlcli.search.folder import Frozen, SweepFolder
from dlcli.search.trial import Result

FROZEN = Frozen("digits-lr", "", [], [], [], {}, {}, ["val/loss"], ["min"], {})


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    return Progress(SweepFolder(tmp_path, "digits-lr"), FROZEN, total=4, before=1)


def test_plain_lines_name_each_start_and_end(
    progress: Progress, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Lines(progress)
    lines.started(1, {"optimizer.lr": 0.001234567, "data.batch_size": 32}, again=False)
    lines.ended(1, Result("complete", "finished", {"val/loss": 0.25}))
    lines.started(2, {"optimizer.lr": 0.1}, again=True)
    lines.ended(2, Result("pruned", "pruned", {"val/loss": 0.5}))
    assert capsys.readouterr().err.splitlines() == [
        "trial 1 starts: optimizer.lr=0.001235 data.batch_size=32",
        "trial 1 complete val/loss 0.25, the best so far",
        "trial 2 goes on: optimizer.lr=0.1",
        "trial 2 pruned val/loss 0.5",
    ]


def test_a_failed_trial_shows_why_and_the_last_lines_of_its_log(
    progress: Progress, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = progress.folder.trial(1)
    trial.path.mkdir(parents=True)
    trial.log.write_text("one\ntwo\nthree\n")
    Lines(progress).ended(1, Result("failed", "error", {}, "net.py:3: ValueError: no"))
    assert capsys.readouterr().err.splitlines() == [
        "trial 1 failed (error: net.py:3: ValueError: no)",
        "  | one",
        "  | two",
        "  | three",
    ]


def test_a_lost_trial_is_said_to_be_tried_again(
    progress: Progress, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Lines(progress)
    lines.started(1, {}, again=False)
    lines.lost(1, "killed", "its process was killed by SIGKILL")
    assert "killed, will be tried again" in capsys.readouterr().err
    assert progress.running == {}


def test_the_best_is_the_first_of_equal_ones_and_never_a_pruned_one(progress: Progress) -> None:
    for number, (state, value) in enumerate(
        [("pruned", 0.1), ("complete", 0.3), ("complete", 0.3), ("complete", float("nan"))]
    ):
        progress.end(number, Result(state, "", {"val/loss": value}))  # type: ignore[arg-type]
    assert (progress.best, progress.best_number) == (0.3, 1)


def test_the_time_left_goes_by_what_was_done_since_the_start(progress: Progress) -> None:
    assert progress.left_s() is None
    progress.began -= 10
    progress.end(1, Result("complete", "finished", {"val/loss": 1.0}))
    assert progress.left_s() == pytest.approx(20, abs=1)


def test_the_live_table_has_what_runs_what_is_done_the_best_and_the_time_left(
    progress: Progress,
) -> None:
    from rich.console import Console
    from rich.live import Live as RichLive

    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, highlight=False)
    watch = Live(progress, RichLive(console=console, auto_refresh=False))
    watch.started(1, {"optimizer.lr": 0.001}, again=False)
    watch.ended(1, Result("complete", "finished", {"val/loss": 0.25}))
    watch.started(2, {"optimizer.lr": 0.01}, again=False)
    watch.reported(2, 3, {"val/loss": 0.4})
    console.print(watch._table())
    shown = screen.getvalue()
    assert "trial 1 complete val/loss 0.25, the best so far" in shown
    assert "1 running, 1 complete, 1 before, of 4; best val/loss 0.25 (trial 1); 0 s left" in shown
    assert "optimizer.lr=0.01" in shown


def test_searched_texts_are_shown_as_they_are(progress: Progress) -> None:
    from rich.console import Console
    from rich.live import Live as RichLive

    texts = ("[/data/x]", "[relu]", "a:fire:b", "[bold]x[/bold]")
    screen = io.StringIO()
    console = Console(file=screen, width=100)
    watch = Live(progress, RichLive(console=console, auto_refresh=False))
    for number, text in enumerate(texts):
        watch.started(number, {"data.files": text}, again=False)
        watch.lost(9, "killed", f"{text} was lost")
    console.print(watch._table())
    for text in texts:
        assert f"data.files={text}" in screen.getvalue()
        assert f"{text} was lost" in screen.getvalue()


def test_quiet_shows_nothing(progress: Progress, capsys: pytest.CaptureFixture[str]) -> None:
    with display(progress.folder, FROZEN, 4, 0, None, quiet=True) as watch:
        watch.started(0, {}, False)
        watch.ended(0, Result("complete", "finished", {"val/loss": 1.0}))
        watch.tick()
    assert capsys.readouterr().err == ""


def test_long_times_are_in_minutes_and_hours() -> None:
    assert [duration(s) for s in (59.9, 61, 7260)] == ["59 s", "1 min 01 s", "2 h 01 min"]
