"""Read images and labels from a NumPy archive (.npz), a zip file of arrays.

The size of an array is read from its header and compared with the zip directory before the array is allocated. No more
bytes than this size are decompressed. Arrays of Python objects, which are pickles, are refused.
"""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import IO, Any

import numpy as np

from ..errors import FormatError
from .bounded_reading import CHUNK, MAX_EXPANSION, Name, declared_size, read_into, require_file
from .dataset import Array, LabelledImages, checksum, stratified_split

MAX_BYTES = 1 << 30
MAX_CLASSES = 1 << 16
NAMES = {"images": ("images", "x", "X"), "labels": ("labels", "y", "Y"), "classes": ("classes", "class_names")}
HELD_OUT = ("test", "val")  # the first of these parts that exists is held out
CHANNELS = (1, 3)  # sizes by which the axis of channels is recognized
_QUIET = Lock()


def read_npz(
    path: Name,
    split: str | None = None,
    layout: str | None = None,
    *,
    classes: Sequence[str] | None = None,
    max_bytes: int = MAX_BYTES,
) -> LabelledImages:
    """Read a .npz file: images float32 (N, C, H, W) and labels int64 (N,).

    The images are read from the array `images` or `x`, the labels from `labels` or `y`, and the names of the classes,
    if the file has them, from `classes`. A file with several parts has arrays like `x_train` or `train_images`; `split`
    selects the part.

    Args:
        path: a file written by `numpy.savez` or `numpy.savez_compressed`.
        split: the part to read from a file with several parts: "train", "test", "val" ...
        layout: "NCHW" or "NHWC", for images with four axes. Default: inferred from the axis with one or three channels;
            if that is ambiguous, the layout must be given.
        classes: the names of the classes; default: those in the file, otherwise the class numbers.
        max_bytes: the largest file and the largest array that are read.

    uint8 images are divided by 255, uint16 by 65535; other values are not scaled. Grey images may be (N, H, W), and
    labels (N, 1). Raises FileNotFoundError, and FormatError for arrays of another kind.
    """
    if layout not in (None, "NCHW", "NHWC"):
        raise ValueError(f"read_npz: layout must be 'NCHW' or 'NHWC'; got {layout!r}")
    name = os.fspath(path)
    arrays = _load(name, split, max_bytes)
    images = _images(name, arrays["images"], layout)
    labels = _labels(name, arrays["labels"], len(images))
    names = _classes(name, arrays.get("classes") if classes is None else np.asarray(classes), labels)
    about: dict[str, Any] = {"name": "npz", "path": os.path.abspath(path)}
    about |= {name: value for name, value in (("split", split), ("layout", layout)) if value}
    if images.dtype == np.uint8:
        return LabelledImages.from_bytes(images, labels, names, about)
    with np.errstate(over="ignore"):
        scaled = np.ascontiguousarray(images, np.float32)
    if images.dtype == np.uint16:
        scaled /= 65535
    if not np.isfinite(scaled).all():
        raise FormatError(f"read_npz: {name}: the images have NaN or infinite values (as float32)")
    labels = labels.astype(np.int64)
    low, high = float(scaled.min()), float(scaled.max())
    about |= {"images": len(scaled), "sha256": checksum(scaled, labels), "range": [low, high]}
    return LabelledImages(scaled, labels, names, about)


def read_npz_parts(
    path: Name, layout: str | None = None, *, share: float = 0.2, seed: int = 0
) -> tuple[LabelledImages, LabelledImages]:
    """Read the training images and the held-out images.

    In a file with parts these are "train" and "test" ("val" if there is no "test"). Otherwise `stratified_split` holds
    out a `share` of each class. The remaining arguments are those of `read_npz`.
    """
    with _archive(os.fspath(path), MAX_BYTES) as (_, members):
        parts = [split for split in ("train", *HELD_OUT) if _key(members, NAMES["images"], split)]
    if "train" not in parts or len(parts) < 2:
        return stratified_split(read_npz(path, layout=layout), share, seed)
    train, test = (read_npz(path, split, layout) for split in ("train", parts[1]))
    if train.images.shape[1:] != test.images.shape[1:]:
        raise FormatError(
            f"read_npz: {os.fspath(path)}: the training images have shape {train.images.shape[1:]}, but {parts[1]} has "
            f"{test.images.shape[1:]}; both need the same shape (C, H, W)"
        )
    if len(test.classes) > len(train.classes):
        raise FormatError(
            f"read_npz: {os.fspath(path)}: {parts[1]} has {len(test.classes)} classes, but train has only "
            f"{len(train.classes)}"
        )
    return train, LabelledImages(test.images, test.labels, train.classes, test.about)


def _images(name: str, images: Array, layout: str | None) -> Array:
    """The images as (N, C, H, W)."""
    what = f"read_npz: {name}: the images are {images.dtype} of shape {images.shape}"
    if images.dtype.kind not in "fb" and images.dtype not in (np.uint8, np.uint16):
        raise FormatError(f"{what}; uint8, uint16, bool or floats are needed: convert with .astype")
    if images.ndim == 3:
        images = images[:, None]
    elif images.ndim != 4:
        raise FormatError(f"{what}; (N, H, W), (N, C, H, W) or (N, H, W, C) is needed")
    else:
        could_be = [kind for kind, axis in (("NCHW", 1), ("NHWC", 3)) if images.shape[axis] in CHANNELS]
        if layout is None and len(could_be) != 1:
            why = (
                "the channel axis is ambiguous, because axis 1 and axis 3 both have size 1 or 3"
                if could_be
                else "no channel axis was found, because neither axis 1 nor axis 3 has size 1 or 3"
            )
            raise FormatError(f"{what}: {why}; pass layout='NCHW' or layout='NHWC' (--layout)")
        if (layout or could_be[0]) == "NHWC":
            images = images.transpose(0, 3, 1, 2)
    if 0 in images.shape:
        raise FormatError(f"{what}; no axis may have size 0")
    return images


def _labels(name: str, labels: Array, count: int) -> Array:
    what = f"read_npz: {name}: the labels are {labels.dtype} of shape {labels.shape}"
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise FormatError(f"{what}; integers of shape ({count},) are needed, the number of each image's class")
    if len(labels) != count:
        raise FormatError(f"{what}, but there are {count:,} images")
    if labels.min() < 0 or labels.max() >= MAX_CLASSES:
        raise FormatError(
            f"{what} and run from {labels.min()} to {labels.max()}; labels from 0 to {MAX_CLASSES - 1} are allowed"
        )
    return labels


def _classes(name: str, classes: Array | None, labels: Array) -> list[str]:
    count = int(labels.max()) + 1
    if classes is None:
        return [str(number) for number in range(count)]
    if classes.ndim != 1 or classes.dtype.kind not in "USiu" or not count <= len(classes) <= MAX_CLASSES:
        raise FormatError(
            f"read_npz: {name}: the classes are {classes.dtype} of shape {classes.shape}; the names of at least "
            f"{count} classes are needed"
        )
    return [entry.decode("utf-8", "replace") if isinstance(entry, bytes) else str(entry) for entry in classes]


def _load(name: str, split: str | None, max_bytes: int) -> dict[str, Array]:
    """The arrays "images", "labels" and, if the file has it, "classes"."""
    with _archive(name, max_bytes) as (archive, members):
        keys = {kind: _key(members, names, split) for kind, names in NAMES.items()}
        for kind in ("images", "labels"):
            if keys[kind] is None:
                present = ", ".join(sorted(members)[:20]) or "no arrays"
                raise FormatError(
                    f"read_npz: {name} has no array {' or '.join(_names(NAMES[kind], split))}; it has {present}"
                    + ("" if split else " (if the file has several parts, select one with split=)")
                )
        return {kind: _array(archive, members[key], name, max_bytes) for kind, key in keys.items() if key}


@contextmanager
def _archive(name: str, max_bytes: int) -> Iterator[tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]]:
    """Open an archive; yields it with its members by name. Errors inside the block become FormatError."""
    require_file("read_npz", name, max_bytes)
    try:
        with _SmallReads(name) as file, zipfile.ZipFile(file) as archive:
            yield archive, {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    except (FormatError, MemoryError):
        raise
    except Exception as error:  # zipfile and the .npy reader raise many kinds of exceptions
        raise FormatError(f"read_npz: {name} is not a .npz file, or is damaged: {error}") from error


def _names(names: tuple[str, ...], split: str | None) -> list[str]:
    return [form for name in names for form in (f"{split}_{name}", f"{name}_{split}")] if split else list(names)


def _key(members: Container[str], names: tuple[str, ...], split: str | None) -> str | None:
    """The name of an array in the file, or None. The names of the classes may be shared by all parts."""
    candidates = _names(names, split) + (list(names) if "classes" in names else [])
    return next((name for name in candidates if name in members), None)


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, max_bytes: int) -> Array:
    what = f"read_npz: {name}: {info.filename}"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FormatError(f"{what} is compressed with a method that numpy.savez does not use")
    with archive.open(info) as file:
        shape, fortran, dtype = _header(file, what)
        if dtype.kind not in "biufSU" or not dtype.itemsize:
            raise FormatError(f"{what} has dtype {dtype}; numbers or strings are needed, Python objects are not read")
        capacity = min(info.file_size, MAX_EXPANSION * min(info.compress_size, os.path.getsize(name)))
        size = declared_size(what, shape, dtype, max_bytes, capacity - file.tell())
        if file.tell() + size != info.file_size:
            raise FormatError(f"{what} is longer than the {size:,} bytes of cells that its header declares")
        array = np.empty(shape[::-1] if fortran else shape, dtype)
        if read_into(file, array) < size:
            raise FormatError(f"{what} is truncated")
        file.read(1)  # reading to the end verifies the checksum
    array = array.astype(dtype.newbyteorder("="), copy=False)
    return array.T if fortran else array


def _header(file: IO[bytes], what: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return (shape, Fortran order, dtype) of a .npy file; the header is parsed as a Python literal, not executed."""
    with _QUIET, warnings.catch_warnings():  # one thread at a time: otherwise "ignore" could remain set
        warnings.simplefilter("ignore")  # NumPy warns about headers of Python 2
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise FormatError(f"{what} has version {version} of the .npy format; 1.0 and 2.0 are read")
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        return read_header(file)


class _SmallReads(io.FileIO):
    """A file that refuses large reads, because zipfile reads a directory of any size in one call."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = max(os.fstat(self.fileno()).st_size - self.tell(), 0)
        if size > CHUNK:
            raise FormatError(
                f"read_npz: {os.fsdecode(self.name)} has a zip directory of {size:,} bytes, so it is probably damaged"
            )
        return super().read(size) or b""
