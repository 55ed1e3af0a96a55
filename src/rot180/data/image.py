"""Read an image file as an array for a model: rotated as its EXIF data says, grey or colour, resized.

Pillow (the extra `image`) is needed and is imported where it is used. Files are untrusted: only plain raster formats
are read (not EPS, which starts another program), and the size is checked before cells are decoded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import FormatError, MissingExtraError, ShapeError
from .bounded_reading import Name, require_file
from .dataset import Array
from .drawing import prepared_drawing

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
MAX_PIXELS = 1 << 26  # 67 million, for example 8192 x 8192
MAX_BYTES = 1 << 28
GREY = ("1", "L", "LA", "La", "I", "F")  # Pillow's grey modes, except those with 16 bits
ORIENTATION, SIDEWAYS = 0x0112, (5, 6, 7, 8)  # the EXIF tag, and its values that swap height and width
DRAFT = 4  # a large JPEG is decoded at a reduced size, at least this multiple of the wanted size


def read_image(path: Name, shape: tuple[int, int, int], *, ink: bool = False, margin: int = 0) -> Array:
    """Read the first image of a file as float32 of shape (C, H, W), 0 to 1.

    Args:
        path: PNG, JPEG, BMP, GIF, TIFF, WebP or PPM of any size. The EXIF orientation is applied; transparent cells
            become white.
        shape: (C, H, W) of the result; C is 1 (grey) or 3 (red, green, blue). Images are resized.
        ink: prepare a drawing on a plain background as in the digit sets: invert it if its border is light, make the
            background black, crop to the ink, centre it in a frame of the aspect H : W, scale the values to 0 to 1. An
            image of size H x W is only inverted if needed.
        margin: empty cells around a drawing (MNIST has 4). If not 0, the drawing is centred by its centre of mass.

    Raises MissingExtraError without Pillow, FileNotFoundError, and FormatError for a file that is not an
    image, is damaged or has more than 67 million pixels. Pillow's warnings about odd metadata are passed on.
    """
    return np.divide(read_cells(path, shape, ink=ink, margin=margin), np.float32(255), dtype=np.float32)


def read_cells(path: Name, shape: tuple[int, int, int], *, ink: bool = False, margin: int = 0) -> Array:
    """Read an image like `read_image`, as uint8, 0 to 255."""
    channels, height, width = shape
    if channels not in (1, 3):
        raise ShapeError(f"read_image: the model takes {channels} channels; images have 1 (grey) or 3 (colour)")
    if margin and not (ink and isinstance(margin, int) and 0 <= 2 * margin < min(height, width)):
        raise ValueError(
            f"read_image: margin needs ink=True and must be less than half of {height}x{width}; got {margin}"
        )
    with _opened(path) as image:
        if not ink:  # a large JPEG is decoded at 1/8, 1/4 or 1/2 of its size, which is faster
            image.draft(None, (DRAFT * max(height, width),) * 2)
        picture = _convert(_pillow("ImageOps").exif_transpose(image), "L" if channels == 1 else "RGB")
    if ink:
        picture = prepared_drawing(picture, height, width, margin).convert(picture.mode)
    else:
        picture = picture.resize((width, height))
    cells = np.asarray(picture).reshape(height, width, channels)
    return np.ascontiguousarray(cells.transpose(2, 0, 1))  # (C, H, W)


def measure_image(path: Name) -> tuple[int, int, bool]:
    """Return (height, width, stored as grey) of an upright image from its header, without decoding cells."""
    with _opened(path) as image:
        width, height = image.size
        grey = image.mode in GREY or image.mode.startswith("I;")
        # Only these formats store the orientation in the header; for a PNG, Pillow would decode the cells to find it.
        if image.format in ("JPEG", "TIFF", "WEBP") and image.getexif().get(ORIENTATION, 1) in SIDEWAYS:
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
    """Open an image and read its header only; errors here or inside the block become FormatError."""
    Image = _pillow("Image")
    name = os.fspath(path)
    require_file("read_image", path, MAX_BYTES)
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
        raise FormatError(f"read_image: {name} is not an image of a supported format ({kinds})") from error
    except (
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:  # Pillow's warning, if warnings are turned into errors
        raise FormatError(f"read_image: {name} has too many pixels; at most {MAX_PIXELS:,} are read") from error
    except Exception as error:  # Pillow's decoders raise many kinds of exceptions
        raise FormatError(f"read_image: {name} cannot be decoded: {error}") from error


def _convert(image: Any, mode: str) -> Any:
    Image = _pillow("Image")
    if image.mode.startswith(("I", "F")):  # 16 or 32 bits of grey, which Pillow would clip at 255
        cells = np.asarray(image, np.float64)
        top = 65535 if image.mode.startswith("I") else max(float(cells.max()), 1e-30)
        image = Image.fromarray(np.clip(cells * (255 / top), 0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert(mode)
