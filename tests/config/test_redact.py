"""No secret is shown or stored."""

from __future__ import annotations

import pytest

from dlcli.config.redact import is_secret, redact, redact_override, redact_text, redact_url


@pytest.mark.parametrize(
    "key",
    ["password", "db.passwd", "hf_token", "apiKey", "api_key", "AWS_SECRET_ACCESS_KEY", "x.auth"],
)
def test_a_key_that_names_a_secret_is_known(key: str) -> None:
    assert is_secret(key)


@pytest.mark.parametrize("key", ["token_dim", "author", "key", "monitor", "tokens", "keyboard"])
def test_an_ordinary_key_is_none(key: str) -> None:
    assert not is_secret(key)


def test_a_secret_is_hidden_wherever_its_value_stands() -> None:
    values = {"password": "hunter22", "note": "say hunter22", "n": [1, {"api_key": None}]}
    assert redact(values) == {"password": "***", "note": "say ***", "n": [1, {"api_key": None}]}


def test_the_credentials_of_a_url_are_hidden() -> None:
    assert redact_url("see http://me:pw@host/x?token=abc&a=1") == (
        "see http://***@host/x?token=***&a=1"
    )
    assert redact_text("postgresql://u:p@h/db") == "postgresql://***@h/db"


def test_the_value_of_a_secret_override_is_hidden() -> None:
    assert redact_override("+data.password=hunter22") == "+data.password=***"
    assert redact_override("optimizer.lr=0.1") == "optimizer.lr=0.1"
