"""Small files of every kind that the readers accept, as bytes or on the disk."""

from __future__ import annotations

import io
import struct
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Array = np.ndarray[Any, Any]

IDX_CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
BATCHES = (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin")


def idx_bytes(array: Array) -> bytes:
    """An IDX file of this array."""
    code = IDX_CODES[array.dtype.str[1:]]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + np.asarray(array, array.dtype.newbyteorder(">")).tobytes()


def write_mnist(folder: Path, images: int = 12, test: int = 5, seed: int = 0) -> None:
    """Write the four files of a small data set, uncompressed."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for prefix, count in (("train", images), ("t10k", test)):
        cells = rng.integers(0, 256, (count, 28, 28), np.uint8)
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(idx_bytes(cells))
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(idx_bytes((np.arange(count) % 10).astype(np.uint8)))


def cifar_bytes(images: int, seed: int = 0) -> bytes:
    """A batch of CIFAR-10: the labels 0, 1, 2 ... and random cells."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(images) % 10).astype(np.uint8)[:, None]
    return np.concatenate([labels, rng.integers(0, 256, (images, 3072), np.uint8)], 1).tobytes()


def cifar_batches(images: int = 4) -> dict[str, bytes]:
    """The six files of a small set."""
    return {name: cifar_bytes(images, seed) for seed, name in enumerate(BATCHES)}


def tar_bytes(files: Mapping[str, bytes], mode: str = "w:gz", folder: str = "cifar-10-batches-bin/") -> bytes:
    """A tar archive of these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(folder + name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def npz_bytes(packed: bool = True, **arrays: Array) -> bytes:
    """A .npz file of these arrays."""
    buffer = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def image_bytes(cells: Array, kind: str = "png") -> bytes:
    """An image file of cells uint8, (H, W) or (H, W, 3)."""
    buffer = io.BytesIO()
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed (the extra image)")
    image.fromarray(cells).save(buffer, {"jpg": "jpeg", "tif": "tiff"}.get(kind, kind))
    return buffer.getvalue()


def write_classes(root: Path, counts: Mapping[str, int], size: tuple[int, ...] = (8, 8), seed: int = 0) -> None:
    """A folder of class folders with random images; (H, W) are grey, (H, W, 3) in colour."""
    rng = np.random.default_rng(seed)
    for name, count in counts.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            (root / name / f"{number}.png").write_bytes(image_bytes(rng.integers(0, 256, size, np.uint8)))
