"""Damaged files of every format that is read, made at random and by hand.

`python -m tests.data.mutations FOLDER` reads them one after the other in a process with little memory and a limit on
the CPU time of each file, and prints the outcome, a line of JSON per file.
"""

from __future__ import annotations

import gzip
import io
import json
import resource
import signal
import struct
import sys
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rot180 import FormatError
from rot180.data import cifar10, read_idx, read_image, read_npz

from .sample_files import cifar_bytes, idx_bytes, image_bytes, npz_bytes, tar_bytes

MEMORY = 256 << 20  # bytes more than after the imports
SECONDS = 5.0  # of CPU time
PER_KIND = 48
IMAGES = ("png", "jpg", "gif", "bmp", "tif", "webp", "ppm")

RNG = np.random.default_rng(0)
CELLS = RNG.integers(0, 256, (12, 28, 28), np.uint8)
IDX, CIFAR = idx_bytes(CELLS), cifar_bytes(6)


class Damaged(NamedTuple):
    """A damaged file."""

    kind: str
    how: str
    data: bytes
    must_fail: bool  # True if its length or header is damaged, so that every reader must notice


def readers() -> dict[str, Callable[[Path], Any]]:
    """The reader of each kind of file."""
    named = {"idx": read_idx, "idx.gz": read_idx, "npz": read_npz, "npz packed": read_npz}
    images = {kind: lambda path: read_image(path, (3, 16, 16)) for kind in IMAGES}
    return {
        **named,
        "bin": lambda path: cifar10("test", path.parent),
        "tar.gz": lambda path: cifar10("test", path),
    } | images


def originals() -> dict[str, bytes]:
    """An undamaged file of each kind."""
    arrays = {"images": CELLS, "labels": np.arange(12) % 3, "classes": np.array(["a", "b", "c"])}
    colour = RNG.integers(0, 256, (40, 30, 3), np.uint8)
    return {
        "idx": IDX,
        "idx.gz": gzip.compress(IDX),
        "bin": CIFAR,
        "tar.gz": tar_bytes({"readme.html": b"<html>", "test_batch.bin": CIFAR}),
        "npz": npz_bytes(False, **arrays),
        "npz packed": npz_bytes(True, **arrays),
    } | {kind: image_bytes(colour, kind) for kind in IMAGES}


def draws(kind: str, data: bytes) -> Iterator[Damaged]:
    """Random damage: truncated, flipped, overwritten, spliced or extended files."""
    draw = np.random.default_rng(sum(map(ord, kind)))
    header = {"idx": 16, "bin": 1}.get(kind, min(len(data), 64))
    for number in range(PER_KIND):
        at = int(draw.integers(0, len(data)))
        early = int(draw.integers(0, header))
        noise = draw.integers(0, 256, int(draw.integers(1, 40)), np.uint8).tobytes()
        match number % 8:
            case 0:
                yield Damaged(
                    kind, f"cut at {at}", data[:at], at < 0.9 * len(data) and not (kind == "bin" and at % 3073 == 0)
                )
            case 1:
                cut = len(data) - 1 - number // 8
                whole_without_its_end = kind in IMAGES  # a missing end marker does not affect the image
                yield Damaged(kind, f"cut at {cut}", data[:cut], not whole_without_its_end)
            case 2:
                yield Damaged(kind, f"bit of {at} flipped", flipped(data, at, draw), kind == "idx.gz" and 10 <= at)
            case 3:
                yield Damaged(kind, f"bit of {early} flipped", flipped(data, early, draw), kind == "idx" and early != 2)
            case 4:
                value = (0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0x10000000)[int(draw.integers(4))]
                place = 4 * int(draw.integers(1, 4)) if kind == "idx" else early
                order = ">I" if number % 16 < 8 or kind == "idx" else "<I"
                changed = data[:place] + struct.pack(order, value) + data[place + 4 :]
                yield Damaged(kind, f"{value:#x} at {place}", changed, kind == "idx")
            case 5:
                yield Damaged(
                    kind, f"{len(noise)} bytes put in at {at}", data[:at] + noise + data[at:], kind in ("idx", "bin")
                )
            case 6:
                gone = data[:at] + data[at + len(noise) :]
                yield Damaged(kind, f"{len(noise)} bytes taken out at {at}", gone, kind in ("idx", "idx.gz", "bin"))
            case 7:
                lengthened = data + noise + b"!"
                yield Damaged(
                    kind, f"{len(noise)} bytes put behind", lengthened, kind in ("idx", "idx.gz", "bin", "tar.gz")
                )


def flipped(data: bytes, at: int, draw: np.random.Generator) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1 << int(draw.integers(8))
    return bytes(changed)


def malice() -> Iterator[Damaged]:
    """Hostile files: small on the disk and large in memory, or with links that lead elsewhere."""
    for kind, header in huge_images().items():
        for number, data in enumerate(header):
            yield Damaged(kind, f"huge {number}", data, True)
    zeros = bytes(100 << 20)
    yield Damaged("idx.gz", "bomb behind its cells", gzip.compress(IDX + zeros, 1), True)
    yield Damaged("idx.gz", "bomb of empty members", gzip.compress(IDX)[:-20] + gzip.compress(b"") * 20_000, True)
    for sizes in ((1 << 31, 1 << 31), ((1 << 32) - 1,) * 8, (0, (1 << 32) - 1, (1 << 32) - 1), (1 << 30,)):
        head = b"\0\0\x08" + bytes([len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes)
        yield Damaged("idx", f"sizes {sizes}", head, True)
        yield Damaged("idx.gz", f"sizes {sizes}", gzip.compress(head), True)
    for size in (b"77777777777", b"\xff" * 12, b"\x80" + b"\0" * 3 + b"\xff" * 8, b"-0000000001", b"        "):
        yield Damaged("tar.gz", f"member of size {size!r}", gzip.compress(tar_header(b"test_batch.bin", size)), True)
    yield Damaged(
        "tar.gz", "long name of 7 GiB", gzip.compress(tar_header(b"././@LongLink", b"70000000000", b"L")), True
    )
    yield Damaged("tar.gz", "pax header of 7 GiB", gzip.compress(tar_header(b"pax", b"70000000000", b"x")), True)
    yield Damaged("tar.gz", "links only", gzip.compress(tar_header(b"test_batch.bin", b"0", b"2") + bytes(1024)), True)
    yield Damaged("tar.gz", "bomb in another member", tar_bytes({"bomb": zeros, "test_batch.bin": CIFAR}), False)
    yield Damaged("tar.gz", "an outer path", tar_bytes({"test_batch.bin": CIFAR}, folder="../../../"), False)
    for text in (
        "(1 << 99,)",
        f"({1 << 99},)",
        f"({1 << 40}, 0)",
        "(" * 90,
        "(-5,)",
        "(True,)",
        "'x'",
        f"({1 << 29},)",
    ):
        yield Damaged("npz", f"shape {text[:20]}", npz_of(text), True)
    yield Damaged("npz", "bomb behind its cells", npz_of("(9, 8, 8)", zeros), True)
    yield Damaged("npz", "objects", npz_of("(9,)", b"cos\nsystem\n(S'true'\ntR.", "|O"), True)
    yield Damaged("npz", "directory of 100,000", zip_of({str(number): b"" for number in range(100_000)}), True)


def huge_images() -> dict[str, list[bytes]]:
    """Image files that declare more pixels than are read, and contain almost nothing."""
    sides = (65_535, 65_535)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def png(width: int, height: int, colour: int = 2, extra: bytes = b"") -> bytes:
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
        return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")

    text = chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(100 << 20)))
    profile = chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(100 << 20)))
    jpg = bytearray(image_bytes(np.zeros((16, 16, 3), np.uint8), "jpg"))
    at = jpg.index(b"\xff\xc0") + 5
    jpg[at : at + 4] = struct.pack(">HH", *sides)
    tif = struct.pack("<2sHIH", b"II", 42, 8, 4)
    for tag, value in ((256, 1 << 31), (257, 1 << 31), (258, 8), (262, 1)):
        tif += struct.pack("<HHII", tag, 4, 1, value)
    counts = struct.pack("<2sHIHHHII", b"II", 42, 8, 1, 256, 4, 0xFFFFFFFF, 8)
    bmp = bytearray(image_bytes(np.zeros((4, 4, 3), np.uint8), "bmp"))
    bmp[18:26] = struct.pack("<ii", 0x7FFFFFFF, 0x7FFFFFFF)
    gif = bytearray(image_bytes(np.zeros((4, 4), np.uint8), "gif"))
    gif[6:10] = struct.pack("<HH", *sides)
    return {
        "png": [
            png(*sides),
            png(0x7FFFFFFF, 0x7FFFFFFF),
            png(10_000, 10_000),
            png(8, 8, 2, text),
            png(8, 8, 2, profile),
        ],
        "jpg": [bytes(jpg)],
        "tif": [tif, counts],
        "bmp": [bytes(bmp)],
        "gif": [bytes(gif)],
        "ppm": [b"P5 99999999 99999999 255\n", b"P6 " + b"9" * 5000 + b" 1 255\n", b"P6 20000 20000 255\nabc"],
    }


def tar_header(name: bytes, size: bytes, kind: bytes = b"0") -> bytes:
    block = bytearray(512)
    block[: len(name)], block[124 : 124 + len(size)], block[148:156], block[156:157] = name, size, b" " * 8, kind
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def npz_of(shape: str, cells: bytes = b"", dtype: str = "|u1") -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(150) + b"\n"
    head = b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text
    return zip_of({"images.npy": head + cells, "labels.npy": head + cells})


def zip_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def all_of_them() -> Iterator[Damaged]:
    """Every damaged file; the same in every run."""
    for kind, data in originals().items():
        yield from draws(kind, data)
    yield from malice()


class Hang(BaseException):
    """A file took too much CPU time; no reader catches this exception."""


def hang(*_: Any) -> None:
    raise Hang


def main() -> None:
    folder = Path(sys.argv[1])
    read = readers()
    warnings.simplefilter("error")
    for kind, data in originals().items():  # so that the imports of first use come before the limit
        read[kind](written(folder, kind, data))
    files = [*all_of_them()]
    limit = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    signal.signal(signal.SIGPROF, hang)  # CPU time: the load of the machine does not count
    for file in files:
        path = written(folder, file.kind, file.data)
        start = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            read[file.kind](path)
            outcome, message = "read", ""
        except FormatError as error:
            outcome = "FormatError" if str(path.parent) in str(error) else "unnamed"
            message = str(error)
        except BaseException as error:
            outcome, message = type(error).__name__, str(error)
        signal.setitimer(signal.ITIMER_PROF, 0)
        seconds = time.process_time() - start
        print(json.dumps([file.kind, file.how, file.must_fail, outcome, message, seconds]), flush=True)


def written(folder: Path, kind: str, data: bytes) -> Path:
    place = folder / kind.replace(" ", "-")
    place.mkdir(exist_ok=True)
    path = place / ("test_batch.bin" if kind == "bin" else f"a.{kind.split()[0]}")
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    main()
