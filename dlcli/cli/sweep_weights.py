"""The files of weights that the trials of a sweep start from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlcli.errors import CheckpointError

if TYPE_CHECKING:
    from dlcli.config.compose import Config
    from dlcli.search.folder import SweepFolder
    from dlcli.tracking.client import Recorder


def references(configs: Sequence[Config]) -> list[str]:
    """What ``model.init_from`` is in any of the configurations."""
    found = (config.values["model"].get("init_from") for config in configs)
    return [str(one) for one in dict.fromkeys(found) if one]


def weights_file(reference: str, recorder: Recorder) -> str:
    """The file that a reference means.

    Args:
        reference: a file, or a RUN.
        recorder: knows the runs.

    Raises:
        ConfigError: it means no run, or several.
        CheckpointError: there is no such file, or the run has no intact checkpoint.
    """
    from dlcli.cli.running import initial_weights

    path = initial_weights(reference, recorder)
    if path is None or not path.is_file():
        raise CheckpointError(f"model.init_from: {path or reference}: no such file")
    return str(path.absolute())


def known_weights(folder: SweepFolder, reference: str, recorder: Recorder) -> str:
    """The file that a reference meant when the sweep first asked for it, such as `latest`."""
    known = folder.weights()
    if reference not in known:
        known = folder.note_weights(reference, weights_file(reference, recorder))
    return known[reference]
