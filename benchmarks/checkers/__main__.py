"""`python -m benchmarks.checkers`: run the comparison of checkers and write its page.

The page is benchmarks/results/DATE-checkers.md. The table for the README goes to standard output, and progress to
standard error. PyTorch and JAX are used if they are installed. SciPy is required. To install all of them: pip install
torch jax scipy.
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
from benchmarks.environment import commit
from benchmarks.readme import paste
from rot180.bench import machine
from rot180.formats import atomic

from . import contest, page
from .subjects import ClassSubject, subjects

ROOT = Path(__file__).parents[2]
COMMAND = "python -m benchmarks.checkers"


def main(words=None):
    """Run the comparison and write the results."""
    options = arguments().parse_args(words)
    if importlib.util.find_spec("scipy") is None:
        sys.exit("benchmarks.checkers: some implementations need SciPy; install it with pip install scipy")
    everything = subjects()
    numbers = [n for n, s in enumerate(everything) if not options.only or any(word in s.name for word in options.only)]
    if not numbers:
        sys.exit(f"benchmarks.checkers: no implementation has {' or '.join(options.only)} in its name; check --only")
    about = circumstances(shlex.join([*COMMAND.split(), *(sys.argv[1:] if words is None else words)]))
    functions = [n for n in numbers if not isinstance(everything[n], ClassSubject)]
    classes = [n for n in numbers if isinstance(everything[n], ClassSubject)]
    results = contest.Results(
        double=contest.run_all(functions, False, log),
        classes=contest.run_all(classes, False, log),
        narrow=contest.run_all(functions, True, log) if options.single else None,
    )
    folder = atomic.make_folder(options.out)
    file = folder / f"{about['date']}-checkers.md"
    atomic.write_text(file, page.page(about, results))
    log(f"wrote {file}")
    short = page.readme(about, results, f"benchmarks/results/{file.name}")
    print(short)
    if options.readme:
        paste(short, ROOT / "README.md", COMMAND)
    return 0


def arguments():
    """Create the argument parser."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="only implementations whose name contains a TEXT")
    parser.add_argument("--no-single", dest="single", action="store_false", help="skip the comparison in float32")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "benchmarks" / "results", help="folder for the page (default: %(default)s)"
    )
    parser.add_argument("--readme", action="store_true", help="also update the table in README.md")
    return parser


def circumstances(command):
    """The facts at the head of the page: date, machine, versions."""
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


def log(line):
    """Print progress to standard error."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
