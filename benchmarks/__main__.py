"""`python -m benchmarks`: measure rot180 against PyTorch, side by side, and write the results.

At the end three kinds of files are written to the output folder: a page (Markdown), its plots (PNG) and the record of
all measurements (JSON). --show rebuilds the page and the plots from a record. The table for the README is printed to
standard output, the progress to standard error.
"""

import argparse
import json
import shlex
import sys
import time
import traceback
from pathlib import Path

import rot180
from rot180.bench import machine
from rot180.formats import atomic
from rot180.train.progress import duration

from . import (
    environment,
    footprint,
    growth,
    layers,
    memory,
    numpy_engine,
    peer,
    plots,
    readme,
    steps,
    tables,
    tape,
    threads,
)

PARTS = {
    "layers": layers, "steps": steps, "memory": memory, "growth": growth, "threads": threads, "footprint": footprint,
    "tape": tape, "numpy": numpy_engine,
}  # fmt: skip
NAMED = ("layers", "steps", "memory")  # the parts to which --only applies
RESULTS = Path(__file__).parent / "results"
README = Path(__file__).parents[1] / "README.md"


def main():
    """Measure, or read a record, and write the files."""
    options = arguments().parse_args()
    if options.show:
        record = json.loads(options.show.read_text(encoding="utf-8"))
    else:
        record = measure(options)
    folder = options.out or (options.show.parent if options.show else RESULTS)
    write(record, atomic.make_folder(folder))
    print(tables.readme(record))
    if options.readme:
        readme.paste(tables.readme(record), README, "make bench")
    return 1 if record["failed"] else 0


def arguments():
    """The command-line parser."""
    all_cores = machine.cores()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--threads", type=int, default=all_cores, help="threads of each library (default: one per core)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds; the median is reported (default: 5)")
    parser.add_argument(
        "--seconds", type=float, default=0.1, help="minimum seconds per turn of a library (default: 0.1)"
    )
    parser.add_argument("--parts", nargs="+", choices=PARTS, help="parts to run (default: all that --only allows)")
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="only layers and steps with a word starting so")
    parser.add_argument("--no-compiled", dest="compiled", action="store_false", help="do not measure torch.compile")
    parser.add_argument("--out", type=Path, help="output folder (default: benchmarks/results)")
    parser.add_argument("--show", type=Path, metavar="JSON", help="rebuild the page of this record")
    parser.add_argument("--readme", action="store_true", help="also paste the table into README.md")
    return parser


def measure(options):
    """Run the benchmarks; returns the record {"about": ..., part: rows}."""
    if options.threads < 1 or options.rounds < 1 or options.seconds <= 0:
        sys.exit("benchmarks: --threads and --rounds must be at least 1, --seconds positive")
    if peer.version() is None:
        sys.exit("benchmarks: PyTorch is not installed (`make bench` installs it); `rot180 bench` works without it")
    options.cores = machine.cores()
    options.whole = not (options.parts or options.only)
    rot180.set_num_threads(options.threads)
    peer.set_num_threads(options.threads)
    parts = options.parts or (NAMED if options.only else PARTS)
    todo = [(part, task) for part in parts for task in PARTS[part].tasks(options)]
    if not todo:
        sys.exit(f"benchmarks: no name of a layer or step contains a word starting with {' or '.join(options.only)}")
    record = {"about": environment.describe(options, shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]]))}
    report(environment.busy_warning(record["about"]) or "the machine is quiet")
    record |= {part: [] for part in parts}
    record["failed"] = run(todo, record)
    record["about"]["load_at_the_end"] = machine.load()
    return record


def run(todo, record):
    """Run the tasks and add their rows to the record; returns the names of the failed tasks."""
    estimate, done, start, failed = sum(task.seconds for _, task in todo), 0.0, time.perf_counter(), []
    report(f"{len(todo)} measurements, about {duration(estimate)} minutes; the files are written at the end")
    for number, (part, task) in enumerate(todo, 1):
        try:
            row = task.run()
            record[part].append(row)
            result = PARTS[part].summary(row)
        except Exception:
            traceback.print_exc()
            failed.append(f"{part}: {task.name}")
            result = "failed"
        done += task.seconds
        left = (estimate - done) * (time.perf_counter() - start) / done
        report(f"{number:3}/{len(todo)}  {part}: {task.name}: {result} | {duration(left)} left")
    return failed


def report(line):
    """Print progress to standard error."""
    print(line, file=sys.stderr, flush=True)


def write(record, folder):
    """Write all files, or none."""
    stem = environment.stem(record["about"])
    pictures = {f"{stem}-{name}.png": data for name, data in plots.pictures(record).items()}
    page = tables.page(record, list(pictures))
    text = json.dumps(record, indent=1) + "\n"
    files = {f"{stem}.md": page.encode(), f"{stem}.json": text.encode(), **pictures}
    atomic.write_files({folder / name: data for name, data in files.items()})
    for name in files:
        report(f"wrote {folder / name}")


if __name__ == "__main__":
    sys.exit(main())
