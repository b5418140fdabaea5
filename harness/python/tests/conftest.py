"""What all tests of the package share: temporary projects, in which pytest itself runs."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def _as_at_a_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs these tests decides nothing in the projects that they make."""
    for name in ("CI", "CARGO_TARGET_DIR", "AETHER_HARNESS_RUN", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
