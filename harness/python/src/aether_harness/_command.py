"""Finds the command ``aether-harness`` and calls it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

NAME = "aether-harness"


class CommandMissing(RuntimeError):
    """The command is neither beside this Python nor in ``PATH``."""


class Ended(NamedTuple):
    """What a call of the command said, and how it ended."""

    status: int
    out: str
    err: str

    def text(self) -> str:
        """All that it said."""
        parts = (part.strip("\n") for part in (self.out, self.err))
        return "\n".join(part for part in parts if part)


def command() -> str:
    """The path of the command: the one installed with this package, else the one in ``PATH``."""
    suffix = sysconfig.get_config_var("EXE") or ""
    user = "nt_user" if os.name == "nt" else "posix_user"
    folders = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent)]
    if user in sysconfig.get_scheme_names():
        folders.append(sysconfig.get_path("scripts", user))
    for folder in folders:
        path = Path(folder) / f"{NAME}{suffix}"
        if os.access(path, os.X_OK) and path.is_file():
            return str(path)
    found = shutil.which(NAME)
    if found is None:
        raise CommandMissing(
            f"the command {NAME} is missing: it is neither in {folders[0]} nor in PATH; "
            f"install it again: {_python()} -m pip install --force-reinstall aether-harness"
        )
    return found


def _python() -> str:
    """This Python, as people type it."""
    return Path(sys.executable).name or "python"


def call(root: Path, arguments: list[str], *, run: str, document: str | None = None) -> Ended:
    """Calls the command in ``root``, as part of the run of that name."""
    started = subprocess.Popen(
        [command(), *arguments],
        cwd=root,
        env=_environment(run),
        stdin=subprocess.DEVNULL if document is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        out, err = started.communicate(None if document is None else document.encode())
    except BaseException:
        # It ends the programs that it started.
        started.terminate()
        started.wait()
        raise
    return Ended(started.returncode, _text(out), _text(err))


def _text(said: bytes) -> str:
    return said.decode(errors="replace").replace("\r\n", "\n")


def _environment(run: str) -> dict[str, str]:
    """This environment without what pytest tells about the test that runs, which a program under test
    must not depend on."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")
    }
    environment.setdefault("AETHER_HARNESS_RUN", run)
    # What is built is built once for all processes of a session.
    environment["AETHER_HARNESS_SESSION"] = run
    return environment
