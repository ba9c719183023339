"""Points are drawn by class, and their numbers written beside the figure."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from sklearn.decomposition import PCA

from dlcli.data.picture import Scatter
from dlcli.training.scatter import draw_classes, draw_scatter, in_the_plane

RED_AND_BLUE = torch.tensor([0, 1, 1])


def test_points_in_the_plane_are_drawn_as_they_are(tmp_path):
    points = torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    scatter = Scatter(points, RED_AND_BLUE, ("red", "blue"), ("x", "y"))
    draw_scatter(scatter, "title", tmp_path / "a.png")
    with (tmp_path / "a.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["x", "y", "class"],
        ["0.0", "1.0", "red"],
        ["2.0", "3.0", "blue"],
        ["4.0", "5.0", "blue"],
    ]
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_of_more_numbers_the_first_two_components_are_drawn_with_their_shares():
    points = torch.randn(50, 4, generator=torch.Generator().manual_seed(0)) * torch.arange(1, 5)
    found, axes = in_the_plane(Scatter(points, None, (), ("code 1", "code 2")))
    reference = PCA(2).fit(points.double().numpy())
    np.testing.assert_allclose(found, reference.transform(points.double().numpy()))
    shares = [f"{share:.0%}" for share in reference.explained_variance_ratio_]
    assert axes == tuple(f"principal component {i + 1} ({shares[i]})" for i in range(2))


def test_points_that_are_all_one_have_no_spread_to_explain():
    found, axes = in_the_plane(Scatter(torch.ones(5, 3), None, (), ("code 1", "code 2")))
    assert not found.any()
    assert axes == ("principal component 1 (0%)", "principal component 2 (0%)")


@pytest.mark.parametrize(("count", "legend"), [(3, True), (20, True), (30, False)])
def test_no_two_classes_look_the_same(count, legend):
    labels = np.arange(count).repeat(4)
    panel = Figure().subplots()
    draw_classes(
        panel,
        np.random.default_rng(0).random((len(labels), 2)),
        labels,
        tuple(map(str, range(count))),
    )
    looks = {
        (tuple(drawn.get_facecolor()[0]), len(drawn.get_paths()[0].vertices))
        for drawn in panel.collections
    }
    assert len(looks) == count
    assert [text.get_text() for text in panel.texts] == [str(name) for name in range(count)]
    assert (panel.get_legend() is not None) == legend


def test_names_of_classes_are_written_as_they_are(tmp_path):
    names = ("$5_to_$10", "_background_noise_")
    points = torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    draw_scatter(Scatter(points, RED_AND_BLUE, names, ("x", "y")), "title", tmp_path / "a.png")
    panel = Figure().subplots()
    draw_classes(panel, points.numpy(), RED_AND_BLUE.numpy(), names)
    legend = [text.get_text().strip() for text in panel.get_legend().get_texts()]
    assert legend == [r"\$5_to_\$10", "_background_noise_"]


@pytest.mark.parametrize(("count", "longest"), [(12, 24), (100, 8)])
def test_long_names_leave_room_for_the_points(count, longest):
    panel = Figure().subplots()
    names = tuple(f"a class whose name is longer than anybody wishes, {n}" for n in range(count))
    draw_classes(panel, np.random.default_rng(0).random((count, 2)), np.arange(count), names)
    written = panel.get_legend_handles_labels()[1]
    assert len(set(written)) == count
    assert max(map(len, written)) == longest
