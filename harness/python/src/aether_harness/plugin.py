"""The plugin of pytest: scenarios as tests, and the fixture ``golden``.

Collection starts no process: a ``scenario.toml`` two levels below ``scenarios/`` is one item. The item calls
the command once, so that all checks of a scenario share its runs.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Optional, Union

import pytest

from aether_harness._command import CommandMissing, Ended, call, command
from aether_harness._golden import Golden

SCENARIOS = "scenarios"
SCENARIO_FILE = "scenario.toml"
SNAPSHOTS = Path("fixtures", "snapshots")
MANIFEST_FILE = "snapshot.toml"
ROOT_INI = "aether_harness_root"
PROPERTY = "aether-harness"
STATE = pytest.StashKey["State"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("aether-harness", "scenarios and goldens")
    group.addoption(
        "--bless",
        action="store_true",
        help="make what scenarios and golden.check produce now the goldens; needs --reason",
    )
    group.addoption("--reason", metavar="TEXT", help="why goldens change; kept with them")
    group.addoption(
        "--include-ignored", action="store_true", help='run scenarios with runtime = "long" too'
    )
    parser.addini(
        ROOT_INI,
        f"the directory that holds {SCENARIOS}/ and the goldens, relative to the directory of this file",
    )


class State:
    """What the plugin knows of a session."""

    def __init__(self, config: pytest.Config) -> None:
        self.root = _root(config)
        self.reason: Optional[str] = (
            config.getoption("reason") if config.getoption("bless") else None
        )
        # All processes of a session are one run, whose results `aether-harness report` reads. With
        # pytest-xdist, so are those of its workers.
        worker = getattr(config, "workerinput", {})
        own = f"{time.time_ns()}-{os.getpid()}"
        self.run = f"pytest-{worker.get('testrunuid', own)}"

    def scenarios(self) -> Path:
        return self.root / SCENARIOS


def _root(config: pytest.Config) -> Path:
    """The directory of the workspace, as the command finds it from the root of the tests."""
    start = Path(config.rootpath)
    named = str(config.getini(ROOT_INI) or "")
    if named:
        folder = config.inipath.parent if config.inipath is not None else start
        root = folder / named
        if not root.is_dir():
            raise pytest.UsageError(f"{ROOT_INI} = {named}: there is no such directory: {root}")
        return root.resolve()
    for folder in [start, *start.parents]:
        if (folder / SCENARIOS).is_dir() and folder.name != "target":
            return folder
    return start


def pytest_configure(config: pytest.Config) -> None:
    bless, reason = config.getoption("bless"), config.getoption("reason")
    if bless and not (reason or "").strip():
        raise pytest.UsageError('--bless needs a reason, which is kept: --bless --reason "…"')
    if reason is not None and not bless:
        raise pytest.UsageError("--reason is that of a bless: --bless --reason …")
    config.stash[STATE] = State(config)


def pytest_report_header(config: pytest.Config) -> Optional[str]:
    """Says that scenarios are left out, which would otherwise go unnoticed."""
    state = config.stash[STATE]
    if not state.scenarios().is_dir():
        return None
    testpaths = [(Path(config.rootpath) / path).resolve() for path in config.getini("testpaths")]
    scenarios = state.scenarios().resolve()
    if not testpaths or any(path in [scenarios, *scenarios.parents] for path in testpaths):
        return None
    shown = os.path.relpath(scenarios, config.rootpath).replace(os.sep, "/")
    return f'aether-harness: testpaths leaves out the scenarios; add "{shown}" to it'


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> Optional[bool]:
    """A scenario may be called `build` or `dist`, which pytest leaves out otherwise."""
    if collection_path.parent != config.stash[STATE].scenarios():
        return None
    if not any(fnmatch(collection_path.name, name) for name in config.getini("norecursedirs")):
        return None
    # Who leaves out a scenario by its path means it.
    left_out = [Path(path).resolve() for path in config.getoption("ignore") or []]
    globs = config.getoption("ignore_glob") or []
    if collection_path.resolve() in left_out or any(
        fnmatch(str(collection_path), str(Path(glob).absolute())) for glob in globs
    ):
        return None
    return False if (collection_path / SCENARIO_FILE).is_file() else None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Optional[pytest.Collector]:
    state = parent.config.stash[STATE]
    if file_path.name == MANIFEST_FILE and file_path.parent.parent == state.root / SNAPSHOTS:
        return _orphan(file_path, parent, state)
    try:
        below = file_path.relative_to(state.scenarios())
    except ValueError:
        return None
    folder = state.scenarios() / below.parts[0]
    if len(below.parts) != 2 or file_path != _first(folder):
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


def _first(folder: Path) -> Path:
    """The file that makes a directory an item: `scenario.toml`. One without it is an item too, which
    fails: by another file of its."""
    named = folder / SCENARIO_FILE
    if named.exists():
        return named
    return min((path for path in folder.iterdir() if path.is_file()), default=named)


def _orphan(manifest: Path, parent: pytest.Collector, state: State) -> Optional[pytest.Collector]:
    """An item for goldens whose scenario or test file is gone."""
    folder = manifest.parent
    test = _test_of(folder)
    if test is not None:
        if (state.root / test.split("::")[0]).exists():
            return None
    elif (state.scenarios() / folder.name).exists():
        return None
    return OrphanFile.from_parent(parent, path=manifest)


def _test_of(goldens: Path) -> Optional[str]:
    """The test that keeps these goldens, if it is one."""
    try:
        inputs = json.loads((goldens / "inputs.json").read_bytes())
        manifest = (goldens / MANIFEST_FILE).read_text("utf-8")
        test = inputs["test"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return test if isinstance(test, str) and '\nsubject = "a test"\n' in manifest else None


class ScenarioFile(pytest.File):
    """The `scenario.toml` of a scenario."""

    def collect(self) -> Iterator[pytest.Item]:
        _require_command()
        yield ScenarioItem.from_parent(self, name=self.path.parent.name)


class OrphanFile(pytest.File):
    """The `snapshot.toml` of goldens that belong to nothing."""

    def collect(self) -> Iterator[pytest.Item]:
        _require_command()
        yield OrphanItem.from_parent(self, name=self.path.parent.name)


def _require_command() -> None:
    try:
        command()
    except CommandMissing as error:
        raise pytest.Collector.CollectError(str(error)) from None


class Failed(Exception):
    """A scenario failed. The text is all that there is to say."""


class _Item(pytest.Item):
    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, (Failed, CommandMissing)):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Union[os.PathLike[str], str], Optional[int], str]:
        return self.path, None, f"scenario {self.name}"


class ScenarioItem(_Item):
    """One scenario with all its checks."""

    def runtest(self) -> None:
        state = self.config.stash[STATE]
        if state.reason is not None:
            self._bless(state, state.reason)
            return
        arguments = ["run", "--scenario", self.name, "--format=json"]
        if self.config.getoption("include_ignored"):
            arguments.append("--include-ignored")
        ended = call(state.root, arguments, run=state.run)
        trials = _Trials(ended)
        for line in ended.err.splitlines():
            if line.startswith("dropped: "):
                self.user_properties.append((PROPERTY, line))
        if trials.failures:
            raise Failed("\n\n".join(trials.failures))
        if ended.status != 0 or not trials.is_whole:
            raise Failed(ended.text() or f"the command ended with status {ended.status}")
        if trials.passed == 0:
            pytest.skip('runtime = "long": it runs with --include-ignored')

    def _bless(self, state: State, reason: str) -> None:
        arguments = ["bless", self.name, f"--reason={reason}"]
        ended = call(state.root, arguments, run=state.run)
        if ended.status != 0:
            raise Failed(ended.text())
        self.user_properties.append((PROPERTY, _blessed(ended.out)))


class OrphanItem(_Item):
    """Goldens whose scenario, or whose test's file, is gone."""

    def runtest(self) -> None:
        state = self.config.stash[STATE]
        test = _test_of(self.path.parent)
        if test is None:
            ended = call(
                state.root, ["run", "--scenario", self.name, "--format=json"], run=state.run
            )
            raise Failed("\n\n".join(_Trials(ended).failures) or ended.text())
        goldens = self.path.parent.relative_to(state.root).as_posix()
        raise Failed(
            f"ORPHAN {self.name}: {goldens} belongs to the test {test}, whose file does not exist\n"
            f"  if the test is gone for good, remove its goldens: git rm -r {goldens}\n"
            f"  if it was moved, move its goldens, or bless again: {goldens} does not follow it"
        )


class _Trials:
    """The trials of a run, from the events that it prints."""

    def __init__(self, ended: Ended) -> None:
        self.failures: list[str] = []
        self.passed = 0
        self.is_whole = False
        for line in ended.out.splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            kind, what = event.get("type"), event.get("event")
            if kind == "suite":
                self.is_whole = what in ("ok", "failed")
            elif kind == "test" and what == "ok":
                self.passed += 1
            elif kind == "test" and what == "failed":
                said = event.get("stdout", "")
                # As libtest-mimic wraps it.
                self.failures.append(said[len('Error: "') : -len('"\n')] or event["name"])


def _blessed(out: str) -> str:
    """What a bless did, of all that it printed."""
    lines = [line for line in out.splitlines() if line]
    return lines[-1] if lines else ""


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares what a test computed with what is kept of it: ``golden.check(name, records)``."""
    state = request.config.stash[STATE]
    node = request.node

    def tell(out: str) -> None:
        node.user_properties.append((PROPERTY, _blessed(out)))

    return Golden(
        root=state.root,
        test=_test_id(node, state.root),
        node_id=node.nodeid,
        run=state.run,
        reason=state.reason,
        tell=tell,
    )


def _test_id(node: pytest.Item, root: Path) -> str:
    """The id of a test relative to the root: that of pytest depends on where it was started."""
    path, separator, inner = node.nodeid.partition("::")
    try:
        path = node.path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        pass
    return f"{path}{separator}{inner}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Lists what was blessed, and the checks that scenarios drop."""
    reports = (report for found in terminalreporter.stats.values() for report in found)
    lines = (
        line
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, line in report.user_properties
        if name == PROPERTY
    )
    lines_once = list(dict.fromkeys(lines))
    if lines_once:
        terminalreporter.section("aether-harness")
        for line in lines_once:
            terminalreporter.line(line)
