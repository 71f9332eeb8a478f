"""Expressions: a part of Python's, computed as Python does, and nothing beyond it."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from palier.schemas.screens.errors import BadExpression, EvaluationFailed
from palier.schemas.screens.expressions import DEEPEST, LONGEST, Expression, read
from palier.schemas.screens.templates import Insert, inserts, mistakes, read_template


@pytest.mark.parametrize(
    ("text", "reason", "at"),
    [
        ("", "An expression is empty", 0),
        ("   ", "An expression is empty", 0),
        ("a = 1", "Compare with ==", 2),
        ("(a := 1)", "An expression puts nothing anywhere: compare with ==", 3),
        ("a && b", "Write and, not &&", 2),
        ("a & b", "Write and, not &", 2),
        ("a || b", "Write or, not ||", 2),
        ("a | b", "Write or, not |", 2),
        ("! a", "Write not, not !", 0),
        ("~a", "Write not, not ~", 0),
        ("a == true", "Write True, not true", 5),
        ("a == null", "Write None, not null", 5),
        ("a ** 2", "There are + - * / // and %", 0),
        ("a << 2", "There are + - * / // and %", 0),
        ("a @ b", "A '@' cannot stand in an expression here", 2),
        ("a is None", "Compare with == or !=, not with 'is'", 0),
        ("lambda: 1", "A ':' cannot stand in an expression here", 6),
        ("[b for b in a]", "There is no 'for' in an expression", 0),
        ("max(b for b in a)", "There is no 'for' in an expression", 3),
        ("{1: 2}", "A '{' cannot stand in an expression here", 0),
        ("a[1:2]", "A ':' cannot stand in an expression here", 3),
        ("f'{a}'", "A text stands in quotes, with no letter before them", 0),
        ("b'a'", "A text stands in quotes, with no letter before them", 0),
        ("a + 'b", "A text is not closed: it ends with '", 4),
        ('a + "b', 'A text is not closed: it ends with "', 4),
        (r"'\x41'", "A text is not closed: it ends with '", 0),
        ("a; b", "A ';' cannot stand in an expression here", 1),
        ("a # b", "A '#' cannot stand in an expression here", 2),
        ("...", "There are numbers, texts, True, False and None", 0),
        ("await a", "An expression has no await", 0),
        ("(yield a)", "An expression has no yield", 1),
        ("len(*a)", "An expression has no starred", 4),
        ("a.__class__", "No name begins with an underscore: '__class__'", 0),
        ("a + __import__", "No name begins with an underscore: '__import__'", 4),
        ("'é' + _a", "No name begins with an underscore: '_a'", 6),
        ("''.join", "A dot stands between names only, as in answer.amount", 0),
        ("a().b", "A dot stands between names only, as in answer.amount", 0),
        ("a[0].b", "A dot stands between names only, as in answer.amount", 0),
        ("open(1)", "There is no function 'open': use abs, len, max, min, round, sum", 0),
        ("answer.x()", "Only abs, len, max, min, round, sum can be called", 0),
        ("len()", "len takes one value", 0),
        ("round(1, 2, 3)", "round takes one value or two", 0),
        ("max()", "max takes one value or more", 0),
        ("1e999", "A number is too large", 0),
        (f"1 + {10**31}", "A number is too large", 4),
        ("1_000", "A number is written as 12 or 0.5, and a space follows it", 0),
        ("1if a else b", "A number is written as 12 or 0.5, and a space follows it", 0),
        ("é", "A 'é' cannot stand in an expression here", 0),
        ("a b", "'a b' cannot be read", 2),
        ("(((", "'(((' cannot be read", 2),
        ("a" * (LONGEST + 1), f"An expression has at most {LONGEST} characters, this has 301", 300),
        ("-" * 14 + "1", f"An expression nests at most {DEEPEST} deep", 13),
        ("[" * 140 + "]" * 140, f"An expression nests at most {DEEPEST} deep", 13),
    ],
)
def test_what_does_not_belong_is_refused_where_it_stands(text: str, reason: str, at: int) -> None:
    with pytest.raises(BadExpression) as caught:
        read(text)

    assert (str(caught.value), caught.value.at) == (reason, at)


def test_a_name_is_known_by_its_path_and_its_place() -> None:
    found = read("  answer.x > 'é' + other and max(answer.x, 1)")

    assert found.paths == {("answer", "x"), ("other",)}
    assert [(".".join(one.path), one.at) for one in found.mentions] == [
        ("answer.x", 2),
        ("other", 19),
        ("answer.x", 33),
    ]


def test_lines_may_be_broken_anywhere() -> None:
    assert read("1\n+\r\n\t2").value({}) == 3


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a", None),
        ("answer.x.y", None),
        ("missing + 1", None),
        ("-missing", None),
        ("missing > 1", False),
        ("missing < 1", False),
        ("missing == None", True),
        ("max(missing, 1)", None),
        ("1 in missing", False),
        ("1 not in missing", True),
        ("items[5]", None),
        ("items[-1]", 3),
        ("items[missing]", None),
        ("record['b']", 2),
        ("record['c']", None),
        ("record.b", 2),
        ("'b' in record", True),
        ("sum(items) / len(items)", 2.0),
        ("round(2.345, 2)", 2.35),
        ("round(2.5)", 2),
        ("round(1234, -2)", 1200),
        ("'a' if items else 'b'", "a"),
        ("items + [4]", [1, 2, 3, 4]),
        ("1 < 2 < 3", True),
        ("not missing", True),
    ],
)
def test_what_is_not_there_yet_is_none(text: str, value: Any) -> None:
    names = {"items": [1, 2, 3], "record": {"b": 2}}

    assert read(text).value(names) == value


@pytest.mark.parametrize(
    "text",
    [
        "'a' + 1",
        "'a' * 3",
        "items * 1000",
        "1 / 0",
        "1 % 0",
        "'a' < 1",
        "len(1)",
        "sum(['a'])",
        "max([])",
        "items['a']",
        "record < record",
        "[1] in record",
        "round(1, -999999999)",
        "round(1.5, 999999999)",
        "round('a')",
        "huge * huge",
        "large * large",
        "text + text",
        "abs('a')",
        "1 in 5",
        "-text",
    ],
)
def test_values_that_do_not_go_together_fail_and_nothing_else(text: str) -> None:
    names = {
        "items": [1, 2],
        "record": {"b": 2},
        "large": 10**20,
        "text": "a" * 6_000,
        "huge": 1e300,
    }

    with pytest.raises(EvaluationFailed):
        read(text).value(names)


def test_deep_data_fail_to_be_compared_and_do_no_harm() -> None:
    deep: list[Any] = []
    other: list[Any] = []
    for _ in range(100_000):
        deep, other = [deep], [other]

    with pytest.raises(EvaluationFailed):
        read("a == b").value({"a": deep, "b": other})

    while deep:  # Python, too, would take them apart one in the other
        deep, other = deep[0], other[0]


# -- beside Python ------------------------------------------------------------------------------

NAMES: dict[str, Any] = {"a": 3, "b": 2.5, "c": [1, 2, 3], "d": "word", "e": True, "f": {"g": 4}}


class Dotted:
    """What Python needs to read ``f.g``."""

    g = 4


ATOMS = st.sampled_from(
    ["a", "b", "c", "d", "e", "f.g", "0", "1", "7", "2.5", ".5", "'word'", '"é"', "True"]
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    signs = st.sampled_from(
        [
            "+",
            "-",
            "*",
            "/",
            "//",
            "%",
            "==",
            "!=",
            "<",
            "<=",
            ">",
            ">=",
            "and",
            "or",
            "in",
            "not in",
        ]
    )
    return st.one_of(
        st.tuples(inner, signs, inner).map(lambda one: f"({one[0]} {one[1]} {one[2]})"),
        st.tuples(st.sampled_from(["-", "+", "not "]), inner).map(
            lambda one: f"({one[0]}{one[1]})"
        ),
        st.tuples(inner, inner, inner).map(lambda one: f"({one[0]} if {one[1]} else {one[2]})"),
        st.tuples(st.sampled_from(["max", "min"]), inner, inner).map(
            lambda one: f"{one[0]}({one[1]}, {one[2]})"
        ),
        st.tuples(st.sampled_from(["abs", "len", "round", "sum"]), inner).map(
            lambda one: f"{one[0]}({one[1]})"
        ),
        two.map(lambda one: f"[{one[0]}, {one[1]}]"),
        inner.map(lambda one: f"c[{one}]"),
    )


EXPRESSIONS = st.recursive(ATOMS, _grown, max_leaves=8)


FUNCTIONS = {"abs": abs, "len": len, "max": max, "min": min, "round": round, "sum": sum}


@given(EXPRESSIONS)
@example("(a < 7)")
@example("c[True]")
@example("(d + d)")
def test_it_comes_to_what_python_makes_of_it(text: str) -> None:
    try:
        ours = read(text).value(NAMES)
    except (BadExpression, EvaluationFailed):
        return  # refusals have tests of their own: here nothing is computed differently
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python has its doubts about 7 in 7
        try:
            theirs = eval(text, {"__builtins__": {}}, {**NAMES, **FUNCTIONS, "f": Dotted})
        except IndexError:
            return  # beyond the end is None here
    assert (ours, type(ours)) == (theirs, type(theirs))


def attempt(text: str) -> Expression | BadExpression:
    try:
        return read(text)
    except BadExpression as error:
        return error


@given(st.text(max_size=40))
@example("\x00")
@example("(" * 300)
@example("not " * 75)
@example("1" * 300)
@example("\ud800")
def test_any_text_is_read_or_refused(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = attempt(text)
    if isinstance(found, BadExpression):
        assert 0 <= found.at <= len(text)
    else:
        assert all(text.startswith(one.path[0], one.at) for one in found.mentions)


# -- texts with values in them ------------------------------------------------------------------


def test_a_text_is_parted_into_words_and_values() -> None:
    found = read_template("You have {a:.2f} of {{b}} {'c:d'} and {e}")

    assert found == (
        "You have ",
        Insert(read("a"), ".2f"),
        " of {b} ",
        Insert(read("'c:d'")),
        " and ",
        Insert(read("e")),
    )
    assert [one.at for one in inserts(found)] == [10, 27, 39]


@pytest.mark.parametrize("format_", ["d", ".0f", ".12f", "%", ".1%", "date", "time", "datetime"])
def test_a_format_is_one_of_few(format_: str) -> None:
    (found,) = read_template(f"{{a:{format_}}}")

    assert isinstance(found, Insert)
    assert found.format == format_


@pytest.mark.parametrize("format_", ["", "s", "f", ".2", ".100f", "5d", ",", "!r", ".٢f"])
def test_any_other_format_is_refused(format_: str) -> None:
    with pytest.raises(BadExpression, match="There is no format"):
        read_template(f"{{a:{format_}}}")


def test_all_that_is_wrong_with_a_text_is_told() -> None:
    text = "{a b} } {c:x} {{d}} {e {f} {"

    assert [(str(one), one.at) for one in mistakes(text)] == [
        ("'a b' cannot be read", 3),
        ("A } closes nothing: write }} for a brace", 6),
        ("There is no format 'x': use d, .2f, %, .1%, EUR, date, time or datetime", 11),
        ("A { stands within braces", 23),
        ("A { is not closed: write {{ for a brace", 27),
    ]


@given(st.text(alphabet="ab{}':. \"é", max_size=60))
def test_any_text_with_braces_is_read_or_refused(text: str) -> None:
    found = mistakes(text)
    if found:
        assert all(0 <= one.at <= len(text) for one in found)
        with pytest.raises(BadExpression):
            read_template(text)
    else:
        read_template(text)


@given(st.text(max_size=200))
def test_a_text_without_values_says_itself(text: str) -> None:
    doubled = text.replace("{", "{{").replace("}", "}}")

    assert "".join(str(one) for one in read_template(doubled)) == text
