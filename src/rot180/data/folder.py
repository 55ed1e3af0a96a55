"""Read a folder with one folder of images per class: root/cat/1.png, root/cat/2.jpg, root/dog/1.png ...

All images are resized to one size. An unreadable file is skipped and listed, or raises an error.

All images are read once and held in memory. If they do not fit, an error is raised before any of them is read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np

from ..errors import FormatError, ShapeError
from .bounded_reading import Name
from .dataset import LabelledImages, Skipped, stratified_split
from .image import measure_image, read_cells

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm", ".pnm"}
SMALLEST, LARGEST = 8, 64  # limits of the default height and width
MAX_BYTES = 4 << 30  # the default limit for the images as float32
MAX_FILES = 1 << 20
HELD_OUT = ("test", "val", "valid", "validation")  # names of the folder beside "train"
PHOTOGRAPH = 1 << 16  # pixels; reading smaller images on several threads is not faster
THREADS = min(4, os.cpu_count() or 1)

Entry = tuple[str, int]  # a file and the number of its class
Answer = TypeVar("Answer")


def read_folder(
    path: Name,
    size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    *,
    on_error: Literal["skip", "raise"] = "skip",
    classes: Sequence[str] | None = None,
    max_bytes: int = MAX_BYTES,
) -> LabelledImages:
    """Read a folder of class folders: images float32 (N, C, H, W), 0 to 1, and labels int64 (N,).

    Args:
        path: each folder in it is a class, with images at any depth. Hidden files and folders, and links to folders
            inside a class, are ignored. Files that do not have the suffix of an image are ignored and counted in
            `about`.
        size: resize the images to this side or (height, width). Default: the median height and the median width, scaled
            down together so that both are at most 64, and at least 8.
        channels: 1 (grey) or 3. Default: 3 if any image has a cell that is not grey.
        on_error: "skip" skips unreadable files and lists them in `.skipped`; "raise" raises the error.
        classes: the names of the folders in the order of their labels; default: all, sorted.
        max_bytes: the largest size of the images in memory.

    Raises FileNotFoundError if the folder does not exist, MissingExtraError without Pillow (the extra `image`),
    FormatError for fewer than two classes, a class without a readable image, or images larger than `max_bytes`.
    """
    if on_error not in ("skip", "raise"):
        raise ValueError(f"read_folder: on_error must be 'skip' or 'raise'; got {on_error!r}")
    if channels not in (None, 1, 3):
        raise ShapeError(f"read_folder: channels must be 1 (grey) or 3 (colour); got {channels}")
    sides = None if size is None else _pair(size)
    image_files = _list_files(os.fspath(path), classes, on_error == "skip")
    stored = channels  # the number of channels that are decoded
    threads = THREADS
    if sides is None or stored is None:
        measures = image_files.read(lambda _, file: measure_image(file), 1)
        heights, widths, greys = zip(*measures, strict=True)
        sides = sides or _choose(heights, widths)
        stored = stored or (1 if all(greys) else 3)
        threads = THREADS if max(map(int.__mul__, heights, widths)) >= PHOTOGRAPH else 1
    shape = (len(image_files.files), stored, *sides)
    _check_memory(image_files.root, shape, max_bytes)
    cells = np.empty(shape, np.uint8)

    def read(number: int, file: str) -> int:
        cells[number] = read_cells(file, shape[1:])
        return number

    good = image_files.read(read, threads)
    if len(good) < len(cells):
        cells = cells[good]
    if channels is None and stored == 3 and _is_grey(cells):
        cells = cells[:, :1]
    labels = [number for _, number in image_files.files]
    about = {
        "name": "folder",
        "path": os.path.abspath(path),
        "ignored": image_files.ignored,
        "skipped": len(image_files.skipped),
    }
    images = LabelledImages.from_bytes(cells, labels, image_files.classes, about)
    images.skipped = tuple(image_files.skipped)
    images.files = tuple(os.path.relpath(file, image_files.root).replace(os.sep, "/") for file, _ in image_files.files)
    return images


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    sides = tuple(size) if isinstance(size, Sequence) else (size, size)
    if len(sides) != 2 or not all(isinstance(side, int) and side >= 1 for side in sides):
        raise ShapeError(f"read_folder: size must be a side or (height, width), each at least 1; got {size!r}")
    return sides


def _choose(heights: Sequence[int], widths: Sequence[int]) -> tuple[int, int]:
    """The median height and width, scaled down together to at most 64, and at least 8."""
    height, width = (sorted(sides)[(len(sides) - 1) // 2] for sides in (heights, widths))
    share = min(1, LARGEST / max(height, width))
    return max(SMALLEST, round(height * share)), max(SMALLEST, round(width * share))


def _check_memory(root: str, shape: tuple[int, ...], max_bytes: int) -> None:
    count, channels, height, width = shape
    total = 4 * count * channels * height * width
    if total > max_bytes:
        raise FormatError(
            f"read_folder: {root} has {count:,} images; as {channels}x{height}x{width} float32 they take {total:,} "
            f"bytes, more than max_bytes={max_bytes:,}: choose a smaller size (--size)"
        )


def _is_grey(cells: np.ndarray) -> bool:
    """True if red, green and blue (N, 3, H, W) are equal everywhere; compared in blocks to save memory."""
    return all((part[:, 1:] == part[:, :1]).all() for part in np.array_split(cells, len(cells) // 1024 + 1))


@dataclass
class _ImageFiles:
    """The image files of a folder of class folders."""

    root: str
    classes: list[str]
    skip: bool  # skip unreadable files instead of raising
    files: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    ignored: int = 0

    def read(self, read: Callable[[int, str], Answer], threads: int) -> list[Answer]:
        """Call `read` with the number and the path of each file; files for which it fails are removed from `files`."""

        def attempt(number: int, entry: Entry) -> Answer | Exception:
            try:
                return read(number, entry[0])
            except (FormatError, OSError) as error:
                if self.skip:
                    return error
                raise

        if threads == 1:
            answers = [*map(attempt, range(len(self.files)), self.files)]
        else:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(threads) as pool:
                answers = [*pool.map(attempt, range(len(self.files)), self.files)]
        for (file, _), answer in zip(self.files, answers, strict=True):
            if isinstance(answer, Exception):
                self.skip_file(file, answer)
        bad = [isinstance(answer, Exception) for answer in answers]
        self.files = [entry for entry, failed in zip(self.files, bad, strict=True) if not failed]
        self.check_classes()
        return [answer for answer in answers if not isinstance(answer, Exception)]

    def skip_file(self, path: str, error: Exception) -> None:
        if isinstance(error, FileNotFoundError):
            reason = "does not exist, or is a broken link"
        else:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self.skipped.append((os.path.relpath(path, self.root), reason.removeprefix(f"read_image: {path} ")))

    def check_classes(self) -> None:
        """Raise FormatError if a class has no files."""
        present = {number for _, number in self.files}
        for number, name in enumerate(self.classes):
            if number not in present:
                failed = [f"{file}: {reason}" for file, reason in self.skipped if file.split(os.sep)[0] == name]
                cause = f"{len(failed)} unreadable, first {failed[0]}" if failed else "it has no image files"
                raise FormatError(
                    f"read_folder: the class {name!r} in {self.root} has no readable image ({cause}); each folder in "
                    f"{self.root} is a class and needs at least one"
                )


def _list_files(root: str, classes: Sequence[str] | None, skip: bool) -> _ImageFiles:
    """List the image files of all classes in the order of their names, without opening them."""
    names = class_folders(root, 0 if classes is not None else 2)
    if classes is not None:
        if sorted(names) != sorted(classes):
            present = f"the classes {', '.join(names)}" if names else "no classes"
            raise FormatError(f"read_folder: {root} has {present}; {', '.join(classes)} are needed")
        names = list(classes)
    image_files = _ImageFiles(root, names, skip)

    def unreadable(error: OSError) -> None:
        if not skip:
            raise error
        image_files.skip_file(error.filename, error)

    for number, name in enumerate(names):
        for folder, inner, files in os.walk(os.path.join(root, name), onerror=unreadable):
            inner[:] = sorted(other for other in inner if not other.startswith("."))
            visible = sorted(file for file in files if not file.startswith("."))
            images = [file for file in visible if os.path.splitext(file)[1].lower() in SUFFIXES]
            image_files.files += [(os.path.join(folder, file), number) for file in images]
            image_files.ignored += len(visible) - len(images)
            if len(image_files.files) + image_files.ignored > MAX_FILES:
                raise FormatError(f"read_folder: {root} holds more than {MAX_FILES:,} files")
    image_files.check_classes()
    return image_files


def class_folders(root: str, least: int = 2) -> list[str]:
    """The names of the folders in `root`, sorted, without hidden ones and links to `root` or its parents.

    Raises FormatError for fewer than `least`.
    """
    if not os.path.isdir(root):
        raise FileNotFoundError(2, f"read_folder: there is no folder {root}")
    visible = sorted(name for name in os.listdir(root) if not name.startswith("."))
    names = [name for name in visible if os.path.isdir(os.path.join(root, name)) and not _leads_up(root, name)]
    if len(names) < least:
        present = f"only the folder {names[0]!r}" if names else "no folders"
        examples = [os.path.join(root, name, "1.png") for name in ("cat", "dog")]
        raise FormatError(
            f"read_folder: {root} has {present} and {len(visible) - len(names)} files; at least two folders of images, "
            f"one for each class, are needed, e.g. {', '.join(examples)}"
        )
    return names


def _leads_up(root: str, name: str) -> bool:
    """True if this is a link to `root` or to one of its parents."""
    path = os.path.join(root, name)
    target = os.path.join(os.path.realpath(path), "")  # ends with a separator
    return os.path.islink(path) and os.path.join(os.path.realpath(root), "").startswith(target)


def read_folder_parts(
    path: Name,
    size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    *,
    on_error: Literal["skip", "raise"] = "skip",
    share: float = 0.2,
    seed: int = 0,
) -> tuple[LabelledImages, LabelledImages]:
    """Read the training images and the held-out images of a folder.

    If the folder has root/train/<class> and root/test/<class> (or val, valid, validation), these are the two parts, and
    the held-out images get the size and the channels of the training images. Otherwise `stratified_split` holds out a
    `share` of each class with this `seed`. The remaining arguments are those of `read_folder`.
    """
    root = os.fspath(path)
    held_out = [name for name in HELD_OUT if os.path.isdir(os.path.join(root, name))]
    if not (held_out and os.path.isdir(os.path.join(root, "train"))):
        return stratified_split(read_folder(root, size, channels, on_error=on_error), share, seed)
    train = read_folder(os.path.join(root, "train"), size, channels, on_error=on_error)
    channels, height, width = train.images.shape[1:]
    test = read_folder(
        os.path.join(root, held_out[0]), (height, width), channels, on_error=on_error, classes=train.classes
    )
    for part, split in ((train, "train"), (test, "test")):
        part.about |= {"path": os.path.abspath(root), "split": split}  # so that a run can find the images again
    return train, test
