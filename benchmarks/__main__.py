"""All benchmarks by one command, as tables in Markdown.

    uv run python benchmarks [--rows 1000000] [--runs 5] [--only records batches]

They take long and say nothing of right or wrong: no test runs them. Each
section is a script that can be run alone.
"""

from __future__ import annotations

import batches
import details
import hashing
import increment
import makespan
import measure
import records
import runs
import shapes
import startup

SECTIONS = {
    "records": records,
    "shapes": shapes,
    "batches": batches,
    "hashing": hashing,
    "runs": runs,
    "startup": startup,
    "makespan": makespan,
    "details": details,
    "increment": increment,
}


def main() -> None:
    """Print each section as soon as it is measured."""
    parser = measure.parser(__doc__)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    options = parser.parse_args()
    print(measure.circumstances(), flush=True)
    for name in options.only:
        print(f"\n{SECTIONS[name].report(options)}", flush=True)


if __name__ == "__main__":
    main()
