"""`python -m benchmarks.checkers`: hold the contest, and write its page.

The page is benchmarks/results/DATE-checkers.md; the table for the README goes to standard output, progress to standard
error. PyTorch, JAX and SciPy are used where they are installed: pip install torch jax scipy.
"""

import argparse
import datetime
import importlib.util
import platform
import shlex
import sys
from pathlib import Path

import numpy as np

import rot180
from benchmarks.about import commit
from benchmarks.readme import paste
from rot180.bench import machine
from rot180.formats import atomic

from . import contest, page
from .subjects import subjects

ROOT = Path(__file__).parents[2]
COMMAND = "python -m benchmarks.checkers"


def main(words=None):
    """Hold it, and write."""
    options = arguments().parse_args(words)
    if importlib.util.find_spec("scipy") is None:
        sys.exit("benchmarks.checkers: SciPy is not here (pip install scipy); some of the gallery is written with it")
    numbers = [n for n, s in enumerate(subjects()) if not options.only or any(word in s.name for word in options.only)]
    if not numbers:
        sys.exit(f"benchmarks.checkers: no implementation has {' or '.join(options.only)} in its name")
    about = circumstances(shlex.join([*COMMAND.split(), *(sys.argv[1:] if words is None else words)]))
    double = contest.hold(numbers, False, tell)
    narrow = contest.hold(numbers, True, tell) if options.single else None
    folder = atomic.make_folder(options.out)
    file = folder / f"{about['date']}-checkers.md"
    atomic.write_text(file, page.page(about, double, narrow))
    tell(f"wrote {file}")
    short = page.readme(about, double, narrow, f"benchmarks/results/{file.name}")
    print(short)
    if options.readme:
        paste(short, ROOT / "README.md", COMMAND)
    return 0


def arguments():
    """The parser."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="implementations with one of these in their name")
    parser.add_argument("--no-single", dest="single", action="store_false", help="without the contest in float32")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results", help="the folder to write into")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md too")
    return parser


def circumstances(command):
    """What stands at the head of the page."""
    versions = {module.NAME: module.version() for peer, (_, module) in contest.PEERS.items() if contest.present(peer)}
    versions |= {"NumPy": np.__version__, "Python": platform.python_version()}
    return {
        "date": datetime.date.today().isoformat(),
        "machine": f"{machine.processor()}, {machine.cores()} cores, {platform.system()} {platform.machine()}",
        "load average": f"{machine.load() or 0:.2f} at the start",
        "rot180": f"{rot180.__version__} ({commit()})",
        "others": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "command": f"`{command}`",
    }


def tell(line):
    """Say how far it is."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
