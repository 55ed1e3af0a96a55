"""`rot180 explain`: show which cells each number of a layer and of its gradients is computed from."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import Commands, Group, UsageError, add_command, non_negative_int, option_of, port, positive_int
from .exit_status import ExitStatus
from .output import add_output_file, require_writable
from .trained_run import load_for_images

if TYPE_CHECKING:
    from ..explain import Cell, Trace

ABOUT = """\
show which cells each number of a layer and of its gradients is computed from

Choose an operation and its settings, a saved trace, or a layer of a trained run
(--run, --layer and --image). Without arguments, an example is shown. The page
opens in a browser, unless --cell or a file is given.
"""
EXAMPLES = (
    "rot180 explain",
    "rot180 explain conv-transpose2d --input 2x2 --kernel 3x3 --stride 2 --cell dx[0,0,1,1]",
    "rot180 explain conv2d --input 6 --kernel 3 --padding same --dilation 2 --html page.html",
    "rot180 explain conv2d --x image.csv --w kernel.csv --lang zh",
    "rot180 explain --run runs/digits-small --layer conv1 --image digit.png",
    "rot180 explain saved.json",
)
SIZES = {
    "stride": "stride (default: 1; pools: the kernel size)",
    "dilation": "dilation (default: 1)",
    "output_padding": "cells added to each axis of a transposed convolution's output (default: 0)",
}
COUNTS = {
    "groups": "groups of channels (default: 1)",
    "channels": "input channels (default: 1)",
    "outputs": "output channels (default: 1)",
    "images": "images in the batch (default: 1)",
}
ARRAYS = {"x": "input", "w": "kernels", "b": "bias", "dy": "upstream gradient"}
LAYER_OPTIONS = (
    *SIZES, *COUNTS, *("input", "kernel", "padding", "bias", "ceil_mode", "count_include_pad", "values", "seed"),
    *ARRAYS,
)  # fmt: skip
FILES = ("html", "json", "npz")


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "explain", run, ABOUT, EXAMPLES)
    parser.add_argument(
        "op", nargs="?", metavar="OP|FILE",
        help="conv1d, conv2d, conv-transpose1d, conv-transpose2d, max-pool1d, max-pool2d, avg-pool1d or avg-pool2d; or "
        "a saved trace, .json or .npz",
    )  # fmt: skip
    _add_layer(parser.add_argument_group("layer"))
    _add_values(parser.add_argument_group("values"))
    _add_run(parser.add_argument_group("layer of a trained run"))
    _add_output(parser.add_argument_group("output"))


def _add_layer(group: Group) -> None:
    group.add_argument("--input", type=size_per_axis, metavar="HxW", help="spatial size of x (default: 5 on each axis)")
    group.add_argument(
        "--kernel", type=size_per_axis, metavar="RxS", help="size of the kernel (default: 3 on each axis; pools: 2)"
    )
    for name, about in SIZES.items():
        group.add_argument(option_of(name), type=size_per_axis, metavar="N[xN]", help=about)
    group.add_argument(
        "--padding", type=padding, metavar="N[xN]",
        help="padding: one number, one number per axis, before:after per axis, e.g. 1:0x2:1, or same or valid "
        "(default: 0)",
    )  # fmt: skip
    for name, about in COUNTS.items():
        group.add_argument(f"--{name}", type=positive_int, metavar="N", help=about)
    group.add_argument("--bias", action="store_true", default=None, help="add a bias")
    group.add_argument("--ceil-mode", action="store_true", default=None, help="round the size of y up (pools)")
    group.add_argument(
        "--no-count-include-pad", action="store_false", dest="count_include_pad", default=None,
        help="leave padding out of the average (avg-pool)",
    )  # fmt: skip


def _add_values(group: Group) -> None:
    group.add_argument(
        "--values", choices=("integers", "random", "impulse"), help="values of the arrays (default: integers)"
    )
    group.add_argument("--seed", type=non_negative_int, metavar="N", help="seed of the values (default: 0)")
    for name, about in ARRAYS.items():
        group.add_argument(f"--{name}", metavar="FILE", help=f"read {name}, the {about}, from a CSV or .npy file")


def _add_run(group: Group) -> None:
    group.add_argument("--run", metavar="RUN", dest="folder", help="folder written by `rot180 train`")
    group.add_argument("--layer", metavar="NAME", help="name of the layer, or its kind and number, e.g. conv1 or pool2")
    group.add_argument("--image", metavar="FILE", help="image file to pass through the model")


def _add_output(group: Group) -> None:
    group.add_argument(
        "--select", type=channel_selection, action="append", metavar="c=N[,N]",
        help="show only these input channels (c=), output channels (o=) or images (n=)",
    )  # fmt: skip
    group.add_argument("--cell", metavar="CELL", help="print the terms of one cell, for example dx[0,0,1,1]")
    add_output_file(group, "--html", "the page")
    add_output_file(group, "--json", "the trace")
    add_output_file(group, "--npz", "the trace as NumPy arrays")
    group.add_argument("--lang", choices=("en", "zh"), default="en", help="language (default: %(default)s)")
    group.add_argument(
        "--port", type=port, metavar="N", help="port of the local server (default: 8180 if free; 0: any free port)"
    )
    group.add_argument("--no-browser", action="store_true", help="print the address, but do not open a browser")


def run(args: argparse.Namespace) -> ExitStatus:
    """Make the trace, then print, write or serve it."""
    from .. import explain

    for kind in FILES:
        require_writable(f"--{kind}", getattr(args, kind))
    for kind in ("json", "npz"):
        path = getattr(args, kind)
        if path is not None and Path(path).suffix.lower() != f".{kind}":
            raise UsageError(f"--{kind}: the file name must end in .{kind}; got {path}")
    cell = None if args.cell is None else explain.Cell.parse(args.cell)
    trace = _trace(args, cell)
    text = None if cell is None else explain.text(trace, cell, args.lang)
    for path in filter(None, (args.json, args.npz)):
        trace.save(path)
        _print_written(path, args.lang)
    if args.html is not None:
        explain.page(trace, args.html, language=args.lang, cell=cell or _opening_cell(args))
        _print_written(args.html, args.lang)
    if text is not None:
        print(text, end="")
    elif all(getattr(args, kind) is None for kind in FILES):
        explain.serve(trace, port=args.port, browser=not args.no_browser, language=args.lang, cell=_opening_cell(args))
    return ExitStatus.DONE


def _print_written(path: str, language: str) -> None:
    from ..explain.strings import say

    print(say("text.wrote", language, path=path))


def _trace(args: argparse.Namespace, cell: Cell | None) -> Trace:
    """The trace to show; for a layer that is too large to show completely, the part that contains the cell."""
    from .. import explain

    selection = {name: numbers for option in args.select or [] for name, numbers in option.items()} or None
    settings = {name: getattr(args, name) for name in LAYER_OPTIONS if getattr(args, name) is not None}
    all_settings = settings | ({"select": selection} if selection else {})
    make: Callable[[Any], Trace]
    if args.folder is not None or args.layer is not None or args.image is not None:
        _refuse(settings, "--run", args.op)
        make = _layer_of_run(args)
    elif args.op is not None and Path(args.op).suffix.lower() in (".json", ".npz"):
        _refuse(all_settings, "a saved trace")
        return explain.Trace.load(args.op)
    elif args.op is None:
        _refuse(all_settings, "the example; name an operation")
        return _example()
    else:
        keywords = _trace_keywords(args.op, settings)

        def make(selection: Any) -> Trace:
            return explain.trace(args.op, **keywords, selection=selection)

    trace = make(selection)
    if trace.rest is not None and cell is not None and selection is None:
        trace = make(cell.selection(trace.request))
    return trace


def _opening_cell(args: argparse.Namespace) -> str | None:
    """The cell selected when the page of the example opens: all nine weights contribute to its gradient."""
    return "dx[0,0,1,1]" if args.op is None and args.folder is None else None


def _example() -> Trace:
    from ..explain.tracing import example

    return example()


def _refuse(settings: dict[str, Any], source: str, op: str | None = None) -> None:
    """Raise UsageError if an operation or settings are given with a saved trace or a run, which define both."""
    if settings or op is not None:
        options = [option_of(name) for name in settings] or [str(op)]
        raise UsageError(f"{', '.join(options)} cannot be combined with {source}")


def _trace_keywords(op: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Convert the options to keyword arguments of `explain.trace`, and read the arrays from their files."""
    from ..explain.number_files import read_numbers
    from ..explain.operations import find_operation

    operation = find_operation(op)
    settings = dict(settings)
    if "kernel" in settings:
        settings["kernel_size"] = settings.pop("kernel")
    for name in ARRAYS:
        if name in settings:
            settings[name] = _in_full_rank(name, read_numbers(settings[name]), operation, settings)
    return settings


def _in_full_rank(name: str, array: Any, operation: Any, settings: dict[str, Any]) -> Any:
    """Add the sample and channel axes to an array from a file, because a CSV file cannot express them."""
    if name == "b":
        return array.reshape(-1)
    if operation.axes == 1 and array.ndim == 2:  # one row per channel
        return array[:, None, :] if name == "w" else array
    if name == "w" and array.ndim == 3:  # one kernel for each pair of an input and an output channel
        inner = settings.get("outputs" if operation.transposed else "channels", 1)
        per_group = max(inner // settings.get("groups", 1), 1)
        if array.shape[0] % per_group:
            raise UsageError(
                f"--w: the file has {array.shape[0]} kernels; a multiple of {per_group}, the channels per group, is "
                "needed"
            )
        return array.reshape(-1, per_group, *array.shape[1:])
    return array


def _layer_of_run(args: argparse.Namespace) -> Callable[[Any], Trace]:
    """Return a function that passes an image through a trained model and traces one layer."""
    from ..explain.layer import trace_layer

    if args.folder is None or args.layer is None or args.image is None:
        raise UsageError("--run, --layer and --image must be given together: --run RUN --layer conv1 --image digit.png")
    trained = load_for_images(args.folder)
    image = trained.read_image(args.image)
    source = {"run": str(args.folder), "image": str(args.image)}

    def make(selection: Any) -> Trace:
        trace, best = trace_layer(trained.model, args.layer, image, selection=selection, source=source)
        assert isinstance(trace.source, dict)
        trace.source["class"] = trained.class_names[best]
        return trace

    return make


# ---- the types of arguments ----


def size_per_axis(text: str) -> int | tuple[int, ...]:
    """A number, or one per axis, for example 3x5 or 3,5."""
    numbers = re.split("[x,]", text.lower())
    if len(numbers) > 2 or not all(number.strip().isdecimal() for number in numbers):
        raise argparse.ArgumentTypeError(f"must be a number, or one per axis, e.g. 3x5; got {text!r}")
    return int(text) if len(numbers) == 1 else tuple(int(number) for number in numbers)


def padding(text: str) -> Any:
    """A number or one per axis; before:after or one such pair per axis; "same" or "valid"."""
    if text in ("same", "valid"):
        return text
    if ":" not in text:
        return size_per_axis(text)
    pairs = [pair.split(":") for pair in re.split("[x,]", text.lower())]
    if len(pairs) > 2 or not all(len(pair) == 2 and all(p.strip().isdecimal() for p in pair) for pair in pairs):
        raise argparse.ArgumentTypeError(f"must be before:after for each axis, e.g. 1:0x2:1; got {text!r}")
    return tuple((int(before), int(after)) for before, after in pairs)


def channel_selection(text: str) -> dict[str, list[int]]:
    """Images or channels by number, for example o=3 or c=0,2."""
    match = re.fullmatch(r"([nco])=(\d+(?:,\d+)*)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"must be images (n=) or channels (c=, o=), e.g. o=3 or c=0,2; got {text!r}")
    return {match[1]: [int(number) for number in match[2].split(",")]}
