"""What a run was made with that can make a difference to it: its parameters but bookkeeping."""

from __future__ import annotations

from functools import cache

from dlcli.comparison.entry import Entry

# Where it is recorded, how it is shown while it runs, and what is written beside it.
BOOKKEEPING = (
    "_target_",
    "tracking",
    "callbacks.last_checkpoint",
    "callbacks.lr_monitor",
    "callbacks.pictures",
    "callbacks.progress",
    "data.download",
    "trainer.default_root_dir",
    "trainer.enable_checkpointing",
    "trainer.enable_model_summary",
    "trainer.enable_progress_bar",
    "trainer.log_every_n_steps",
    "trainer.logger",
)
# Last parts of names of places.
PLACES = ("dirpath", "filename", "root")
# Which files the data is read from; what is in them tells the fingerprint.
FILES = ("data.path", "data.train", "data.val", "data.test", "data.files")
SEED = "seed"


@cache
def is_bookkeeping(name: str) -> bool:
    """Whether a parameter has no part in what comes out."""
    return name.rpartition(".")[2] in PLACES or _is_under(name, BOOKKEEPING)


@cache
def is_file(name: str) -> bool:
    """Whether a parameter names the file of the data."""
    return _is_under(name, FILES)


@cache
def is_seed(name: str) -> bool:
    """Whether a parameter seeds something."""
    return name.rpartition(".")[2] == SEED


def settings(entry: Entry) -> dict[str, str]:
    """The option of each group and each parameter, by name; of an evaluation, what it measured."""
    made = {**entry.choices, **entry.source.params}
    made.pop(SEED, None)
    return made | _measured(entry.record.tags) if entry.is_evaluation else made


def _measured(tags: dict[str, str]) -> dict[str, str]:
    """What an evaluation measured on, and with what changes."""
    views = tags.get("dlcli.tta", "")
    told = {
        "evaluated on": f"{tags.get('dlcli.split', '')} {tags.get('dlcli.other_data', '')}",
        "evaluated with": f"{tags.get('dlcli.overrides', '')} {views and f'--tta {views}'}",
    }
    return {name: text.strip() for name, text in told.items() if text.strip()}


def other_seeds(entry: Entry) -> dict[str, str]:
    """The seeds beside the run's own: of the data, say."""
    found = entry.source.params.items()
    return {name: value for name, value in found if is_seed(name) and name != SEED}


def _is_under(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)
