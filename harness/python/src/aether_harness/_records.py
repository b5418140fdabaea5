"""Writes values of Python as JSON, exactly: what JSON cannot hold is refused, with its path and a remedy.

NumPy, pandas and polars are not imported: only a program that has imported them has values of theirs.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import math
import pathlib
import sys
import uuid
from collections.abc import ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView
from json.encoder import encode_basestring
from typing import Any, Callable, Literal, NamedTuple, Optional, Union

# What the command reads.
_DEPTH_MAX = 128


class GoldenValueError(ValueError):
    """A value cannot be kept exactly. The text says which, where it is, and what to do."""


class _Place(NamedTuple):
    """Where a value is: a step below another place. Written out only for a message."""

    above: Optional[_Place]
    step: Union[str, int]

    def __str__(self) -> str:
        steps = []
        place: Optional[_Place] = self
        while place is not None:
            steps.append(place.step)
            place = place.above
        text = str(steps.pop())
        for step in reversed(steps):
            if isinstance(step, int):
                text += f"[{step}]"
            elif step.isidentifier():
                text += f".{step}"
            else:
                text += f"[{step!r}]"
        return text


def to_json(
    value: Any,
    *,
    name: str = "records",
    nonfinite: Optional[Literal["text"]] = None,
    default: Optional[Callable[[Any], Any]] = None,
) -> str:
    """The JSON of ``value``. ``name`` begins the paths in messages."""
    if nonfinite not in (None, "text"):
        raise ValueError(f'nonfinite is None or "text", not {nonfinite!r}')
    writer = _Writer(keeps_nonfinite=nonfinite == "text", default=default)
    writer.write(value, _Place(None, name), 0)
    return "".join(writer.parts)


def _refusal(place: _Place, problem: str) -> GoldenValueError:
    return GoldenValueError(f"{place} {problem}")


class _Writer:
    def __init__(self, *, keeps_nonfinite: bool, default: Optional[Callable[[Any], Any]]) -> None:
        self.parts: list[str] = []
        self.keeps_nonfinite = keeps_nonfinite
        self.default = default

    def write(self, value: Any, place: _Place, depth: int) -> None:
        kind = type(value)
        if kind is str:
            self.text(value, place)
        elif kind is int:
            self.integer(value, place)
        elif kind is float:
            self.number(value, place)
        elif value is None:
            self.parts.append("null")
        elif kind is bool:
            self.parts.append("true" if value else "false")
        elif depth > _DEPTH_MAX:
            raise _refusal(
                place, f"is nested more than {_DEPTH_MAX} deep; does a value contain itself?"
            )
        elif kind is dict:
            self.object(value.items(), place, depth)
        elif kind is list or kind is tuple:
            self.array(value, place, depth)
        else:
            self.other(value, place, depth)

    def text(self, value: str, place: _Place) -> None:
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise _refusal(
                    place,
                    f"has half of a surrogate pair at index {error.start}, which is not a character: "
                    'decode with errors="replace"',
                ) from None
        self.parts.append(encode_basestring(value))

    def integer(self, value: int, place: _Place) -> None:
        try:
            self.parts.append(int.__repr__(value))
        except ValueError as error:
            raise _refusal(place, f"is an integer that is too long: {error}") from None

    def number(self, value: float, place: _Place) -> None:
        if math.isfinite(value):
            # The shortest digits that give the same float again.
            self.parts.append(float.__repr__(value))
            return
        word = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        if not self.keeps_nonfinite:
            raise _refusal(
                place,
                f"is {word}, which is not a number that JSON has: use None, or "
                f'nonfinite="text" to keep it as the string "{word}"',
            )
        self.parts.append(f'"{word}"')

    def decimal(self, value: decimal.Decimal, place: _Place) -> None:
        if value.is_finite():
            # As it is spelled: 1.10 is not 1.1.
            self.parts.append(str(value))
        else:
            self.number(float("nan") if value.is_nan() else float(value), place)

    def object(self, members: Any, place: _Place, depth: int) -> None:
        self.parts.append("{")
        seen = set()
        for index, (key, value) in enumerate(members):
            if isinstance(key, enum.Enum):
                key = key.value
            if not isinstance(key, str):
                raise _refusal(
                    place,
                    f"has the key {key!r} of type {type(key).__name__}, but keys are strings in JSON: use "
                    "{str(key): value …}, or a list of records",
                )
            if key in seen:
                raise _refusal(place, f"has two members with the name {key!r}")
            seen.add(key)
            if index:
                self.parts.append(",")
            inner = _Place(place, str.__str__(key))
            self.text(str.__str__(key), inner)
            self.parts.append(":")
            self.write(value, inner, depth + 1)
        self.parts.append("}")

    def array(self, values: Any, place: _Place, depth: int) -> None:
        self.parts.append("[")
        for index, value in enumerate(values):
            if index:
                self.parts.append(",")
            self.write(value, _Place(place, index), depth + 1)
        self.parts.append("]")

    def other(self, value: Any, place: _Place, depth: int) -> None:
        """Every type that is not one of JSON's own."""
        if _is_missing(value):
            self.parts.append("null")
        elif isinstance(value, enum.Enum):
            self.write(value.value, place, depth)
        elif isinstance(value, str):
            self.text(str.__str__(value), place)
        elif isinstance(value, int):
            self.integer(value, place)
        elif isinstance(value, float):
            self.number(float(value), place)
        elif isinstance(value, decimal.Decimal):
            self.decimal(value, place)
        elif isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
            self.parts.append(encode_basestring(value.isoformat()))
        elif isinstance(value, datetime.timedelta):
            self.parts.append(f"{_seconds(value):f}")
        elif isinstance(value, (fractions.Fraction, uuid.UUID)):
            self.parts.append(encode_basestring(str(value)))
        elif isinstance(value, pathlib.PurePath):
            self.text(value.as_posix(), place)
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = dataclasses.fields(value)
            members = ((field.name, getattr(value, field.name)) for field in fields)
            self.object(members, place, depth)
        elif isinstance(value, tuple) and hasattr(value, "_fields"):
            self.object(zip(value._fields, value), place, depth)
        elif isinstance(value, Mapping):
            self.object(value.items(), place, depth)
        elif _is_ordered(value):
            self.array(value, place, depth)
        else:
            self.library(value, place, depth)

    def library(self, value: Any, place: _Place, depth: int) -> None:
        """Values of NumPy, pandas and polars, and what cannot be kept."""
        for read in (_from_numpy, _from_pandas, _from_polars):
            found, plain = read(value, place)
            if found:
                self.write(plain, place, depth)
                return
        if self.default is not None:
            plain = self.default(value)
            # As deep as a container, so that a `default` that makes no progress ends.
            self.write(plain, place, depth + 1)
            return
        raise _refusal(place, _cannot(value))


def _cannot(value: Any) -> str:
    kind = type(value)
    if isinstance(value, (set, frozenset)):
        return f"is a {kind.__name__}, which has no order: use sorted(…)"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"is of type {kind.__name__}, which JSON does not have: use .hex(), or base64"
    if isinstance(value, complex):
        return "is a complex number, which JSON does not have: use [z.real, z.imag]"
    if isinstance(value, type):
        return f"is the class {value.__name__}, not a value of it"
    shown = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return f"is of type {shown}, which cannot be kept: pass default=… to turn it into one that can"


def _is_ordered(value: Any) -> bool:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return False
    return isinstance(value, (Sequence, Iterator, KeysView, ItemsView, ValuesView)) or (
        type(value).__module__ == "collections" and type(value).__name__ == "deque"
    )


def _is_missing(value: Any) -> bool:
    """Whether it is what pandas has in place of a missing value: NA, or no time."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and (value is pandas.NaT or value is getattr(pandas, "NA", pandas))


def _seconds(value: datetime.timedelta) -> decimal.Decimal:
    """A duration in seconds, exactly. Those of pandas have nanoseconds."""
    nanoseconds = (value.days * 86_400 + value.seconds) * 10**9 + value.microseconds * 1_000
    nanoseconds += getattr(value, "nanoseconds", 0)
    return _scaled(nanoseconds, -9)


def _scaled(count: int, exponent: int) -> decimal.Decimal:
    """``count`` times a power of ten, without zeros at its end."""
    digits = decimal.Decimal(count).as_tuple().digits
    number = decimal.Decimal((int(count < 0), digits, exponent))
    whole = number == number.to_integral_value()
    exact = decimal.Context(prec=60)
    return number.quantize(decimal.Decimal(1), context=exact) if whole else number.normalize(exact)


_NOT_FOUND = (False, None)

# Units of time of NumPy: how many, and of which power of ten seconds.
_UNITS = {
    "W": (604_800, 0),
    "D": (86_400, 0),
    "h": (3_600, 0),
    "m": (60, 0),
    "s": (1, 0),
    "ms": (1, -3),
    "us": (1, -6),
    "ns": (1, -9),
    "ps": (1, -12),
    "fs": (1, -15),
    "as": (1, -18),
}


def _from_numpy(value: Any, place: _Place) -> tuple[bool, Any]:
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.ndarray, numpy.generic)):
        return _NOT_FOUND
    kind = value.dtype.kind
    if isinstance(value, numpy.ma.MaskedArray):
        raise _refusal(place, "is a masked array: fill it with .filled(…), or use .tolist()")
    if value.dtype.names is not None:
        if value.ndim:
            return True, list(value)
        return True, {name: value[name] for name in value.dtype.names}
    if kind == "f" and value.dtype.itemsize > 8:
        raise _refusal(
            place,
            f"has the type {value.dtype}, which is wider than JSON readers expect: "
            "use .astype(float)",
        )
    if kind == "c":
        raise _refusal(place, "has complex numbers, which JSON does not have: use .real and .imag")
    if kind in "SV":
        raise _refusal(place, f"has the type {value.dtype}, which JSON does not have: use text")
    if kind == "M":
        return True, _nested(numpy, value, lambda time: str(numpy.datetime_as_string(time)))
    if kind == "m":
        unit, count = numpy.datetime_data(value.dtype)
        if unit not in _UNITS:
            raise _refusal(place, f"has durations in {unit!r}, which are not a number of seconds")
        size, exponent = _UNITS[unit]

        def seconds(duration: Any) -> decimal.Decimal:
            return _scaled(int(duration.astype("int64")) * count * size, exponent)

        return True, _nested(numpy, value, seconds)
    return True, value.tolist()


def _nested(numpy: Any, value: Any, convert: Callable[[Any], Any]) -> Any:
    """An array as lists, with a time or a duration converted and a missing one as None."""
    if value.ndim:
        return [_nested(numpy, element, convert) for element in value]
    scalar = value[()]
    return None if numpy.isnat(scalar) else convert(scalar)


def _from_pandas(value: Any, place: _Place) -> tuple[bool, Any]:
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return _NOT_FOUND
    if isinstance(value, pandas.DataFrame):
        return True, _pandas_rows(value, place)
    if isinstance(value, pandas.Series):
        if _is_default(pandas, value.index):
            return True, value.tolist()
        frame = value.to_frame("value" if value.name is None else value.name)
        return True, _pandas_rows(frame, place)
    if isinstance(value, pandas.Index):
        return True, value.tolist()
    if isinstance(value, pandas.api.extensions.ExtensionArray):
        return True, list(value)
    return _NOT_FOUND


def _is_default(pandas: Any, index: Any) -> bool:
    """Whether an index only counts the rows."""
    return (
        isinstance(index, pandas.RangeIndex)
        and index.name is None
        and index.start == 0
        and index.step == 1
    )


def _pandas_rows(frame: Any, place: _Place) -> list[dict[str, Any]]:
    """One record per row; an index that says more than the row's number becomes columns."""
    pandas = sys.modules["pandas"]
    if not _is_default(pandas, frame.index):
        try:
            frame = frame.reset_index()
        except ValueError as error:
            raise _refusal(
                place, f"has an index that cannot become columns: {error}; rename it"
            ) from None
    names = _columns(list(frame.columns), place)
    columns = [frame.iloc[:, at].tolist() for at in range(len(names))]
    return [dict(zip(names, row)) for row in zip(*columns)]


def _from_polars(value: Any, place: _Place) -> tuple[bool, Any]:
    polars = sys.modules.get("polars")
    if polars is None:
        return _NOT_FOUND
    if isinstance(value, polars.LazyFrame):
        raise _refusal(place, "is a LazyFrame: use .collect()")
    if isinstance(value, polars.DataFrame):
        for column in value.get_columns():
            _refuse_lost_nanoseconds(column, _Place(place, column.name))
        return True, value.to_dicts()
    if isinstance(value, polars.Series):
        _refuse_lost_nanoseconds(value, place)
        return True, value.to_list()
    return _NOT_FOUND


def _refuse_lost_nanoseconds(column: Any, place: _Place) -> None:
    """Polars drops the nanoseconds of a time when it becomes a value of Python."""
    is_fine = getattr(column.dtype, "time_unit", None) == "ns"
    if is_fine and (column.to_physical() % 1_000 != 0).any():
        raise _refusal(place, 'has nanoseconds, which would be lost: use .dt.cast_time_unit("us")')


def _columns(names: list[Any], place: _Place) -> list[str]:
    for name in names:
        if not isinstance(name, str):
            raise _refusal(
                place,
                f"has a column with the name {name!r} of type {type(name).__name__}, but names are strings "
                "in JSON: rename it",
            )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise _refusal(place, f"has two columns with the name {twice!r}: rename one")
    return names
