"""``python -m aether_harness``: the command, whatever ``PATH`` is."""

from __future__ import annotations

import subprocess
import sys

from aether_harness._command import CommandMissing, command


def main() -> int:
    try:
        return subprocess.call([command(), *sys.argv[1:]])
    except CommandMissing as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        # The command was interrupted too, and has said so.
        return 130


if __name__ == "__main__":
    sys.exit(main())
