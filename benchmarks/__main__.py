"""`python -m benchmarks`: measure rot180 against PyTorch, side by side, and write what was found.

Four kinds of files appear together in the folder, when all is measured: a page (Markdown), its pictures (PNG) and the
record of all figures (JSON), of which --show makes page and pictures again. The table for the README goes to standard
output, progress to standard error.
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

from . import about, footprint, growth, layers, memory, numpy_engine, peer, plots, readme, steps, tables, tape, threads

PARTS = {
    "layers": layers, "steps": steps, "memory": memory, "growth": growth, "threads": threads, "footprint": footprint,
    "tape": tape, "numpy": numpy_engine,
}  # fmt: skip
NAMED = ("layers", "steps", "memory")  # the parts that --only narrows
RESULTS = Path(__file__).parent / "results"
README = Path(__file__).parents[1] / "README.md"


def main():
    """Measure or show, and write."""
    options = arguments().parse_args()
    if options.show:
        record = json.loads(options.show.read_text(encoding="utf-8"))
    else:
        record = measured(options)
    folder = options.out or (options.show.parent if options.show else RESULTS)
    write(record, atomic.make_folder(folder))
    print(tables.readme(record))
    if options.readme:
        readme.paste(tables.readme(record), README, "make bench")
    return 1 if record["failed"] else 0


def arguments():
    """The parser."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--threads", type=int, default=machine.cores(), help="of both; default: one for each core")
    parser.add_argument("--rounds", type=int, default=5, help="in turns; the median counts; default: 5")
    parser.add_argument("--seconds", type=float, default=0.1, help="that a turn goes on at least; default: 0.1")
    parser.add_argument("--parts", nargs="+", choices=PARTS, help="default: all, with --only the first three")
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="layers and steps: a word begins with one of these")
    parser.add_argument("--no-compiled", dest="compiled", action="store_false", help="steps without torch.compile")
    parser.add_argument("--out", type=Path, help="the folder to write into; default: benchmarks/results")
    parser.add_argument("--show", type=Path, metavar="JSON", help="measure nothing; page and pictures of this record")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md too")
    return parser


def measured(options):
    """The record: {"about": ..., each part: its rows}."""
    if options.threads < 1 or options.rounds < 1 or options.seconds <= 0:
        sys.exit("benchmarks: --threads and --rounds must be at least 1, --seconds positive")
    if peer.version() is None:
        sys.exit("benchmarks: PyTorch is not here (`make bench` installs it); `rot180 bench` times rot180 alone")
    options.cores = machine.cores()
    options.whole = not (options.parts or options.only)
    rot180.set_num_threads(options.threads)
    peer.set_num_threads(options.threads)
    chosen = options.parts or (NAMED if options.only else PARTS)
    todo = [(part, task) for part in chosen for task in PARTS[part].tasks(options)]
    if not todo:
        sys.exit(f"benchmarks: no layer and no step has {' or '.join(options.only)} in its name")
    record = {"about": about.about(options, shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]]))}
    tell(about.busy(record["about"]) or "the machine is quiet")
    record |= {part: [] for part in chosen}
    record["failed"] = run(todo, record)
    record["about"]["load_at_the_end"] = machine.load()
    return record


def run(todo, record):
    """Each task in turn, its row into the record; the names of those that failed."""
    guess, done, start, failed = sum(task.seconds for _, task in todo), 0.0, time.perf_counter(), []
    tell(f"{len(todo)} measurements, about {duration(guess)} minutes; nothing is written before the end")
    for number, (part, task) in enumerate(todo, 1):
        try:
            row = task.run()
            record[part].append(row)
            found = PARTS[part].say(row)
        except Exception:
            traceback.print_exc()
            failed.append(f"{part}: {task.name}")
            found = "failed"
        done += task.seconds
        left = (guess - done) * (time.perf_counter() - start) / done
        tell(f"{number:3}/{len(todo)}  {part}: {task.name}: {found} | {duration(left)} left")
    return failed


def tell(line):
    """Say how far it is."""
    print(line, file=sys.stderr, flush=True)


def write(record, folder):
    """All files, or none: they are moved to their places together."""
    stem = about.stem(record["about"])
    pictures = {f"{stem}-{name}.png": data for name, data in plots.pictures(record).items()}
    page = tables.page(record, list(pictures))
    text = json.dumps(record, indent=1) + "\n"
    files = {f"{stem}.md": page.encode(), f"{stem}.json": text.encode(), **pictures}
    atomic.write_files({folder / name: data for name, data in files.items()})
    for name in files:
        tell(f"wrote {folder / name}")


if __name__ == "__main__":
    sys.exit(main())
