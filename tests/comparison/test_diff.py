"""What differs between two runs is told, and what cannot be told is not called the same."""

from __future__ import annotations

import math
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from dlcli.comparison.code import code_difference
from dlcli.comparison.detail import Detail
from dlcli.comparison.diff import Pair, Score, Side, difference
from dlcli.tracking.run_record import RunRecord

COMMIT = {"mlflow.source.git.commit": "a" * 40, "dlcli.git.dirty": "false"}


def detail(
    name: str, metrics: dict | None = None, tags: dict | None = None, **more: object
) -> Detail:
    tags = {**COMMIT, "dlcli.kind": "train", "dlcli.data.fingerprint": "f" * 64, **(tags or {})}
    record = RunRecord(name * 32, name, "FINISHED", "", 0.0, 1.0, metrics or {}, {}, tags, None)
    known = {
        "config": {"optimizer": {"lr": 0.1}, "seed": 0},
        "choices": {"model": "cnn"},
        "environment": {"device": "CPU", "packages": {"torch": "2.15.0"}},
        "diff": "",
    }
    return Detail(record, **(known | more))  # type: ignore[arg-type]


def found(a: Detail, b: Detail):
    return difference(Side(a, a), Side(b, b), Path("/"))


def test_nothing_differs_between_equal_runs():
    told = found(detail("a", {"test/acc": 0.5}), detail("b", {"test/acc": 0.5}))
    assert told.is_nothing
    assert (told.config, told.packages, told.environment, told.data) == ([], [], [], [])
    assert told.scores == [Score("test/acc", 0.5, 0.5, 0.0, "")]


def test_only_what_differs_of_the_configuration_is_told():
    other = {"optimizer": {"lr": 0.2}, "seed": 0, "compile": True}
    told = found(detail("a"), detail("b", config=other, choices={"model": "mlp"}))
    assert told.config == [
        Pair("model", "cnn", "mlp"),
        Pair("optimizer.lr", "0.1", "0.2"),
        Pair("compile", None, "True"),
    ]
    assert not told.is_nothing


def test_packages_environment_and_data_are_told_apart():
    there = {"device": "H100", "packages": {"torch": "2.16.0"}}
    tags = {"dlcli.data.fingerprint": "0" * 64}
    told = found(detail("a"), detail("b", environment=there, tags=tags))
    assert told.packages == [Pair("torch", "2.15.0", "2.16.0")]
    assert told.environment == [Pair("device", "CPU", "H100")]
    assert told.data == [Pair("fingerprint", "f" * 64, "0" * 64)]


def test_of_what_the_data_looks_like_only_the_parts_that_differ_are_told():
    specs = [f"DataSpec(kind='image', shape=(1, 8), classes=('a', 'b'), low={n})" for n in (1, 2)]
    a, b = (detail(n, tags={"dlcli.data.spec": s}) for n, s in zip("ab", specs, strict=True))
    assert found(a, b).data == [Pair("low", "1", "2")]


def test_what_is_not_recorded_is_not_called_the_same():
    told = found(detail("a"), detail("b", environment={}, tags={"dlcli.data.fingerprint": ""}))
    assert (told.packages, told.fingerprinted, told.is_nothing) == ([], False, False)


@pytest.mark.parametrize(
    ("a", "b", "mode", "better"),
    [(0.5, 0.75, "max", "b"), (0.5, 0.75, "min", "a"), (0.5, 0.75, "", ""), (0.5, 0.5, "max", "")],
)
def test_which_score_is_better_goes_by_its_direction(a, b, mode, better):
    tags = {"dlcli.mode.test/x": mode}
    told = found(detail("a", {"test/x": a}, tags), detail("b", {"test/x": b}, tags))
    assert told.scores == [Score("test/x", a, b, b - a, better)]


def test_no_number_is_neither_better_nor_worse():
    told = found(detail("a", {"val/x": math.nan}), detail("b", {"val/x": 1.0, "best/val/y": 2.0}))
    x, y = told.scores
    assert (x.difference, x.better, y.a, y.b) == (None, "", None, 2.0)


def test_an_evaluation_is_held_against_with_what_its_run_was_made_with():
    source = detail("a", {"cost/params": 5.0})
    evaluated = detail("e", {"val/acc": 0.5}, {"dlcli.kind": "evaluate", "dlcli.split": "val"})
    evaluated = replace(evaluated, config={})
    told = difference(Side(source, source), Side(evaluated, source), Path("/"))
    assert told.config == [Pair("split", None, "val")]
    assert (told.code.same, told.costs) == (True, [Score("params", 5.0, 5.0, 0.0, "")])


@pytest.mark.parametrize(
    ("a", "b", "same", "summary"),
    [
        ({}, {}, True, "the same: commit aaaaaaaaaaaa, all committed"),
        ({"diff": "+x"}, {"diff": "+x"}, True,
         "the same: commit aaaaaaaaaaaa, and the same changes not committed"),
        ({"diff": "+x"}, {"diff": "+y"}, False,
         "the same commit aaaaaaaaaaaa, but other changes that were not committed"),
        ({"diff": None}, {"diff": "+y"}, None,
         "the same commit aaaaaaaaaaaa; what a had not committed is not recorded here"),
    ],
)  # fmt: skip
def test_code_of_one_commit(a, b, same, summary):
    dirty = {"dlcli.git.dirty": "true"}
    pair = [
        detail(name, tags=dirty if more else None, **more) for name, more in (("a", a), ("b", b))
    ]
    told = code_difference(*pair, Path("/"))
    assert (told.same, told.summary) == (same, summary)
    if same is False:
        assert told.changes == ["--- a/git.diff", "+++ b/git.diff", "@@ -1 +1 @@", "-+x", "++y"]


def test_changes_of_one_run_alone_are_told_as_they_are():
    tags = {"dlcli.git.dirty": "true"}
    dirty = detail("b", tags=tags, diff="diff --git a/x b/x\nindex 1337a53..367805c 100644\n+x")
    told = code_difference(detail("a"), dirty, Path("/"))
    assert told.summary == "the same commit aaaaaaaaaaaa, but b had changes that were not committed"
    assert told.changes == ["diff --git a/x b/x", "+x"]


def test_code_without_a_commit_is_not_known():
    alone = detail("a")
    lacking = Detail(replace(alone.record, name="b", tags={}))
    assert code_difference(alone, lacking, Path("/")).summary == (
        "not known: no commit is recorded of b"
    )
    assert code_difference(lacking, lacking, Path("/")).same is None


@pytest.fixture
def repository(tmp_path: Path) -> tuple[Path, list[str]]:
    """A repository with two commits."""

    def git(*words: str) -> str:
        own = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
        done = subprocess.run(
            [*own, *words], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    git("init", "-q")
    commits = []
    for text in ("one\n", "two\n"):
        (tmp_path / "net.py").write_text(text)
        git("add", "net.py")
        git("commit", "-qm", text)
        commits.append(git("rev-parse", "HEAD"))
    return tmp_path, commits


def test_files_that_differ_between_two_commits_are_named(repository):
    folder, (old, new) = repository
    a = detail("a", tags={"mlflow.source.git.commit": old})
    b = detail("b", tags={"mlflow.source.git.commit": new, "dlcli.git.dirty": "true"})
    told = code_difference(a, b, folder)
    assert told.summary == (f"other commits: a {old[:12]}; b {new[:12]} and changes not committed")
    assert told.changes == [
        " net.py | 2 +-",
        " 1 file changed, 1 insertion(+), 1 deletion(-)",
    ]


def test_a_commit_that_is_none_is_never_given_to_git(repository):
    folder, (old, _) = repository
    a = detail("a", tags={"mlflow.source.git.commit": old})
    b = detail("b", tags={"mlflow.source.git.commit": "--output=stolen"})
    assert code_difference(a, b, folder).changes == []
    assert not (folder / "stolen").exists()
