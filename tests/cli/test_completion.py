"""Completion of commands, groups, options and keys, as each shell asks for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dlcli.cli.shells import joined
from tests.conftest import REPOSITORY, Trained, environment


@pytest.fixture
def complete(dlcli, monkeypatch):
    """Ask as the script for bash does."""

    def ask(*words: str) -> list[str]:
        monkeypatch.setenv("COMP_WORDS", "\n".join(("dlcli", *words)))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        monkeypatch.setenv("_DLCLI_COMPLETE", "complete_bash")
        return dlcli().stdout.split()

    return ask


@pytest.mark.parametrize(
    ("words", "candidates"),
    [
        (["tr"], ["train"]),
        (["train", "mod"], ["model=", "mode="]),
        (["train", "model=cnn/le"], ["model=cnn/lenet5"]),
        (["train", "model", "=", "cnn/r"], ["cnn/resnet18", "cnn/resnet34"]),
        (["train", "tracking", "="], ["mlflow", "none"]),
        (["train", "seed=1", "model=li"], ["model=linear"]),
        (["train", "optimizer.l"], ["optimizer.lr="]),
        (["train", "optimizer=sgd", "optimizer.m"], ["optimizer.momentum="]),
        (["train", "optimizer", "=", "sgd", "optimizer.m"], ["optimizer.momentum="]),
        (["train", "callbacks.early_stopping.p"], ["callbacks.early_stopping.patience="]),
        (["train", "~callbacks.ea"], ["~callbacks.early_stopping"]),
        (["train", "--print"], ["--print-config"]),
        (["list", "opt"], ["optimizer"]),
        (["evaluate", "latest", "--split", "v"], ["val"]),
        (["runs", "mod"], []),
        (["train", "nothing.at.all"], []),
    ],
)
def test_candidates(complete, words, candidates):
    assert complete(*words) == candidates


def test_runs_are_completed(trained: Trained, complete, monkeypatch):
    monkeypatch.chdir(trained.folder)
    assert complete("evaluate", "fi") == ["first"]
    assert complete("train", "--resume", "l") == ["latest"]
    assert complete("diff", "first", "la") == ["latest"]
    assert complete("show", "best:test/a") == ["best:test/acc"]
    assert complete("runs", "--sort", "val/l") == ["val/loss"]


def test_words_that_bash_cut_are_joined():
    assert joined(["train", "model", "=", "cnn", "best", ":", "val/acc", ""]) == [
        "train",
        "model=cnn",
        "best:val/acc",
        "",
    ]


def test_a_broken_configuration_completes_to_nothing(complete, folder: Path):
    (folder / "pyproject.toml").write_text("[tool.dlcli\n")
    assert complete("train", "mod") == []


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("'' train model = cnn/r", "cnn/resnet18 cnn/resnet34"),
        pytest.param("'' train optimizer.l", "optimizer.lr=", marks=pytest.mark.slow),
    ],
)
def test_the_script_for_bash_works(tmp_path: Path, line, answer):
    command = tmp_path / "dlcli"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m dlcli "$@"\n')
    command.chmod(0o755)
    test = f"""
        eval "$({command} --show-completion bash)"
        COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _dlcli_completion {command} 2> /dev/null
        echo "${{COMPREPLY[*]}}"
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", test],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(tmp_path, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1"),
        timeout=60,
    )
    assert done.stdout.split() == answer.split()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_scripts_are_valid(command, tmp_path: Path, shell):
    done = command("--show-completion", shell, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "_DLCLI_COMPLETE=complete_" in done.stdout
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    script.write_text(done.stdout)
    assert subprocess.run([shell, "-n", str(script)], timeout=30).returncode == 0


def test_zsh_gets_descriptions(dlcli, monkeypatch):
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "dlcli train optimizer=adam")
    monkeypatch.setenv("_DLCLI_COMPLETE", "complete_zsh")
    assert dlcli().stdout.splitlines() == [
        "optimizer=adam:Adam (Kingma & Ba 2015).",
        "optimizer=adam_gan:Adam as adversarial nets are trained with it: a slow rate, little "
        "momentum (Radford et al. 2016).",
        "optimizer=adamw:AdamW: Adam with decoupled weight decay (Loshchilov & Hutter 2019).",
    ]


def test_the_repository_is_what_is_tested():
    import dlcli

    assert Path(dlcli.__file__).is_relative_to(REPOSITORY)
