"""Hydra's sweep grammar, read as values: what is included, and what is refused."""

from __future__ import annotations

import pytest

from dlcli.config import grammar
from dlcli.config.domain import Unfit, domain_of
from dlcli.config.space import Choice, Domain, Interval, Steps

READ: list[tuple[str, Domain]] = [
    ("choice(a,b,c)", Choice(("a", "b", "c"))),
    ("a,b,c", Choice(("a", "b", "c"))),
    ("choice(32)", Choice((32,))),
    ("choice(null, '1', 1, true)", Choice((None, "1", 1, True))),
    ("choice([8],[16,32])", Choice(([8], [16, 32]))),
    ("choice({a:1},{a:'b c'})", Choice(({"a": 1}, {"a": "b c"}))),
    ("choice(1,true)", Choice((1, True))),
    ("sort(3,1,2)", Choice((1, 2, 3))),
    ("str(choice(1,2))", Choice(("1", "2"))),
    ("interval(0, 1)", Interval(0.0, 1.0)),
    ("tag(log, interval(1e-4, 1e-1))", Interval(1e-4, 1e-1, log=True)),
    ("int(interval(1, 10))", Steps(1, 10)),
    ("tag(log, int(interval(1, 100)))", Steps(1, 100, log=True)),
    ("int(tag(log, interval(1, 100)))", Steps(1, 100, log=True)),
    ("range(1, 9, 2)", Steps(1, 9, 2)),
    ("range(1, 10, 2)", Steps(1, 9, 2)),
    ("range(3)", Steps(0, 3)),
    ("range(9, 1, -3)", Steps(3, 9, 3)),
    ("range(0.1, 0.5, 0.1)", Steps(0.1, 0.5, 0.1)),
    ("range(1, 4, 1.5)", Steps(1.0, 4.0, 1.5)),
    ("float(range(1, 3))", Steps(1.0, 3.0, 1.0)),
    ("sort(range(9, 1, -2))", Steps(1, 9, 2)),
    ("tag(log, range(1, 100))", Steps(1, 100, log=True)),
]


@pytest.mark.parametrize(("text", "domain"), READ, ids=[text for text, _ in READ])
def test_a_sweep_stands_for_its_values(text: str, domain: Domain):
    found = domain_of(grammar.parse_one(f"key.x={text}", sweeps=True).value)
    assert found == domain
    assert repr(found) == repr(domain)


REFUSED = [
    ("interval(5, 1)", "the ends are the wrong way round; write interval(1, 5)"),
    ("interval(1, 1)", "both ends are 1; write choice(1), or two different ends"),
    ("interval(0, nan)", "an interval has two ends; got 0 and nan"),
    ("interval(0, inf)", "an interval has two ends; got 0 and inf"),
    ("interval(1)", "missing a required argument: 'high'; write interval(LOW, HIGH)"),
    ("interval(a, b)", "'a' is no number; write interval(LOW, HIGH)"),
    (
        "int(interval(0.5, 2))",
        "0.5 and 2 are not both whole numbers; write int(interval(LOW, HIGH))",
    ),
    (
        "tag(log, interval(0, 1))",
        "by the logarithm the low end must be above 0; got 0; leave log out",
    ),
    (
        "tag(lgo, interval(1, 2))",
        "unknown tag lgo; did you mean log?; write tag(log, interval(LOW, HIGH)), or no tag",
    ),
    ("tag(log, choice(1, 2))", "log is of intervals; write tag(log, interval(LOW, HIGH))"),
    (
        "tag(log, range(1, 9, 2))",
        "log goes with steps of 1 alone; got 2; leave the step or log out",
    ),
    ("range(1, 5, 0)", "a step of 0 never arrives; write range(FIRST, LAST, STEP)"),
    ("range(9, 1)", "there is nothing from 9 to 1 in steps of 1; write range(1, 9, 1)"),
    ("range(1, inf)", "a range has a first number, a last one and a step; nan and inf are none"),
    ("choice()", "a choice of nothing; write choice(A, B, C)"),
    ("choice(1, 1.0)", "1.0 stands there twice; keep one of them"),
    ("choice(a, b, a)", "a stands there twice; keep one of them"),
    ("choice(nan, 1)", "nan is no number to train with; leave it out"),
    ("choice([1, inf])", "inf is no number to train with; leave it out"),
    ("choice({1: 2})", "1 is no key that an override can write; use a plain name"),
    ("choice(interval(1, 2), 3)", "a sweep in another one; write choice(A, B, C)"),
    ("choice(a, b), c", "a sweep in another one; write all values in one choice(A, B, C)"),
    ("shuffle(1, 2)", "shuffle changes nothing, as the search picks the order; leave it out"),
    ("glob(*)", "glob picks options of a group, and this is none; write choice(A, B)"),
    (
        "normal(0, 1)",
        "there is no function normal; write choice(A, B, C), interval(LOW, HIGH), "
        "range(FIRST, LAST, STEP), tag(log, interval(LOW, HIGH))",
    ),
    ("[choice(1, 2)]", "a sweep inside a value; write choice([a],[b]) of whole values"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[text for text, _ in REFUSED])
def test_nonsense_is_refused_with_what_to_write(text: str, message: str):
    with pytest.raises((Unfit, grammar.Refused)) as error:
        domain_of(grammar.parse_one(f"key.x={text}", sweeps=True).value)
    assert getattr(error.value, "reason", str(error.value)) == message


def test_glob_picks_options_of_a_group():
    def found(text: str) -> Domain:
        return domain_of(grammar.parse_one(f"model={text}", sweeps=True).value, ["cnn", "rnn"])

    assert found("glob(*nn)") == Choice(("cnn", "rnn"))
    assert found("glob(*,exclude=r*)") == Choice(("cnn",))
    with pytest.raises(Unfit, match="no option is like that; options: cnn, rnn"):
        found("glob(x*)")
