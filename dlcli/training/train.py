"""Train a new run, and say truly how it ended."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from dlcli.config.compose import Config
from dlcli.config.repeat import again
from dlcli.errors import DlcliError, Stopped, TrainingError
from dlcli.tracking.client import Recorder
from dlcli.tracking.run import Run
from dlcli.training.rank import is_first_rank, share_artifacts, shared_artifacts
from dlcli.training.record import record_start
from dlcli.training.session import Session, TrainResult


def train(
    config: Config,
    recorder: Recorder | None,
    root: Path,
    name: str | None = None,
    quiet: bool = False,
    weights: Path | None = None,
) -> TrainResult:
    """Train a new run from a checked configuration.

    Args:
        config: of the root ``train``.
        recorder: started; asked for a run once everything has been checked. None on the ranks that
            record nothing.
        root: the folder of the store.
        name: of the run; a readable one is made up where there is none.
        quiet: show no progress.
        weights: to start the net from; the other ranks get them from the first.

    Raises:
        ConfigError, DataError: before anything is created.
        StoreError: the store cannot take the run.
        CheckpointError, TrainingError, Stopped: the run is recorded as failed or killed.
    """
    session = Session(config, root, quiet)
    if recorder is None or not is_first_rank():
        return session.complete(shared_artifacts())
    tags = {"dlcli.kind": "train"}
    if weights is not None:
        tags["dlcli.init_from"] = session.start_from(weights)
    run = recorder.create_run(name, tags)
    with ending(run):
        session.attach(run)
        share_artifacts(run.artifacts)
        record_start(run, config, session.parts)
        result = session.complete(run.artifacts)
    return replace(result, delivered=run.delivered, duration_s=session.clock.seconds())


@contextmanager
def ending(run: Run, command: str = "dlcli train", first: Path | None = None) -> Iterator[None]:
    """Record truly how a run ends, whatever ends it.

    Args:
        run: not finished yet.
        command: with ``--resume`` it goes on in the run; "" where nothing does.
        first: artifacts of the run that this one repeats, which say where they are recorded.
    """
    try:
        yield
    except Stopped as stopped:
        run.finish("KILLED", str(stopped))
        if not command:
            raise
        words = shlex.join([run.name, *again(first or run.artifacts)])
        raise Stopped(f"{stopped}; to go on: {command} --resume {words}", stopped.signal) from None
    except KeyboardInterrupt:
        run.finish("KILLED", "stopped by SIGINT")
        raise
    except TrainingError as error:
        run.finish("FAILED", error.reason)
        raise
    except DlcliError as error:
        run.finish("FAILED", error.kind)
        raise
    except BaseException as error:
        run.finish("FAILED", f"error: {type(error).__name__}")
        raise
    run.finish("FINISHED", "finished")
