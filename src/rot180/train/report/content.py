"""The content of a report as plain values: read from the folder of a run, and measured on test images."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ... import nn
from ...data.dataset import Sized
from ...errors import FormatError, Rot180Error
from ...formats.atomic import Name
from ..labelled_data import LabelledData, as_dataset
from ..run import METRICS, load_run
from ..summary import Row, summary
from .feature_maps import ImageTrace, trace_image
from .filters import Filters, first_filters
from .predictions import Predictions, predict

MAX_METRICS = 1 << 26  # bytes
History = list[dict[str, float]]


@dataclass(frozen=True)
class Content:
    """Everything that the page shows. If a value is None, `why_missing` has a clause with the reason.

    Attributes:
        run: the folder's name.  model: the model's name.  data: the data set's name, None if it has none.
        parameters: the number of parameter values of the model.
        config: the run's config, which is not checked and may be incomplete.  command: the command that repeats the
            run, if known.
        history: one dict per epoch, each with a finite "epoch", "loss" and "accuracy".
        classes: one name per score of the model; empty if unknown.
    """

    run: str
    model: str
    data: str | None
    parameters: int
    config: dict[str, Any]
    command: str | None
    history: History
    classes: tuple[str, ...]
    predictions: Predictions | None
    layers: list[Row] | None
    filters: Filters | None
    image: ImageTrace | None
    why_missing: dict[str, str]

    def setting(self, *keys: str) -> Any:
        """The value in the config under these nested keys, or None."""
        value: Any = self.config
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value


def collect(folder: Name, held_out: LabelledData | None, model: nn.Module | None, command: str | None) -> Content:
    """Collect the content of a report; arguments and errors are those of `write`."""
    model, config = load_run(folder, model)
    history = read_history(Path(folder) / METRICS)
    dataset = None if held_out is None else as_dataset("report", held_out)
    why_missing: dict[str, str] = {}
    predictions = image = layers = filters = None
    if dataset is None:
        why_missing["predictions"] = why_missing["image"] = "no test images were given."
    else:
        predictions = predict(model, dataset)
        image = trace_image(model, dataset, predictions)
    shape = _input_shape(config, dataset)
    if shape is None:
        why_missing["layers"] = "the input shape is unknown: the run does not record it and there are no test images."
        why_missing["filters"] = why_missing["layers"]
    else:
        try:
            layers = summary(model, shape)
        except Rot180Error as error:
            raise FormatError(f"report: the model of {folder} rejects inputs of shape {shape}: {error}") from error
        filters, why_missing["filters"] = first_filters(model, shape)
    recipe = config.get("model")
    return Content(
        run=Path(folder).resolve().name,
        model=str(recipe["name"]) if isinstance(recipe, dict) else type(model).__name__,
        data=_data_name(config.get("data")),
        parameters=sum(p.data.size for p in model.parameters()),
        config=config,
        command=command if command is not None else _nonempty_string(config.get("command")),
        history=history,
        classes=_class_names(config, dataset, predictions),
        predictions=predictions,
        layers=layers,
        filters=filters,
        image=image,
        why_missing=why_missing,
    )


def read_history(path: Path) -> History:
    """Read the metrics of every epoch.

    Raises FileNotFoundError if there is no such file, FormatError if `fit` did not write it.
    """
    if not path.is_file():
        raise FileNotFoundError(2, f"report: there is no file {path}; no epoch was finished, or the file was removed")
    if path.stat().st_size > MAX_METRICS:
        raise FormatError(f"report: {path} is larger than {MAX_METRICS:,} bytes")
    history = []
    try:
        for line in path.read_bytes().splitlines():
            metrics = {key: float(value) for key, value in json.loads(line).items() if isinstance(value, int | float)}
            if not all(math.isfinite(metrics[key]) for key in ("epoch", "loss", "accuracy")):
                raise ValueError("a value is not finite")
            history.append(metrics)
    except (ValueError, RecursionError, AttributeError, KeyError, OverflowError) as error:
        raise FormatError(
            f"report: {path}, line {len(history) + 1}, does not hold the metrics of an epoch: {error}"
        ) from error
    if not history:
        raise FormatError(f"report: {path} is empty; one line per epoch is needed")
    return history


def _data_name(about: Any) -> str | None:
    """The name of a named data set; for a user's images, the name of their folder or file."""
    if not isinstance(about, dict):
        return None
    path = about.get("path")
    return Path(path).name if isinstance(path, str) and Path(path).name else str(about.get("name", "images"))


def _input_shape(config: dict[str, Any], dataset: Sized | None) -> tuple[int, ...] | None:
    if dataset is not None:
        return tuple(dataset[0][0].shape)
    recipe = config.get("model")
    return tuple(recipe["input_shape"]) if isinstance(recipe, dict) else None


def _class_names(config: dict[str, Any], dataset: Sized | None, predictions: Predictions | None) -> tuple[str, ...]:
    """The names from the run, else from the data; numbers if neither has one name per score of the model."""
    classes = None if predictions is None else len(predictions.confusion)
    for names in (config.get("class_names"), getattr(dataset, "classes", None)):
        if isinstance(names, list | tuple) and len(names) == (classes or len(names)):
            return tuple(map(str, names))
    return tuple(map(str, range(classes or 0)))


def _nonempty_string(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
