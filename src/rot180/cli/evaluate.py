"""`rot180 evaluate RUN`: measure a trained model on its held-out images."""

from __future__ import annotations

import argparse
from typing import Any

from . import datasets
from .arguments import Commands, add_command
from .exit_status import ExitStatus
from .output import shortened
from .trained_run import add_run

ABOUT = """\
measure a trained model on its held-out images

Print the accuracy, the loss and the confusion matrix. The rows of the matrix are
the true classes, its columns the predicted classes.
"""


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "evaluate", run, ABOUT, ("rot180 evaluate runs/digits-small",))
    add_run(parser)
    datasets.add_moved_data(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Load the run and its images, measure the model, and print the results."""
    from ..train import evaluate, load_run

    datasets.require_place(args.root)
    model, config = load_run(args.folder)
    test = datasets.held_out(config, args.folder, args.root)
    metrics = evaluate(model, test)
    print(f"accuracy {metrics.accuracy:.2%} ({metrics.confusion.trace()} of {metrics.count} held-out images)")
    print(f"loss     {metrics.loss:.4f}")
    print(confusion_table(metrics.confusion, list(test.classes)))
    return ExitStatus.DONE


def confusion_table(confusion: Any, names: list[str]) -> str:
    """The confusion matrix as text, with the names of the classes; zeros are dots, so that mistakes stand out."""
    names = [shortened(name) for name in names]
    cells = [[str(n) if n else "." for n in row] for row in confusion.tolist()]
    width = max(len(text) for row in [names, *cells] for text in row)
    left = max(len("true"), *map(len, names))
    lines = [
        f"{'':{left}} | predicted",
        f"{'true':>{left}} | " + " ".join(f"{name:>{width}}" for name in names),
        "-" * (left + 1) + "+" + "-" * (len(names) * (width + 1)),
    ]
    lines += [
        f"{name:>{left}} | " + " ".join(f"{cell:>{width}}" for cell in row)
        for name, row in zip(names, cells, strict=True)
    ]
    return "\n".join(lines)
