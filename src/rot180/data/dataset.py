"""Datasets: objects with a length and samples by index. A batch is read with one indexing operation if possible.

The names are PyTorch's. Batches of arrays are arrays, and batches of Tensors are Tensors.

Iterable datasets without a length are not supported.
"""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ..errors import ShapeError
from ..random import generator, generator_for
from ..tape import Tensor

Array = np.ndarray[Any, np.dtype[Any]]
Skipped = tuple[str, str]  # a file that was skipped, and the reason


class Sized(Protocol):
    """An object with a length and samples by index, which is all that a DataLoader needs."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Any: ...


class Dataset:
    """Base class: override `__len__` and `__getitem__`, and `batch` if many samples can be read faster together."""

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__}: a Dataset needs __len__")

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__}: a Dataset needs __getitem__")

    def batch(self, indices: Array) -> Any:
        """The samples with these indices, stacked, as a DataLoader yields them."""
        return default_collate([self[int(index)] for index in indices])


class TensorDataset(Dataset):
    """A dataset of arrays or Tensors: sample i is the tuple of their i-th entries.

    Args:
        tensors: ndarrays or Tensors whose first axes have the same size; not copied.
    """

    def __init__(self, *tensors: Any) -> None:
        if not tensors:
            raise ShapeError("TensorDataset: at least one array is needed")
        self.tensors = tuple(t if isinstance(t, Tensor) else np.asarray(t) for t in tensors)
        shapes = [t.shape for t in self.tensors]
        if any(not shape for shape in shapes):
            raise ShapeError("TensorDataset: a 0-d array has no samples; each array needs a first axis")
        if len({shape[0] for shape in shapes}) > 1:
            raise ShapeError(
                f"TensorDataset: the arrays have {', '.join(str(shape[0]) for shape in shapes)} samples; "
                "all need the same number"
            )

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        i = sample_number(index, len(self))
        return tuple(t[i] for t in self.tensors)

    def batch(self, indices: Array) -> tuple[Any, ...]:
        return tuple(t[indices] for t in self.tensors)


class LabelledImages(TensorDataset):
    """Images with class labels.

    Args:
        images: float32 or float64 of shape (N, C, H, W).
        labels: integers of shape (N,), in [0, len(classes)).
        classes: the names of the classes.
        about: facts that a training run records about the data; values that JSON can hold.

    `skipped` lists the files that a reader skipped, as (file, reason). `files` names the file of each image, relative
    to the folder that was read; it is empty if the images do not come from separate files.
    """

    skipped: tuple[Skipped, ...] = ()
    files: tuple[str, ...] = ()

    def __init__(self, images: Any, labels: Any, classes: Sequence[str], about: dict[str, Any] | None = None) -> None:
        super().__init__(images, labels)
        self.classes = tuple(str(name) for name in classes)
        self.about = dict(about or {})
        images, labels = self.tensors
        if images.ndim != 4 or images.dtype.kind != "f":
            raise ShapeError(
                f"LabelledImages: images are {images.dtype} of shape {images.shape}; floats (N, C, H, W) are needed"
            )
        if labels.ndim != 1 or labels.dtype.kind not in "iu":
            raise ShapeError(
                f"LabelledImages: labels are {labels.dtype} of shape {labels.shape}; integers (N,) are needed"
            )
        numbers = np.asarray(labels)
        if numbers.size and not (numbers.min() >= 0 and numbers.max() < len(self.classes)):
            raise ValueError(
                f"LabelledImages: labels run from {numbers.min()} to {numbers.max()} but there are "
                f"{len(self.classes)} classes, 0 to {len(self.classes) - 1}"
            )

    @classmethod
    def from_bytes(
        cls, cells: Array, labels: Any, classes: Sequence[str], about: dict[str, Any] | None = None
    ) -> LabelledImages:
        """Convert uint8 images (N, C, H, W) to float32 from 0 to 1, and add their number and a checksum to `about`.

        The checksum is the SHA-256 of the cells and the labels, so it does not depend on the compression of a file.
        """
        numbers = np.asarray(labels).astype(np.int64)
        images = np.divide(cells, np.float32(255), dtype=np.float32)
        facts = {"images": len(cells), "sha256": checksum(cells, numbers)}
        return cls(images, numbers, classes, {**(about or {}), **facts})

    @property
    def images(self) -> Any:
        """The images, of shape (N, C, H, W)."""
        return self.tensors[0]

    @property
    def labels(self) -> Any:
        """The class number of each image, of shape (N,)."""
        return self.tensors[1]


class Subset(Dataset):
    """A selection of the samples of a dataset, in the order of `indices`."""

    def __init__(self, dataset: Sized, indices: Sequence[int] | Array) -> None:
        self.dataset = dataset
        self.indices = np.asarray(indices, np.intp)
        size = len(dataset)
        if self.indices.ndim != 1:
            raise ShapeError(f"Subset: indices have shape {self.indices.shape}; one axis is needed")
        if self.indices.size and not (self.indices.min() >= 0 and self.indices.max() < size):
            wrong = self.indices[(self.indices < 0) | (self.indices >= size)][0]
            raise IndexError(f"Subset: index {wrong} is out of range; the dataset has {size} samples, 0 to {size - 1}")

    @property
    def files(self) -> tuple[str, ...]:
        """The file of each sample, or () if the dataset has no files; see `LabelledImages`."""
        files = getattr(self.dataset, "files", ())
        return tuple(files[i] for i in self.indices) if files else ()

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[int(self.indices[sample_number(index, len(self))])]

    def batch(self, indices: Array) -> Any:
        return batch_of(self.dataset, self.indices[indices])

    def at_epoch(self, epoch: int) -> Subset:
        return Subset(at_epoch(self.dataset, epoch), self.indices)


def random_split(dataset: Sized, lengths: Sequence[int], seed: int | None = None) -> list[Subset]:
    """Split the samples at random into subsets of these lengths, which must add up to len(dataset).

    The same seed gives the same split; without a seed the random state of the library is used.
    """
    sizes = [operator.index(n) for n in lengths]
    if min(sizes, default=0) < 0 or sum(sizes) != len(dataset):
        raise ValueError(
            f"random_split: lengths {sizes} add up to {sum(sizes)}; the dataset has {len(dataset)} samples"
        )
    order = (generator() if seed is None else generator_for(seed)).permutation(len(dataset))
    return [Subset(dataset, part) for part in np.split(order, np.cumsum(sizes)[:-1])]


def stratified_split(data: LabelledImages, share: float = 0.2, seed: int = 0) -> tuple[LabelledImages, LabelledImages]:
    """Hold out a share of the images of each class; return (training images, held-out images) in the original order.

    Of a class with n images, round(share * n) are held out, at least one and at most n - 1. The images held out of a
    class depend only on the seed and the class number, not on the other classes.

    Raises ValueError if the share is not between 0 and 1, or if no class has two images.
    """
    if not 0 < share < 1:
        raise ValueError(f"stratified_split: share must lie between 0 and 1; got {share}")
    labels = np.asarray(data.labels)
    held_out = np.zeros(len(labels), bool)
    for number in range(len(data.classes)):
        members = np.flatnonzero(labels == number)
        count = min(max(round(share * len(members)), 1), len(members) - 1)
        held_out[generator_for(seed, number).permutation(members)[: max(count, 0)]] = True
    if not held_out.any():
        raise ValueError("stratified_split: no class has two images, so none can be held out")

    def part(split: str, selected: Array) -> LabelledImages:
        about = {**data.about, "split": split, "split_seed": seed, "held_out": share}
        images = LabelledImages(data.images[selected], data.labels[selected], data.classes, about)
        images.skipped = data.skipped
        if data.files:
            images.files = tuple(data.files[i] for i in np.flatnonzero(selected))
        return images

    return part("train", ~held_out), part("test", held_out)


def checksum(*arrays: Array) -> str:
    """The SHA-256 of the cells of arrays in little-endian order, the same on every machine."""
    sha256 = hashlib.sha256()
    for array in arrays:
        sha256.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)
    return sha256.hexdigest()


def batch_of(dataset: Sized, indices: Array) -> Any:
    """The samples of any dataset with these indices, stacked."""
    batch = getattr(dataset, "batch", None)
    return batch(indices) if batch is not None else default_collate([dataset[int(i)] for i in indices])


def at_epoch(dataset: Sized, epoch: int) -> Sized:
    """The dataset at an epoch. Only datasets with a method `at_epoch` differ between epochs."""
    method = getattr(dataset, "at_epoch", None)
    return dataset if method is None else method(epoch)


def default_collate(samples: Sequence[Any]) -> Any:
    """Stack samples along a new first axis: tuples entry by entry, Tensors to a Tensor, other values to an array."""
    first = samples[0]
    if isinstance(first, tuple | list):
        return tuple(default_collate(entries) for entries in zip(*samples, strict=True))
    if isinstance(first, Tensor):
        return Tensor(np.stack([sample.data for sample in samples]))
    return np.stack([np.asarray(sample) for sample in samples])


def sample_number(index: int, size: int) -> int:
    """Convert a negative index. Raises IndexError if it is out of range."""
    i = operator.index(index)
    if not -size <= i < size:
        raise IndexError(f"sample {i} is out of range; the dataset has {size}, 0 to {size - 1}")
    return i % size
