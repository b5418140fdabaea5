"""Golden tests for deterministic programs.

The package holds the command ``aether-harness`` and a plugin of pytest. The plugin runs the scenarios below
``scenarios/`` as tests and has the fixture ``golden``, which keeps what a test computed itself::

    def test_ledger(golden):
        golden.check("ledger", simulate(ticks=100), key="tick", tick="tick")
"""

from aether_harness._command import CommandMissing, command
from aether_harness._golden import Golden, GoldenMismatch
from aether_harness._records import GoldenValueError

__all__ = ["CommandMissing", "Golden", "GoldenMismatch", "GoldenValueError", "command"]

# As people import them, which is what tracebacks show.
for _public in (CommandMissing, Golden, GoldenMismatch, GoldenValueError, command):
    _public.__module__ = __name__
del _public
