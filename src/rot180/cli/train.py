"""`rot180 train DATA`: train a model on a named data set or on your own images, and write the run to a folder."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import datasets
from .arguments import (
    Commands,
    Group,
    add_command,
    add_seed,
    fraction_below_1,
    image_size,
    non_negative_int,
    non_negative_number,
    positive_fraction,
    positive_int,
    positive_number,
    require_known,
)
from .exit_status import ExitStatus
from .output import one_line, say
from .recipes import AUGMENTATIONS, Recipe, augmentation, augmentation_names, recipe_for

if TYPE_CHECKING:
    from ..data import LabelledImages

ABOUT = """\
train a model and write it to a folder

DATA is one of:
  digits                          8x8 digits that come with rot180
  mnist, fashion-mnist, cifar10   data sets; their files are read from the folder
                                  --data, or downloaded with --download
  a folder                        one folder of images per class, for example
                                  photos/cat/1.png and photos/dog/1.png
  a .npz file                     arrays of images and labels

If a folder has the subfolders train and test, the model is trained on train and tested
on test. Otherwise a fifth of each class is held out to measure the accuracy.

Reading image files needs Pillow (the extra "image"). The pictures of the report
need matplotlib (the extra "report").
"""
EXAMPLES = (
    "rot180 train digits",
    "rot180 train mnist --data ~/mnist --out runs/mnist",
    "rot180 train photos --size 32 --epochs 20",
)
BY_DATA = "(default: depends on the data set)"


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "train", run, ABOUT, EXAMPLES)
    parser.add_argument("source", metavar="DATA", help="name of a data set, or path of your images")
    _add_data(parser.add_argument_group("data"))
    _add_training(parser.add_argument_group("training"))
    output = parser.add_argument_group("output")
    output.add_argument(
        "--out", type=Path, metavar="DIR",
        help="folder for the run; an earlier run in it is replaced (default: runs/DATA-MODEL, with a number if taken)",
    )  # fmt: skip
    output.add_argument("--no-report", action="store_true", help="do not write report.html")


def _add_data(group: Group) -> None:
    datasets.add_files_folder(group)
    group.add_argument(
        "--download", action="store_true",
        help="download the files of a named data set if they are missing; needs pooch (the extra download)",
    )  # fmt: skip
    group.add_argument("--mirror", metavar="URL", help="download from this URL instead; needs --download")
    group.add_argument(
        "--size", type=image_size, metavar="N|HxW",
        help="resize images to this size (default: the median size of the images, at most 64)",
    )  # fmt: skip
    group.add_argument(
        "--held-out", type=positive_fraction, metavar="FRACTION", help="fraction of images to hold out (default: 0.2)"
    )
    group.add_argument(
        "--layout", choices=("NCHW", "NHWC"), help="layout of the images in a .npz file (default: inferred)"
    )
    group.add_argument(
        "--unreadable", choices=("skip", "refuse"), help="skip unreadable image files, or stop (default: skip)"
    )


def _add_training(group: Group) -> None:
    group.add_argument(
        "--model", metavar="NAME",
        help="small, stages, resnet20, lenet or linear (default: small for images below 16x16, otherwise stages)",
    )  # fmt: skip
    group.add_argument("--epochs", type=positive_int, metavar="N", help=f"passes over the images {BY_DATA}")
    group.add_argument("--batch-size", type=positive_int, metavar="N", help=f"images per step {BY_DATA}")
    group.add_argument("--lr", type=positive_number, metavar="X", help=f"peak learning rate {BY_DATA}")
    group.add_argument(
        "--optimizer", default="adam", metavar="NAME", help="adam, adamw, sgd or rmsprop (default: %(default)s)"
    )
    group.add_argument(
        "--weight-decay",
        type=non_negative_number,
        metavar="X",
        help="weight decay (default: depends on the optimizer)",
    )
    group.add_argument(
        "--schedule", default="cosine", metavar="NAME",
        help="learning rate schedule: cosine, one-cycle, step, plateau or constant (default: %(default)s)",
    )  # fmt: skip
    group.add_argument(
        "--warm-up", type=fraction_below_1, default=0.0, metavar="FRACTION",
        help="fraction of the steps in which the learning rate rises to its peak (default: 0)",
    )  # fmt: skip
    group.add_argument(
        "--clip-norm", type=positive_number, metavar="X", help="clip the norm of all gradients to X (default: off)"
    )
    choices = "; ".join(f"{name}: {about}" for name, about in AUGMENTATIONS.items())
    augment = group.add_mutually_exclusive_group()
    augment.add_argument(
        "--augment", type=augmentation_names, metavar="NAMES",
        help=f"augmentations of the training images: none, or names separated by commas ({choices}) {BY_DATA}",
    )  # fmt: skip
    augment.add_argument("--no-augment", action="store_const", const=(), dest="augment", help="same as --augment none")
    add_seed(group, "seed of the initial weights, the order of the images and the augmentations")
    group.add_argument(
        "--workers", type=non_negative_int, default=0, metavar="N",
        help="threads that prepare batches; they do not change the result (default: 0)",
    )  # fmt: skip
    group.add_argument(
        "--threads", type=positive_int, metavar="N", help="threads of the kernels (default: ROT180_NUM_THREADS, or 1)"
    )


def run(args: argparse.Namespace) -> ExitStatus:
    """Train, measure on the held-out images, write the report."""
    from rot180 import manual_seed

    from .. import models
    from .. import train as training

    start = time.perf_counter()
    _check_options(args)
    if args.download:
        datasets.fetch(args.source, args.root, args.mirror)
    images, test = datasets.load(args.source, args.root, _data_options(args))
    skipped = datasets.skipped_line(images)
    if skipped:
        say(skipped)
    manual_seed(args.seed)
    shape = images.images.shape[1:]
    recipe = recipe_for(images)
    name = args.model or recipe.model or models.default(shape)
    model = models.build(name, shape, len(images.classes))
    out = args.out or free_folder(Path("runs"), f"{datasets.name_of(args.source)}-{name}")
    say(_first_line(name, model, images, test, out))
    _fit(args, recipe, model, images, test, out)
    metrics = training.evaluate(model, test)
    correct = round(metrics.accuracy * metrics.count)
    say(f"test accuracy {metrics.accuracy:.2%} ({correct} of {metrics.count} held-out images)")
    files = "model.safetensors, config.json, metrics.jsonl"
    if not args.no_report:
        training.report.write(out, test)
        files += ", report.html"
    say(f"wrote {files} to {one_line(str(out))} in {time.perf_counter() - start:.1f} s")
    return ExitStatus.DONE


def _check_options(args: argparse.Namespace) -> None:
    """Raise an error for invalid options before any data are read, and set the number of threads."""
    from rot180 import set_num_threads

    from .. import models
    from .. import train as training

    datasets.check_download(args.source, args.download, args.mirror)
    if args.model is not None:
        require_known("--model", "model", args.model, models.names())
    training.check_settings(
        args.optimizer, lr=args.lr, weight_decay=args.weight_decay, schedule=args.schedule, warm_up=args.warm_up,
        clip_norm=args.clip_norm,
    )  # fmt: skip
    if args.out is not None:
        training.check_out(args.out)
    if args.threads is not None or not os.environ.get("ROT180_NUM_THREADS"):
        # The default is one thread. On small images two threads are a sixth faster. But if other processes use the
        # cores, the threads of the BLAS wait for each other by spinning (one measurement: 126 s instead of 9 s).
        set_num_threads(args.threads or 1)


def _fit(
    args: argparse.Namespace, recipe: Recipe, model: Any, images: LabelledImages, test: LabelledImages, out: Path
) -> None:
    """Call `train.fit` with the options. The recipe supplies the settings that are not given."""
    from .. import train as training

    epochs_done = 0

    def log(line: str) -> None:
        nonlocal epochs_done
        epochs_done += 1
        say(line)

    default_lr = recipe.lr if args.optimizer in ("adam", "adamw") else None
    try:
        training.fit(
            model,
            images,
            validation=test,
            epochs=args.epochs or recipe.epochs,
            batch_size=args.batch_size or recipe.batch_size,
            lr=args.lr or default_lr,
            optimizer=args.optimizer,
            weight_decay=args.weight_decay,
            schedule=args.schedule,
            warm_up=args.warm_up,
            clip_norm=args.clip_norm,
            augment=augmentation(recipe.augment if args.augment is None else args.augment, images),
            workers=args.workers,
            seed=args.seed,
            out=out,
            command=args.command_line,
            log=log,
        )
    except KeyboardInterrupt:
        say(f"stopped; {out} holds epoch {epochs_done}" if epochs_done else "stopped during the first epoch")
        raise


def _data_options(args: argparse.Namespace) -> dict[str, Any]:
    """The options for the user's own images, as keyword arguments of `data.load_parts`."""
    options = {
        "size": args.size,
        "share": args.held_out,
        "layout": args.layout,
        "on_error": None if args.unreadable is None else {"skip": "skip", "refuse": "raise"}[args.unreadable],
    }
    return {name: value for name, value in options.items() if value is not None}


def _first_line(name: str, model: Any, images: LabelledImages, test: LabelledImages, out: Path) -> str:
    weights = sum(p.data.size for p in model.parameters())
    channels, height, width = images.images.shape[1:]
    colour = {1: "grey", 3: "colour"}.get(channels, f"{channels} channels")
    return (
        f"{name}: {weights:,} weights; {len(images.classes)} classes, {height}x{width} {colour}, "
        f"{len(images):,} training images, {len(test):,} held out -> {one_line(str(out))}"
    )


def free_folder(parent: Path, name: str) -> Path:
    """parent/name, or the first of parent/name-2, -3, ... that does not exist or is empty."""
    from ..train import is_free

    folder, number = parent / name, 2
    while not is_free(folder):
        folder, number = parent / f"{name}-{number}", number + 1
    return folder
