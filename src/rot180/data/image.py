"""An image file as an array that a model takes: read with care, made upright, grey or colour, and resized.

Needs Pillow (the extra `image`), imported where used. Files may come from strangers: only plain raster
formats are tried (no EPS, which starts another program), and the size is looked at before a cell is decoded.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import FormatError, MissingExtraError, ShapeError
from .dataset import Array
from .reading import Name, check_file

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
MAX_PIXELS = 1 << 26  # 67 million, as 8192 x 8192
MAX_BYTES = 1 << 28
GREY = ("1", "L", "LA", "La", "I", "F")  # Pillow's modes without colour, besides those of 16 bits
ORIENTATION, LYING = 0x0112, (5, 6, 7, 8)  # the EXIF tag, and its values for pictures that lie on their side
AMPLE = 4  # times the size that is wanted
CONTRAST = 0.25  # ink is what stands out from the ground by more than this share of the whole contrast


def read_image(path: Name, shape: tuple[int, int, int], *, ink: bool = False) -> Array:
    """The first picture of a file as float32 of shape (C, H, W), 0 to 1.

    Args:
        path: PNG, JPEG, BMP, GIF, TIFF, WebP or PPM of any size; turned as its EXIF says; the transparent is white.
        shape: (C, H, W) of the result; C is 1 (grey) or 3 (red, green, blue). Shrinking averages.
        ink: take it for a drawn sign, as the digits are: if the border is light it is inverted (so dark on light and
            light on dark come out alike: light on dark), cropped to the ink, centred at H : W, stretched to 0 to 1.

    Raises MissingExtraError without Pillow, FileNotFoundError, and FormatError for a file that is no image, is damaged
    or has more than 67 million pixels.
    """
    return np.divide(read_cells(path, shape, ink=ink), np.float32(255), dtype=np.float32)


def read_cells(path: Name, shape: tuple[int, int, int], *, ink: bool = False) -> Array:
    """What `read_image` reads, as uint8, 0 to 255."""
    channels, height, width = shape
    if channels not in (1, 3):
        raise ShapeError(f"read_image: the model takes {channels} channels; images have 1 (grey) or 3 (colour)")
    with _opened(path) as image:
        if not ink:  # a JPEG is decoded at an eighth, a quarter or half of its size where that is still plenty
            image.draft(None, (AMPLE * max(height, width),) * 2)
        picture = _convert(_pillow("ImageOps").exif_transpose(image), "L" if channels == 1 else "RGB")
    if ink:
        picture = _ink(picture, height / width)
    resized = picture.resize((width, height), _pillow("Image").Resampling.BOX if ink else None)
    cells = np.asarray(resized).reshape(height, width, channels)
    return np.ascontiguousarray(cells.transpose(2, 0, 1))  # (C, H, W)


def measure_image(path: Name) -> tuple[int, int, bool]:
    """(height, width, whether it is stored as grey) of a picture, upright, from its header: no cell is decoded."""
    with _opened(path) as image:
        width, height = image.size
        grey = image.mode in GREY or image.mode.startswith("I;")
        # Only of formats that have it in front: of a PNG, Pillow would decode the cells to look for it.
        if image.format in ("JPEG", "TIFF", "WEBP") and image.getexif().get(ORIENTATION, 1) in LYING:
            height, width = width, height
    return height, width, grey


def _pillow(module: str) -> Any:
    from importlib import import_module

    try:
        return import_module(f"PIL.{module}")
    except ImportError as error:
        raise MissingExtraError(
            "read_image: reading images needs Pillow, the extra 'image': pip install pillow"
        ) from error


@contextmanager
def _opened(path: Name) -> Iterator[Any]:
    """A picture whose header is read and whose cells are not; whatever fails here or inside is a FormatError."""
    Image = _pillow("Image")
    name = os.fspath(path)
    check_file("read_image", path, MAX_BYTES)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what is refused below, and of odd but harmless metadata
            with Image.open(path, formats=FORMATS) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise FormatError(
                        f"read_image: {name} has {width} x {height} pixels; at most {MAX_PIXELS:,} are read"
                    )
                yield image
    except (FormatError, MemoryError):
        raise
    except Image.UnidentifiedImageError as error:
        kinds = ", ".join(FORMATS)
        raise FormatError(f"read_image: {name} is not an image of a known kind ({kinds})") from error
    except Image.DecompressionBombError as error:
        raise FormatError(f"read_image: {name} has too many pixels; at most {MAX_PIXELS:,} are read") from error
    except Exception as error:  # Pillow's decoders raise whatever their formats' libraries do
        raise FormatError(f"read_image: {name} cannot be decoded: {error}") from error


def _convert(image: Any, mode: str) -> Any:
    Image = _pillow("Image")
    if image.mode.startswith(("I", "F")):  # 16 or 32 bits of grey, which Pillow would cut off at 255
        cells = np.asarray(image, np.float64)
        top = 65535 if image.mode.startswith("I") else max(float(cells.max()), 1e-30)
        image = Image.fromarray(np.clip(cells * (255 / top), 0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert(mode)


def _ink(picture: Any, aspect: float) -> Any:
    """Light ink on black, cropped to the ink and centred in a frame of height / width = aspect."""
    Image = _pillow("Image")
    cells = np.asarray(picture.convert("L"), np.float32)  # (rows, columns)
    border = np.concatenate([cells[0], cells[-1], cells[1:-1, 0], cells[1:-1, -1]])
    if np.median(border) > (cells.min() + cells.max()) / 2:
        cells = 255 - cells
    low, high = float(cells.min()), float(cells.max())
    if high - low < 1:  # one colour: nothing is drawn
        return Image.new(picture.mode, picture.size)
    cells = (cells - low) / (high - low)
    rows, columns = (np.flatnonzero((cells > CONTRAST).any(axis)) for axis in (1, 0))
    cells = np.rint(cells[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] * 255).astype(np.uint8)
    height, width = cells.shape
    frame = _frame(height, width, aspect)
    if math.prod(frame) > MAX_PIXELS:  # a line of 65,536 x 1 would ask for a square of 4 GiB
        share = math.sqrt(MAX_PIXELS / math.prod(frame))
        height, width = max(1, int(height * share)), max(1, int(width * share))
        cells = np.asarray(Image.fromarray(cells).resize((width, height), Image.Resampling.BOX))
        frame = _frame(height, width, aspect)
    top, left = (frame[0] - height) // 2, (frame[1] - width) // 2
    framed = np.zeros(frame, np.uint8)
    framed[top : top + height, left : left + width] = cells
    return Image.fromarray(framed).convert(picture.mode)


def _frame(height: int, width: int, aspect: float) -> tuple[int, int]:
    """The smallest frame of height / width = aspect around these."""
    return max(height, round(width * aspect)), max(width, round(height / aspect))
