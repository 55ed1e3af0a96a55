"""What `fit` and `evaluate` take as data: a dataset of (image, label), or simply two arrays."""

from __future__ import annotations

from typing import Any

from ..data import TensorDataset
from ..data.dataset import Sized
from ..errors import ShapeError


def labelled(op: str, data: Any) -> Sized:
    """`data` as a dataset; ShapeError if it is empty or does not give pairs."""
    dataset: Sized = TensorDataset(*data) if isinstance(data, tuple) else data
    if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
        raise ShapeError(
            f"{op}: data is a {type(data).__name__}; a dataset of (image, label) or a tuple (images, labels) is needed"
        )
    if not len(dataset):
        raise ShapeError(f"{op}: data is empty; at least one image is needed")
    sample = dataset[0]
    if not isinstance(sample, tuple | list) or len(sample) != 2:
        raise ShapeError(f"{op}: a sample of data is not a pair (image, label)")
    return dataset
