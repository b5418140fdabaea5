"""Scenarios are tests: their verdict is the failure, and a bless makes what they produce the goldens."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aether_harness import command

SCENARIO = """
description = "a queue at a counter"
[command]
program = "python3"
args = ["{root}/counter.py", "{scenario}/day.json"]
[[outputs]]
name = "minutes"
from = "stdout"
format = "jsonl"
stage = "counter"
tick = "minute"
[outputs.keys]
"" = ["minute"]
"""

PROGRAM = """
import json, os, sys
with open(os.path.join(os.path.dirname(__file__), "runs"), "a") as runs:
    runs.write("x")
waiting, day = 0, json.load(open(sys.argv[1]))
for minute, arrived in enumerate(day["arrivals"], 1):
    waiting = max(0, waiting + arrived - day["clerks"])
    print(json.dumps({"minute": minute, "waiting": waiting}))
"""

BLESS = ("--bless", "--reason", "as it is today")


def scenario(pytester: pytest.Pytester, name: str, more: str = "") -> Path:
    folder = pytester.path / "scenarios" / name
    folder.mkdir(parents=True)
    (folder / "scenario.toml").write_text(more + SCENARIO)
    (folder / "day.json").write_text('{"arrivals": [1, 3, 0], "clerks": 1}')
    (pytester.path / "counter.py").write_text(PROGRAM)
    pytester.makeini("[pytest]")
    return folder


def runs(pytester: pytest.Pytester) -> int:
    """How often the program ran since the last call."""
    path = pytester.path / "runs"
    count = len(path.read_text()) if path.exists() else 0
    path.unlink(missing_ok=True)
    return count


def test_a_scenario_is_one_test_with_one_process(pytester: pytest.Pytester) -> None:
    scenario(pytester, "monday")
    scenario(pytester, "tuesday")
    result = pytester.runpytest("--collect-only", "-q")
    result.stdout.fnmatch_lines(
        ["scenarios/monday/scenario.toml::monday", "scenarios/tuesday/scenario.toml::tuesday"]
    )
    assert runs(pytester) == 0, "collection runs nothing"

    result = pytester.runpytest()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "MISSING_GOLDEN monday::golden: *",
            "*make it the golden: *aether-harness bless monday --reason*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*_plugin.py*")

    result = pytester.runpytest(*BLESS)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*blessed monday: wrote inputs.json, minutes.json"])
    snapshots = pytester.path / "fixtures" / "snapshots"
    assert 'reason = "as it is today"' in (snapshots / "monday" / "snapshot.toml").read_text()

    runs(pytester)
    result = pytester.runpytest("-k", "monday")
    result.assert_outcomes(passed=1, deselected=1)
    assert 0 < runs(pytester) <= 5, "the checks of one scenario alone"
    result = pytester.runpytest("scenarios/tuesday/scenario.toml::tuesday")
    result.assert_outcomes(passed=1)
    # All processes of a session are one run, which `report` reads.
    pytester.runpytest()
    said = subprocess.run([command(), "report"], capture_output=True, text=True, cwd=pytester.path)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "6 trials in 1 run: 6 passed" in said.stdout


def test_the_verdict_is_the_failure(pytester: pytest.Pytester) -> None:
    folder = scenario(pytester, "monday")
    pytester.runpytest(*BLESS).assert_outcomes(passed=1)
    (folder / "day.json").write_text('{"arrivals": [1, 3, 0], "clerks": 2}')
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "STALE_INPUTS monday::golden: *",
            "  tick 2 · counter · waiting: 2 → 1",
            "  cause: scenarios/monday/day.json clerks: 1 → 2",
        ]
    )
    # A scenario that cannot be read fails; so does one without its file.
    (folder / "scenario.toml").write_text("descripton = 1")
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*did you mean `description`?*"])
    (folder / "scenario.toml").unlink()
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["INVALID monday::golden: *there is no scenario.toml"])


def test_a_bless_needs_a_reason_and_a_person(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario(pytester, "monday")
    for arguments, expected in [
        (["--bless"], "*--bless needs a reason*"),
        (["--bless", "--reason", "  "], "*--bless needs a reason*"),
        (["--reason", "x"], "*--reason is that of a bless*"),
    ]:
        result = pytester.runpytest(*arguments)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([expected])
    result = pytester.runpytest("--bless", "--reason", "…")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*say why the goldens change*"])
    monkeypatch.setenv("CI", "true")
    result = pytester.runpytest(*BLESS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*goldens are not blessed under CI*"])
    assert not (pytester.path / "fixtures").exists()


def test_goldens_without_a_scenario_fail(pytester: pytest.Pytester) -> None:
    folder = scenario(pytester, "monday")
    scenario(pytester, "tuesday")
    pytester.runpytest(*BLESS).assert_outcomes(passed=2)
    (folder / "day.json").unlink()
    (folder / "scenario.toml").unlink()
    folder.rmdir()
    result = pytester.runpytest()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["ORPHAN monday::golden: fixtures/snapshots/monday has no scenario*"]
    )


def test_long_scenarios_wait_to_be_asked_for(pytester: pytest.Pytester) -> None:
    scenario(pytester, "monday", 'runtime = "long"\n')
    pytester.runpytest(*BLESS).assert_outcomes(passed=1)
    result = pytester.runpytest("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*runs with --include-ignored*"])
    pytester.runpytest("--include-ignored").assert_outcomes(passed=1)


def test_what_a_scenario_drops_is_listed(pytester: pytest.Pytester) -> None:
    folder = scenario(pytester, "monday")
    text = (folder / "scenario.toml").read_text()
    (folder / "scenario.toml").write_text(f'{text}\n[drop]\nprocess = "needs a licence"\n')
    pytester.runpytest(*BLESS).assert_outcomes(passed=1)
    result = pytester.runpytest()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["dropped: monday::process: needs a licence"])


def test_a_project_without_scenarios_is_unaffected(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("aether_harness.plugin.command", lambda: pytest.fail("it was looked for"))
    pytester.makepyfile("def test_it(): pass")
    (pytester.path / "sub").mkdir()
    (pytester.path / "sub" / "scenario.toml").write_text("not TOML")
    result = pytester.runpytest()
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*aether*: *")


def test_a_missing_command_is_an_error_with_its_text(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario(pytester, "monday")
    monkeypatch.setattr("aether_harness._command.NAME", "aether-harness-that-is-not-there")
    result = pytester.runpytest()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["the command aether-harness-that-is-not-there is missing: *"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_damaged_workspace_is_an_error_with_its_text(pytester: pytest.Pytester) -> None:
    scenario(pytester, "monday")
    (pytester.path / "target").write_text("a file in the way")
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["error: *target*results*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_scenarios_are_found_from_below_and_named(pytester: pytest.Pytester) -> None:
    scenario(pytester, "build")
    pytester.runpytest(*BLESS, "scenarios/build/scenario.toml").assert_outcomes(passed=1)
    pytester.makeini("[pytest]\ntestpaths = tests\n")
    (pytester.path / "tests").mkdir()
    (pytester.path / "tests" / "test_a.py").write_text("def test_a(): pass")
    result = pytester.runpytest()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ['aether-harness: testpaths leaves out the scenarios; add "scenarios" to it']
    )
    result = pytester.runpytest("scenarios/build/scenario.toml")
    result.assert_outcomes(passed=1)
    # A directory that is named; one that is not there.
    inner = pytester.path / "gate"
    inner.mkdir()
    for name in ("scenarios", "fixtures", "counter.py"):
        (pytester.path / name).rename(inner / name)
    pytester.makeini("[pytest]\naether_harness_root = gate\n")
    pytester.runpytest("gate/scenarios/build/scenario.toml").assert_outcomes(passed=1)
    pytester.makeini("[pytest]\naether_harness_root = gaet\n")
    result = pytester.runpytest()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*aether_harness_root = gaet: there is no such directory*"])


@pytest.mark.skipif(
    int(pytest.__version__.split(".")[0]) < 8, reason="norecursedirs comes first in pytest 7"
)
def test_a_scenario_may_have_a_name_that_pytest_leaves_out(pytester: pytest.Pytester) -> None:
    scenario(pytester, "build")
    scenario(pytester, "dist")
    pytester.runpytest(*BLESS).assert_outcomes(passed=2)
    pytester.runpytest("--ignore=scenarios/dist").assert_outcomes(passed=1)
    pytester.runpytest("--ignore-glob=*/d*").assert_outcomes(passed=1)


def test_with_xdist(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    for name in ("monday", "tuesday", "friday"):
        scenario(pytester, name)
    pytester.makepyfile("def test_it(golden): golden.check('one', [1])")
    result = pytester.runpytest("-n2", *BLESS)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["blessed friday: *"])
    pytester.runpytest("-n2").assert_outcomes(passed=4)
    said = subprocess.run([command(), "report"], capture_output=True, text=True, cwd=pytester.path)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "9 trials in 1 run: 9 passed" in said.stdout


def test_a_build_runs_once_in_a_session(pytester: pytest.Pytester) -> None:
    for name in ("monday", "tuesday"):
        scenario(pytester, name)
    (pytester.path / "scenarios" / "defaults.toml").write_text(
        '[build]\nprogram = "sh"\nargs = ["-c", "echo built >> builds.log"]\n'
    )
    pytester.runpytest(*BLESS).assert_outcomes(passed=2)
    for session in (2, 3):
        pytester.runpytest().assert_outcomes(passed=2)
        assert len((pytester.path / "builds.log").read_text().splitlines()) == session


def test_the_program_does_not_see_pytest(pytester: pytest.Pytester) -> None:
    folder = scenario(pytester, "monday")
    (pytester.path / "counter.py").write_text(
        "import json, os\nprint(json.dumps({'minute': 1, 'seen': sorted(n for n in os.environ if 'PYTEST' in n)}))"
    )
    pytester.runpytest(*BLESS).assert_outcomes(passed=1)
    goldens = pytester.path / "fixtures" / "snapshots" / folder.name
    assert '"seen":[]' in (goldens / "minutes.json").read_text()


def test_the_module_is_the_command() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "aether_harness", "--version"],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": ""},
    )
    assert said.stdout.startswith("aether-harness "), said.stderr
