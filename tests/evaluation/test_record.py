"""A record says by its name and tags what was evaluated, and how."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from dlcli.evaluation.record import common_choices, how, named
from dlcli.evaluation.request import Request
from dlcli.tracking.names import check_name


def members(*names: str) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(
            source=SimpleNamespace(
                name=name,
                run_id=None if "=" in name else name * 2,
                checkpoint=Path(f"/{name}.ckpt"),
                config=SimpleNamespace(choices={"data": "digits", "model": name}, hidden=[]),
            )
        )
        for name in names
    ]


@pytest.mark.parametrize(
    ("names", "changes", "name"),
    [
        (["a"], {}, "a-test"),
        (["a", "b"], {}, "ensemble-a-b-test"),
        (["a"], {"tta": ("shift",)}, "a-tta-test"),
        (["a"], {"other": ("csv", "path=/x/y.csv")}, "a-csv-test"),
        (["a"], {"other": ("path=/x/y.csv",)}, "a-other-data-test"),
        (["epoch=3 "], {}, "epoch-3-test"),
        (["é" * 300, "b" * 300], {}, f"ensemble-{'e' * 81}-test"),
        (["="], {}, "evaluation-test"),
    ],
)
def test_a_record_is_named_after_what_is_evaluated(names, changes, name):
    assert named(members(*names), Request("test", **changes)) == name
    check_name(name)


def test_tags_hold_who_answers_and_how():
    asked = Request("test", tta=("shift", "flip"), other=("csv", "path=a.csv"))
    assert how(members("a", "epoch=3"), asked) == {
        "dlcli.members": "aa /epoch=3.ckpt",
        "dlcli.other_data": "csv path=a.csv",
        "dlcli.tta": "shift,flip",
    }
    assert how(members("a"), Request("test")) == {}


def test_several_have_the_choices_that_they_share():
    assert common_choices(members("a", "b")) == {"dlcli.choice.data": "digits"}
    assert common_choices(members("a"))["dlcli.choice.model"] == "a"
