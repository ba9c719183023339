"""Files of the user's own and recipes together, by the options that the README names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import tiny
from tests.cli.refusing import Answer, run

FAST = ["tracking=none", "trainer=cpu", "trainer.max_epochs=1", "--quiet", "--json"]
STEP = ["+trainer.limit_train_batches=2", "scheduler=none"]


def train(folder: Path, *overrides: str) -> Answer:
    return run(["train", *FAST, *overrides], folder)


def finished(answer: Answer) -> bool:
    assert answer.status == 0, answer.error
    return json.loads(answer.output.splitlines()[-1])["status"] == "FINISHED"


def test_a_file_for_each_class_of_texts(folder: Path) -> None:
    for name in ("good", "bad"):
        lines = [f"a {name} film, part {part}" for part in range(40)]
        (folder / f"{name}.txt").write_text("\n".join(lines))
    files = "data.files={praise: good.txt, blame: bad.txt}"
    assert finished(train(folder, "model=cnn/text", "data=labelled_text", files, *STEP))


@pytest.mark.parametrize("encoding", ["data.encoding=cp1252", None])
def test_a_text_by_words_in_an_encoding_stated_or_guessed(
    folder: Path, encoding: str | None, recwarn: pytest.WarningsRecorder
) -> None:
    verse = "Maître Corbeau, sur un arbre perché, tenait en son bec un fromage.\n"
    (folder / "fable.txt").write_bytes((verse * 60).encode("cp1252"))
    text = ["data=text", "data.path=fable.txt", "data.level=word", "data.block=8"]
    net = ["model=rnn", "model.net.hidden=8"]
    answer = train(folder, *net, *text, *STEP, *([encoding] if encoding else []))
    assert finished(answer)
    told = [str(warning.message) for warning in recwarn]
    assert any(text.startswith("fable.txt: not UTF-8; read as cp125") for text in told) == (
        encoding is None
    )


def test_a_file_that_is_no_image_is_refused_or_skipped(folder: Path) -> None:
    tiny.write_photos(folder / "photos", each=12)
    (folder / "photos" / "train" / "lime" / "notes.png").write_bytes(b"no image")
    images = ["model=linear", "data=image_folder", "data.root=photos", "data.size=8", *STEP]
    refused = train(folder, *images)
    assert (refused.status, refused.created) == (3, ())
    assert refused.error == (
        "error: data.root: 1 file that is not an image: photos/train/lime/notes.png (of no known "
        "format); remove it, or set data.on_error=skip"
    )
    with pytest.warns(UserWarning, match=r"^skipped 1 file that is not an image: photos/train/lim"):
        assert finished(train(folder, *images, "data.on_error=skip"))


def test_signals_in_sktimes_format(folder: Path) -> None:
    lines = [f"{','.join(str(row + step) for step in range(16))}:{row % 2}" for row in range(40)]
    header = ["@problemName ramps", "@univariate true", "@classLabel true 0 1", "@data"]
    (folder / "ramps.ts").write_text("\n".join([*header, *lines]))
    signals = ["data=signals", "data.train=ramps.ts"]
    assert finished(train(folder, "model=mlp", *signals, *STEP))


def test_recipes_go_together_and_a_file_of_their_weights_starts_another(folder: Path) -> None:
    recipes = "scheduler=warm_restarts init=he_uniform regularizer=elastic_net model.mixup=0.2"
    answer = train(folder, "model=mlp", "callbacks=[default,polyak]", *recipes.split())
    assert finished(answer)
    best = json.loads(answer.output.splitlines()[-1])["checkpoint"]["best"]
    answer = train(folder, "model=mlp", f"model.init_from={best}", *STEP)
    assert finished(answer)


def test_a_run_on_a_curve_that_ends_is_not_lengthened(folder: Path) -> None:
    assert finished(train(folder, "--name", "short", "model=linear", "scheduler=cosine"))
    answer = run(["train", "--resume", "short", "trainer.max_epochs=3", "tracking=none"], folder)
    assert (answer.status, answer.created) == (2, ())
    assert answer.error.startswith(
        "error: trainer.max_epochs: 3, but the run was made for 1, and its schedule "
        "(CosineAnnealingLR) has no learning rate for what comes after"
    )
