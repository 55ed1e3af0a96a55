"""Progress output of a training run: a progress bar on a terminal and one line per epoch."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any


class Progress:
    """Shows the progress of a run; used as a `with` block, so that the bar is always cleared.

    Args:
        epochs: the number of epochs.  images: the number of images per epoch.
        log: called with one line per epoch; None for no output.
        bar: show a progress bar; None: only if stderr is a terminal.
    """

    def __init__(self, epochs: int, images: int, log: Callable[[str], object] | None, bar: bool | None) -> None:
        self.epochs, self.images, self.log = epochs, images, log
        self._bar: Any = None
        self._show_bar = (log is not None and sys.stderr is not None and sys.stderr.isatty()) if bar is None else bar
        self._start = time.perf_counter()

    def __enter__(self) -> Progress:
        self._start = time.perf_counter()
        if self._show_bar:
            from tqdm import tqdm

            self._bar = tqdm(total=self.epochs * self.images, unit=" images", leave=False, dynamic_ncols=True)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def advance(self, images: int, loss: float) -> None:
        """Report that `images` more images are done, with the mean loss of the epoch so far."""
        if self._bar is not None:
            self._bar.set_postfix_str(f"loss {loss:.4f}", refresh=False)
            self._bar.update(images)

    def end_epoch(self, metrics: dict[str, float]) -> None:
        """Log the line of a finished epoch."""
        if self.log is None:
            return
        epoch = int(metrics["epoch"])
        remaining = (time.perf_counter() - self._start) / epoch * (self.epochs - epoch)
        text = line(metrics, self.epochs, remaining)
        if self._bar is None:
            self.log(text)
        else:
            self._bar.clear()
            self.log(text)
            self._bar.refresh()


def line(metrics: dict[str, float], epochs: int, left: float) -> str:
    """The log line of one epoch; `left` is the estimated remaining time in seconds."""
    validation = ""
    if "validation_loss" in metrics:
        validation = (
            f" | validation: loss {metrics['validation_loss']:.4f}, accuracy {metrics['validation_accuracy']:.2%}"
        )
    return (
        f"epoch {int(metrics['epoch']):{len(str(epochs))}}/{epochs}: "
        f"loss {metrics['loss']:.4f}, accuracy {metrics['accuracy']:.2%}{validation} | "
        f"{metrics['images_per_second']:,.0f} images/s, {duration(left)} left"
    )


def duration(seconds: float) -> str:
    """Format seconds as 2:03, or 1:02:03 from one hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
