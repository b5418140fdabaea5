"""A linter of texts. It prints one JSON report and exits with status 1 if it has findings.

Every report has a name of its own, the time at which it began, and how long it took.
"""

import json
import os
import sys
import time
import uuid
from datetime import datetime, timezone

WIDTH_MAX = 72

# A mistake that the goldens catch: columns are counted from 0.
FIRST_COLUMN = 0 if os.environ.get("LINT_REGRESSION") else 1


def findings(line):
    """The rules that a line breaks, each with the column."""
    if "\t" in line:
        yield "tab", line.index("\t")
    if line != line.rstrip():
        yield "blank-at-end", len(line.rstrip())
    if len(line) > WIDTH_MAX:
        yield "too-long", WIDTH_MAX
    words = line.lower().split(" ")
    for at, (word, following) in enumerate(zip(words, words[1:])):
        if word == following != "":
            yield "word-twice", len(" ".join(words[: at + 1])) + 1


def main(paths):
    report = {
        "report": str(uuid.uuid4()),
        "started": datetime.now(timezone.utc).isoformat(),
        "files": [],
    }
    begun = time.perf_counter()
    for path in paths:
        with open(path, encoding="utf-8") as text:
            lines = text.read().split("\n")
        found = [
            {"line": number, "rule": rule, "column": column + FIRST_COLUMN}
            for number, line in enumerate(lines, 1)
            for rule, column in findings(line)
        ]
        report["files"].append({"file": path, "lines": len(lines), "findings": found})
    report["seconds"] = time.perf_counter() - begun
    print(json.dumps(report, indent=2))
    return 1 if any(file["findings"] for file in report["files"]) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
