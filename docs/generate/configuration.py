"""The pages of the configuration: every file of ``conf/`` with its comments, a page a group."""

from __future__ import annotations

from dlcli.config.catalogue import groups, options
from dlcli.config.folders import packaged
from generate.conf_file import Entry, chosen, description, entries

INTRODUCTION = """# Configuration

A folder of `conf/` is a decision, which is called a group, and each file in it an answer. `dlcli
train model=rnn` takes the answer `conf/model/rnn.yaml` to the group `model`; a key such as
`model.net.hidden=128` changes one value of it. `dlcli list GROUP` shows the answers, and `dlcli
train … --print-config` the whole configuration that comes out, with the file or override of each
value.

The values below are the defaults. `null` is none, `???` has to be given, and `${KEY}` is the value
of another key.

"""


def pages() -> dict[str, str]:
    """A page for each group, and one for all of them; by file name."""
    found = {f"configuration/{group}.md": group_page(group) for group in groups()}
    return {"configuration.md": index(), **found}


def index() -> str:
    """The groups with their options, and the values that belong to no group."""
    rows = ["| Group | Options |", "| --- | --- |"]
    for group in groups():
        names = [
            f"[`{name}`](configuration/{group}.md#{anchor(name)})" for name, _ in options(group)
        ]
        rows.append(f"| [`{group}=`](configuration/{group}.md) | {', '.join(names)} |")
    parts = [INTRODUCTION + "\n".join(rows)]
    for root in ("train", "sweep"):
        file = packaged() / f"{root}.yaml"
        groups_of = [f"`{key}={option}`" for key, option in chosen(file)]
        parts += [f"## dlcli {root}", description(file)]
        parts.append(f"Unless told otherwise: {', '.join(groups_of)}.")
        parts.append(table(entries(file, "")))
    return "\n\n".join(parts) + "\n"


def group_page(group: str) -> str:
    """The options of a group."""
    parts = [f"# {group}="]
    for name, _ in options(group):
        file = packaged() / group / f"{name}.yaml"
        parts += [f"## {group}={name} {{ #{anchor(name)} }}", description(file)]
        choices = [f"`{key}={option}`" for key, option in chosen(file)]
        if choices:
            parts.append(f"Takes {', '.join(choices)}.")
        found = entries(file, "" if group == "experiment" else f"{group}.")
        if found:
            parts.append(table(found))
    return "\n\n".join(parts) + "\n"


def table(found: list[Entry]) -> str:
    """Keys, their values and what they mean."""
    rows = [f"| `{e.key}` | `{cell(e.value)}` | {cell(e.comment)} |" for e in found]
    return "\n".join(["| Key | Value | |", "| --- | --- | --- |", *rows])


def cell(text: str) -> str:
    """A text as a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def anchor(option: str) -> str:
    """The place of an option on its group's page."""
    return option.replace("/", "-").replace("_", "-")
