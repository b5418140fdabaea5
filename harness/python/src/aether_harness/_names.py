"""Names the goldens of a test.

Each check of a test has goldens of its own, ``fixtures/snapshots/NAME/``. The name is made of the test's id,
relative to the root, and the name that the test gives::

    tests/test_bank.py::test_run, ledger            pytest.tests.test_bank--test_run--ledger
    tests/test_bank.py::TestBank::test_run, ledger  pytest.tests.test_bank--TestBank--test_run--ledger---0b8c…

Different ids have different names on every file system. An id of lower-case words is spelled out. Any other
has a digest at its end, behind three hyphens, which no id of plain words has.
"""

from __future__ import annotations

import hashlib
import re

_PLAIN = re.compile(r"[a-z0-9_]+(-[a-z0-9_]+)*")
_OTHER = re.compile(r"[^A-Za-z0-9_.-]+")

# What the command accepts.
_LENGTH_MAX = 128
_DIGEST_LENGTH = 12


def golden_name(test: str, name: str) -> str:
    """The name of the goldens of the check ``name`` in the test with this id."""
    path, *inner = test.split("::")
    stem = path[: -len(".py")] if path.endswith(".py") else path
    folders = stem.split("/")
    steps = [*inner, name]
    spelled = "--".join([".".join(["pytest", *folders]), *steps])
    is_plain = path.endswith(".py") and all(_PLAIN.fullmatch(part) for part in [*folders, *steps])
    if is_plain and len(spelled) <= _LENGTH_MAX:
        return spelled
    digest = hashlib.sha256(f"{test}\0{name}".encode(errors="surrogatepass")).hexdigest()
    room = _LENGTH_MAX - len("---") - _DIGEST_LENGTH
    start = _OTHER.sub("-", spelled)[:room].rstrip(".-")
    return f"{start}---{digest[:_DIGEST_LENGTH]}"
