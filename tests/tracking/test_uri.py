"""A tracking URI is understood or refused, and shown without its credentials."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcli.errors import ConfigError
from dlcli.tracking.settings import MLflow
from dlcli.tracking.uri import Target, redact, resolve, scrub, secrets

ROOT = Path("/data/mlruns")
SECRET = "https://ann:s3cret%21@host:5000/path?token=abcd"


def test_no_uri_means_sqlite_beside_the_runs() -> None:
    path = ROOT / "mlflow.db"
    uri = "sqlite:////data/mlruns/mlflow.db"
    assert resolve(MLflow(), ROOT) == Target(uri, uri, "sqlite", path, local=True)


def test_the_environment_names_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://host:1")
    assert resolve(MLflow(), ROOT).uri == "http://host:1"
    assert resolve(MLflow("http://other:2"), ROOT).uri == "http://other:2"


def test_a_relative_file_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    target = resolve(MLflow("sqlite:///runs.db"), ROOT)
    assert (target.uri, target.local) == (f"sqlite:///{tmp_path}/runs.db", False)


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        (
            "./mlruns",
            "tracking.uri: './mlruns' is a folder, and MLflow no longer records in folders; "
            "leave it out for SQLite, or name one: sqlite:///mlruns/mlflow.db",
        ),
        (
            "file:///runs",
            "tracking.uri: 'file:///runs' is a folder, and MLflow no longer records in folders; "
            "leave it out for SQLite, or name one: sqlite:///mlruns/mlflow.db",
        ),
        (
            "htp://user:pw@host",
            "tracking.uri: no store is called 'htp' in 'htp://host'; did you mean http?",
        ),
        ("http://", "tracking.uri: 'http://' names no host; write http://host:5000"),
        (
            "http://host:port",
            "tracking.uri: 'http://host:port' is not a URI: "
            "Port could not be cast to integer value as 'port'",
        ),
        (
            "sqlite://",
            "tracking.uri: 'sqlite://' names no file; write sqlite:///mlruns/mlflow.db",
        ),
    ],
)
def test_what_names_no_store_is_refused(uri: str, message: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        resolve(MLflow(uri), ROOT)
    assert str(refusal.value) == message


def test_an_experiment_without_a_name_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^tracking\.experiment: a name of 1 to 500 characters"):
        resolve(MLflow(experiment=""), ROOT)


def test_credentials_are_not_shown() -> None:
    assert redact(SECRET) == "https://host:5000/path"
    assert resolve(MLflow(SECRET), ROOT).shown == "https://host:5000/path"


def test_credentials_are_found_in_any_text() -> None:
    text = scrub(f"failed: {SECRET} s3cret! ann:s3cret%21@x", secrets(SECRET))
    assert not any(word in text for word in ("s3cret", "abcd", "ann:"))


def test_a_database_server_has_an_address() -> None:
    assert resolve(MLflow("postgresql+psycopg://u:p@db/x"), ROOT).address == ("db", 5432)
    assert resolve(MLflow("mysql://db:99/x"), ROOT).address == ("db", 99)
