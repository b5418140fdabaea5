"""The fixture `golden` keeps what a test computed, under the rules of every bless."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from aether_harness import command

BLESS = ("--bless", "--reason", "first")

LEDGER = """
import dataclasses

@dataclasses.dataclass
class Entry:
    tick: int
    balance: float

def run(rate):
    balance = 100.0
    for tick in range(1, 4):
        balance *= 1 + rate
        yield Entry(tick, balance)
"""

TEST = """
from ledger import run

def test_ledger(golden):
    golden.check("ledger", run({rate}), key="tick", tick="tick", stage="bank")
"""

NAME = "pytest.test_bank--test_ledger--ledger"


def project(pytester: pytest.Pytester, rate: str = "0.1") -> Path:
    """A test that keeps a ledger; the directory of its goldens."""
    pytester.makeini("[pytest]\npythonpath = .")
    pytester.makepyfile(ledger=LEDGER)
    write_test(pytester, rate)
    return pytester.path / "fixtures" / "snapshots" / NAME


def write_test(pytester: pytest.Pytester, rate: str) -> None:
    pytester.makepyfile(test_bank=TEST.replace("{rate}", rate))


def test_the_first_divergence_is_the_failure(pytester: pytest.Pytester) -> None:
    goldens = project(pytester)
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            f"*MISSING_GOLDEN {NAME}::golden*",
            '*make it the golden: pytest test_bank.py::test_ledger --bless --reason "…"',
        ]
    )
    assert not goldens.exists(), "a test run writes no golden"

    result = pytester.runpytest(*BLESS)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"blessed {NAME}: wrote inputs.json, ledger.json"])
    assert (goldens / "ledger.json").read_text() == (
        '[\n{"balance":110.00000000000001,"tick":1},\n{"balance":121.00000000000003,"tick":2},\n'
        '{"balance":133.10000000000005,"tick":3}\n]\n'
    )
    manifest = (goldens / "snapshot.toml").read_text()
    assert 'subject = "a test"' in manifest and 'reason = "first"' in manifest
    assert '"test_bank.py::test_ledger"' in (goldens / "inputs.json").read_text()
    pytester.runpytest().assert_outcomes(passed=1)

    write_test(pytester, "0.2")
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            f"*MISMATCH {NAME}::golden*",
            "*tick 1 · bank · balance: 110.00000000000001 → 120.0",
            "*at ledger[[]tick=1[]].balance",
            f"*see all of it: *aether-harness compare fixtures/snapshots/{NAME} target/scenarios/{NAME} --all",
            '*if intended: *pytest test_bank.py::test_ledger --bless --reason "…"',
        ]
    )
    result.stdout.no_fnmatch_line("*_golden.py*")

    # What the message says to type works.
    compare = ["compare", f"fixtures/snapshots/{NAME}", f"target/scenarios/{NAME}", "--all"]
    said = subprocess.run([command(), *compare], capture_output=True, text=True, cwd=pytester.path)
    assert said.returncode == 1 and "133.10000000000005" in said.stdout, said.stdout + said.stderr
    result = pytester.runpytest("test_bank.py::test_ledger", "--bless", "--reason", "a better rate")
    result.assert_outcomes(passed=1)
    pytester.runpytest().assert_outcomes(passed=1)
    manifest = (goldens / "snapshot.toml").read_text()
    assert manifest.count("[[bless]]") == 2 and 'reason = "a better rate"' in manifest


def test_the_readme_shows_what_happens(pytester: pytest.Pytester) -> None:
    page = (Path(__file__).parents[1] / "README.md").read_text("utf-8")

    def fence(label: str) -> str:
        return page.split(f"```{label}\n")[1].split("```")[0]

    pytester.makeini("[pytest]\npythonpath = .")
    for name in ("bank.py", "test_bank.py"):
        (pytester.path / name).write_text(fence(f"python {name}"))
    pytester.runpytest(*BLESS).assert_outcomes(passed=1)
    test = pytester.path / "test_bank.py"
    test.write_text(test.read_text().replace("rate=0.1", "rate=0.2"))
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    shown = [line for line in fence("text").splitlines() if line]
    said = result.stdout.str().replace("aether_harness.GoldenMismatch: ", "")
    for line in shown:
        assert line.strip() in said, line


def test_an_edited_golden_is_reported_as_that(pytester: pytest.Pytester) -> None:
    goldens = project(pytester)
    pytester.runpytest(*BLESS).assert_outcomes(passed=1)
    file = goldens / "ledger.json"
    file.write_text(file.read_text().replace('"tick":1', '"tick":7'))
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [f"*EDITED_GOLDEN {NAME}::golden*", f"*git checkout -- fixtures/snapshots/{NAME}"]
    )
    # `check` looks at the goldens of tests too.
    (pytester.path / "scenarios" / "a").mkdir(parents=True)
    said = subprocess.run([command(), "check"], capture_output=True, text=True, cwd=pytester.path)
    assert f"goldens: fixtures/snapshots/{NAME}: ledger.json" in said.stdout, said.stdout


def test_goldens_that_changed_since_they_were_shown_are_not_blessed(
    pytester: pytest.Pytester,
) -> None:
    goldens = project(pytester)
    pytester.runpytest(*BLESS).assert_outcomes(passed=1)
    write_test(pytester, "0.2")
    pytester.runpytest().assert_outcomes(failed=1)
    manifest = goldens / "snapshot.toml"
    manifest.write_text(manifest.read_text().replace('reason = "first"', 'reason = "another"'))
    result = pytester.runpytest("--bless", "--reason", "a better rate")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*the goldens changed since they were last shown; look again: pytest test_bank.py::test_ledger"
        ]
    )


def test_nothing_is_blessed_under_ci(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    goldens = project(pytester)
    monkeypatch.setenv("CI", "true")
    result = pytester.runpytest(*BLESS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*goldens are not blessed under CI*"])
    assert not goldens.exists()


def test_checks_of_a_test_are_apart(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]")
    pytester.makepyfile(
        test_a="""
        import pytest

        @pytest.mark.parametrize("who", ["a", "A", "a b"])
        def test_each(golden, who):
            golden.check("one", {"who": who})
            golden.check("two", [who, 2])

        class TestClass:
            def test_each(self, golden):
                golden.check("one", {"nested": [{"id": 1, "parts": [{"n": 1}]}]}, key={"nested": "id"})

        def test_twice(golden):
            golden.check("same", 1)
            with pytest.raises(ValueError, match="was called before with the name 'same'"):
                golden.check("same", 2)
        """
    )
    pytester.runpytest(*BLESS).assert_outcomes(passed=5)
    pytester.runpytest().assert_outcomes(passed=5)
    snapshots = pytester.path / "fixtures" / "snapshots"
    assert len([path for path in snapshots.iterdir() if not path.name.startswith(".")]) == 8


def test_slips_are_errors_with_a_hint(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]")
    pytester.makepyfile(
        test_a="""
        ROWS = [{"tick": 1, "at": {"n": 1}}]

        def test_key(golden): golden.check("rows", ROWS, key="tik")
        def test_tick(golden): golden.check("rows", ROWS, tick="tock")
        def test_array(golden): golden.check("rows", {"rows": ROWS}, key="tick")
        def test_name(golden): golden.check("a/b", ROWS)
        def test_reserved(golden): golden.check("inputs", ROWS)
        def test_value(golden): golden.check("rows", [{"x": float("nan")}])
        """
    )
    result = pytester.runpytest()
    result.assert_outcomes(failed=6)
    result.stdout.fnmatch_lines(
        [
            "*key =tik: nothing is called `tik`; did you mean `tick`?",
            "*tick tock: nothing is called `tock`; did you mean `tick`?",
            "*key =tick: the document is not an array; name an array in it",
            '*the name "a/b" cannot be a golden\'s: *',
            '*the name "inputs" cannot be a golden\'s: *',
            "*rows[[]0[]].x is NaN, which is not a number that JSON has: *",
        ]
    )


def test_the_names_of_goldens_do_not_depend_on_where_pytest_starts(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without a file of settings, the root of pytest is where its arguments are.
    (pytester.path / "scenarios").mkdir()
    tests = pytester.path / "tests"
    tests.mkdir()
    (tests / "test_a.py").write_text("def test_it(golden): golden.check('one', [1])")
    pytester.runpytest(*BLESS, "tests/test_a.py").assert_outcomes(passed=1)
    pytester.runpytest(".").assert_outcomes(passed=1)
    monkeypatch.chdir(tests)
    pytester.runpytest("test_a.py").assert_outcomes(passed=1)


def test_scenarios_and_tests_share_the_goldens(pytester: pytest.Pytester) -> None:
    goldens = project(pytester)
    pytester.runpytest(*BLESS).assert_outcomes(passed=1)
    folder = pytester.path / "scenarios" / "one"
    folder.mkdir(parents=True)
    (folder / "scenario.toml").write_text(
        'description = "d"\n[command]\nprogram = "python3"\nargs = ["-c", "print(1)"]\n'
        '[[outputs]]\nname = "o"\nfrom = "stdout"\n'
    )
    pytester.runpytest(*BLESS).assert_outcomes(passed=2)

    def say(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [command(), *arguments], capture_output=True, text=True, cwd=pytester.path
        )

    # The goldens of a test are not goldens without a scenario.
    for arguments in (["check"], ["run"], ["diff"]):
        said = say(*arguments)
        assert said.returncode == 0, said.stdout + said.stderr
    # Nor are they goldens of a scenario with that name.
    folder.rename(folder.parent / NAME)
    result = pytester.runpytest("test_bank.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*scenarios/{NAME} is a scenario, whose goldens have this name"])
    (folder.parent / NAME).rename(folder)
    # They are orphans once the file of the test is gone.
    (pytester.path / "test_bank.py").unlink()
    result = pytester.runpytest()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            f"ORPHAN {NAME}: *belongs to the test test_bank.py::test_ledger, whose file does not exist"
        ]
    )
    assert goldens.is_dir()


def test_frames_and_arrays_are_kept(pytester: pytest.Pytester) -> None:
    for library in ("numpy", "pandas", "polars"):
        pytest.importorskip(library)
    pytester.makeini("[pytest]")
    pytester.makepyfile(
        test_a="""
        import numpy, pandas, polars

        ROWS = {"tick": [1, 2], "price": [0.5, 75.0]}

        def test_pandas(golden):
            golden.check("prices", pandas.DataFrame(ROWS), key="tick", tick="tick")

        def test_polars(golden):
            golden.check("prices", polars.DataFrame(ROWS), key="tick", tick="tick")

        def test_numpy(golden):
            golden.check("prices", {"x": numpy.array(ROWS["price"]), "n": numpy.int64(2)})
        """
    )
    pytester.runpytest(*BLESS).assert_outcomes(passed=3)
    pytester.runpytest().assert_outcomes(passed=3)
    snapshots = pytester.path / "fixtures" / "snapshots"
    texts = [
        (snapshots / f"pytest.test_a--test_{library}--prices" / "prices.json").read_text()
        for library in ("pandas", "polars")
    ]
    assert texts[0] == texts[1] == '[\n{"price":0.5,"tick":1},\n{"price":75.0,"tick":2}\n]\n'
