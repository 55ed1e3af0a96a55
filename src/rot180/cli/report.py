"""`rot180 report RUN`: write the report of a saved run, one HTML file, into its folder."""

from __future__ import annotations

import argparse

from . import datasets
from .arguments import Commands, UsageError, add_command
from .status import ExitStatus

_ABOUT = """\
The file is whole in itself: curves, confusion matrix, precision and recall, the
worst mistakes, filters, feature maps, the gradient at an image, and the layers.
Pictures need matplotlib, the extra "report": pip install matplotlib
"""


def add(commands: Commands) -> None:
    """Describe the command to the parser."""
    about = "write report.html, which shows how a run learned and what it gets wrong"
    parser = add_command(commands, "report", run, about, "rot180 report runs/digits-small")
    parser.description = f"{parser.description}\n\n{_ABOUT}"
    parser.add_argument("folder", metavar="RUN", help="the folder that `rot180 train` wrote")
    datasets.add_new_place(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Load, measure, write, and say where; without the data of the run, what can be said without them."""
    from ..errors import FormatError
    from ..train import load_run, report

    _, config = load_run(args.folder)
    try:
        held_out = datasets.held_out(config, args.folder, args.root)
    except (UsageError, FormatError) as error:
        if args.root is not None:  # where to look was said
            raise
        held_out = None
        print(f"without held-out images: {error}")
    print(report.write(args.folder, held_out))
    return ExitStatus.DONE
