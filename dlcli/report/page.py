"""A report as one HTML file that needs nothing else: no server, no network, no script."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from dlcli.report.content import Report

GENERATOR = "dlcli report"  # by which a file is known as ours


def render(report: Report) -> str:
    """The page; whatever stands in a run's name, parameters or files is shown as text."""
    from jinja2 import DictLoader, Environment, StrictUndefined

    here = files("dlcli.report")
    style = (here / "page.css").read_text(encoding="utf-8")
    environment = Environment(
        loader=DictLoader({"page.html": (here / "page.html").read_text(encoding="utf-8")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = _plain
    page = environment.get_template("page.html")
    return page.render(report=report, style=style, policy=_policy(style), generator=GENERATOR)


def _plain(text: object) -> str:
    """A text without the characters that HTML has no place for."""
    return "".join(one if one >= " " or one in "\n\t" else "�" for one in str(text))


def _policy(style: str) -> str:
    """What the page may do: show its pictures, in its own style."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
