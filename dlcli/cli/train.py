"""``dlcli train``: train, test the best checkpoint, record the run."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlcli.cli import output
from dlcli.cli.completion import complete_run
from dlcli.cli.options import Allow, ConfigDir, Debug, Json, Name, Overrides, Quiet
from dlcli.config.repeat import allowed, of_store, recorded
from dlcli.config.store import is_of_tracking, store_root
from dlcli.errors import ConfigError

if TYPE_CHECKING:
    from dlcli.config.compose import Config
    from dlcli.training.session import TrainResult

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Take the whole configuration from a file: a run's config.yaml, a sweep's best.yaml.",
        show_default=False,
    ),
]
PrintConfig = Annotated[
    bool, typer.Option("--print-config", help="Compose, check and print; start nothing.")
]
Resume = Annotated[
    str | None,
    typer.Option(
        "--resume",
        metavar="RUN",
        help="Go on in a stopped run.",
        autocompletion=complete_run,
        show_default=False,
    ),
]


def train(
    overrides: Overrides = None,
    name: Name = None,
    config_dir: ConfigDir = None,
    config_file: ConfigFile = None,
    print_config: PrintConfig = False,
    resume: Resume = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    allow: Allow = None,
) -> None:
    """Train a model, test its best checkpoint, record the run."""
    if resume is not None:
        _refuse_beside_resume(
            {"--name": name, "--config": config_file, "--print-config": print_config}
        )
    composed = [text for text in overrides or [] if resume is None or is_of_tracking(text)]
    config = _config(composed, config_dir, config_file, allow or [])
    output.warn(config.warnings)
    if print_config:
        _print_config(config, json)
        return
    from dlcli.cli.running import resume_training, run_training

    if resume is not None:
        result = resume_training(config, resume, overrides or [], quiet)
    else:
        result = run_training(config, name, quiet)
    if result is None:
        return
    if json:
        output.print_json(as_json(result))
    elif not quiet:
        print_result(result)


def _config(
    overrides: Sequence[str], config_dir: Path | None, file: Path | None, allow: Sequence[str]
) -> Config:
    """The configuration that is composed, or that a file holds."""
    if file is None:
        from dlcli.config.compose import compose

        return compose("train", overrides, config_dir, allow)
    if config_dir is not None:
        raise ConfigError(f"--config-dir: {file} is a whole configuration already; leave it out")
    from dlcli.config.recorded import from_file

    return from_file(file, overrides, allow)


def _print_config(config: Config, json: bool) -> None:
    if json:
        from dlcli.config.redact import redact

        output.print_json({"config": redact(config.values, secrets=config.secrets)})
        return
    from dlcli.config.show import show

    print(show(config))


def _refuse_beside_resume(options: dict[str, object]) -> None:
    for option, value in options.items():
        if value:
            raise ConfigError(
                f"{option}: a resumed run keeps its name and configuration; leave it out"
            )


def as_json(result: TrainResult) -> dict[str, object]:
    """The result in the form that programs read."""
    return {
        "run_id": result.run_id,
        "run_name": result.run_name,
        "status": result.status,
        "metrics": result.metrics,
        "checkpoint": {"best": _text(result.best), "last": _text(result.last)},
        "duration_s": round(result.duration_s, 3),
    }


def _text(path: Path | None) -> str | None:
    return str(path) if path else None


def print_result(result: TrainResult) -> None:
    """The result for a person: metrics, where everything is, and how to go on."""
    rows = [[name, output.number(value)] for name, value in sorted(result.metrics.items())]
    output.print_table(["metric", f"{'best' if result.best else 'last'} checkpoint"], rows)
    print(f"run         {result.run_name} ({result.run_id})")
    print(f"checkpoint  {output.shortened(result.best or result.last)}")
    print(f"duration    {result.duration_s:.1f} s")
    if not result.delivered:
        print("not everything has reached the tracking store yet; the next start delivers it")
    print("\nto go on:")
    run = recorded(store_root() / "runs" / result.run_id / "artifacts")
    store = of_store(run.overrides, run.config_dir)
    if result.best or result.last:  # none is kept where the callbacks say so
        words = [result.run_name, *store, *allowed(run.allow)]
        print(f"  dlcli evaluate {shlex.join(words)}")
    print(f"  {shlex.join(['dlcli', 'ui', *store])}")
