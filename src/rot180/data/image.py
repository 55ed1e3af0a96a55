"""An image file as an array that a model takes: read with care, made upright, grey or colour, and resized.

Needs Pillow (the extra `image`), imported where used. Files may come from strangers: only plain raster
formats are tried (no EPS, which starts another program), and the size is looked at before a cell is decoded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import FormatError, MissingExtraError, ShapeError
from .dataset import Array
from .reading import Name, check_file
from .sign import as_sign

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
MAX_PIXELS = 1 << 26  # 67 million, as 8192 x 8192
MAX_BYTES = 1 << 28
GREY = ("1", "L", "LA", "La", "I", "F")  # Pillow's modes without colour, besides those of 16 bits
ORIENTATION, LYING = 0x0112, (5, 6, 7, 8)  # the EXIF tag, and its values for pictures that lie on their side
AMPLE = 4  # times the size that is wanted


def read_image(path: Name, shape: tuple[int, int, int], *, ink: bool = False, margin: int = 0) -> Array:
    """The first picture of a file as float32 of shape (C, H, W), 0 to 1.

    Args:
        path: PNG, JPEG, BMP, GIF, TIFF, WebP or PPM of any size; turned as its EXIF says; the transparent is white.
        shape: (C, H, W) of the result; C is 1 (grey) or 3 (red, green, blue). Shrinking averages.
        ink: take it for a drawn sign on a plain ground, as in the digit sets: if the border is light it is inverted (so
            dark on light and light on dark come out alike: light on dark), the ground is made black, it is cropped to
            the ink, centred at H : W, stretched to 0 to 1. A picture of H x W is only inverted: it counts as prepared.
        margin: of a sign, cells that stay free around it; 4 is MNIST's, which also centres by mass.

    Raises MissingExtraError without Pillow, FileNotFoundError, and FormatError for a file that is no image, is damaged
    or has more than 67 million pixels. Pillow's own warnings, of odd metadata, are passed on.
    """
    return np.divide(read_cells(path, shape, ink=ink, margin=margin), np.float32(255), dtype=np.float32)


def read_cells(path: Name, shape: tuple[int, int, int], *, ink: bool = False, margin: int = 0) -> Array:
    """What `read_image` reads, as uint8, 0 to 255."""
    channels, height, width = shape
    if channels not in (1, 3):
        raise ShapeError(f"read_image: the model takes {channels} channels; images have 1 (grey) or 3 (colour)")
    if margin and not (ink and isinstance(margin, int) and 0 <= 2 * margin < min(height, width)):
        raise ValueError(f"read_image: margin goes with ink=True and leaves cells of {height}x{width}; got {margin}")
    with _opened(path) as image:
        if not ink:  # a JPEG is decoded at an eighth, a quarter or half of its size where that is still plenty
            image.draft(None, (AMPLE * max(height, width),) * 2)
        picture = _convert(_pillow("ImageOps").exif_transpose(image), "L" if channels == 1 else "RGB")
    if ink:
        picture = as_sign(picture, height, width, margin).convert(picture.mode)
    else:
        picture = picture.resize((width, height))
    cells = np.asarray(picture).reshape(height, width, channels)
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
    """A picture whose header is read and whose cells are not; what fails here or inside is a FormatError."""
    Image = _pillow("Image")
    name = os.fspath(path)
    check_file("read_image", path, MAX_BYTES)
    try:
        with Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise FormatError(f"read_image: {name} has {width} x {height} pixels; at most {MAX_PIXELS:,} are read")
            yield image
    except (FormatError, MemoryError, PermissionError):
        raise
    except Image.UnidentifiedImageError as error:
        kinds = ", ".join(FORMATS)
        raise FormatError(f"read_image: {name} is not an image of a known kind ({kinds})") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:  # the latter where warnings raise
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
