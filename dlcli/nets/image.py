"""The shape of an image, for the families that read nothing else."""

from __future__ import annotations

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError

INSTEAD = {"signal": "model=cnn", "tokens": "model=cnn", "vector": "model=mlp"}


def image_shape(family: str, spec: DataSpec) -> tuple[int, int, int]:
    """Channels, height and width.

    Raises:
        ConfigError: if the data is not images.
    """
    if spec.kind != "image":
        raise ConfigError(
            f"model={family}: reads images, not {spec.kind}; use {INSTEAD[spec.kind]}"
        )
    channels, height, width = spec.shape
    return channels, height, width
