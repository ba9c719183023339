"""What a resumed sweep goes on with: what was frozen, and the few things that may change."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcli.cli import output
from dlcli.errors import ConfigError

if TYPE_CHECKING:
    from dlcli.config.sweep import SweepConfig
    from dlcli.search.folder import Frozen, SweepFolder

# What does not make another sweep of it: how long, how hard, where.
CHANGEABLE = (
    "search.n_trials",
    "search.timeout",
    "search.trial_timeout",
    "search.max_failures",
    "search.retries",
    "search.keep_checkpoints",
    "executor",
    "tracking",
)
SHOWN = 6


def refuse_missing(folder: SweepFolder) -> None:
    """Refuse (ConfigError) to go on in a sweep that was never started."""
    from dlcli.config.suggest import did_you_mean, listing, nearest
    from dlcli.search.folder import names
    from dlcli.tracking.names import check_name

    with contextlib.suppress(ConfigError):
        check_name(folder.name)
        if folder.exists:
            return
    known = names(folder.root)
    hint = did_you_mean(nearest(folder.name, known))
    there = f"; sweeps: {listing(known)}" if known else f"; there are none in {folder.root}"
    raise ConfigError(f"--resume {folder.name}: no such sweep{hint or there}")


def recomposed(
    folder: SweepFolder, overrides: Sequence[str], config_dir: Path | None, allow: Sequence[str]
) -> tuple[SweepConfig, Frozen]:
    """The sweep as it was frozen, with what may change laid over; nothing is written yet.

    Args:
        folder: owned.
        overrides: what is to change, or the whole command of the start once more.
        config_dir: not asked for again: its files were frozen.
        allow: packages beside those that were allowed at the start.

    Raises:
        ConfigError: another space, objective, sampler or base configuration; with the difference.
    """
    from dlcli.config.redact import redact_override
    from dlcli.config.sweep import compose_sweep

    frozen = folder.read()
    before = frozen.given
    given = _merged(before, overrides)
    _refuse_masked(given)
    made = compose_sweep(given, folder.conf, [*frozen.allow, *allow])
    differences = list(_differences(frozen, made))
    if differences:
        shown = differences[:SHOWN] + (["…"] if len(differences) > SHOWN else [])
        raise ConfigError(
            [
                f"--resume {folder.name}: it would become another sweep; leave these out, or "
                "start a new one with --name",
                *(f"  {line}" for line in shown),
            ]
        )
    if list(given) != before or allow:
        secrets = made.base.hidden
        frozen = replace(
            frozen,
            overrides=[redact_override(text, secrets) for text in made.overrides],
            searched=[redact_override(text, secrets) for text in made.searched],
            allow=list(made.base.allow),
        )
    _warn_of_drift(frozen)
    return made, frozen


def is_done(final: Mapping[str, Any], made: SweepConfig) -> bool:
    """Whether a sweep that has ended had all the trials that it is to have, to their end."""
    from dlcli.search.summary import left

    return left(final["summary"]["trials"], made.total) == 0


def _merged(before: Sequence[str], overrides: Sequence[str]) -> list[str]:
    """The overrides of the start, each replaced by a later one of the same key."""
    later = {_key(text): text for text in overrides}
    kept = [later.pop(_key(text), text) for text in before]
    return [*kept, *later.values()]


def _key(override: str) -> str:
    return override.lstrip("+~").partition("=")[0]


def _refuse_masked(overrides: Sequence[str]) -> None:
    from dlcli.config.redact import MASK

    masked = [text for text in overrides if MASK in text]
    if masked:
        raise ConfigError(
            [f"override {text}: a secret, which is not recorded; give it again" for text in masked]
        )


def _differences(frozen: Frozen, made: SweepConfig) -> Iterator[str]:
    """What would make it another sweep, a line each."""
    from dlcli.config.redact import redact

    # through JSON, as what was frozen went
    now = json.loads(
        json.dumps(
            {
                "space": made.space.as_dict(),
                **_settled(redact(made.settings, secrets=made.base.hidden)),
                **_settled(redact(made.base.values, secrets=made.base.hidden)),
            }
        )
    )
    then = {"space": frozen.space, **_settled(frozen.settings), **_settled(frozen.base)}
    for key, (old, new) in sorted(_unlike(then, now, "")):
        yield f"{key}: {_said(old)} at the start, now {_said(new)}"


def _said(value: Any) -> Any:
    """A value; of a parameter, what it is searched over."""
    if not isinstance(value, Mapping) or "domain" not in value:
        return "nothing" if value is None else value
    domain = {name: item for name, item in value["domain"].items() if name != "kind"}
    return f"{value['domain']['kind']} {domain}"


def _settled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in CHANGEABLE}


def _unlike(old: Any, new: Any, key: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    if key in CHANGEABLE:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys([*old, *new]):
            place = f"{key}.{name}" if key else str(name)
            yield from _unlike(old.get(name), new.get(name), place)
    elif key == "space.parameters":
        yield from _unlike(_by_key(old), _by_key(new), "space")
    elif _written(old) != _written(new):
        yield key, (old, new)


def _written(value: Any) -> str:
    """A value as the study compares it: 1 is neither 1.0 nor true."""
    return json.dumps(value, sort_keys=True)


def _by_key(parameters: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {str(one["key"]): one for one in parameters}


def _warn_of_drift(frozen: Frozen) -> None:
    """Say what has changed beside the configuration: the user's source files, packages."""
    from dlcli.search.sources import changed

    if files := changed(frozen.sources):
        output.warn([f"changed since the sweep started: {', '.join(files[:SHOWN])}"])
    from importlib.metadata import PackageNotFoundError, version

    drift = []
    for name, before in frozen.versions.items():
        try:
            now = version(name)
        except PackageNotFoundError:
            now = "absent"
        if now != before:
            drift.append(f"{name} {before} → {now}")
    if drift:
        output.warn([f"packages have changed, so values may differ: {', '.join(drift)}"])
