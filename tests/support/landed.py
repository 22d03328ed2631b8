"""Whether the files that target-jsonl wrote hold what the sandbox says is true.

`marketo-sandbox run -- python tests/support/landed.py FOLDER` ends with 1 if they do not. It
must not know what ran the target.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from marketo_sandbox.control import SandboxControl

from demo.comparison import KEYS, compare
from demo.truth import told

if TYPE_CHECKING:
    from demo.comparison import Row


def rows(folder: Path, table: str) -> list[Row]:
    """The last row of each key, as a reader takes it, since target-jsonl appends."""
    found: dict[tuple[object, ...], Row] = {}
    # With `do_timestamp_file`, which is that target's default, each run has a file of its own.
    for file in sorted({*folder.glob(f"{table}.jsonl"), *folder.glob(f"{table}-[0-9]*.jsonl")}):
        # Not splitlines: members' texts hold U+2028 and its like.
        for line in filter(None, file.read_text(encoding="utf-8").split("\n")):
            row = json.loads(line)
            found[tuple(row[name] for name in KEYS[table])] = row
    return list(found.values())


def main(folder: Path) -> int:
    """Entry point; returns the exit code."""
    truth = told(SandboxControl(os.environ["MARKETO_SANDBOX_URL"]))
    found = [compare(table, wanted, rows(folder, table)) for table, wanted in truth.items()]
    for one in found:
        sys.stdout.write(f"{one}\n")
    return 0 if found and all(one.holds for one in found) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
