"""Put the parts of a sweep together: configuration, checks, study, trials, record."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dlcli.cli import output
from dlcli.cli.running import recording
from dlcli.cli.sweep_signals import interrupted_by_signals
from dlcli.cli.swept import resume, swept
from dlcli.config.redact import redact_override
from dlcli.config.store import store_root
from dlcli.errors import ConfigError

if TYPE_CHECKING:
    from dlcli.cli.sweep_check import Checked
    from dlcli.cli.swept import Swept
    from dlcli.config.sweep import SweepConfig
    from dlcli.search.executor import Executor
    from dlcli.search.folder import Frozen, SweepFolder
    from dlcli.search.settings import Search
    from dlcli.tracking.client import Recorder

CHECKING = "importing PyTorch and checking the corners of the space …"


@dataclass
class Parts:
    """What a sweep works with, ready for use."""

    made: SweepConfig
    search: Search
    executor: Executor
    recorder: Recorder


def composed(
    overrides: Sequence[str], config_dir: Path | None, allow: Sequence[str]
) -> SweepConfig:
    """The checked configuration of a sweep; what is to be warned of is shown."""
    from dlcli.config.sweep import compose_sweep

    made = compose_sweep(overrides, config_dir, allow)
    if url := made.settings["search"]["storage"]:
        from dlcli.search.store import Store

        Store(url, name="")  # refuses one that names no database; nothing is opened
    output.warn(made.base.warnings)
    return made


def planned(made: SweepConfig) -> Checked:
    """Every corner of the space, checked and built; nothing is recorded."""
    from dlcli.cli.sweep_check import check_corners

    with executing(made) as (search, executor), output.waiting_for(CHECKING):
        _practise(made, search)  # which refuses what the sampler cannot search
        checked = check_corners(made, executor)
    if checked.references:
        with recording(made.base) as recorder:
            _weights(checked, recorder)
    return checked


def start_sweep(
    name: str | None,
    overrides: Sequence[str],
    config_dir: Path | None,
    allow: Sequence[str],
    quiet: bool,
) -> Swept:
    """Search a space from the beginning.

    Raises:
        ConfigError: the sweep is there already, or a corner of its space cannot be trained.
        BusyError: another process is just starting one of this name.
        Stopped: a signal came; the sweep can go on, if there is one yet.
    """
    from dlcli.search.folder import SweepFolder
    from dlcli.tracking.names import check_name, generate

    folder = SweepFolder(store_root(), generate() if name is None else check_name(name))

    def advice() -> str:
        going_on = f"to go on: {resume(folder.name, overrides)}"
        return going_on if folder.exists else "no sweep was begun, so start it again"

    with interrupted_by_signals(advice):
        return _start(folder, composed(overrides, config_dir, allow), config_dir, quiet)


def _start(folder: SweepFolder, made: SweepConfig, config_dir: Path | None, quiet: bool) -> Swept:
    from dlcli.cli.sweep_check import check_corners
    from dlcli.cli.sweep_run import Sweep

    _refuse_existing(folder)
    with building(made) as parts:
        with output.waiting_for(CHECKING):
            _practise(made, parts.search)
            checked = check_corners(made, parts.executor)
        checked.refuse()
        weights = _weights(checked, parts.recorder)
        with folder.owned():
            _refuse_existing(folder)
            frozen = freeze(folder, made, checked, config_dir)
            for reference, path in weights.items():
                folder.note_weights(reference, path)
            return Sweep(folder, frozen, parts, quiet).run()


def _weights(checked: Checked, recorder: Recorder | None) -> dict[str, str]:
    """The file that each ``model.init_from`` of the space means; refuses one that means none."""
    from dlcli.cli.sweep_weights import weights_file

    assert recorder is not None
    return {one: weights_file(one, recorder) for one in checked.references}


def _practise(made: SweepConfig, search: Search) -> None:
    """Use a study for the first time while the process is warming up that the checks wait for."""
    from dlcli.search.practice import practise

    practise(made.space, search, made.settings["pruner"], len(made.objectives), made.base.allow)


def resume_sweep(
    name: str,
    overrides: Sequence[str],
    config_dir: Path | None,
    allow: Sequence[str],
    quiet: bool,
) -> Swept:
    """Go on in a sweep: no trial is lost, none runs twice.

    Raises:
        ConfigError: there is none of this name, or it would become another sweep.
        BusyError: it is running.
        Stopped: a signal came; the sweep can go on.
    """
    from dlcli.cli.sweep_resume import is_done, recomposed, refuse_missing
    from dlcli.cli.sweep_run import Sweep
    from dlcli.search.folder import SweepFolder

    folder = SweepFolder(store_root(), name)
    refuse_missing(folder)
    advice = f"to go on: {resume(name, [], *map(redact_override, overrides))}"
    with interrupted_by_signals(lambda: advice), folder.owned():
        made, frozen = recomposed(folder, overrides, config_dir, allow)
        final = folder.final()
        if final and is_done(final, made):
            output.warn([f"sweep {name} is finished; there is nothing to resume"])
            return swept(folder, frozen, final["summary"], final["test"], made.total)
        output.warn(made.base.warnings)
        with building(made) as parts:
            return Sweep(folder, frozen, parts, quiet).run()


def _refuse_existing(folder: SweepFolder) -> None:
    if folder.exists:
        raise ConfigError(
            f"--name {folder.name}: there is a sweep of this name; go on in it with "
            f"dlcli sweep --resume {folder.name}, or choose another name"
        )


@contextmanager
def executing(made: SweepConfig) -> Iterator[tuple[Search, Executor]]:
    """The limits, and where trials run, which is closed at the end."""
    from dlcli.cli.sweep_check import on_several
    from dlcli.search.devices import chosen, gpus, surely_none
    from dlcli.search.local import LocalExecutor
    from dlcli.search.settings import Local, Search
    from dlcli.training.startup import warm_up_for

    search = Search.of(made.settings["search"])
    local = Local.of(made.settings["executor"])
    trainer = made.base.values["trainer"]
    on_gpu = trainer.get("accelerator", "auto") in ("auto", "gpu", "cuda")
    several = on_several(trainer)
    devices = chosen(local.devices, gpus()) if on_gpu and not several else []
    os.environ.update(warm_up_for(made.base.values, made.base.allow, practice=surely_none()))
    executor = LocalExecutor(local.workers, devices, ["dlcli.training.warm"], several, _tell)
    try:
        yield search, executor
    finally:
        executor.close()


@contextmanager
def building(made: SweepConfig) -> Iterator[Parts]:
    """The parts that get ready side by side: recorder and executor."""
    with recording(made.base) as recorder, executing(made) as (search, executor):
        assert recorder is not None
        yield Parts(made, search, executor, recorder)


def _tell(line: str) -> None:
    output.warn([line])


def freeze(
    folder: SweepFolder,
    made: SweepConfig,
    checked: Checked,
    config_dir: Path | None,
) -> Frozen:
    """Write down what the sweep is, so that no later change of a file changes it."""
    from dlcli.config.redact import redact, redact_text
    from dlcli.config.sweep import snapshot
    from dlcli.search.folder import Frozen
    from dlcli.search.sources import sources

    snapshot(config_dir, folder.conf)
    secrets = made.base.hidden
    frozen = Frozen(
        name=folder.name,
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
        overrides=[redact_override(text, secrets) for text in made.overrides],
        searched=[redact_override(text, secrets) for text in made.searched],
        allow=list(made.base.allow),
        space=made.space.as_dict(),
        settings=redact(made.settings, secrets=secrets),
        metrics=checked.metrics,
        modes=["min" if mode == "min" else "max" for mode in checked.modes],
        base=redact(made.base.values, secrets=secrets),
        code={name: redact_text(text, secrets) for name, text in checked.code.items()},
        sources=sources(made.base.allow, config_dir),
        versions=checked.versions,
        config_dir=str(config_dir or ""),
        choices=dict(made.base.choices),
    )
    folder.freeze(frozen)
    return frozen
