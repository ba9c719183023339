"""A user's own package is allowed by one line, checked like ours, and blamed by its own line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dlcli.config.compose import compose
from dlcli.config.instantiate import check_signatures, instantiate
from dlcli.errors import ConfigError

CANARY = "from pathlib import Path\nPath('canary').touch()\n"
NETS = """
from torch import nn
from torch import load
class Tiny(nn.Module):
    def __init__(self, spec, width: int = 8):
        super().__init__()
"""
NODE = "_target_: my_nets.tiny.Tiny\n_partial_: true\n"


@pytest.fixture
def project(write: Callable[..., Path]) -> Callable[..., Path]:
    def project(code: str = NETS, node: str = NODE) -> Path:
        lines = "".join(f"  {line}\n" for line in node.splitlines())
        model = f"_target_: dlcli.models.supervised.Supervised\nnet:\n{lines}"
        return write(
            {
                "pyproject.toml": '[tool.dlcli]\nconfig_dir = "mine"\nallow = ["my_nets"]\n',
                "my_nets/__init__.py": CANARY,
                "my_nets/tiny.py": code,
                "mine/model/tiny.yaml": model,
            }
        )

    return project


@pytest.fixture(autouse=True)
def forget_own_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    from dlcli.config import modules

    monkeypatch.setattr(sys, "path", list(sys.path))
    modules.find.cache_clear()
    for name in [name for name in sys.modules if name.startswith("my_nets")]:
        del sys.modules[name]


def refused(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        compose("train", ["model=tiny", *overrides])
    return error.value.problems


def test_its_arguments_are_checked_and_nothing_of_it_runs(project: Callable[..., Path]) -> None:
    folder = project()
    assert compose("train", ["model=tiny", "model.net.width=4"]).allow == ("my_nets",)
    assert refused("model.net.widht=4") == [
        "override model.net.widht=4: unknown key; did you mean model.net.width?"
    ]
    assert not (folder / "canary").exists()


def test_it_may_not_pass_on_what_others_define(project: Callable[..., Path]) -> None:
    folder = project(node="_target_: my_nets.tiny.load\n")
    assert refused() == [
        "mine/model/tiny.yaml: model.net._target_: my_nets.tiny.load may not run: "
        "it is torch.serialization.load, from outside"
    ]
    assert not (folder / "canary").exists()


def test_without_the_line_it_is_refused_unimported(project: Callable[..., Path]) -> None:
    folder = project()
    (folder / "pyproject.toml").write_text('[tool.dlcli]\nconfig_dir = "mine"\n')
    assert refused() == [
        "mine/model/tiny.yaml: model.net._target_: my_nets.tiny.Tiny may not run; "
        'for a package of your own: [tool.dlcli] allow = ["my_nets"]'
    ]
    assert not (folder / "canary").exists()


def test_an_error_at_its_import_names_its_line(project: Callable[..., Path]) -> None:
    project("import no_such_module_here\nclass Tiny:\n    pass\n")
    config = compose("train", ["model=tiny"])
    with pytest.raises(ConfigError) as error:
        instantiate(config.values["model"]["net"], config.allow)
    assert error.value.problems == [
        "my_nets/tiny.py:1: ModuleNotFoundError: No module named 'no_such_module_here'"
    ]


def test_an_error_in_its_constructor_names_its_line(project: Callable[..., Path]) -> None:
    project("class Tiny:\n    def __init__(self, width: int = 1):\n        raise KeyError('w')\n")
    config = compose("train", ["model=tiny"])
    node = {**config.values["model"]["net"], "_partial_": False}
    with pytest.raises(ConfigError) as error:
        instantiate(node, config.allow)
    assert error.value.problems == ["my_nets/tiny.py:3: KeyError: 'w'"]


def test_arguments_made_at_run_time_are_passed_as_they_are(project: Callable[..., Path]) -> None:
    from dlcli.data.spec import DataSpec

    project("class Tiny:\n    def __init__(self, spec):\n        self.spec = spec\n")
    config = compose("train", ["model=tiny"])
    spec = DataSpec("vector", (3,), "value")
    assert instantiate(config.values["model"]["net"], config.allow, spec=spec)().spec is spec


def test_a_node_changed_after_the_check_is_refused(folder: Path) -> None:
    node = {"_target_": "torch.nn.Linear", "in_features": {"_target_": "os.system"}}
    with pytest.raises(ConfigError) as error:
        instantiate(node)
    assert error.value.problems == [
        "in_features._target_: os.system may not run: it is Python's own"
    ]
    with pytest.raises(ConfigError) as error:
        instantiate({"_target_": "torch.nn.Linear", "in_features": "${oc.env:HOME}"})
    assert error.value.problems == ["in_features: an interpolation is left, '${oc.env:HOME}'"]


def test_what_only_importing_tells_is_checked_after_it(project: Callable[..., Path]) -> None:
    project('Made = type("Made", (), {"__init__": lambda self, width=1: None})\n')
    config = compose("train", ["+callbacks.mine={_target_:my_nets.tiny.Made,widht:2}"])
    with pytest.raises(ConfigError) as error:
        check_signatures(config)
    place = "override +callbacks.mine={_target_:my_nets.tiny.Made,widht:2}: callbacks.mine"
    assert error.value.problems == [
        f"{place}.widht: Made takes no such argument; did you mean callbacks.mine.width?",
        f"{place}._target_: my_nets.tiny.Made is no Callback",
    ]
