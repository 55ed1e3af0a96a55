"""A training run on disk: a folder with three files that always belong to the same epoch.

    model.safetensors   the weights
    config.json         how to build the model again, and how it was trained
    metrics.jsonl       one JSON object per epoch

All three files are rewritten after every epoch and moved into place together (`formats.atomic`). A run is written only
to a folder that is new, empty or an earlier run. Other files in the folder are left alone, except the report of an
earlier run, which is deleted when its run is replaced. Temporary files of a killed run are ignored, and deleted when
the next run starts in the folder.
"""

from __future__ import annotations

import contextlib
import json
import platform
from pathlib import Path
from typing import Any

import numpy as np

from .. import models, nn
from ..data import LabelledImages
from ..errors import FormatError, Rot180Error
from ..formats import atomic, safetensors
from ..formats.atomic import Name
from ..kernels import threads
from ..kernels.config import package_version
from ..kernels.dispatch import current_engine
from .labelled_data import LabelledData

KIND = "rot180 run"
VERSION = 1
MODEL, CONFIG, METRICS = "model.safetensors", "config.json", "metrics.jsonl"
REPORT = "report.html"  # the report, in the same folder
MAX_CONFIG = 1 << 24  # bytes

Config = dict[str, Any]


class NotARunError(Rot180Error, FileExistsError):
    """Raised if the output folder holds files that are not a training run; nothing is written to it."""


def describe(model: nn.Module, data: LabelledData, validation: LabelledData | None, training: dict[str, Any]) -> Config:
    """The config of a run, in plain values that JSON can hold."""
    recipe = getattr(model, "recipe", None)
    labelled_images = data if isinstance(data, LabelledImages) else None
    return {
        "kind": KIND,
        "version": VERSION,
        "model": None
        if recipe is None
        else {"name": recipe.name, "input_shape": list(recipe.input_shape), "classes": recipe.classes},
        "class_names": None if labelled_images is None else list(labelled_images.classes),
        "data": None if labelled_images is None else labelled_images.about,
        "images": {"train": _size(data), "validation": _size(validation)},
        "training": training,
        "engine": current_engine().name,
        "threads": threads.get_num_threads(),
        "versions": {
            "rot180": package_version("rot180"),
            "numpy": np.__version__,
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}",
        },
    }


def _size(data: LabelledData | None) -> int:
    return 0 if data is None else len(data[0]) if isinstance(data, tuple) else len(data)


class Run:
    """The output folder of a training run in progress.

    Args:
        out: the folder, created if it does not exist.
        config: the result of `describe`.

    Raises NotARunError if the folder holds anything but a run, WriteError if it cannot be written.
    """

    def __init__(self, out: Name, config: Config) -> None:
        self.folder = Path(out)
        self.config = config
        check_out(self.folder)
        atomic.make_folder(self.folder)
        for path in self.folder.iterdir():
            if _is_leftover(path):
                with contextlib.suppress(OSError):
                    path.unlink()

    def save(self, model: nn.Module, history: list[dict[str, float]]) -> None:
        """Write the state after the last epoch of `history`: all three files, or none if one fails."""
        weights = safetensors.dumps(model.state_dict(), {"epoch": str(len(history))})
        lines = "".join(json.dumps(metrics, allow_nan=False) + "\n" for metrics in history)
        config = json.dumps(self.config, indent=1, allow_nan=False) + "\n"
        atomic.write_files(
            {
                self.folder / MODEL: weights,
                self.folder / CONFIG: config.encode(),
                self.folder / METRICS: lines.encode(),
            }
        )
        report = self.folder / REPORT  # describes the run that was just replaced
        if report.is_file():  # devices and pipes are kept
            with contextlib.suppress(OSError):
                report.unlink()


def check_out(folder: Path) -> None:
    """Raise NotARunError or WriteError if a run cannot be written to this folder; nothing is created."""
    if folder.exists() and not (is_free(folder) or is_run(folder)):
        raise NotARunError(
            f"train: {folder} exists and is not a rot180 run; nothing was written. Choose another folder"
        )
    atomic.check_folder(folder)


def _is_leftover(path: Path) -> bool:
    return atomic.leftover_of(path) in (MODEL, CONFIG, METRICS)


def is_free(folder: Path) -> bool:
    """True if the folder does not exist, or holds nothing but temporary files of a killed run."""
    return not folder.exists() or (folder.is_dir() and all(map(_is_leftover, folder.iterdir())))


def is_run(folder: Path) -> bool:
    """True if the folder was written by a training run."""
    try:
        return _read_config(folder).get("kind") == KIND
    except (OSError, FormatError):
        return False


def load_run(path: Name, model: nn.Module | None = None) -> tuple[nn.Module, Config]:
    """Load the trained model of a run, in evaluation mode, and its config.

    Args:
        path: the folder of the run.
        model: the model to load the weights into, if the run's model was not made by `models.build`.

    Raises FileNotFoundError if a file is missing, FormatError if one is damaged or does not fit the model.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise FileNotFoundError(2, f"load_run: there is no folder {folder}; train one with: rot180 train digits")
    config = _read_config(folder)
    if config.get("kind") != KIND:
        raise FormatError(f"load_run: {folder / CONFIG} is not the config of a rot180 run")
    if config.get("version") != VERSION:
        raise FormatError(
            f"load_run: {folder / CONFIG} has version {config.get('version')!r}; this rot180 reads {VERSION}"
        )
    if not isinstance(config.get("data"), dict | None):
        raise FormatError(f"load_run: {folder / CONFIG} has data {config['data']!r}; an object or null is needed")
    weights = safetensors.load(folder / MODEL)  # fails early if the file is missing, before the model is built
    for name, weight in weights.items():
        if not np.isfinite(weight).all():
            raise FormatError(f"load_run: {folder / MODEL}: {name} holds NaN or infinite values; the file is damaged")
    if model is None:
        model = _build(config, folder / CONFIG)
    try:
        model.load_state_dict(weights)
    except FormatError as error:
        raise FormatError(f"load_run: {folder / MODEL} does not fit {folder / CONFIG}: {error}") from error
    return model.eval(), config


def _read_config(folder: Path) -> Config:
    path = folder / CONFIG
    if not path.is_file():
        raise FileNotFoundError(2, f"load_run: {folder} is not a run: it has no {CONFIG}")
    if path.stat().st_size > MAX_CONFIG:
        raise FormatError(f"load_run: {path} is larger than {MAX_CONFIG:,} bytes")
    try:
        config = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise FormatError(f"load_run: {path} is not JSON: {error}") from error
    if not isinstance(config, dict):
        raise FormatError(f"load_run: {path} holds a {type(config).__name__}; an object is needed")
    return config


def _build(config: Config, path: Path) -> nn.Module:
    """Build the model that a config names; `models.build` rejects sizes that would take more than a gigabyte."""
    recipe = config.get("model")
    if recipe is None:
        raise FormatError(
            f"load_run: {path} does not name a model, because models.build did not make it; pass the model as model="
        )
    try:
        name, shape, classes = recipe["name"], tuple(recipe["input_shape"]), recipe["classes"]
        if not all(type(size) is int for size in [*shape, classes]):
            raise TypeError(f"sizes {shape}, {classes} are not all integers")
        model = models.build(name, shape, classes)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"load_run: {path} does not describe a model: {error}") from error
    names = config.get("class_names")
    if names is not None and not (
        isinstance(names, list) and len(names) == classes and all(isinstance(name, str) for name in names)
    ):
        raise FormatError(f"load_run: {path} has class_names {names!r}; its model needs a list of {classes} strings")
    return model
