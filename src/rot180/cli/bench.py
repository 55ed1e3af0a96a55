"""`rot180 bench`: measure layers and training steps on this machine."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from .arguments import Commands, UsageError, add_command, positive_int, positive_number
from .exit_status import ExitStatus
from .output import add_output_file, require_writable, say

if TYPE_CHECKING:
    from ..bench.shapes import Layer

ABOUT = """\
measure layers and training steps on this machine

For each layer, the command prints the time of the forward and of the backward on
float32 images, the speed in GFLOP/s (a multiply-add counts as two operations), and
the algorithms of the forward, the input gradient and the weight gradient (one name
if all three are the same). For each training step (forward, backward, optimizer), it
prints the time. Times and speeds are medians over the rounds. Stop other programs
before you measure.
"""
EXAMPLES = (
    "rot180 bench",
    "rot180 bench layers --all --threads 1",
    "rot180 bench --only LeNet convT --engine numpy --json times.json",
)
ROW = "{:{}}  {:>10} {:>10}  {:>8} {:>8}  {}"


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "bench", run, ABOUT, EXAMPLES)
    parser.add_argument(
        "part",
        metavar="layers|steps",
        nargs="?",
        choices=("layers", "steps"),
        help="measure only this part (default: both)",
    )
    parser.add_argument("--all", action="store_true", help="include the layers of four well-known networks")
    parser.add_argument(
        "--only", nargs="+", metavar="TEXT", help="only layers and steps whose name contains a word starting with TEXT"
    )
    parser.add_argument("--engine", metavar="NAME", help="numpy or native (default: ROT180_ENGINE, or the fastest)")
    parser.add_argument(
        "--threads", type=positive_int, metavar="N", help="threads (default: ROT180_NUM_THREADS, or one per core)"
    )
    parser.add_argument(
        "--rounds", type=positive_int, default=5, metavar="N", help="rounds to measure (default: %(default)s)"
    )
    parser.add_argument(
        "--seconds", type=positive_number, default=0.1, metavar="X",
        help="run each layer or step repeatedly for this long in each round (default: %(default)s)",
    )  # fmt: skip
    add_output_file(parser, "--json", "the measurements as JSON")


def run(args: argparse.Namespace) -> ExitStatus:
    """Print each measurement as soon as it is made; write the JSON file at the end."""
    from rot180 import engine, set_num_threads

    from ..bench import machine
    from ..formats import atomic

    layers, steps = _selected(args)
    require_writable("--json", args.json)
    if args.threads is not None or not os.environ.get("ROT180_NUM_THREADS"):
        set_num_threads(args.threads or machine.cores())
    with engine(args.engine) if args.engine else nullcontext():
        environment = _environment()
        say("; ".join(_described(environment)))
        record: dict[str, Any] = {**environment, "rounds": args.rounds, "seconds": args.seconds}
        record["layers"] = _measure_layers(layers, args) if layers else []
        record["steps"] = _measure_steps(steps, args) if steps else []
    if args.json:
        atomic.write_text(args.json, json.dumps(record, indent=1) + "\n")
        print(f"\nwrote {args.json}")
    return ExitStatus.DONE


def _selected(args: argparse.Namespace) -> tuple[list[Layer], list[str]]:
    """The layers and the names of the steps to measure. Raises UsageError if there are none."""
    from ..bench import shapes, steps

    candidates = shapes.all_layers() if args.all else shapes.LAYERS
    layers = [layer for layer in candidates if args.part != "steps" and shapes.matches(layer.name, args.only)]
    step_names = [name for name in steps.STEPS if args.part != "layers" and shapes.matches(name, args.only)]
    if layers or step_names:
        return layers, step_names
    names = [layer.name for layer in candidates if args.part != "steps"]
    names += [name for name in steps.STEPS if args.part != "layers"]
    texts = " or ".join(map(repr, args.only))
    hint = "" if args.all or args.part == "steps" else "; --all has more layers"
    raise UsageError(
        f"--only: no name contains a word that starts with {texts}; the names are {', '.join(names)}{hint}"
    )


def _environment() -> dict[str, Any]:
    """The engine and the machine, as they are recorded in the JSON file."""
    from rot180 import __version__

    from ..bench import machine
    from ..kernels import extension, threads
    from ..kernels.dispatch import current_engine

    engine = current_engine().name
    return {
        "rot180": __version__,
        "engine": engine,
        "instruction_set": extension.compiled.isa() if engine == "native" else None,
        "threads": threads.get_num_threads(),
        "processor": machine.processor(),
        "cores": machine.cores(),
        "load": machine.load(),
    }


def _described(environment: dict[str, Any]) -> list[str]:
    isa = f" on {environment['instruction_set']}" if environment["instruction_set"] else ""
    threads, cores = environment["threads"], environment["cores"]
    parts = [
        f"rot180 {environment['rot180']}, engine {environment['engine']}{isa}, {threads} thread{'s' * (threads > 1)}",
        f"{environment['processor']}, {cores} core{'s' * (cores > 1)}",
    ]
    return parts if environment["load"] is None else [*parts, f"load {environment['load']:.2f}"]


def _measure_layers(layers: Sequence[Layer], args: argparse.Namespace) -> list[dict[str, Any]]:
    from ..bench import measurements

    width = max(len(layer.name) for layer in layers)
    say(f"\n{'':{width}}  {'milliseconds':^21}  {'GFLOP/s':^17}")
    say(ROW.format("layer", width, "forward", "backward", "forward", "backward", "algorithms"))
    rows = []
    for layer in layers:
        row = measurements.layer_timing(layer, args.rounds, args.seconds)
        names = row.algorithms[:1] if len(set(row.algorithms)) == 1 else row.algorithms
        times = (f"{ms:.3f}" for ms in (row.forward_ms, row.backward_ms))
        speeds = (f"{speed:.1f}" for speed in (row.forward_gflops, row.backward_gflops))
        say(ROW.format(row.name, width, *times, *speeds, ", ".join(names)))
        rows.append(row._asdict())
    return rows


def _measure_steps(names: Sequence[str], args: argparse.Namespace) -> list[dict[str, Any]]:
    from ..bench import measurements

    width = max(map(len, [*names, "training step"]))
    say(f"\n{'training step':{width}}  {'milliseconds':>12}  {'per second':>10}")
    rows = []
    for name in names:
        row = measurements.step_timing(name, args.rounds, args.seconds)
        say(f"{name:{width}}  {row.ms:12.3f}  {row.per_second:10,.1f}")
        rows.append(row._asdict())
    return rows
