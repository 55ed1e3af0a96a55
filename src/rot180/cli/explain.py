"""`rot180 explain`: which cells make every number of a layer and of its gradients, in a browser or as text."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import Commands, UsageError, add_command, count, whole
from .status import ExitStatus

if TYPE_CHECKING:
    from ..explain import Trace

EXAMPLE = (
    "rot180 explain\n"
    "  rot180 explain conv-transpose2d --input 2x2 --kernel 3x3 --stride 2 --cell dx[0,0,1,1]\n"
    "  rot180 explain conv2d --input 6 --kernel 3 --padding same --dilation 2 --html page.html\n"
    "  rot180 explain conv2d --x image.csv --w kernel.csv --lang zh\n"
    "  rot180 explain --run runs/digits-small --layer conv1 --image digit.png\n"
    "  rot180 explain saved.json"
)
SETTINGS = ("stride", "dilation", "output_padding")
COUNTS = ("groups", "channels", "outputs", "images")
ARRAYS = ("x", "w", "b", "dy")
GIVEN = (
    *SETTINGS, *COUNTS, *("input", "kernel", "padding", "bias", "ceil_mode", "count_include_pad", "values", "seed"),
    *ARRAYS,
)  # fmt: skip


def add(commands: Commands) -> None:
    """Describe the command to the parser."""
    about = "show which cells make every number of a layer and of its gradients"
    parser = add_command(commands, "explain", run, about, EXAMPLE)
    parser.add_argument(
        "op", nargs="?", metavar="OP|FILE",
        help="conv1d, conv2d, conv-transpose1d, conv-transpose2d, max-pool1d, max-pool2d, avg-pool1d or avg-pool2d; or "
        "a trace that was saved; without it, an example",
    )  # fmt: skip
    layer = parser.add_argument_group("the layer")
    layer.add_argument("--input", type=sizes, metavar="HxW", help="spatial size of x; default: 5 on each axis")
    layer.add_argument("--kernel", type=sizes, metavar="RxS", help="default: 3, pools 2, on each axis")
    for name in SETTINGS:
        layer.add_argument(f"--{name.replace('_', '-')}", type=sizes, metavar="N[xN]")
    layer.add_argument("--padding", type=pads, metavar="N[xN]", help="also before:after, as 1:0x2:1; same; valid")
    for name in COUNTS:
        layer.add_argument(f"--{name}", type=count, metavar="N")
    layer.add_argument("--bias", action="store_true", default=None)
    layer.add_argument("--ceil-mode", action="store_true", default=None, help="of a pool")
    layer.add_argument("--no-count-include-pad", action="store_false", dest="count_include_pad", default=None)
    numbers = parser.add_argument_group("its numbers")
    numbers.add_argument("--values", choices=("integers", "random", "impulse"), help="default: integers")
    numbers.add_argument("--seed", type=whole, help="default: 0")
    for name in ARRAYS:
        numbers.add_argument(f"--{name}", metavar="FILE", help=f"{name} from a CSV or .npy file")
    numbers.add_argument("--run", metavar="RUN", dest="folder", help="a folder that `rot180 train` wrote")
    numbers.add_argument("--layer", metavar="NAME", help="of the run's model: its name, or conv1, pool2")
    numbers.add_argument("--image", metavar="FILE", help="what the run's model looks at")
    numbers.add_argument("--pictured", type=chosen, action="append", metavar="c=N[,N]", help="only these; also n=, o=")
    shown = parser.add_argument_group("what to do with it; by default it is shown in a browser")
    shown.add_argument("--cell", metavar="CELL", help="print one cell, as dx[0,0,1,1]: its terms and the steps to it")
    for kind, what in (("html", "the page, in one file"), ("json", "the trace"), ("npz", "the trace, for NumPy")):
        shown.add_argument(f"--{kind}", metavar="FILE", help=f"write {what}")
    shown.add_argument("--lang", choices=("en", "zh"), default="en", help="default: %(default)s")
    shown.add_argument("--port", type=whole, help="default: 8180, or a free one; 0 for a free one")
    shown.add_argument("--no-browser", action="store_true", help="say where the page is, open none")


def run(args: argparse.Namespace) -> ExitStatus:
    """Trace; then print, write or serve."""
    from .. import explain

    cell = None if args.cell is None else explain.Cell.parsed(args.cell)
    shown = _trace(args, cell)
    text = None if cell is None else explain.text(shown, cell, args.lang)
    for path, kind in ((args.json, ".json"), (args.npz, ".npz")):
        if path is not None:
            if Path(path).suffix.lower() != kind:
                raise UsageError(f"explain: --{kind[1:]} {path}: the file's name must end in {kind}")
            shown.save(path)
            _say_written(path, args.lang)
    if args.html is not None:
        explain.page(shown, args.html, language=args.lang, cell=cell)
        _say_written(args.html, args.lang)
    if text is not None:
        print(text, end="")
    if text is None and args.html is None and args.json is None and args.npz is None:
        if args.port is not None and args.port > 65535:
            raise UsageError(f"explain: --port {args.port}: a port is at most 65535")
        explain.serve(shown, port=args.port, browser=not args.no_browser, language=args.lang)
    return ExitStatus.DONE


def _say_written(path: str, language: str) -> None:
    from ..explain.strings import say

    print(say("text.wrote", language, path=path))


def _trace(args: argparse.Namespace, cell: Any) -> Trace:
    """What is to be shown; of a large layer the part that has the cell."""
    from .. import explain

    pictured = {name: numbers for found in args.pictured or [] for name, numbers in found.items()} or None
    settings = {name: getattr(args, name) for name in GIVEN if getattr(args, name) is not None}
    if args.folder is not None or args.layer is not None or args.image is not None:
        _refuse(settings, "--run", args.op)

        def made(pictured: Any) -> Trace:
            return _of_run(args, pictured)
    elif args.op is not None and (Path(args.op).suffix.lower() in (".json", ".npz")):
        _refuse(settings | ({"pictured": pictured} if pictured else {}), "a saved trace", None)
        return explain.Trace.load(args.op)
    elif args.op is None:
        _refuse(settings | ({"pictured": pictured} if pictured else {}), "the example; name an operation", None)
        return _welcome()
    else:
        settings = _with_numbers(args.op, settings)

        def made(pictured: Any) -> Trace:
            return explain.trace(args.op, **settings, pictured=pictured)

    shown = made(pictured)
    if shown.rest is not None and cell is not None and pictured is None:
        shown = made(cell.pictured(shown.request))
    return shown


def _welcome() -> Trace:
    from ..explain.make import welcome

    return welcome()


def _refuse(settings: dict[str, Any], what: str, op: str | None) -> None:
    """UsageError for settings beside something that has its own."""
    if settings or op is not None:
        named = [f"--{name.replace('_', '-')}" for name in settings] or [str(op)]
        raise UsageError(f"explain: {', '.join(named)} cannot be given with {what}")


def _with_numbers(op: str, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings under `trace`'s names, files read."""
    from ..explain.numbers import read_numbers
    from ..explain.operations import find

    operation = find(op)
    settings = dict(settings)
    if "kernel" in settings:
        settings["kernel_size"] = settings.pop("kernel")
    for name in ARRAYS:
        if name not in settings:
            continue
        array = read_numbers(settings[name])
        if name == "b":
            array = array.reshape(-1)
        elif operation.axes == 1 and array.ndim == 2:  # a row for each channel
            array = array[:, None, :] if name == "w" else array
        elif name == "w" and array.ndim == 3:  # a block for each pair of channels
            second = settings.get("outputs" if operation.transposed else "channels", 1)
            share = max(second // settings.get("groups", 1), 1)
            if array.shape[0] % share:
                raise UsageError(
                    f"explain: --w has {array.shape[0]} kernels; {share} channels per group must divide them"
                )
            array = array.reshape(-1, share, *array.shape[1:])
        settings[name] = array
    return settings


def _of_run(args: argparse.Namespace, pictured: Any) -> Trace:
    """A layer of a trained run at an image."""
    from ..data import read_image
    from ..explain.layer import trace_layer
    from ..train import load_run
    from .predict import check_range

    if args.folder is None or args.layer is None or args.image is None:
        raise UsageError("explain: --run, --layer and --image go together: --run RUN --layer conv1 --image digit.png")
    model, config = load_run(args.folder)
    about = config.get("data") or {}
    check_range(args.folder, about)
    ink = bool(about.get("ink"))
    shape = tuple(config["model"]["input_shape"])
    image = read_image(args.image, shape, ink=ink, margin=about.get("margin", 0) if ink else 0)
    source = {"run": str(args.folder), "image": str(args.image)}
    shown, best = trace_layer(model, args.layer, image, pictured=pictured, source=source)
    names = config.get("class_names") or [str(i) for i in range(config["model"]["classes"])]
    assert isinstance(shown.source, dict)
    shown.source["class"] = names[best]
    return shown


# ---- the forms of values ----


def sizes(text: str) -> int | tuple[int, ...]:
    """A number, or one per axis, as 3x5 or 3,5."""
    numbers = re.split("[x,]", text.lower())
    if len(numbers) > 2 or not all(number.strip().isdecimal() for number in numbers):
        raise argparse.ArgumentTypeError(f"a number, or one per axis as 3x5, is needed; got {text!r}")
    return int(text) if len(numbers) == 1 else tuple(int(number) for number in numbers)


def pads(text: str) -> Any:
    """A number or one per axis; before:after, or one such pair per axis; "same" or "valid"."""
    if text in ("same", "valid"):
        return text
    if ":" not in text:
        return sizes(text)
    pairs = [pair.split(":") for pair in re.split("[x,]", text.lower())]
    if len(pairs) > 2 or not all(len(pair) == 2 and all(p.strip().isdecimal() for p in pair) for pair in pairs):
        raise argparse.ArgumentTypeError(f"before:after per axis, as 1:0x2:1, is needed; got {text!r}")
    return tuple((int(before), int(after)) for before, after in pairs)


def chosen(text: str) -> dict[str, list[int]]:
    """Samples or channels, as o=3 or c=0,2."""
    found = re.fullmatch(r"([nco])=(\d+(?:,\d+)*)", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"samples or channels, as o=3 or c=0,2, are needed; got {text!r}")
    return {found[1]: [int(number) for number in found[2].split(",")]}
