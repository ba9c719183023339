"""``dlcli sample``: text that a recorded language model writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dlcli.cli import output
from dlcli.cli.completion import complete_tracking
from dlcli.cli.evaluate import find_source
from dlcli.cli.interrupt import importing
from dlcli.cli.options import Allow, ConfigDir, Debug, Json, Run
from dlcli.config.redact import gives_secret
from dlcli.config.store import tracking_settings

if TYPE_CHECKING:
    from dlcli.training.sample import LanguageModel, Sampling
    from dlcli.training.source import Source

SampleOverrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="OVERRIDES",
        help="Of the store, as tracking.uri=…, and secrets.",
        autocompletion=complete_tracking,
        show_default=False,
    ),
]
Prompt = Annotated[str, typer.Option("--prompt", help="What to go on from.", show_default=False)]
Length = Annotated[int, typer.Option("--length", help="Characters or words to write.")]
Temperature = Annotated[
    float,
    typer.Option("--temperature", help="Below 1 more likely text, above 1 bolder; 0 no chance."),
]
TopK = Annotated[
    int | None,
    typer.Option("--top-k", help="Pick from the K likeliest alone.", show_default=False),
]
Seed = Annotated[
    int, typer.Option("--seed", min=0, max=2**32 - 1, help="Another seed, another text.")
]


def sample(
    run: Run,
    overrides: SampleOverrides = None,
    prompt: Prompt = "",
    length: Length = 500,
    temperature: Temperature = 0.8,
    top_k: TopK = None,
    seed: Seed = 0,
    config_dir: ConfigDir = None,
    json: Json = False,
    debug: Debug = False,
    allow: Allow = None,
) -> None:
    """Write text with a recorded language model."""
    from dlcli.cli.running import recording_to

    secrets = [text for text in overrides or [] if gives_secret(text)]
    of_store = [text for text in overrides or [] if not gives_secret(text)]
    with recording_to(tracking_settings(of_store, config_dir)) as recorder:
        source = find_source(run, secrets, allow or [], recorder)
    model, how = rebuilt(source, length, temperature, top_k, seed)
    warn_of_strangers(model, prompt)
    if json:
        text = prompt + "".join(model.write(prompt, how))
        output.print_json(as_json(source, prompt, text, how))
        return
    print(prompt, end="", flush=True)
    for piece in model.write(prompt, how):
        print(piece, end="", flush=True)
    print()


def rebuilt(
    source: Source, length: int, temperature: float, top_k: int | None, seed: int
) -> tuple[LanguageModel, Sampling]:
    """The model of a source, and how to sample it."""
    from dlcli.config.instantiate import check_signatures
    from dlcli.training.startup import import_lightning

    with importing():
        import_lightning()
        from dlcli.training.sample import Sampling, language_model
    how = Sampling(length, temperature, top_k, seed)
    check_signatures(source.config)
    return language_model(source), how


def warn_of_strangers(model: LanguageModel, prompt: str) -> None:
    """Name what of a prompt the model has never seen."""
    strangers = model.tokenizer.strangers(prompt)
    if strangers:
        named = ", ".join(map(repr, strangers))
        output.warn([f"--prompt: the model does not know {named}; it reads <unk> there"])


def as_json(source: Source, prompt: str, text: str, how: Sampling) -> dict[str, object]:
    """The text in the form that programs read."""
    return {
        "source_run_id": source.run_id,
        "prompt": prompt,
        "text": text,
        "length": how.length,
        "temperature": how.temperature,
        "top_k": how.top_k,
        "seed": how.seed,
    }
