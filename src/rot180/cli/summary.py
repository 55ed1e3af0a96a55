"""`rot180 summary`: the layers of a saved run, or of a built-in model, with shapes, parameters and multiply-adds."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .arguments import Commands, UsageError, add_command, count, shape
from .status import ExitStatus

if TYPE_CHECKING:
    from ..train import Row


def add(commands: Commands) -> None:
    """Describe the command to the parser."""
    about = "list the layers of a run or of a built-in model: output shapes, parameters, multiply-adds"
    parser = add_command(
        commands, "summary", run, about,
        "rot180 summary runs/digits-small\n  rot180 summary resnet20 --input 3x32x32 --classes 10",
    )  # fmt: skip
    parser.add_argument("model", metavar="RUN|MODEL", help="a folder that `rot180 train` wrote, or a model's name")
    parser.add_argument("--input", type=shape, metavar="CxHxW", help="of one image, for a model's name")
    parser.add_argument("--classes", type=count, default=10, help="for a model's name; default: %(default)s")


def run(args: argparse.Namespace) -> ExitStatus:
    """Build or load it, run it once on zeros, print a line per layer."""
    from .. import models
    from ..train import load_run, summary

    if args.model in models.names():
        if args.input is None:
            raise UsageError(f"summary: --input CxHxW is needed for the model {args.model}, as --input 1x28x28")
        model, input_shape = models.build(args.model, args.input, args.classes), args.input
    else:
        model, config = load_run(args.model)
        input_shape = config["model"]["input_shape"]
    print(table(summary(model, input_shape)))
    return ExitStatus.DONE


def table(rows: list[Row]) -> str:
    """A line per layer and one of sums."""
    lines = [["layer", "", "output", "parameters", "multiply-adds"]]
    for row in rows:
        output = "-" if row.output_shape is None else "x".join(map(str, row.output_shape))
        lines.append([row.name, row.kind, output, f"{row.parameters:,}", f"{row.multiply_adds:,}"])
    sums = (sum(row.parameters for row in rows), sum(row.multiply_adds for row in rows))
    lines.append(["sum", "", "", *(f"{n:,}" for n in sums)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(_aligned, line, widths, range(len(widths)))).rstrip() for line in lines)


def _aligned(cell: str, width: int, column: int) -> str:
    """Words to the left, the last two columns, numbers, to the right."""
    return cell.ljust(width) if column < 3 else cell.rjust(width)
