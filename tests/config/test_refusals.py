"""Every bad override is refused, with all of its problems, the place and the way out.

``refusals.txt`` and ``sweep_refusals.txt`` hold each command line and, below it, exactly what is
said; ``{groups}``, ``{all groups}`` and ``{options GROUP}`` stand for what there is to choose from.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from dlcli.config.composing import Composing
from dlcli.config.folders import search_path
from dlcli.config.sweep import compose_sweep
from dlcli.errors import ConfigError
from tests.choices import named

HERE = Path(__file__).parent
TABLES = [
    (HERE / name).read_text(encoding="utf-8") for name in ("refusals.txt", "sweep_refusals.txt")
]
CASES = [
    case.split("\n", 1)
    for table in TABLES
    for case in table.removeprefix("$ ").rstrip("\n").split("\n\n$ ")
]


@pytest.mark.parametrize(("command", "message"), CASES, ids=[command for command, _ in CASES])
def test_a_bad_override_is_refused(
    command: str, message: str, refused: Callable[..., list[str]]
) -> None:
    _, name, *overrides = shlex.split(command)
    found = refused(*overrides) if name == "train" else refused_sweep(overrides)
    assert "\n".join(found) == named(message)


def refused_sweep(overrides: list[str]) -> list[str]:
    with pytest.raises(ConfigError) as error:
        compose_sweep(overrides)
    return error.value.problems


def test_no_refusal_advises_to_add_a_plus() -> None:
    assert all("use +" not in table and "append" not in table for table in TABLES)


def space(text: str, key: str = "space") -> str:
    return f"# @package _global_\n{key}:\n" + "".join(f"  {line}\n" for line in text.split("\n"))


SPACES = [
    (
        "optimizer.lr: interval(1, 0.1)",
        "optimizer.lr: the ends are the wrong way round; write interval(0.1, 1)",
    ),
    ("optimizer.lr: choice(1", "optimizer.lr: it ends too early; a bracket or a quote is open"),
    ("optimizer.lrr: 1, 2", "optimizer.lrr: unknown key; did you mean optimizer.lr?"),
    ("optimizer.lr: 0.1", "optimizer.lr: no search; write choice(0.1)"),
    ("optimizer.lr: [0.1, 0.2]", "optimizer.lr: no search; write choice(0.1, 0.2)"),
    ("monitor: val/acc", "monitor: one value, which is no search; write choice(val/acc)"),
    ("monitor: a, b", "monitor: monitor is the same for all trials; give it one value"),
    (
        "optimizer:\n  lr: 1, 2",
        "optimizer: optimizer has no option 'lr'; options: "
        "{options optimizer}; for a value write optimizer.lr: choice(A, B)",
    ),
    (
        "trainer.max_epochs:\n  a: 1, 2",
        "trainer.max_epochs: trainer.max_epochs is no group, so it "
        "has no options; write trainer.max_epochs: choice(A, B)",
    ),
    ("model:\n  cnn: 3", "model: cnn: expected what is searched under it, or null; got 3"),
    (
        "model:\n  cnn:\n    model.net.hidden: 1, 2\n  rnn:",
        "model.cnn.model.net.hidden: unknown key; "
        "model.net has channels, activation, batch_norm, dropout, embedding",
    ),
    (
        "seed: 1, 2\nmodel:\n  cnn:\n    seed: 3, 4\n  rnn:",
        "model.cnn.seed: searched twice, see conf/experiment/e.yaml: space.seed; keep one of them",
    ),
]


@pytest.mark.parametrize(("text", "message"), SPACES, ids=[text for text, _ in SPACES])
def test_a_bad_space_in_a_file_is_refused(
    text: str, message: str, write: Callable[..., Path]
) -> None:
    write({"mine/experiment/e.yaml": space(text)})
    with pytest.raises(ConfigError) as error:
        compose_sweep(["experiment=e"], Path("mine"))
    expected = named(f"mine/experiment/e.yaml: space.{message}").replace("conf/exp", "mine/exp")
    assert error.value.problems == [expected]


def test_a_space_that_is_no_mapping_is_refused(write: Callable[..., Path]) -> None:
    write({"mine/experiment/e.yaml": "# @package _global_\nspace: 1, 2\n"})
    with pytest.raises(ConfigError) as error:
        compose_sweep(["experiment=e", "seed=1,2"], Path("mine"))
    assert error.value.problems == ["mine/experiment/e.yaml: space: expected KEY: choice(A, B)"]


def test_options_that_search_each_in_its_own_way_are_refused(write: Callable[..., Path]) -> None:
    write({"mine/experiment/e.yaml": space("n_trials: 7", "search")})
    with pytest.raises(ConfigError) as error:
        compose_sweep(["experiment=choice(cnn_digits,e)"], Path("mine"))
    assert error.value.problems == [
        "experiment=e: searches in another way than experiment=cnn_digits; "
        "say it on the command line, or in what is not searched"
    ]


def test_an_unknown_root_is_refused() -> None:
    with pytest.raises(ConfigError) as error:
        Composing.of("trian", search_path(None), ()).run([])
    assert error.value.problems == ["conf: defaults: there is no trian.yaml"]
