"""`rot180 evaluate RUN`: measure a saved run on the images that were held out."""

from __future__ import annotations

import argparse
from typing import Any

from . import datasets
from .arguments import Commands, add_command, short
from .status import ExitStatus


def add(commands: Commands) -> None:
    """Describe the command to the parser."""
    about = "measure a run on the images that were held out: accuracy, loss, confusion matrix"
    parser = add_command(commands, "evaluate", run, about, "rot180 evaluate runs/digits-small")
    parser.add_argument("folder", metavar="RUN", help="the folder that `rot180 train` wrote")
    datasets.add_new_place(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Load, measure, print."""
    from ..train import evaluate, load_run

    model, config = load_run(args.folder)
    test = datasets.held_out(config, args.folder, args.root)
    found = evaluate(model, test)
    print(f"accuracy {found.accuracy:.2%} ({found.confusion.trace()} of {found.count} held-out images)")
    print(f"loss     {found.loss:.4f}")
    print(table(found.confusion, list(test.classes)))
    return ExitStatus.DONE


def table(confusion: Any, names: list[str]) -> str:
    """The confusion matrix with its names; zeros are dots, so that the mistakes stand out."""
    names = [short(name) for name in names]
    cells = [[str(n) if n else "." for n in row] for row in confusion.tolist()]
    width = max(len(text) for row in [names, *cells] for text in row)
    left = max(len("true"), *map(len, names))
    lines = [
        f"{'':{left}} | answer",
        f"{'true':>{left}} | " + " ".join(f"{name:>{width}}" for name in names),
        "-" * (left + 1) + "+" + "-" * (len(names) * (width + 1)),
    ]
    lines += [
        f"{name:>{left}} | " + " ".join(f"{cell:>{width}}" for cell in row)
        for name, row in zip(names, cells, strict=True)
    ]
    return "\n".join(lines)
