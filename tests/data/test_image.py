"""Image files of every size, colour and polarity become arrays; damaged and huge ones raise one clear error."""

from __future__ import annotations

import struct
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rot180 import FormatError, MissingExtraError, ShapeError
from rot180.data import digits, image, read_image

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed (the extra image)")

GREY = (1, 8, 8)


def picture(image: np.ndarray[Any, Any], scale: int) -> Image.Image:
    """One digit (1, 8, 8) as a grey image, each cell a square of `scale` pixels."""
    return Image.fromarray(np.rint(image[0] * 255).astype(np.uint8)).resize((8 * scale, 8 * scale), 0)


def saved(image: Image.Image, path: Path, **options: Any) -> Path:
    image.save(path, **options)
    return path


@pytest.fixture(scope="module")
def filling() -> np.ndarray[Any, Any]:
    """A digit whose ink reaches the top and the bottom, its brightest cell 1 and its darkest 0."""
    for cells in digits("test").images:
        if min(cells[0, 0].max(), cells[0, -1].max()) > 0.5 and (cells.min(), cells.max()) == (0, 1):
            return np.asarray(cells)
    raise AssertionError("no such digit")


def test_a_plain_image_keeps_its_cells(tmp_path: Path, filling: Any) -> None:
    path = saved(picture(filling, 1), tmp_path / "a.png")
    cells = read_image(path, GREY)
    assert cells.dtype == np.float32
    np.testing.assert_allclose(cells, filling, atol=1 / 255)


@pytest.mark.parametrize(
    "kind", ["dark ground", "light ground", "colour", "transparent", "16 bits", "margin", "palette"]
)
def test_a_digit_comes_back_from_any_kind_of_image(tmp_path: Path, filling: Any, kind: str) -> None:
    image = picture(filling, 12)
    cells = np.asarray(image)
    if kind == "light ground":
        image = Image.fromarray(255 - cells)
    elif kind == "colour":
        image = Image.fromarray(np.stack([255 - cells] * 3, -1))
    elif kind == "transparent":  # black ink, nothing behind it
        image = Image.fromarray(np.stack([cells * 0] * 3 + [cells], -1))
    elif kind == "16 bits":
        image = Image.fromarray(cells.astype(np.uint16) * 257)
    elif kind == "margin":
        image = Image.fromarray(np.pad(255 - cells, ((50, 20), (90, 5)), constant_values=255))
    elif kind == "palette":
        image = image.convert("P")
    got = read_image(saved(image, tmp_path / "a.png"), GREY, ink=True)
    assert got.shape == GREY
    # cropping to the ink moves it sideways by up to half a cell: compare the rows' sums, which that leaves alone
    np.testing.assert_allclose(got.sum(2), filling.sum(2), atol=0.15)


def test_colour_models_get_three_channels(tmp_path: Path) -> None:
    image = Image.fromarray(np.full((5, 9, 3), (255, 0, 51), np.uint8))
    cells = read_image(saved(image, tmp_path / "a.png"), (3, 2, 4))
    np.testing.assert_allclose(cells, np.broadcast_to(np.float32([1, 0, 0.2])[:, None, None], (3, 2, 4)), atol=1e-6)


def test_one_colour_has_no_ink(tmp_path: Path) -> None:
    path = saved(Image.new("L", (20, 10), 200), tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(path, GREY, ink=True), np.zeros(GREY))


def test_the_exif_orientation_is_applied(tmp_path: Path, filling: Any) -> None:
    image = picture(filling, 4)
    exif = Image.Exif()
    exif[0x0112] = 6  # the top is at the right
    path = saved(image.rotate(90), tmp_path / "a.png", exif=exif)
    np.testing.assert_allclose(read_image(path, GREY), read_image(saved(image, tmp_path / "b.png"), GREY), atol=0.01)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 2)])
def test_tiny_and_thin_images_are_read(tmp_path: Path, size: tuple[int, int]) -> None:
    cells = np.zeros(size, np.uint8)
    cells[-1, -1] = 255
    path = saved(Image.fromarray(cells), tmp_path / "a.png")
    for ink in (False, True):
        got = read_image(path, GREY, ink=ink)
        assert got.shape == GREY
        assert 0 <= got.min() <= got.max() <= 1


def png_of(width: int, height: int) -> bytes:
    """A PNG that declares a size and contains no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not an image of a supported format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is not an image of a supported format"),
        (b"not an image", "is not an image of a supported format"),
        (png_of(8, 8), "cannot be decoded"),
        (png_of(9_000, 9_000), "has 9000 x 9000 pixels; at most 67,108,864 are read"),
        (
            png_of(10_000, 10_000),
            "has too many pixels; at most 67,108,864 are read",
        ),  # Pillow's warning is an error here
        (png_of(60_000, 60_000), "has too many pixels; at most 67,108,864 are read"),
        (png_of(0, 8), "a.png"),
    ],
)
def test_a_bad_file_is_a_format_error_that_names_it(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(data)
    with pytest.raises(FormatError, match=f"^read_image: .*{message}"):
        read_image(path, GREY)


def test_a_truncated_image_is_a_format_error(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    for kind in ("png", "jpg", "bmp", "gif", "tif", "webp", "ppm"):
        path = saved(Image.fromarray(noise), tmp_path / f"a.{kind}")
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(FormatError, match=rf"read_image: .*a\.{kind}"):
            read_image(path, GREY)


def test_a_picture_is_measured_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_of(9, 5))  # it holds no cells
    assert image.measure_image(tmp_path / "a.png") == (5, 9, True)
    colour = Image.new("RGB", (30, 20))
    for kind in ("png", "jpg", "bmp", "tif", "webp", "ppm"):
        assert image.measure_image(saved(colour, tmp_path / f"a.{kind}")) == (20, 30, False)
    exif = Image.Exif()
    exif[0x0112] = 8
    assert image.measure_image(saved(colour, tmp_path / "b.jpg", exif=exif)) == (30, 20, False)


def test_a_large_jpeg_is_decoded_at_a_reduced_size(tmp_path: Path) -> None:
    ramp = np.linspace(0, 255, 1600).astype(np.uint8)
    picture = Image.fromarray(np.stack([ramp[:, None] // 2 + ramp[:1200] // 2] * 3, -1))
    exif = Image.Exif()
    exif[0x0112] = 6
    got = read_image(saved(picture, tmp_path / "a.jpg", quality=95, exif=exif), (3, 40, 60))
    upright = picture.transpose(Image.Transpose.ROTATE_270)
    np.testing.assert_allclose(got, read_image(saved(upright, tmp_path / "a.png"), (3, 40, 60)), atol=0.02)


def test_missing_files_folders_and_channels_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"read_image: there is no file .*absent"):
        read_image(tmp_path / "absent", GREY)
    with pytest.raises(FormatError, match="is not a regular file"):
        read_image(tmp_path, GREY)
    with pytest.raises(ShapeError, match=r"the model takes 2 channels; images have 1 \(grey\) or 3"):
        read_image(tmp_path, (2, 8, 8))


def test_without_pillow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(MissingExtraError, match=r"reading images needs Pillow, the extra 'image': pip install pillow"):
        read_image(tmp_path / "a.png", GREY)


def test_a_margin_needs_ink_and_free_cells(tmp_path: Path, filling: Any) -> None:
    path = saved(picture(filling, 4), tmp_path / "a.png")
    assert not read_image(path, (1, 28, 28), ink=True, margin=4)[0, :3].any()
    for ink, margin in ((False, 1), (True, 4), (True, -1), (True, "1")):
        with pytest.raises(
            ValueError, match="read_image: margin needs ink=True and must be less than half of 8x8; got"
        ):
            read_image(path, GREY, ink=ink, margin=margin)


def test_threads_do_not_change_the_warning_filters(tmp_path: Path, filling: Any) -> None:
    path = saved(picture(filling, 40), tmp_path / "a.jpg")
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: (read_image(path, GREY), image.measure_image(path)), range(400)))
    assert warnings.filters == before
