"""Whether several runs answer one question about the same examples."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.evaluation.member import Member
from dlcli.training.changes import SHARES, Split

SHOWN = 5  # of many classes


def check_once(members: Sequence[Member]) -> None:
    """Refuse (ConfigError) a checkpoint that is named twice."""
    for one, other in combinations(members, 2):
        if one.source.checkpoint == other.source.checkpoint:
            raise ConfigError(
                f"RUN {other.source.name}: is named twice, and would count twice in the mean"
            )


def check_alike(first: Member, other: Member, split: Split) -> None:
    """Refuse members of one ensemble that answer different questions.

    Raises:
        ConfigError: with the difference.
    """
    names = f"RUN {other.source.name}"
    a, b = first.spec, other.spec
    if (a.target, a.classes, a.values) != (b.target, b.classes, b.values):
        raise ConfigError(
            f"{names}: predicts {asked(b)}, but {first.source.name} predicts {asked(a)}; "
            "an ensemble answers one question"
        )
    prints = [str(getattr(member.data, "fingerprint", "")) for member in (first, other)]
    if prints[0] != prints[1]:
        raise ConfigError(
            f"{names}: its data is not that of {first.source.name} (fingerprint "
            f"{prints[1][:12]}, not {prints[0][:12]}); name one for all: --data OPTION"
        )
    shares = [shared(member, split) for member in (first, other)]
    if shares[0] != shares[1]:
        keys = [key for key in SHARES if shares[0].get(key) != shares[1].get(key)]
        told = ", ".join(
            f"data.{key} is {shares[1].get(key)}, not {shares[0].get(key)}" for key in keys
        )
        alike = " ".join(f"data.{key}={shares[0].get(key)}" for key in keys)
        raise ConfigError(
            f"{names}: its {split} split has other examples than that of {first.source.name} "
            f"({told}); train it with {alike}"
        )


def shared(member: Member, split: Split) -> dict[str, object]:
    """What picks the examples of a split that is a share of the training set."""
    fitted = getattr(member.data, "fitted", {})
    if split in fitted.get("sets", {}) and split != "train":
        return {}
    return {key: value for key, value in fitted.get("partition", {}).items() if key in SHARES}


def asked(spec: DataSpec) -> str:
    """What is predicted, in words."""
    if spec.target == "value":
        return "a value" if spec.values == 1 else f"{spec.values} values"
    some = ", ".join(spec.classes[:SHOWN])
    more = ", …" if len(spec.classes) > SHOWN else ""
    return f"{len(spec.classes)} classes ({some}{more})"
