"""Names of goldens are readable, different for different tests, and valid on every system."""

from __future__ import annotations

import re

from aether_harness._golden import key_rules
from aether_harness._names import golden_name


def test_plain_ids_are_spelled_out() -> None:
    assert (
        golden_name("tests/test_bank.py::test_run", "ledger")
        == "pytest.tests.test_bank--test_run--ledger"
    )
    assert golden_name("test_a.py::test_b", "x-1") == "pytest.test_a--test_b--x-1"


def test_other_ids_have_a_digest() -> None:
    name = golden_name("tests/test_bank.py::TestBank::test_run[a b/ü-1]", "ledger")
    assert re.fullmatch(
        r"pytest\.tests\.test_bank--TestBank--test_run-a-b--1---ledger---[0-9a-f]{12}", name
    )


def test_no_two_are_the_same_on_any_system() -> None:
    ids = [
        ("a/b.py::c", "d"),
        ("a.b.py::c", "d"),
        ("a/b/c.py::d", "d"),
        ("a/b.py::c::d", "d"),
        ("a/b.py::c", "d--d"),
        ("a/b.py::c--d", "d"),
        ("a/b.py::C", "d"),
        ("a/b.py::c", "D"),
        ("A/b.py::c", "d"),
        ("a/b.py::c[1]", "d"),
        ("a/b.py::c[1 ]", "d"),
        ("a/b.py::c[é]", "d"),
        ("a/b.py::c[e\u0301]", "d"),
        ("a/b.py::c[\ud800]", "d"),
        ("a/b::c", "d"),
        ("con.py::aux", "nul"),
        ("con/a.py::b", "c"),
        ("a/b.py::" + "x" * 300, "d"),
        ("a/b.py::" + "x" * 301, "d"),
        ("../a.py::b", "d"),
        ("-a.py::-b", "."),
    ]
    names = [golden_name(test, name) for test, name in ids]
    assert len({name.lower() for name in names}) == len(ids)
    for name in names:
        # The rules of the command: also its stem is no device of Windows.
        assert re.fullmatch(r"pytest\.[A-Za-z0-9._-]{1,121}", name), name
        assert not name.endswith("."), name


def test_keys_are_rules_of_the_command() -> None:
    assert key_rules(None) == []
    assert key_rules("tick") == ["=tick"]
    assert key_rules(("layer", "seq")) == ["=layer,seq"]
    assert key_rules({"": "tick", "edges": ["a", "b"]}) == ["=tick", "edges=a,b"]
