"""What `import rot180` costs beside `import numpy`: medians over fresh interpreters, less an empty start.

Alone: `python -m benchmarks.import_time [ROUNDS]`.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

STATEMENTS = [
    "pass",
    "import numpy",
    "import rot180",
    "import rot180, rot180.functional, rot180.nn, rot180.optim",
]


def seconds(statement: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start


def medians(rounds: int) -> dict[str, float]:
    """The median seconds of each statement, taken in turns so that a slow moment hits all of them."""
    for statement in STATEMENTS:
        seconds(statement)  # files into the page cache, bytecode written
    runs = [[seconds(statement) for statement in STATEMENTS] for _ in range(rounds)]
    columns = zip(*runs, strict=True)
    return dict(zip(STATEMENTS, map(statistics.median, columns), strict=True))


def main(rounds: int = 15) -> None:
    found = medians(rounds)
    empty = found.pop("pass")
    numpy = found["import numpy"] - empty
    print("| statement | ms | times `import numpy` |")
    print("|---|---|---|")
    for statement, total in found.items():
        print(f"| `{statement}` | {1e3 * (total - empty):.0f} | {(total - empty) / numpy:.2f} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
