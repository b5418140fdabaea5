"""The fixture ``golden``: compares what a test computed with what is kept of it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, Literal, Optional, Union

from aether_harness._command import call
from aether_harness._names import golden_name
from aether_harness._records import to_json

Key = Union[str, Sequence[str], Mapping[str, Union[str, Sequence[str]]]]


class GoldenMismatch(AssertionError):
    """The records are not what is kept of them. The text is the report."""


class Golden:
    """What a test keeps: goldens in ``fixtures/snapshots/``, which change only with a reason."""

    def __init__(
        self,
        *,
        root: Path,
        test: str,
        node_id: str,
        run: str,
        reason: Optional[str],
        tell: Callable[[str], None],
    ) -> None:
        self._root = root
        self._test = test
        self._node_id = node_id
        self._run = run
        self._reason = reason
        self._tell = tell
        self._checked: set[str] = set()

    def check(
        self,
        name: str,
        records: Any,
        *,
        key: Optional[Key] = None,
        tick: Optional[str] = None,
        stage: Optional[str] = None,
        nonfinite: Optional[Literal["text"]] = None,
        default: Optional[Callable[[Any], Any]] = None,
    ) -> None:
        """Fails unless ``records`` are what is kept under ``name``.

        ``key`` names the fields that identify a record: a field, several, or, for arrays inside the
        records, their dotted paths with the fields of each (``{"": "tick", "edges": "id"}``). ``tick`` is
        the field that holds a record's time, ``stage`` the step of the computation that made it.

        ``nonfinite="text"`` keeps NaN and infinities as strings. ``default`` turns an object of another
        type into one that can be kept, as in ``json.dumps``.

        :raises GoldenMismatch: the records differ, or nothing is kept of them yet.
        :raises GoldenValueError: something in the records cannot be kept exactly.
        """
        __tracebackhide__ = True
        if not isinstance(name, str):
            raise TypeError(f"the name of a golden is a str, not {type(name).__name__}")
        if name in self._checked:
            raise ValueError(f"golden.check was called before with the name {name!r} in this test")
        document = to_json(records, name=name, nonfinite=nonfinite, default=default)
        self._checked.add(name)
        arguments = ["golden", golden_name(self._test, name)]
        arguments += [f"--artefact={name}", f"--test={self._test}"]
        arguments.append(f"--typed=pytest {shlex.quote(self._node_id)}")
        arguments += [f"--key={rule}" for rule in key_rules(key)]
        if tick is not None:
            arguments.append(f"--tick={tick}")
        if stage is not None:
            arguments.append(f"--stage={stage}")
        if self._reason is not None:
            arguments += ["--bless", f"--reason={self._reason}"]
        ended = call(self._root, arguments, run=self._run, document=document)
        if ended.status != 0:
            raise GoldenMismatch(ended.text())
        if self._reason is not None:
            self._tell(ended.out)


def key_rules(key: Optional[Key]) -> list[str]:
    """A key as the command takes it: ``PATH=FIELD,FIELD`` each."""
    if key is None:
        return []
    rules = key if isinstance(key, Mapping) else {"": key}
    return [f"{path}={_fields(fields)}" for path, fields in rules.items()]


def _fields(fields: Union[str, Sequence[str]]) -> str:
    return fields if isinstance(fields, str) else ",".join(fields)
