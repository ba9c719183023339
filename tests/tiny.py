"""Small files in the formats that the experiments and the README read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dlcli.data.idx import FILES
from tests.data.idx_files import encode

WORDS = [
    "a",
    "the",
    "film",
    "plot",
    "actor",
    "scene",
    "was",
    "is",
    "felt",
    "very",
    "quite",
    "dull",
    "bright",
    "fine",
    "poor",
    "good",
    "bad",
]

HOUSES = (
    "longitude,latitude,housing_median_age,total_rooms,total_bedrooms,population,households,"
    "median_income,median_house_value,ocean_proximity"
)


def write_all(folder: Path) -> None:
    """Every file that an experiment names, below ``folder/data``."""
    data = folder / "data"
    data.mkdir(parents=True)
    write_images(data / "mnist")
    write_images(data / "fashion_mnist", train=2500)
    write_houses(data / "california_housing.csv")
    write_text(data / "fables_lafontaine.txt")
    write_text(data / "tinyshakespeare.txt")
    for name in ("TRAIN", "TEST"):
        write_signals(data / f"ECG200_{name}.txt")
    for name in ("train", "dev", "test"):
        write_reviews(data / f"sst2_{name}.tsv")


def write_images(root: Path, train: int = 200, test: int = 40) -> None:
    """MNIST's four files, each image as bright as its label."""
    root.mkdir()
    for (name, kind), file in FILES.items():
        labels = np.arange(train if name == "train" else test, dtype=np.uint8) % 10
        pixels = np.broadcast_to(labels[:, None, None], (len(labels), 28, 28))
        (root / file).write_bytes(encode(pixels if kind == "images" else labels))


def write_photos(root: Path, each: int = 20) -> None:
    """Two classes of pictures of different sizes, red ones and green ones."""
    from PIL import Image

    for name, colour in {"tomato": (200, 40, 30), "lime": (60, 190, 40)}.items():
        for split, count in {"train": each, "test": each // 4}.items():
            folder = root / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                size = (40 + number, 60 - number)
                Image.new("RGB", size, colour).save(folder / f"{number}.png")


def write_houses(path: Path, rows: int = 120) -> None:
    """The columns of California housing, with gaps; the value follows from the income."""
    rng = np.random.default_rng(0)
    lines = [HOUSES]
    for row in range(rows):
        numbers = [f"{number:.2f}" for number in rng.uniform(1, 50, 8)]
        numbers[4] = "" if row % 17 == 0 else numbers[4]
        value = f"{4000 * float(numbers[7]) + row:.0f}"
        lines.append(",".join([*numbers, value, ("INLAND", "NEAR BAY", "<1H OCEAN")[row % 3]]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_text(path: Path, lines: int = 200) -> None:
    """Sentences of few words, a line each."""
    path.write_text("".join(sentence(seed) + "\n" for seed in range(lines)), encoding="utf-8")


def write_signals(path: Path, rows: int = 40, length: int = 96) -> None:
    """Sines that go up or down at first, the label first, as UCR's files are."""
    time = np.linspace(0, 2 * np.pi, length)
    lines = []
    for row in range(rows):
        label = 1 if row % 2 else -1
        wave = label * np.sin(time + row / 10)
        lines.append(" ".join([f"{label:.7e}", *(f"{value:.7e}" for value in wave)]))
    path.write_text("\n".join(lines) + "\n")


def write_reviews(path: Path, rows: int = 120) -> None:
    """Sentences that end in a word of praise or of blame, and 1 or 0 after a tab."""
    lines = [f"{sentence(row)} {('bad', 'good')[row % 2]}\t{row % 2}" for row in range(rows)]
    path.write_text("\n".join(lines) + "\n")


def sentence(seed: int) -> str:
    """Three to nine words."""
    rng = np.random.default_rng(seed)
    return " ".join(rng.choice(WORDS, rng.integers(3, 10)))
