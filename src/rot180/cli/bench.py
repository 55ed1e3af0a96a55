"""`rot180 bench`: how fast the layers and the training steps of the project's benchmarks run on this machine."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from .arguments import Commands, UsageError, add_command, count, rate
from .status import ExitStatus

_ABOUT = """\
Layers run forward and backward, on float32 images: milliseconds, 10^9 operations
per second (a multiply-add is two), and the algorithms that compute the forward,
the gradient of the input and that of the weight; one name where they agree.
Steps are whole training steps: forward, backward, optimiser.
Figures are medians over the rounds. Nothing else should run on the machine.
"""
_EXAMPLES = """\
rot180 bench
  rot180 bench layers --all --threads 1
  rot180 bench --only LeNet convT --engine numpy --json figures.json"""
_ROW = "{:{}}  {:>10} {:>10}  {:>8} {:>8}  {}"


def add(commands: Commands) -> None:
    """Describe the command to the parser."""
    about = "time layers and training steps on this machine"
    parser = add_command(commands, "bench", run, about, _EXAMPLES)
    parser.description = f"{parser.description}\n\n{_ABOUT}"
    parser.add_argument("part", metavar="layers|steps", nargs="?", choices=("layers", "steps"), help="default: both")
    parser.add_argument("--all", action="store_true", help="all layers, those of four well-known networks too")
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="those whose name has a word that begins so")
    parser.add_argument("--engine", help="numpy or native; default: ROT180_ENGINE, or the best that is there")
    parser.add_argument("--threads", type=count, help="default: ROT180_NUM_THREADS, or one for each core")
    parser.add_argument("--rounds", type=count, default=5, help="default: %(default)s")
    parser.add_argument(
        "--seconds", type=rate, default=0.1, help="that a round of one layer or step goes on; default: %(default)s"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")


def run(args: argparse.Namespace) -> ExitStatus:
    """Measure, a line at a time; write the file at the end."""
    from rot180 import engine, set_num_threads

    from ..bench import machine
    from ..formats import atomic

    layers, steps = _chosen(args)
    if args.json and not args.json.absolute().parent.is_dir():  # said before minutes of measuring, not after
        raise UsageError(f"--json: there is no folder {args.json.absolute().parent}")
    if args.threads is not None or not os.environ.get("ROT180_NUM_THREADS"):
        set_num_threads(args.threads or machine.cores())
    with engine(args.engine) if args.engine else nullcontext():
        where = _where()
        print("; ".join(_words(where)), flush=True)
        found: dict[str, Any] = {**where, "rounds": args.rounds, "seconds": args.seconds}
        found["layers"] = _layers(layers, args) if layers else []
        found["steps"] = _steps(steps, args) if steps else []
    if args.json:
        atomic.write_text(args.json, json.dumps(found, indent=1) + "\n")
        print(f"\n{args.json} holds the figures")
    return ExitStatus.DONE


def _chosen(args: argparse.Namespace) -> tuple[list[Any], list[str]]:
    """The layers and the names of the steps that are asked for."""
    from ..bench import shapes, steps

    every = shapes.every() if args.all else shapes.LAYERS
    layers = [layer for layer in every if args.part != "steps" and shapes.is_named(layer.name, args.only)]
    chosen = [name for name in steps.STEPS if args.part != "layers" and shapes.is_named(name, args.only)]
    if layers or chosen:
        return layers, chosen
    names = [layer.name for layer in every if args.part != "steps"]
    names += [name for name in steps.STEPS if args.part != "layers"]
    begun = " or ".join(map(repr, args.only))
    hint = "" if args.all or args.part == "steps" else "; --all has more layers"
    raise UsageError(f"--only: no name has a word that begins with {begun}; there are {', '.join(names)}{hint}")


def _where() -> dict[str, Any]:
    """The circumstances, as they go into the file."""
    from rot180 import __version__

    from ..bench import machine
    from ..kernels import engines, native, threads

    engine = engines.current().name
    return {
        "rot180": __version__,
        "engine": engine,
        "instruction_set": native.extension().isa() if engine == "native" else None,
        "threads": threads.get_num_threads(),
        "processor": machine.processor(),
        "cores": machine.cores(),
        "load": machine.load(),
    }


def _words(where: dict[str, Any]) -> list[str]:
    isa = f" on {where['instruction_set']}" if where["instruction_set"] else ""
    threads, cores = where["threads"], where["cores"]
    words = [
        f"rot180 {where['rot180']}, engine {where['engine']}{isa}, {threads} thread{'s' * (threads > 1)}",
        f"{where['processor']}, {cores} core{'s' * (cores > 1)}",
    ]
    return words if where["load"] is None else [*words, f"load {where['load']:.2f}"]


def _layers(layers: Sequence[Any], args: argparse.Namespace) -> list[dict[str, Any]]:
    from ..bench import alone

    width = max(len(layer.name) for layer in layers)
    print(f"\n{'':{width}}  {'milliseconds':^21}  {'GFLOP/s':^17}")
    print(_ROW.format("layer", width, "forward", "backward", "forward", "backward", "algorithms"), flush=True)

    def line(layer: Any) -> dict[str, Any]:
        row = alone.layer_figures(layer, args.rounds, args.seconds)
        names = row.algorithms[:1] if len(set(row.algorithms)) == 1 else row.algorithms
        times = (f"{ms:.3f}" for ms in (row.forward_ms, row.backward_ms))
        speeds = (f"{speed:.1f}" for speed in (row.forward_gflops, row.backward_gflops))
        print(_ROW.format(row.name, width, *times, *speeds, ", ".join(names)), flush=True)
        return row._asdict()

    return list(map(line, layers))


def _steps(names: Sequence[str], args: argparse.Namespace) -> list[dict[str, Any]]:
    from ..bench import alone

    width = max(map(len, [*names, "training step"]))
    print(f"\n{'training step':{width}}  {'milliseconds':>12}  {'per second':>10}", flush=True)

    def line(name: str) -> dict[str, Any]:
        row = alone.step_figures(name, args.rounds, args.seconds)
        print(f"{name:{width}}  {row.ms:12.3f}  {row.per_second:10,.1f}", flush=True)
        return row._asdict()

    return list(map(line, names))
