"""A folder of class folders, each with image files, as a dataset: root/cat/1.png, root/cat/2.jpg, root/dog/1.png ...

Every picture is stretched to one size. A file that cannot be read is named and left out, or refused.

Deliberately absent: reading while training. All images are in memory, and what does not fit is refused beforehand.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np

from ..errors import FormatError, ShapeError
from .dataset import LabelledImages, Skipped, stratified_split
from .image import measure_image, read_cells
from .reading import Name

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm", ".pnm"}
SMALLEST, LARGEST = 8, 64  # sides of the size that is chosen where none is given
MAX_BYTES = 4 << 30  # of images as float32
MAX_FILES = 1 << 20
HELD_OUT = ("test", "val", "valid", "validation")  # names of a folder that lies beside "train"
PHOTOGRAPH = 1 << 16  # pixels; smaller pictures are read no faster on several threads
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
    """The images of a folder of class folders: float32 (N, C, H, W), 0 to 1, and labels int64 (N,).

    Args:
        path: each folder in it is a class; images at any depth in there belong to it. Hidden files and folders are
            ignored, links to folders inside a class too. Files without the ending of an image are ignored and counted
            in `about`.
        size: the side, or (height, width), that every picture is stretched to. By default the median height and the
            median width, shrunk together until both are at most 64, and at least 8 each.
        channels: 1 (grey) or 3. By default 3 if any picture has a cell that is not grey.
        on_error: "skip" leaves out what cannot be read and lists it in `.skipped`; "raise" raises the error.
        classes: the names of the folders in the order of their labels; by default all, sorted.
        max_bytes: the most memory that the images may take.

    Raises FileNotFoundError without the folder, MissingExtraError without Pillow (the extra `image`), FormatError for
    fewer than two classes, a class without a readable image, or images that need more than `max_bytes`.
    """
    if on_error not in ("skip", "raise"):
        raise ValueError(f"read_folder: on_error must be 'skip' or 'raise'; got {on_error!r}")
    if channels not in (None, 1, 3):
        raise ShapeError(f"read_folder: channels must be 1 (grey) or 3 (colour); got {channels}")
    sides = None if size is None else _pair(size)
    found = _list(os.fspath(path), classes, on_error == "skip")
    stored = channels  # the channels that are decoded
    threads = THREADS
    if sides is None or stored is None:
        measures = found.read(lambda _, file: measure_image(file), 1)
        heights, widths, greys = zip(*measures, strict=True)
        sides = sides or _choose(heights, widths)
        stored = stored or (1 if all(greys) else 3)
        threads = THREADS if max(map(int.__mul__, heights, widths)) >= PHOTOGRAPH else 1
    shape = (len(found.files), stored, *sides)
    _check_memory(found.root, shape, max_bytes)
    cells = np.empty(shape, np.uint8)

    def read(number: int, file: str) -> int:
        cells[number] = read_cells(file, shape[1:])
        return number

    good = found.read(read, threads)
    if len(good) < len(cells):
        cells = cells[good]
    if channels is None and stored == 3 and _is_grey(cells):
        cells = cells[:, :1]
    labels = [number for _, number in found.files]
    about = {"name": "folder", "path": os.path.abspath(path), "ignored": found.ignored, "skipped": len(found.skipped)}
    images = LabelledImages.from_bytes(cells, labels, found.classes, about)
    images.skipped = tuple(found.skipped)
    images.files = tuple(os.path.relpath(file, found.root).replace(os.sep, "/") for file, _ in found.files)
    return images


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    sides = tuple(size) if isinstance(size, Sequence) else (size, size)
    if len(sides) != 2 or not all(isinstance(side, int) and side >= 1 for side in sides):
        raise ShapeError(f"read_folder: size must be a side or (height, width), each at least 1; got {size!r}")
    return sides


def _choose(heights: Sequence[int], widths: Sequence[int]) -> tuple[int, int]:
    """The median height and width, shrunk together to at most 64, and at least 8 each."""
    height, width = (sorted(sides)[(len(sides) - 1) // 2] for sides in (heights, widths))
    share = min(1, LARGEST / max(height, width))
    return max(SMALLEST, round(height * share)), max(SMALLEST, round(width * share))


def _check_memory(root: str, shape: tuple[int, ...], max_bytes: int) -> None:
    count, channels, height, width = shape
    needed = 4 * count * channels * height * width
    if needed > max_bytes:
        raise FormatError(
            f"read_folder: {root} has {count:,} images; as {channels}x{height}x{width} float32 they take {needed:,} "
            f"bytes, more than max_bytes={max_bytes:,}: give a smaller size"
        )


def _is_grey(cells: np.ndarray) -> bool:
    """Whether red, green and blue (N, 3, H, W) are equal everywhere; block by block, for the sake of memory."""
    return all((part[:, 1:] == part[:, :1]).all() for part in np.array_split(cells, len(cells) // 1024 + 1))


@dataclass
class _Found:
    """What a folder of class folders holds."""

    root: str
    classes: list[str]
    skip: bool  # whether to leave out what cannot be read
    files: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    ignored: int = 0

    def read(self, read: Callable[[int, str], Answer], threads: int) -> list[Answer]:
        """What `read` makes of each file and its number; the files for which it fails are left out of `files`."""

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
                self.leave_out(file, answer)
        bad = [isinstance(answer, Exception) for answer in answers]
        self.files = [entry for entry, failed in zip(self.files, bad, strict=True) if not failed]
        self.check_classes()
        return [answer for answer in answers if not isinstance(answer, Exception)]

    def leave_out(self, path: str, error: Exception) -> None:
        if isinstance(error, FileNotFoundError):
            reason = "is not there, or is a link that leads nowhere"
        else:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self.skipped.append((os.path.relpath(path, self.root), reason.removeprefix(f"read_image: {path} ")))

    def check_classes(self) -> None:
        """FormatError if there is a class without files."""
        present = {number for _, number in self.files}
        for number, name in enumerate(self.classes):
            if number not in present:
                failed = [f"{file}: {reason}" for file, reason in self.skipped if file.split(os.sep)[0] == name]
                cause = f"{len(failed)} could not be read, first {failed[0]}" if failed else "there is none in it"
                raise FormatError(
                    f"read_folder: the class {name!r} in {self.root} has no readable image ({cause}); each folder in "
                    f"{self.root} is a class and needs at least one"
                )


def _list(root: str, classes: Sequence[str] | None, skip: bool) -> _Found:
    """The image files of all classes, in the order of their names; none is opened."""
    names = class_folders(root, 0 if classes is not None else 2)
    if classes is not None:
        if sorted(names) != sorted(classes):
            held = f"the classes {', '.join(names)}" if names else "no classes"
            raise FormatError(f"read_folder: {root} has {held}; {', '.join(classes)} are needed")
        names = list(classes)
    found = _Found(root, names, skip)

    def unreadable(error: OSError) -> None:
        if not skip:
            raise error
        found.leave_out(error.filename, error)

    for number, name in enumerate(names):
        for folder, inner, files in os.walk(os.path.join(root, name), onerror=unreadable):
            inner[:] = sorted(other for other in inner if not other.startswith("."))
            shown = sorted(file for file in files if not file.startswith("."))
            images = [file for file in shown if os.path.splitext(file)[1].lower() in SUFFIXES]
            found.files += [(os.path.join(folder, file), number) for file in images]
            found.ignored += len(shown) - len(images)
            if len(found.files) + found.ignored > MAX_FILES:
                raise FormatError(f"read_folder: {root} holds more than {MAX_FILES:,} files")
    found.check_classes()
    return found


def class_folders(root: str, least: int = 2) -> list[str]:
    """The names of the folders in `root`, sorted, but hidden ones and links to where `root` itself lies.

    FormatError for fewer than `least`.
    """
    if not os.path.isdir(root):
        raise FileNotFoundError(2, f"read_folder: there is no folder {root}")
    shown = sorted(name for name in os.listdir(root) if not name.startswith("."))
    names = [name for name in shown if os.path.isdir(os.path.join(root, name)) and not _leads_up(root, name)]
    if len(names) < least:
        held = f"one folder, {names[0]!r}," if names else "no folder"
        raise FormatError(
            f"read_folder: {root} holds {held} and {len(shown) - len(names)} files; at least two folders of images are "
            f"needed, one for each class: {os.path.join(root, 'cat', '1.png')}, {os.path.join(root, 'dog', '1.png')}"
        )
    return names


def _leads_up(root: str, name: str) -> bool:
    """Whether this is a link to `root` itself or to a folder around it."""
    path = os.path.join(root, name)
    around = os.path.join(os.path.realpath(path), "")  # with a separator at the end
    return os.path.islink(path) and os.path.join(os.path.realpath(root), "").startswith(around)


def read_folder_parts(
    path: Name,
    size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    *,
    on_error: Literal["skip", "raise"] = "skip",
    share: float = 0.2,
    seed: int = 0,
) -> tuple[LabelledImages, LabelledImages]:
    """The images to train on and those held out, of a folder in either of two layouts.

    root/train/<class> with root/test/<class> (or val, valid, validation) is taken as it is divided; what is held out
    gets the size and the channels of what is trained on. Of root/<class> a `share` of each class is held out, as
    `stratified_split` does with this `seed`. All else is as for `read_folder`.
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
        part.about |= {"path": os.path.abspath(root), "split": split}  # where both are found again
    return train, test
