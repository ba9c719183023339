"""What a run's model and data are called, in a word."""

from __future__ import annotations

from dlcli.tracking.run_record import CHOICE, RunRecord

# The parameters that name the class of a group, the most telling first.
CLASSES = {"model": ("model.net._target_", "model._target_"), "data": ("data._target_",)}
PARAMS = tuple(name for names in CLASSES.values() for name in names)


def option(record: RunRecord, group: str) -> str | None:
    """The option of a group that a run was composed with.

    A run of a written-out configuration (``--config``) has chosen none: of its model and data the
    class is told in its place.
    """
    classes = (record.params.get(name) for name in CLASSES.get(group, ()))
    named = next((path.rpartition(".")[2] for path in classes if path), None)
    return record.tags.get(f"{CHOICE}{group}", named)
