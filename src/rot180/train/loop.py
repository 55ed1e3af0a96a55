"""The training loop: what `rot180 train` runs, and what a program of one's own can call.

Batches in an order of (seed, epoch), a step down the gradient for each, a line or a bar that shows how it goes, and
after every epoch the whole run on the disk. Same seed, data, threads and machine: same
bits. A loss that is no longer a number stops the run before anything is overwritten.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import functional as F
from .. import nn
from ..data import Augmentation, Augmented, DataLoader
from ..errors import Rot180Error
from ..formats.atomic import Name
from ..random import generator_for, get_rng_state, set_rng_state
from ..tape.operands import raw
from .descent import Descent
from .labelled import labelled
from .measure import evaluate
from .progress import Progress
from .run import Run, describe

_STREAM = 2  # what is drawn during an epoch (dropout), apart from its order and from the changes of its images

History = list[dict[str, float]]


class DivergedError(Rot180Error, FloatingPointError):
    """The loss or a weight became NaN or infinite."""


def fit(
    model: nn.Module,
    data: Any,
    *,
    validation: Any = None,
    epochs: int = 10,
    batch_size: int = 32,
    lr: float | None = None,
    optimizer: Any = "adam",
    weight_decay: float | None = None,
    schedule: Any = "cosine",
    warm_up: float = 0.0,
    clip_norm: float | None = None,
    loss: Any = F.cross_entropy,
    augment: Augmentation | None = None,
    workers: int = 0,
    seed: int = 0,
    out: Name | None = None,
    command: str | None = None,
    log: Callable[[str], Any] | None = print,
    bar: bool | None = None,
) -> History:
    """Train a model on labelled images; returns the metrics of every epoch.

    Args:
        model: takes (N, C, H, W), gives scores (N, classes). It is changed in place and is left in training mode.
        data: a dataset of (image, label), or a tuple (images, labels).
        validation: the same; measured after every epoch, and nothing is decided by it.
        epochs: how often every image is seen.  batch_size: images per step.
        lr: the full learning rate, by default 0.001 (0.01 for "sgd").
        optimizer: "adam", "adamw", "sgd" (momentum 0.9), "rmsprop", or an optimiser of this model's parameters, which
            brings its own lr and weight decay, and gets them back at the end.
        weight_decay: of the optimiser; by default its own.
        schedule: of the learning rate: "cosine", "one-cycle", "step", "plateau", "constant" (`descent.py` says what
            they do), or a function of (optimizer, steps) that gives a scheduler, which is stepped after each batch.
        warm_up: the share of the steps in which the rate rises from almost zero.
        clip_norm: scale the gradients down to this norm (over all parameters) where theirs is larger.
        loss: function of (scores, labels) that gives the mean over a batch.
        augment: changes the images at random, anew in every epoch (`rot180.data` has several).
        workers: threads that prepare batches ahead; they change no bit.
        seed: decides the order of the batches, the changes and dropout. The library's random state is as before after.
        out: a folder for the run: new, empty, or of an earlier run, which is replaced after the first epoch. After each
            epoch it holds model.safetensors, config.json and metrics.jsonl of that epoch.
        command: the command line that trains this run again, for its config.
        log: gets a line per epoch; None for silence.
        bar: a progress bar on stderr; by default if that is a terminal.

    Each dict holds epoch, loss, accuracy (both as they were while training went on), lr, seconds, images_per_second
    and, with validation, validation_loss and validation_accuracy.

    Raises DivergedError if the loss or a weight becomes NaN or infinite (`out` keeps the epoch before), WriteError if
    the disk is full. After Ctrl-C `out` holds the last whole epoch.
    """
    dataset = labelled("fit", data)
    held_out = None if validation is None else labelled("fit", validation)
    if epochs < 1:
        raise ValueError(f"fit: epochs must be at least 1; got {epochs}")
    if seed < 0:
        raise ValueError(f"fit: seed must be a non-negative int; got {seed}")
    if augment is not None:
        dataset = Augmented(dataset, augment, seed)
    loader = DataLoader(dataset, batch_size, shuffle=True, seed=seed, num_workers=workers)
    descent = Descent(
        model, optimizer, lr=lr, weight_decay=weight_decay, schedule=schedule, warm_up=warm_up, clip_norm=clip_norm,
        steps=epochs * len(loader),
    )  # fmt: skip
    settings = {
        "epochs": epochs, "batch_size": batch_size, "seed": seed, **descent.settings,
        "loss": getattr(loss, "__name__", type(loss).__name__), "augment": None if augment is None else augment.about(),
    }  # fmt: skip
    run = None if out is None else Run(out, describe(model, data, validation, settings) | {"command": command})
    progress = Progress(epochs, len(dataset), log, bar)
    history: History = []
    before = get_rng_state()
    try:
        # Overflow on the way to a NaN is found in the loss; NumPy's warnings would only say it twice.
        with progress, np.errstate(over="ignore", invalid="ignore"):
            for epoch in range(epochs):
                set_rng_state(dict(generator_for(seed, epoch, _STREAM).bit_generator.state))
                metrics = _epoch(model, loader, descent, loss, epoch, progress)
                if held_out is not None:
                    found = evaluate(model, held_out, batch_size=max(batch_size, 256), loss=loss)
                    metrics |= {"validation_loss": found.loss, "validation_accuracy": found.accuracy}
                _check_numbers(model, metrics)
                descent.end_epoch(metrics.get("validation_loss", metrics["loss"]))
                history.append(metrics)
                if run is not None:
                    run.save(model, history)
                progress.end_epoch(metrics)
    finally:
        set_rng_state(before)
        descent.restore()
    return history


def _epoch(
    model: nn.Module, loader: DataLoader, descent: Descent, loss: Any, epoch: int, progress: Progress
) -> dict[str, float]:
    """One pass over the data."""
    model.train()
    total, right, seen, lr = 0.0, 0, 0, 0.0
    began = time.perf_counter()
    loader.set_epoch(epoch)
    for step, (images, labels) in enumerate(loader):
        lr = descent.lr
        scores = model(images)
        value = loss(scores, labels)
        number = value.item()
        if not math.isfinite(number):
            raise DivergedError(
                f"train: the loss became {number} in epoch {epoch + 1}, batch {step + 1} of {len(loader)}; "
                "try a smaller learning rate, and look for NaN in the data"
            )
        descent.step(value)
        total += number * len(labels)
        right += int((scores.data.argmax(1) == _classes(labels)).sum())
        seen += len(labels)
        progress.advance(len(labels), total / seen)
    seconds = time.perf_counter() - began
    return {
        "epoch": epoch + 1,
        "loss": total / seen,
        "accuracy": right / seen,
        "lr": lr,
        "seconds": round(seconds, 3),
        "images_per_second": round(seen / max(seconds, 1e-9), 1),
    }


def _classes(labels: Any) -> Any:
    """The class numbers of labels; of mixed ones, which are shares of every class, the largest."""
    t = np.asarray(raw(labels))
    return t if t.ndim == 1 else t.argmax(1)


def _check_numbers(model: nn.Module, metrics: dict[str, float]) -> None:
    """The last step of an epoch can spoil the weights without a loss to show it."""
    bad = [name for name, t in model.state_dict().items() if not np.isfinite(t.data).all()]
    if bad or not math.isfinite(metrics.get("validation_loss", 0.0)):
        what = f"{bad[0]} holds NaN or infinite values" if bad else "the validation loss is no number"
        raise DivergedError(f"train: {what} after epoch {metrics['epoch']:.0f}; try a smaller learning rate")
