"""`rot180 train DATA`: train a model on a named data set or on a folder of images, and write the run to a folder."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Any

from . import datasets
from .arguments import Commands, UsageError, add_command, amount, count, one_line, part, rate, share, sides, whole
from .recipes import AUGMENTATIONS, augmentation, recipe
from .status import ExitStatus

_ABOUT = """\
DATA is digits (they come with rot180), mnist, fashion-mnist or cifar10 (say with
--data where their files lie, or fetch them with --download), or the path of a
folder that has a folder of images for each class: photographs/cat/1.png,
photographs/dog/1.png, or of a .npz file with images and labels. Of such images
a fifth of each class is held out, unless they are divided into train and test.
Reading pictures needs Pillow, the extra "image"; the pictures of the report need
matplotlib, the extra "report": pip install pillow matplotlib
"""
_EXAMPLES = """\
rot180 train digits
  rot180 train mnist --data ~/mnist --out runs/mnist
  rot180 train photographs --size 32 --epochs 20"""


def add(commands: Commands) -> None:
    """Describe the command to the parser."""
    parser = add_command(commands, "train", run, "train a model and write it to a folder", _EXAMPLES)
    parser.description = f"{parser.description}\n\n{_ABOUT}"
    parser.add_argument("source", metavar="DATA", help="a named data set, or the path of images")
    _add_data(parser.add_argument_group("data"))
    _add_training(parser.add_argument_group("training"))
    parser.add_argument(
        "--out",
        type=Path,
        help="the folder; an earlier run in it is replaced; default: runs/DATA-MODEL, numbered if that is taken",
    )
    parser.add_argument("--no-report", action="store_true", help="write no report.html")


def _add_data(group: Any) -> None:
    datasets.add_place(group)
    group.add_argument(
        "--download", action="store_true", help="fetch a named set unless it is there; needs pooch, the extra download"
    )
    group.add_argument("--mirror", metavar="URL", help="a folder on the web to download the files from instead")
    group.add_argument(
        "--size",
        type=sides,
        metavar="N|HxW",
        help="of one's own images, to which all are stretched; default: their median, at most 64",
    )
    group.add_argument(
        "--held-out", type=part, metavar="SHARE", help="of one's own images, to measure on; default: 0.2"
    )
    group.add_argument(
        "--layout", choices=("NCHW", "NHWC"), help="of images in a .npz file, where both could be; default: as they fit"
    )
    group.add_argument(
        "--unreadable", choices=("skip", "refuse"), help="what to do with files that cannot be read; default: skip"
    )


def _add_training(group: Any) -> None:
    group.add_argument(
        "--model",
        help="small, stages, resnet20, lenet or linear; default: small for images below 16x16, else stages",
    )
    group.add_argument("--epochs", type=count, help="passes over the images; default: by the data")
    group.add_argument("--batch-size", type=count, help="images per step; default: by the data")
    group.add_argument("--lr", type=rate, help="the full learning rate; default: by the data")
    group.add_argument("--optimizer", default="adam", help="adam, adamw, sgd or rmsprop; default: %(default)s")
    group.add_argument("--weight-decay", type=amount, help="default: the optimizer's own")
    group.add_argument(
        "--schedule", default="cosine", help="cosine, one-cycle, step, plateau or constant; default: %(default)s"
    )
    group.add_argument("--warm-up", type=share, default=0.0, metavar="SHARE", help="of the steps; default: 0")
    group.add_argument("--clip-norm", type=rate, help="the largest norm of the gradients; default: none")
    names = "; ".join(f"{name}: {what}" for name, what in AUGMENTATIONS.items())
    group.add_argument(
        "--augment", metavar="NAMES", help=f"none, or names with commas between them ({names}); default: by the data"
    )
    group.add_argument("--no-augment", action="store_const", const="none", dest="augment", help="the same as none")
    group.add_argument(
        "--seed", type=whole, default=0, help="decides initial weights and order, to the bit; default: %(default)s"
    )
    group.add_argument(
        "--workers", type=whole, default=0, help="threads that prepare batches ahead; no bit changes; default: 0"
    )
    group.add_argument("--threads", type=count, help="threads for the kernels; default: ROT180_NUM_THREADS, or 1")


def run(args: argparse.Namespace) -> ExitStatus:
    """Train, measure on the held-out images, and say where everything is."""
    from rot180 import manual_seed, set_num_threads

    from .. import models
    from .. import train as training

    began = time.perf_counter()
    if args.download:
        datasets.fetch(args.source, args.root, args.mirror)
    elif args.mirror:
        raise UsageError("--mirror goes with --download")
    images, test = datasets.load(args.source, args.root, _options(args))
    for line in datasets.say_skipped(images):
        _say(line)
    if args.threads is not None or not os.environ.get("ROT180_NUM_THREADS"):
        # One by default: on these small images two win a sixth, and lose all when others keep the cores busy, because
        # BLAS's threads wait for each other by spinning (126 s for 9 was seen).
        set_num_threads(args.threads or 1)
    manual_seed(args.seed)
    shape = images.images.shape[1:]
    chosen = recipe(images)
    name = args.model or chosen.model or models.default(shape)
    model = models.build(name, shape, len(images.classes))
    out = args.out or free_folder(Path("runs"), f"{datasets.name_of(args.source)}-{name}")
    _say(_first_line(name, model, images, test, out))
    done: list[str] = []

    def log(line: str) -> None:
        done.append(line)
        _say(line)

    try:
        training.fit(
            model,
            images,
            validation=test,
            epochs=args.epochs or chosen.epochs,
            batch_size=args.batch_size or chosen.batch_size,
            lr=args.lr or (chosen.lr if args.optimizer in ("adam", "adamw") else None),
            optimizer=args.optimizer,
            weight_decay=args.weight_decay,
            schedule=args.schedule,
            warm_up=args.warm_up,
            clip_norm=args.clip_norm,
            augment=augmentation(args.augment or chosen.augment, images),
            workers=args.workers,
            seed=args.seed,
            out=out,
            command=args.command_line,
            log=log,
        )
    except KeyboardInterrupt:
        _say(f"stopped: {out} holds epoch {len(done)}" if done else "stopped before the first epoch was done")
        raise
    found = training.evaluate(model, test)
    right = round(found.accuracy * found.count)
    _say(f"test accuracy {found.accuracy:.2%} ({right} of {found.count} held-out images)")
    files = "model.safetensors, config.json, metrics.jsonl"
    if not args.no_report:
        training.report.write(out, test)
        files += ", report.html"
    _say(f"{time.perf_counter() - began:.1f} s; {out} holds {files}")
    return ExitStatus.DONE


def _options(args: argparse.Namespace) -> dict[str, Any]:
    """What was said about images of one's own."""
    given = {
        "size": args.size,
        "share": args.held_out,
        "layout": args.layout,
        "on_error": None if args.unreadable is None else {"skip": "skip", "refuse": "raise"}[args.unreadable],
    }
    return {name: value for name, value in given.items() if value is not None}


def _first_line(name: str, model: Any, images: Any, test: Any, out: Path) -> str:
    weights = sum(p.data.size for p in model.parameters())
    channels, height, width = images.images.shape[1:]
    colour = {1: "grey", 3: "colour"}.get(channels, f"{channels} channels")
    return (
        f"{name}: {weights:,} weights; {len(images.classes)} classes, {height}x{width} {colour}, "
        f"{len(images):,} images to train on, {len(test):,} held out -> {one_line(str(out))}"
    )


def free_folder(parent: Path, name: str) -> Path:
    """parent/name, or the first of parent/name-2, -3, ... that is not there or is empty."""
    from ..train import is_free

    folder, number = parent / name, 2
    while not is_free(folder):
        folder, number = parent / f"{name}-{number}", number + 1
    return folder


def _say(line: str) -> None:
    print(line, flush=True)  # at once, also into a pipe or a file
