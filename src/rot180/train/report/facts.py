"""What a report says, as plain values: read from the folder of a run, and measured on held-out data."""

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
from ..labelled import labelled
from ..run import METRICS, load_run
from ..summary import Row, summary
from .answers import Answers, measure
from .insides import Filters, OneImage, first_filters, look_inside

MAX_METRICS = 1 << 26  # bytes
History = list[dict[str, float]]


@dataclass(frozen=True)
class Facts:
    """Everything that is on the page. Where something is None, `why` has a sentence that says why.

    Attributes:
        run: the folder's name.  model, data: their names.  parameters: how many numbers were trained.
        config: the run's config, not trusted to hold anything.  command: trains the run again; None if unknown.
        history: one dict per epoch, each with a finite "epoch", "loss" and "accuracy".
        classes: names of the classes, as many as the model has scores; empty if that is not known.
    """

    run: str
    model: str
    data: str
    parameters: int
    config: dict[str, Any]
    command: str | None
    history: History
    classes: tuple[str, ...]
    answers: Answers | None
    layers: list[Row] | None
    filters: Filters | None
    inside: OneImage | None
    why: dict[str, str]

    def setting(self, *keys: str) -> Any:
        """The config's value at nested keys; None if it is not there."""
        found: Any = self.config
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found


def collect(folder: Name, held_out: Any, model: nn.Module | None, command: str | None) -> Facts:
    """The facts of a run; arguments and errors are those of `write`."""
    model, config = load_run(folder, model)
    history = read_history(Path(folder) / METRICS)
    dataset = None if held_out is None else labelled("report", held_out)
    why: dict[str, str] = {}
    answers = inside = layers = filters = None
    if dataset is None:
        why["answers"] = "no held-out images were given."
        why["inside"] = "it needs a held-out image, and none were given."
    else:
        answers = measure(model, dataset)
        inside = look_inside(model, dataset, answers)
    shape = _input_shape(config, dataset)
    if shape is None:
        why["layers"] = why["filters"] = "the shape of an input is known neither from the run nor from held-out images."
    else:
        try:
            layers = summary(model, shape)
        except Rot180Error as error:
            raise FormatError(f"report: the model of {folder} takes no input of shape {shape}: {error}") from error
        filters, why["filters"] = first_filters(model, shape)
    recipe, about = config.get("model"), config.get("data")
    return Facts(
        run=Path(folder).resolve().name,
        model=str(recipe["name"]) if isinstance(recipe, dict) else type(model).__name__,
        data=_data_name(about),
        parameters=sum(p.data.size for p in model.parameters()),
        config=config,
        command=command if command is not None else _text(config.get("command")),
        history=history,
        classes=_class_names(config, dataset, answers),
        answers=answers,
        layers=layers,
        filters=filters,
        inside=inside,
        why=why,
    )


def read_history(path: Path) -> History:
    """The metrics of every epoch; FileNotFoundError if there is no such file, FormatError if `fit` did not write it."""
    if not path.is_file():
        raise FileNotFoundError(2, f"report: there is no file {path}; the run has not finished an epoch, or lost it")
    if path.stat().st_size > MAX_METRICS:
        raise FormatError(f"report: {path} has more than {MAX_METRICS:,} bytes")
    history = []
    try:
        for line in path.read_bytes().splitlines():
            metrics = {key: float(value) for key, value in json.loads(line).items() if isinstance(value, int | float)}
            if not all(math.isfinite(metrics[key]) for key in ("epoch", "loss", "accuracy")):
                raise ValueError("a value is not finite")
            history.append(metrics)
    except (ValueError, RecursionError, AttributeError, KeyError, OverflowError) as error:
        raise FormatError(f"report: {path}, line {len(history) + 1}, is no epoch's metrics: {error}") from error
    if not history:
        raise FormatError(f"report: {path} is empty; one line per epoch is needed")
    return history


def _data_name(about: Any) -> str:
    """A named set's name; of one's own images that of their folder or file."""
    if not isinstance(about, dict):
        return "data of its own"
    path = about.get("path")
    return Path(path).name if isinstance(path, str) and Path(path).name else str(about.get("name", "images"))


def _input_shape(config: dict[str, Any], dataset: Sized | None) -> tuple[int, ...] | None:
    if dataset is not None:
        return tuple(dataset[0][0].shape)
    recipe = config.get("model")
    return tuple(recipe["input_shape"]) if isinstance(recipe, dict) else None


def _class_names(config: dict[str, Any], dataset: Sized | None, answers: Answers | None) -> tuple[str, ...]:
    """From the run, else from the data; numbers where neither has as many as the model has scores."""
    classes = None if answers is None else len(answers.confusion)
    for names in (config.get("class_names"), getattr(dataset, "classes", None)):
        if isinstance(names, list | tuple) and len(names) == (classes or len(names)):
            return tuple(map(str, names))
    return tuple(map(str, range(classes or 0)))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
