"""`rot180 report RUN`: write the report of a trained run, one HTML file, into its folder."""

from __future__ import annotations

import argparse

from . import datasets
from .arguments import Commands, UsageError, add_command
from .exit_status import ExitStatus
from .trained_run import add_run

ABOUT = """\
write report.html about a training run

The report is one HTML file in the folder of the run. It shows the learning curves,
confusion matrix, precision and recall, the worst mistakes, filters, feature maps, the
gradient of the loss with respect to an image, and the layers. If the held-out images
are not found, the sections that need them are left out.

The pictures need matplotlib (the extra "report").
"""


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "report", run, ABOUT, ("rot180 report runs/digits-small",))
    add_run(parser)
    datasets.add_moved_data(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Load the run and its images, write the report, and print its path."""
    from ..errors import FormatError
    from ..train import load_run, report

    datasets.require_place(args.root)
    _, config = load_run(args.folder)
    try:
        held_out = datasets.held_out(config, args.folder, args.root)
    except (UsageError, FormatError) as error:
        if args.root is not None:  # with --data, missing images are an error
            raise
        held_out = None
        print(f"the report has no held-out images: {error}")
    print(report.write(args.folder, held_out))
    return ExitStatus.DONE
