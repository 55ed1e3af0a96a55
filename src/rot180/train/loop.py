"""The training loop behind `rot180 train`, for use in programs.

Each epoch shuffles the data by (seed, epoch), makes one optimizer step per batch, logs the progress and saves the run.
With the same seed, data and number of threads, results on the same machine are bit-identical. If the loss becomes NaN
or infinite, training stops before anything is overwritten.
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
from ..optim.optimizer import Optimizer
from ..random import generator_for, get_rng_state, set_rng_state
from ..tape import Tensor
from ..tape.operands import raw
from .evaluation import evaluate
from .labelled_data import LabelledData, as_dataset
from .optimization import Optimization, Schedule
from .progress import Progress
from .run import Run, describe

_STREAM = 2  # the random stream of dropout; the shuffling and the augmentation use other streams of the same seed
Loss = Callable[[Tensor, Any], Tensor]  # (scores, labels) -> mean over the batch

History = list[dict[str, float]]


class DivergedError(Rot180Error, FloatingPointError):
    """The loss or a weight became NaN or infinite."""


def fit(
    model: nn.Module,
    data: LabelledData,
    *,
    validation: LabelledData | None = None,
    epochs: int = 10,
    batch_size: int = 32,
    lr: float | None = None,
    optimizer: str | Optimizer = "adam",
    weight_decay: float | None = None,
    schedule: Schedule = "cosine",
    warm_up: float = 0.0,
    clip_norm: float | None = None,
    loss: Loss = F.cross_entropy,
    augment: Augmentation | None = None,
    workers: int = 0,
    seed: int = 0,
    out: Name | None = None,
    command: str | None = None,
    log: Callable[[str], object] | None = print,
    bar: bool | None = None,
) -> History:
    """Train a model on labelled images and return the metrics of every epoch.

    Args:
        model: maps images (N, C, H, W) to scores (N, classes). Changed in place; in training mode afterwards.
        data: a dataset of (image, label), or a tuple (images, labels).
        validation: data of the same form, on which the model is evaluated after every epoch. Of the schedules, only
            "plateau" depends on the results.
        epochs: the number of passes over the data (default: 10).  batch_size: images per step (default: 32).
        lr: the full learning rate (default: 0.001; 0.01 for "sgd").
        optimizer: "adam", "adamw", "sgd" (momentum 0.9), "rmsprop", or an optimizer object with this model's
            parameters. An object keeps its own lr and weight decay, which are restored at the end.
        weight_decay: the weight decay (default: the optimizer's default).
        schedule: the learning-rate schedule: "cosine", "one-cycle", "step", "plateau", "constant" (see
            `train/optimization.py`), or a function (optimizer, steps) that returns a scheduler, stepped per batch.
        warm_up: the share of the steps in which the rate rises from almost zero (default: 0).
        clip_norm: if the norm of all gradients together is larger, scale them down to this norm (default: no limit).
        loss: a function (scores, labels) that returns the mean over the batch (default: cross entropy).
        augment: a random augmentation, applied to the images in every epoch (see `rot180.data`).
        workers: the number of threads that prepare batches; the results do not depend on it.
        seed: the seed of the shuffling, the augmentation and dropout. The library's own random state does not change.
        out: a folder for the run: a new or empty folder, or the folder of an earlier run, which is replaced after the
            first epoch. After each epoch it holds model.safetensors, config.json and metrics.jsonl.
        command: the command line of this run, saved in its config.
        log: called with one line per epoch; None for no output.
        bar: show a progress bar on stderr (default: if stderr is a terminal).

    Returns one dict per epoch with epoch, loss, accuracy (both measured during training), lr, seconds,
    images_per_second and, with validation, validation_loss and validation_accuracy.

    Raises DivergedError if the loss or a weight becomes NaN or infinite (`out` keeps the files of the previous epoch),
    WriteError if the disk is full. After Ctrl-C, `out` holds the last finished epoch.
    """
    dataset = as_dataset("fit", data)
    validation_set = None if validation is None else as_dataset("fit", validation)
    if epochs < 1:
        raise ValueError(f"fit: epochs must be at least 1; got {epochs}")
    if seed < 0:
        raise ValueError(f"fit: seed must be a non-negative int; got {seed}")
    if augment is not None:
        dataset = Augmented(dataset, augment, seed)
    loader = DataLoader(dataset, batch_size, shuffle=True, seed=seed, num_workers=workers)
    optimization = Optimization(
        model, optimizer, lr=lr, weight_decay=weight_decay, schedule=schedule, warm_up=warm_up, clip_norm=clip_norm,
        steps=epochs * len(loader),
    )  # fmt: skip
    settings = {
        "epochs": epochs, "batch_size": batch_size, "seed": seed, **optimization.settings,
        "loss": getattr(loss, "__name__", type(loss).__name__), "augment": None if augment is None else augment.about(),
    }  # fmt: skip
    run = None if out is None else Run(out, describe(model, data, validation, settings) | {"command": command})
    progress = Progress(epochs, len(dataset), log, bar)
    history: History = []
    before = get_rng_state()
    try:
        # The loss is checked for NaN, so NumPy's warnings about overflow would only repeat the error.
        with progress, np.errstate(over="ignore", invalid="ignore"):
            for epoch in range(epochs):
                set_rng_state(dict(generator_for(seed, epoch, _STREAM).bit_generator.state))
                metrics = _train_epoch(model, loader, optimization, loss, epoch, progress)
                if validation_set is not None:
                    result = evaluate(model, validation_set, batch_size=max(batch_size, 256), loss=loss)
                    metrics |= {"validation_loss": result.loss, "validation_accuracy": result.accuracy}
                _check_finite(model, metrics)
                optimization.end_epoch(metrics.get("validation_loss", metrics["loss"]))
                history.append(metrics)
                if run is not None:
                    run.save(model, history)
                progress.end_epoch(metrics)
    finally:
        set_rng_state(before)
        optimization.restore()
    return history


def _train_epoch(
    model: nn.Module, loader: DataLoader, optimization: Optimization, loss: Loss, epoch: int, progress: Progress
) -> dict[str, float]:
    """Train for one pass over the data and return its metrics."""
    model.train()
    total_loss, correct, images_done, lr = 0.0, 0, 0, 0.0
    start = time.perf_counter()
    loader.set_epoch(epoch)
    for step, (images, labels) in enumerate(loader):
        lr = optimization.lr
        scores = model(images)
        value = loss(scores, labels)
        number = value.item()
        if not math.isfinite(number):
            raise DivergedError(
                f"train: the loss became {number} in epoch {epoch + 1}, batch {step + 1} of {len(loader)}; "
                "try a smaller learning rate, and check the data for NaN"
            )
        optimization.step(value)
        total_loss += number * len(labels)
        correct += int((scores.data.argmax(1) == _class_numbers(labels)).sum())
        images_done += len(labels)
        progress.advance(len(labels), total_loss / images_done)
    seconds = time.perf_counter() - start
    return {
        "epoch": epoch + 1,
        "loss": total_loss / images_done,
        "accuracy": correct / images_done,
        "lr": lr,
        "seconds": round(seconds, 3),
        "images_per_second": round(images_done / max(seconds, 1e-9), 1),
    }


def _class_numbers(labels: Any) -> Any:
    """The class numbers (N,) of labels; for class probabilities (N, classes), the most probable class."""
    t = np.asarray(raw(labels))
    return t if t.ndim == 1 else t.argmax(1)


def _check_finite(model: nn.Module, metrics: dict[str, float]) -> None:
    """Raise DivergedError if a weight or the validation loss is NaN or infinite after the last update of an epoch."""
    bad = [name for name, t in model.state_dict().items() if not np.isfinite(t.data).all()]
    if bad or not math.isfinite(metrics.get("validation_loss", 0.0)):
        problem = f"{bad[0]} holds NaN or infinite values" if bad else "the validation loss is NaN or infinite"
        raise DivergedError(f"train: {problem} after epoch {metrics['epoch']:.0f}; try a smaller learning rate")
