"""Every value is written exactly, or refused with its path and a remedy."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import pathlib
import types
import uuid

import pytest

from aether_harness._records import GoldenValueError, to_json


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass
class Edge:
    to: str
    k: float


@dataclasses.dataclass
class Node:
    name: str
    edges: list[Edge]


Point = collections.namedtuple("Point", ["x", "y"])
UTC = datetime.timezone.utc


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "true"),
        (0, "0"),
        (-(2**70), "-1180591620717411303424"),
        (0.1, "0.1"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (1e23, "1e+23"),
        (5e-324, "5e-324"),
        (0.1 + 0.2, "0.30000000000000004"),
        ('é "\n\x7f', '"é \\"\\n\x7f"'),
        ([], "[]"),
        ((1, [2]), "[1,[2]]"),
        ({}, "{}"),
        ({"b": 1, "a": [None]}, '{"b":1,"a":[null]}'),
        (range(3), "[0,1,2]"),
        ((n * n for n in range(3)), "[0,1,4]"),
        ({"a": 1}.items(), '[["a",1]]'),
        (collections.deque([1]), "[1]"),
        (types.MappingProxyType({"a": 1}), '{"a":1}'),
        (Point(1, 2), '{"x":1,"y":2}'),
        (Node("a", [Edge("b", 0.5)]), '{"name":"a","edges":[{"to":"b","k":0.5}]}'),
        (decimal.Decimal("1.10"), "1.10"),
        (decimal.Decimal("1E+3"), "1E+3"),
        (fractions.Fraction(1, 3), '"1/3"'),
        (Colour.RED, '"red"'),
        (Level.HIGH, "3"),
        ({Colour.RED: 1}, '{"red":1}'),
        (datetime.date(2026, 11, 26), '"2026-11-26"'),
        (datetime.datetime(2026, 11, 26, 9, 5, tzinfo=UTC), '"2026-11-26T09:05:00+00:00"'),
        (datetime.time(9, 5), '"09:05:00"'),
        (datetime.timedelta(days=1, microseconds=5), "86400.000005"),
        (datetime.timedelta(seconds=-90), "-90"),
        (uuid.UUID(int=5), '"00000000-0000-0000-0000-000000000005"'),
        (pathlib.PureWindowsPath("a\\b"), '"a/b"'),
    ],
)
def test_values_are_written_exactly(value: object, expected: str) -> None:
    assert to_json(value) == expected


LOOP: list[object] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            [{"price": float("nan")}],
            'r[0].price is NaN, which is not a number that JSON has: use None, or nonfinite="text"',
        ),
        ({"a b": [float("-inf")]}, "r['a b'][0] is -Infinity"),
        (decimal.Decimal("Infinity"), "r is Infinity"),
        ([{1, 2}], "r[0] is a set, which has no order: use sorted(…)"),
        ({"ids": frozenset()}, "r.ids is a frozenset, which has no order"),
        ({"a": {1: "x"}}, "r.a has the key 1 of type int, but keys are strings in JSON"),
        ({None: 1}, "r has the key None of type NoneType"),
        (b"x", "r is of type bytes, which JSON does not have: use .hex(), or base64"),
        ([1j], "r[0] is a complex number"),
        (["\ud800"], "r[0] has half of a surrogate pair at index 0"),
        ({"\udc00": 1}, "has half of a surrogate pair"),
        (Edge, "r is the class Edge, not a value of it"),
        (object(), "r is of type object, which cannot be kept: pass default=…"),
        (LOOP, "is nested more than 128 deep; does a value contain itself?"),
        ({Colour.RED: 1, "red": 2}, "r has two members with the name 'red'"),
    ],
)
def test_what_json_cannot_hold_is_refused(value: object, expected: str) -> None:
    with pytest.raises(GoldenValueError) as refused:
        to_json(value, name="r")
    assert expected in str(refused.value)


def test_nan_may_be_text() -> None:
    values = [float("nan"), float("inf"), float("-inf"), decimal.Decimal("NaN"), 1.5]
    assert to_json(values, nonfinite="text") == '["NaN","Infinity","-Infinity","NaN",1.5]'
    with pytest.raises(ValueError, match='nonfinite is None or "text"'):
        to_json(1, nonfinite="null")  # type: ignore[arg-type]


def test_default_makes_other_types_plain() -> None:
    assert to_json([1j, {2}], default=lambda value: str(value)) == '["1j","{2}"]'
    # One that makes no progress ends.
    with pytest.raises(GoldenValueError, match="nested more than 128 deep"):
        to_json(1j, default=lambda value: value)


def test_numpy() -> None:
    np = pytest.importorskip("numpy")
    values = {
        "f64": np.array([[0.1, 1.0], [1e23, -0.0]]),
        "f32": np.float32(0.1),
        "i": np.array([1, 2], dtype=np.uint64),
        "b": np.array([True, False]),
        "text": np.array(["a", "é"]),
        "empty": np.zeros((0, 3)),
        "scalar": np.int8(-3),
        "zero": np.array(2.5),
        "objects": np.array([decimal.Decimal("1.10"), None], dtype=object),
        "day": np.array(["2026-11-26", "NaT"], dtype="datetime64[D]"),
        "ns": np.datetime64("2026-11-26T00:00:00.000000001"),
        "took": np.array([1500, -1], dtype="timedelta64[ms]"),
        "rows": np.array([(1, 0.5)], dtype=[("id", "i4"), ("x", "f8")]),
    }
    assert to_json(values) == (
        '{"f64":[[0.1,1.0],[1e+23,-0.0]],"f32":0.10000000149011612,"i":[1,2],"b":[true,false],'
        '"text":["a","é"],"empty":[],"scalar":-3,"zero":2.5,"objects":[1.10,null],'
        '"day":["2026-11-26",null],"ns":"2026-11-26T00:00:00.000000001","took":[1.5,-0.001],'
        '"rows":[{"id":1,"x":0.5}]}'
    )
    for value, expected in [
        (np.array([0.0, np.nan]), "r[1] is NaN"),
        (np.array([1j]), "r has complex numbers"),
        (np.array([b"x"]), "which JSON does not have: use text"),
        (np.ma.masked_array([1, 2], mask=[0, 1]), "r is a masked array"),
        (np.timedelta64(1, "Y"), "r has durations in 'Y'"),
        (np.longdouble(1) if np.dtype(np.longdouble).itemsize > 8 else 1j, "r "),
    ]:
        with pytest.raises(GoldenValueError) as refused:
            to_json(value, name="r")
        assert expected in str(refused.value)


def test_pandas() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {
            "tick": [1, 2],
            "price": [0.1, 75.0],
            "at": pd.to_datetime(["2026-11-26T09:00:00.000000001", None]),
            "n": pd.array([1, None], dtype="Int64"),
            "kind": pd.Categorical(["a", "b"]),
        }
    )
    assert to_json(frame) == (
        '[{"tick":1,"price":0.1,"at":"2026-11-26T09:00:00.000000001","n":1,"kind":"a"},'
        '{"tick":2,"price":75.0,"at":null,"n":null,"kind":"b"}]'
    )
    # An index that says something is kept.
    assert to_json(frame[["price"]].set_index(frame["tick"])) == (
        '[{"tick":1,"price":0.1},{"tick":2,"price":75.0}]'
    )
    assert to_json(frame.loc[frame["tick"] > 1, ["price"]]) == '[{"index":1,"price":75.0}]'
    assert to_json(frame["tick"]) == "[1,2]"
    assert to_json(pd.Series([1.5], index=["a"])) == '[{"index":"a","value":1.5}]'
    assert to_json([pd.Timedelta("1s") + pd.Timedelta(1, "ns"), pd.NA]) == "[1.000000001,null]"
    for value, expected in [
        (pd.DataFrame({"a": [1.0, None]}), "r[1].a is NaN"),
        (pd.DataFrame([[1]]), "r has a column with the name 0 of type int"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "r has two columns with the name 'a'"),
        (
            pd.DataFrame({"index": [1], "a": [2]}, index=["x"]).rename_axis("a"),
            "cannot become columns",
        ),
    ]:
        with pytest.raises(GoldenValueError) as refused:
            to_json(value, name="r")
        assert expected in str(refused.value)


def test_polars() -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(
        {
            "tick": [1, 2],
            "price": [0.1, None],
            "day": [datetime.date(2026, 11, 26), None],
            "parts": [[1], []],
        }
    )
    assert to_json(frame) == (
        '[{"tick":1,"price":0.1,"day":"2026-11-26","parts":[1]},'
        '{"tick":2,"price":null,"day":null,"parts":[]}]'
    )
    assert to_json(frame["tick"]) == "[1,2]"
    exact = pl.Series("at", [1_000, 2_000]).cast(pl.Datetime("ns"))
    assert to_json(exact) == '["1970-01-01T00:00:00.000001","1970-01-01T00:00:00.000002"]'
    for value, expected in [
        (frame.lazy(), "r is a LazyFrame: use .collect()"),
        (pl.DataFrame({"x": [float("nan")]}), "r[0].x is NaN"),
        (pl.DataFrame([pl.Series("at", [1]).cast(pl.Datetime("ns"))]), "r.at has nanoseconds"),
    ]:
        with pytest.raises(GoldenValueError) as refused:
            to_json(value, name="r")
        assert expected in str(refused.value)
