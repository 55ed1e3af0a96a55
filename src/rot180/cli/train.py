"""`rot180 train DATA`: train a model on a data set by name and write the run to a folder."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from . import datasets
from .arguments import Commands, add_command, count, rate, seed
from .status import ExitStatus

EPOCHS, BATCH_SIZE, LR = 25, 32, 0.003  # digits: about 99 % in a quarter of a minute on one core


def add(commands: Commands) -> None:
    """Describe the command to the parser."""
    parser = add_command(
        commands, "train", run, "train a model and write it to a folder", "rot180 train digits --epochs 10 --out runs/a"
    )
    parser.add_argument("data", metavar="DATA", help=f"the data set: {', '.join(datasets.NAMES)} (in the package)")
    parser.add_argument("--model", default="small", help="small, lenet or linear; default: %(default)s")
    parser.add_argument("--epochs", type=count, default=EPOCHS, help="passes over the images; default: %(default)s")
    parser.add_argument("--batch-size", type=count, default=BATCH_SIZE, help="images per step; default: %(default)s")
    parser.add_argument(
        "--lr", type=rate, default=LR, help="Adam's learning rate at the start; it falls to 0; default: %(default)s"
    )
    parser.add_argument(
        "--seed", type=seed, default=0, help="decides initial weights and order, to the bit; default: %(default)s"
    )
    parser.add_argument("--threads", type=count, help="threads for the kernels; default: ROT180_NUM_THREADS, or 1")
    parser.add_argument(
        "--no-augment", action="store_true", help="show the images as they are, not slightly turned and moved"
    )
    parser.add_argument(
        "--out",
        type=Path,
        help="the folder; an earlier run in it is replaced; default: runs/DATA-MODEL, numbered if that is taken",
    )


def run(args: argparse.Namespace) -> ExitStatus:
    """Train, measure on the held-out images, and say where everything is."""
    from rot180 import manual_seed, set_num_threads

    from .. import models
    from .. import train as training
    from ..data import Affine

    began = time.perf_counter()
    images, test = datasets.load(args.data, "train"), datasets.load(args.data, "test")
    if args.threads is not None or not os.environ.get("ROT180_NUM_THREADS"):
        # One by default: on these small images two win a sixth, and lose all when others keep the cores busy, because
        # BLAS's threads wait for each other by spinning (126 s for 9 was seen).
        set_num_threads(args.threads or 1)
    manual_seed(args.seed)
    shape = images.images.shape[1:]
    model = models.build(args.model, shape, len(images.classes))
    out = args.out or free_folder(Path("runs"), f"{args.data}-{args.model}")
    weights = sum(p.data.size for p in model.parameters())
    _say(f"{args.model}: {weights:,} weights, {len(images):,} images to train on, {len(test):,} held out -> {out}")
    done: list[str] = []

    def log(line: str) -> None:
        done.append(line)
        _say(line)

    try:
        training.fit(
            model,
            images,
            validation=test,
            epochs=args.epochs,
            batch_size=args.batch_size,
            lr=args.lr,
            augment=None if args.no_augment else Affine(),
            seed=args.seed,
            out=out,
            log=log,
        )
    except KeyboardInterrupt:
        _say(f"stopped: {out} holds epoch {len(done)}" if done else "stopped before the first epoch was done")
        raise
    found = training.evaluate(model, test)
    right = round(found.accuracy * found.count)
    _say(f"test accuracy {found.accuracy:.2%} ({right} of {found.count} held-out images)")
    _say(f"{time.perf_counter() - began:.1f} s; {out} holds model.safetensors, config.json, metrics.jsonl")
    return ExitStatus.DONE


def free_folder(parent: Path, name: str) -> Path:
    """parent/name, or the first of parent/name-2, -3, ... that is not there or is empty."""
    from ..train import is_free

    folder, number = parent / name, 2
    while not is_free(folder):
        folder, number = parent / f"{name}-{number}", number + 1
    return folder


def _say(line: str) -> None:
    print(line, flush=True)  # at once, also into a pipe or a file
