"""The page shows whatever a run is called, and does nothing but show it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from dlcli.report.content import Part, Picture, Report, Table
from dlcli.report.page import render

SAFE = {"lang", "charset", "http-equiv", "content", "name", "class", "id", "scope", "role"}
SAFE |= {"aria-label", "tabindex"}
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


class Elements(HTMLParser):
    """What a browser takes for elements and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.sources: set[str | None] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= dict(attrs).keys()
        self.sources |= {text for name, text in attrs if name in ("src", "href")}


def page(**changes: object) -> str:
    values = {"name": EVIL, "id": "0" * 32, "verdict": EVIL}
    part = Part(**(values | changes))  # type: ignore[arg-type]
    return render(Report(EVIL, [EVIL, f"  {EVIL}"], [part], made=EVIL, warnings=[EVIL]))


def test_a_name_is_text_wherever_it_stands():
    table = Table([EVIL], [[EVIL]], note=EVIL)
    shown = page(
        facts=[(EVIL, EVIL)],
        params=table,
        scores=table,
        trials=table,
        changed=table,
        figures=[Picture(f'" onerror="{EVIL}', "data:image/png;base64,AA==")],
        commands=[EVIL],
        config=EVIL,
        diff=EVIL,
        notes=[EVIL],
    )
    found = Elements(shown)
    assert found.names.isdisjoint({"script", "iframe", "object", "form"})
    assert found.attributes == {*SAFE, "src", "alt"}
    assert found.sources == {"data:image/png;base64,AA=="}
    assert shown.count("&lt;script&gt;") > 20


def test_the_page_may_load_and_run_nothing():
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page())
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].replace("&#39;", "'").split(";"))
    assert rules.pop("style-src").startswith("'sha256-")
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert not re.search(r"https?:|<script|<link|url\(|@import", page())


def test_characters_without_a_place_in_html_are_replaced():
    assert "a�b" in page(name="x", config="a\0b")


def test_what_is_empty_is_left_out():
    assert "<h2>" not in page()
    assert "<details>" not in page()


def test_columns_of_numbers_are_told_from_text():
    rows = [["a", "0.91 ± 0.02*", "1.2 k", "1"], ["b", "", "3.1 s", "x"]]
    assert Table(["name", "score", "cost", "mixed"], rows).numeric == [False, True, True, False]
