"""The files of a trial: whole or absent, whoever dies when."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from dlcli.errors import StoreError
from dlcli.search.trial import MESSAGE_LENGTH, Report, Result, TrialFolder

DONE = Result("complete", "finished", {"val/loss": 0.1 + 0.2}, "", 1.5, 0.5)


@pytest.fixture
def trial(tmp_path: Path) -> TrialFolder:
    trial = TrialFolder(tmp_path / "trials" / "00007")
    trial.create({"optimizer.lr": 0.1})
    return trial


def test_a_trial_says_what_it_is(trial: TrialFolder) -> None:
    trial.note_run("abc")
    about = {"number": 7, "params": {"optimizer.lr": 0.1}, "overrides": [], "run_id": "abc"}
    assert trial.read() == about


def test_a_trial_that_nobody_wrote_is_nothing(tmp_path: Path) -> None:
    trial = TrialFolder(tmp_path / "00001")
    assert trial.read() is None
    assert trial.result() is None
    assert trial.reports() == ([], 0)
    assert trial.attempts() == []
    assert trial.tail() == []
    assert not trial.stop_asked
    with pytest.raises(StoreError, match=r"trial\.json: missing or damaged"):
        trial.note_run("abc")


def test_a_result_comes_back_to_the_last_bit(trial: TrialFolder) -> None:
    trial.write_result(DONE)
    assert trial.result() == DONE


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_comes_back(trial: TrialFolder, value: float) -> None:
    trial.write_result(Result("complete", "finished", {"val/loss": value}))
    trial.append(Report(1, {"val/loss": value}))
    result = trial.result()
    assert result is not None
    assert str(result.values["val/loss"]) == str(value)
    assert str(trial.reports()[0][0].values["val/loss"]) == str(value)


def test_a_long_message_is_cut(trial: TrialFolder) -> None:
    trial.write_result(Result("failed", "error", {}, "x" * 100_000))
    result = trial.result()
    assert result is not None
    assert len(result.message) == MESSAGE_LENGTH


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"state": "complete"}', "\0\0"])
def test_a_damaged_result_is_none(trial: TrialFolder, text: str) -> None:
    (trial.path / "result.json").write_text(text)
    assert trial.result() is None


def test_reports_are_read_from_where_one_was(trial: TrialFolder) -> None:
    reports = [Report(step, {"val/loss": 1 / step, "val/acc": 0.5}) for step in (1, 2, 3)]
    trial.append(reports[0])
    found, end = trial.reports()
    assert found == reports[:1]
    trial.append(reports[1])
    trial.append(reports[2])
    found, last = trial.reports(end)
    assert found == reports[1:]
    assert trial.reports(last) == ([], last)


def test_half_a_report_does_not_count_and_spoils_no_later_one(trial: TrialFolder) -> None:
    trial.append(Report(1, {"val/loss": 0.5}))
    path = trial.path / "reports.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:9])
    assert trial.reports() == ([Report(1, {"val/loss": 0.5})], len(whole))
    again = TrialFolder(trial.path)  # another process
    again.append(Report(2, {"val/loss": 0.25}))
    assert again.reports(len(whole))[0] == [Report(2, {"val/loss": 0.25})]


@pytest.mark.parametrize("line", ["{}", "7", '{"step": 1, "values": 3}', "not json", '{"step": 1}'])
def test_a_line_that_is_no_report_is_left_out(trial: TrialFolder, line: str) -> None:
    (trial.path / "reports.jsonl").write_text(line + '\n{"step": 2, "values": {"a": 1.0}}\n')
    assert trial.reports()[0] == [Report(2, {"a": 1.0})]


def test_an_attempt_without_a_result_is_kept(trial: TrialFolder) -> None:
    trial.set_aside(Result("failed", "killed", {}, "by SIGKILL"))
    trial.set_aside(Result("failed", "exit", {}))
    assert [one.reason for one in trial.attempts()] == ["killed", "exit"]
    assert trial.result() is None


def test_a_result_that_is_set_aside_is_an_attempt_in_one_step(trial: TrialFolder) -> None:
    trial.set_aside(Result("failed", "killed", {}))
    trial.write_result(Result("failed", "oom", {}, "no room"))
    trial.set_aside(Result("failed", "oom", {}, "no room"))
    assert trial.result() is None
    assert [one.message for one in trial.attempts()] == ["", "no room"]
    assert len(list(trial.path.glob("*.json"))) == 3


def test_the_eleventh_attempt_comes_after_the_tenth(trial: TrialFolder) -> None:
    for number in range(11):
        trial.set_aside(Result("failed", "killed", {}, str(number)))
    assert [one.message for one in trial.attempts()] == [str(number) for number in range(11)]


def test_a_trial_can_be_asked_to_stop(trial: TrialFolder) -> None:
    assert not trial.stop_asked
    trial.ask_to_stop()
    trial.ask_to_stop()
    assert trial.stop_asked


def test_the_last_lines_are_found_across_two_files(trial: TrialFolder) -> None:
    trial.log.with_name("output.log.1").write_text("one\ntwo\n")
    trial.log.write_text("three\nfour")
    assert trial.tail(3) == ["two", "three", "four"]


def test_halves_of_files_are_cleaned_and_nothing_else(trial: TrialFolder) -> None:
    trial.write_result(DONE)
    kept = sorted(trial.path.iterdir())
    for name in (".result.json.12", ".trial.json.99", ".stop.4", ".attempt-1.json.3"):
        (trial.path / name).write_text("{")
    trial.clean()
    assert sorted(trial.path.iterdir()) == kept


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "trials").write_text("a file")
    with pytest.raises(StoreError, match="make it writable"):
        TrialFolder(tmp_path / "trials" / "00001").create({})
