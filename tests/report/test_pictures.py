"""Curves are drawn from what was recorded, and only pictures are taken for pictures."""

from __future__ import annotations

import base64
from pathlib import Path

from dlcli.report.pictures import PNG, _of_runs, curves, curves_of_several, figures

NAN = float("nan")
HISTORY = {
    "train/loss": [(10, 2.0), (20, 1.0)],
    "val/loss": [(10, 2.5), (20, NAN)],
    "val/acc": [(10, 0.5), (20, 0.7)],
    "val/recall": [(10, 0.5)],
    "best/epoch": [(20, 2.0)],
    "lr": [(0, 0.1)],
}


def test_each_telling_quantity_has_a_picture_with_its_stages():
    drawn = curves(HISTORY)
    assert [one.caption for one in drawn] == [
        "loss by optimizer step: train and val, with the best checkpoint",
        "acc by optimizer step: val, with the best checkpoint",
    ]
    assert all(one.uri.startswith("data:image/svg+xml;base64,") for one in drawn)


def test_the_same_numbers_make_the_same_picture():
    assert curves(HISTORY) == curves(HISTORY)


def test_nothing_finite_makes_no_picture():
    assert curves({"val/loss": [(1, NAN)]}) == []
    assert curves_of_several({"a": HISTORY, "b": {}}, "val/loss") == []


def test_runs_share_a_panel_whatever_they_are_called():
    (drawn,) = curves_of_several({"$x$": HISTORY, "_y": HISTORY}, "val/acc")
    assert drawn.caption == "val/acc by optimizer step"
    assert b"<svg" in base64.b64decode(drawn.uri.partition(",")[2])


def test_long_names_of_many_runs_hide_no_curves():
    runs = {f"a name longer than half of the panel, {n}": [(1, 0.5), (2, 0.4)] for n in range(8)}
    figure = _of_runs(runs, "val/loss")
    (panel,), (legend,) = figure.axes, figure.legends
    figure.draw_without_rendering()
    extent = legend.get_window_extent()
    assert panel.get_legend() is None
    assert not extent.overlaps(panel.get_window_extent())
    assert (extent.x0 >= 0, extent.x1 <= figure.bbox.width) == (True, True)
    assert len({text.get_text() for text in legend.get_texts()}) == 8


def test_only_pictures_are_embedded(tmp_path: Path):
    folder = tmp_path / "figures"
    folder.mkdir()
    (folder / "confusion_matrix.png").write_bytes(PNG + b"1")
    (folder / "learning_curves.png").write_bytes(PNG)
    (folder / "page.png").write_bytes(b"<html>")
    (folder / "link.png").symlink_to("/etc/passwd")
    assert [one.caption for one in figures(tmp_path, "e")] == ["e: confusion matrix"]
