"""`rot180 summary`: list the layers of a trained or built-in model, with shapes, parameters and multiply-adds."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .arguments import Commands, UsageError, add_command, image_shape, positive_int
from .exit_status import ExitStatus

if TYPE_CHECKING:
    from .. import nn
    from ..train import Row

ABOUT = """\
list the layers of a model: output shapes, parameters, multiply-adds

All numbers are for one image. Built-in models are small, stages, resnet20,
lenet and linear.
"""
EXAMPLES = ("rot180 summary runs/digits-small", "rot180 summary resnet20 --input 3x32x32 --classes 10")


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "summary", run, ABOUT, EXAMPLES)
    parser.add_argument("model", metavar="RUN|MODEL", help="folder written by `rot180 train`, or name of a model")
    parser.add_argument(
        "--input", type=image_shape, metavar="CxHxW", help="shape of one image; required if MODEL is given"
    )
    parser.add_argument("--classes", type=positive_int, metavar="N", help="classes of a MODEL (default: 10)")


def run(args: argparse.Namespace) -> ExitStatus:
    """Build or load the model, run its forward once, and print one line per layer."""
    from ..train import summary

    model, input_shape = _model(args)
    print(layer_table(summary(model, input_shape)))
    return ExitStatus.DONE


def _model(args: argparse.Namespace) -> tuple[nn.Module, tuple[int, int, int]]:
    """The model and the shape (C, H, W) of its input."""
    from .. import models
    from ..spelling import unknown_name
    from ..train import load_run

    if args.model in models.names():
        if args.input is None:
            raise UsageError(f"the model {args.model} needs --input CxHxW, e.g. --input 1x28x28")
        return models.build(args.model, args.input, args.classes or 10), args.input
    if not Path(args.model).exists():
        begin = f"{args.model!r} is neither a run nor a model"
        raise UsageError(unknown_name("model", args.model, models.names(), begin))
    if args.input is not None or args.classes is not None:
        raise UsageError(f"--input and --classes need the name of a built-in model; {args.model} is a folder")
    model, config = load_run(args.model)
    return model, config["model"]["input_shape"]


def layer_table(rows: list[Row]) -> str:
    """The table with one line per layer and a last line with the sums."""
    lines = [["layer", "", "output", "parameters", "multiply-adds"]]
    for row in rows:
        output = "-" if row.output_shape is None else "x".join(map(str, row.output_shape))
        lines.append([row.name, row.kind, output, f"{row.parameters:,}", f"{row.multiply_adds:,}"])
    sums = (sum(row.parameters for row in rows), sum(row.multiply_adds for row in rows))
    lines.append(["sum", "", "", *(f"{n:,}" for n in sums)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(_aligned, line, widths, range(len(widths)))).rstrip() for line in lines)


def _aligned(cell: str, width: int, column: int) -> str:
    """Pad a cell: words left-aligned, the numbers in the last two columns right-aligned."""
    return cell.ljust(width) if column < 3 else cell.rjust(width)
