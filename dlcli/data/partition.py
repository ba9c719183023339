"""Which examples are trained on, validated on and tested on."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

from dlcli.data.examples import Part, Source
from dlcli.data.split import plain, share_of, stratified


@dataclass(frozen=True)
class Partition:
    """How a training set is shared out.

    Args:
        val_fraction: the share to validate on, where no set is given for that.
        test_fraction: the share to test on, likewise.
        seed: what picks the examples.
        train_size: how many of the rest to train on; None for all.
    """

    val_fraction: float
    test_fraction: float
    seed: int
    train_size: int | None

    def splits(self, source: Source, given: Container[str]) -> dict[str, Part]:
        """The sets that were read, and the shares of the training set.

        Args:
            source: what was read; without ``train`` there are no shares.
            given: the sets that need no share.
        """
        if "train" not in source.sets:
            return dict(source.sets)
        fractions = {"test": self.test_fraction, "val": self.val_fraction}
        missing = {name: share for name, share in fractions.items() if name not in given}
        shares = self._cut(source, source.sets["train"], missing)
        rest = shares.pop("rest")
        if self.train_size is not None:
            kept = share_of(self.train_size, len(rest))
            rest = self._cut(source, rest, {"kept": kept})["kept"]
        whole = {name: part for name, part in source.sets.items() if name != "train"}
        return {"train": rest, **shares, **whole}

    def _cut(self, source: Source, part: Part, fractions: Mapping[str, float]) -> dict[str, Part]:
        """The named shares of a part, and the rest; each class is shared out alike."""
        if source.spec.target == "class":
            indices = stratified(part.targets, fractions, self.seed)
        else:
            indices = plain(len(part), fractions, self.seed)
        return {name: part.take(chosen) for name, chosen in indices.items()}


def known_sets(trained: Mapping[str, str], now: Mapping[str, str]) -> Mapping[str, str]:
    """The sets that need no share, by their fingerprints.

    Those of the training, where its training set is the same: else a share of that, to validate
    or test on, would have examples that were trained on.
    """
    return trained if trained.get("train", "") == now.get("train") else now
