"""The forms of data that `fit`, `evaluate` and the report accept: a dataset of (image, label) pairs, or two arrays."""

from __future__ import annotations

from typing import Any, TypeAlias

from ..data import TensorDataset
from ..data.dataset import Sized
from ..errors import ShapeError

LabelledData: TypeAlias = Sized | tuple[Any, Any]  # samples (image, label), or the arrays (images, labels)


def as_dataset(op: str, data: LabelledData) -> Sized:
    """Return `data` as a dataset; raise ShapeError if it is empty or its samples are not pairs."""
    dataset: Sized = TensorDataset(*data) if isinstance(data, tuple) else data
    if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
        raise ShapeError(
            f"{op}: data is a {type(data).__name__}; a dataset of (image, label) or a tuple (images, labels) is needed"
        )
    if not len(dataset):
        raise ShapeError(f"{op}: data is empty; at least one image is needed")
    sample = dataset[0]
    if not isinstance(sample, tuple | list) or len(sample) != 2:
        raise ShapeError(f"{op}: the samples of data are not pairs (image, label)")
    return dataset
