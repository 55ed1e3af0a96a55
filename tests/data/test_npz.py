"""NumPy archives: images in every layout and dtype, labels, class names; headers are checked first."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rot180 import FormatError
from rot180.data import read_npz, read_npz_parts

from .sample_files import npz_bytes

RNG = np.random.default_rng(0)
CELLS = RNG.integers(0, 256, (6, 3, 8, 5), np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.fixture
def save(tmp_path: Path) -> Any:
    return lambda packed=True, **arrays: written(tmp_path / "a.npz", npz_bytes(packed, **arrays))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("images", "labels"), [("images", "labels"), ("x", "y"), ("X", "y")])
def test_images_and_labels_come_back(save: Any, packed: bool, images: str, labels: str) -> None:
    data = read_npz(save(packed, **{images: CELLS, labels: LABELS}))
    assert (data.images.dtype, data.labels.dtype) == (np.float32, np.int64)
    np.testing.assert_array_equal(data.images, CELLS / np.float32(255))
    np.testing.assert_array_equal(data.labels, LABELS)
    assert data.classes == ("0", "1", "2")
    assert (data.about["name"], data.about["images"], len(data.about["sha256"])) == ("npz", 6, 64)


@pytest.mark.parametrize(
    ("dtype", "scale"),
    [("u1", 255), ("<u2", 65535), (">u2", 65535), ("?", 1), ("f2", 1), ("<f4", 1), (">f4", 1), ("f8", 1)],
)
def test_every_dtype_of_images(save: Any, dtype: str, scale: float) -> None:
    images = (RNG.random((2, 1, 4, 4)) * (scale if scale > 1 else 1.9)).astype(dtype)
    got = read_npz(save(images=images, labels=np.array([0, 1]))).images
    assert (got.dtype, got.flags.c_contiguous) == (np.float32, True)
    np.testing.assert_allclose(got, images.astype(np.float64) / scale, rtol=1e-6)


def test_layouts(save: Any) -> None:
    want = read_npz(save(images=CELLS, labels=LABELS)).images
    last = CELLS.transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(read_npz(save(images=last, labels=LABELS)).images, want)
    np.testing.assert_array_equal(read_npz(save(images=np.asfortranarray(CELLS), labels=LABELS)).images, want)
    np.testing.assert_array_equal(read_npz(save(images=CELLS[:, 0], labels=LABELS)).images, want[:, :1])
    two = save(images=CELLS[:, :2], labels=LABELS)
    np.testing.assert_array_equal(read_npz(two, layout="NCHW").images, want[:, :2])
    with pytest.raises(FormatError, match=r"shape \(6, 2, 8, 5\): no channel axis was found, because neither axis 1"):
        read_npz(two)
    both = save(images=CELLS[..., :3], labels=LABELS)
    with pytest.raises(
        FormatError, match=r"axis is ambiguous, because axis 1 and axis 3 both .*; pass layout='NCHW' or layout='NHWC'"
    ):
        read_npz(both)
    assert read_npz(both, layout="NHWC").images.shape == (6, 3, 3, 8)
    with pytest.raises(ValueError, match="read_npz: layout must be 'NCHW' or 'NHWC'; got 'HWC'"):
        read_npz(both, layout="HWC")


def test_names_of_classes(save: Any) -> None:
    for names in (np.array(["a", "b", "c"]), np.array([b"a", b"b", b"c"])):
        assert read_npz(save(images=CELLS, labels=LABELS, classes=names)).classes == ("a", "b", "c")
    assert read_npz(save(images=CELLS, labels=LABELS), classes=["x", "y", "z", "more"]).classes[3] == "more"
    for bad in (np.array(["a", "b"]), np.array("abc"), np.array([0.5, 1, 2])):
        with pytest.raises(FormatError, match=r"the classes are .*; the names of at least 3 classes are needed"):
            read_npz(save(images=CELLS, labels=LABELS, classes=bad))


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (CELLS.astype(np.int64), LABELS, "the images are int64 .*; uint8, uint16, bool or floats are needed"),
        (CELLS.astype(np.complex64), LABELS, "images.npy has dtype complex64; numbers or strings"),
        (CELLS[0, 0], LABELS, r"of shape \(8, 5\); \(N, H, W\), \(N, C, H, W\) or \(N, H, W, C\) is needed"),
        (CELLS[:0], LABELS[:0], "no axis may have size 0"),
        (CELLS[..., :0], LABELS, "no axis may have size 0"),
        (np.where(CELLS > 250, np.nan, CELLS), LABELS, "the images have NaN or infinite values"),
        (np.full((6, 4, 4), 1e300), LABELS, "the images have NaN or infinite values"),
        (CELLS, LABELS[:5], r"the labels are int64 of shape \(5,\), but there are 6 images"),
        (CELLS, LABELS * 1.0, r"the labels are float64 of shape \(6,\); integers of shape \(6,\) are needed"),
        (CELLS, np.eye(6, dtype=int), r"the labels are int64 of shape \(6, 6\); integers"),
        (CELLS, LABELS - 1, "run from -1 to 1; labels from 0 to 65535 are allowed"),
        (CELLS, LABELS.astype(np.uint64) << np.uint64(40), "run from 0 to 2199023255552"),
        (np.array([None] * 6), LABELS, "images.npy has dtype object; .* Python objects are not read"),
        (np.zeros(6, "f4,i4"), LABELS, "images.npy has dtype .*; numbers or strings are needed"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(save: Any, images: Any, labels: Any, message: str) -> None:
    with pytest.raises(FormatError, match=f"^read_npz: .*a.npz: .*{message}"):
        read_npz(save(images=images, labels=labels))


def test_labels_in_a_column_are_read(save: Any) -> None:
    assert read_npz(save(images=CELLS, labels=LABELS[:, None].astype(np.uint8))).labels.tolist() == LABELS.tolist()


@pytest.mark.parametrize("form", ["{0}_{1}", "{1}_{0}"])
def test_a_file_with_several_parts(save: Any, form: str) -> None:
    def parts(*splits: str) -> Path:
        arrays = {}
        for count, split in zip((6, 3, 2), splits, strict=False):
            arrays |= {form.format(split, "x"): CELLS[:count], form.format(split, "y"): LABELS[:count]}
        return Path(save(**arrays))

    path = parts("train", "val", "test")
    assert [len(read_npz(path, split)) for split in ("train", "val", "test")] == [6, 3, 2]
    train, test = read_npz_parts(path)
    assert (len(train), len(test), test.classes) == (6, 2, ("0", "1", "2"))
    train, test = read_npz_parts(parts("train", "val"))
    assert (len(train), len(test), test.about["split"]) == (6, 3, "val")
    with pytest.raises(
        FormatError, match=r"has no array images or x or X; it has .*x.* \(if the file has several parts"
    ):
        read_npz(path)
    with pytest.raises(FormatError, match=r"has no array .* or x_extra or "):
        read_npz(path, "extra")


def test_a_file_with_one_part_is_split_by_class(save: Any) -> None:
    train, test = read_npz_parts(save(x=CELLS, y=LABELS), share=0.5, seed=1)
    assert sorted(train.labels.tolist()) == sorted(test.labels.tolist()) == [0, 1, 2]


def member(data: bytes, kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A .npz file whose images are this .npy file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        archive.writestr("images.npy", data)
        archive.writestr("labels.npy", npy(LABELS))
    return buffer.getvalue()


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def header(text: str, version: bytes = b"\1\0") -> bytes:
    text = text.ljust(117) + "\n"
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text.encode()


def shape(text: str, dtype: str = "|u1") -> bytes:
    return header(f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {text}, }}")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not a .npz file, or is damaged"),
        (npy(CELLS), "is not a .npz file, or is damaged: File is not a zip file"),
        (npz_bytes(images=CELLS, labels=LABELS)[:-30], "is not a .npz file, or is damaged"),
        (
            member(npy(CELLS)[:-1]),
            r"images.npy declares shape \(6, 3, 8, 5\) of uint8, 720 bytes, but the file can hold at most 719",
        ),
        (member(npy(CELLS) + b"!"), "images.npy is longer than the 720 bytes of cells that its header declares"),
        (member(b"not npy"), "is damaged"),
        (member(npy(CELLS), zipfile.ZIP_LZMA), "images.npy is compressed with a method that numpy.savez does not use"),
        (member(shape("(1 << 40,)")), "is damaged"),
        (member(shape(f"({1 << 40},)")), r"declares shape \(1099511627776,\) of uint8, .* limit of 1,073,741,824"),
        (member(shape(f"(0, {1 << 40})")), "above the limit of 1,073,741,824 bytes"),
        (member(shape("(-1, 8, 8)") + bytes(64)), r"declares shape \(-1, 8, 8\)"),
        (member(shape(f"({1 << 29},)")), "536,870,912 bytes, but the file can hold at most 0"),
        (member(shape("(" + "1, " * 40 + ")") + b"x"), "declares an array of 40 axes; at most 32 are read"),
        (member(shape("(9,)", "<U0")), "images.npy has dtype <U0; numbers or strings are needed"),
        (member(header("(" * 100 + ")" * 10)), "is damaged"),
        (member(header("__import__('os').getpid()")), "is damaged"),
        (member(header("{'descr': '|u1'}")), "is damaged"),
        (member(header("'\\d'")), "is damaged"),
        (member(header("x", b"\3\0")), r"images.npy has version \(3, 0\) of the .npy format"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=f"^read_npz: .*a.npz.* {message}"):
        read_npz(written(tmp_path / "a.npz", data))


def test_pickles_are_not_executed(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return Path.touch, (tmp_path / "owned",)

    with pytest.raises(FormatError, match="Python objects are not read"):
        read_npz(written(tmp_path / "a.npz", member(npy(np.array([Evil()], object)))))
    assert not (tmp_path / "owned").exists()


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    data = bytearray(npz_bytes(images=CELLS, labels=LABELS))
    data[data.index(b"PK\1\2") + 8] |= 1
    data[6] |= 1
    with pytest.raises(FormatError, match=r"is damaged: .*encrypted"):
        read_npz(written(tmp_path / "a.npz", bytes(data)))


def test_a_changed_cell_is_found_by_the_checksum(tmp_path: Path) -> None:
    data = bytearray(npz_bytes(False, images=CELLS, labels=LABELS))
    data[300] ^= 1
    with pytest.raises(FormatError, match=r"is damaged: Bad CRC-32 for file 'images.npy'"):
        read_npz(written(tmp_path / "a.npz", bytes(data)))


def test_zip_bombs_are_refused_without_allocating_them(tmp_path: Path) -> None:
    bomb = member(shape("(6, 8, 8)") + bytes(1 << 25))
    names = io.BytesIO()
    with zipfile.ZipFile(names, "w") as archive:
        for number in range(12_000):
            archive.writestr(f"{number:050}", b"")
    tracemalloc.start()
    try:
        for data, message in ((bomb, "is longer than the 384 bytes"), (names.getvalue(), "has a zip directory of")):
            with pytest.raises(FormatError, match=message):
                read_npz(written(tmp_path / "a.npz", data))
            assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_limits_missing_files_and_folders(tmp_path: Path, save: Any) -> None:
    path = save(False, images=CELLS, labels=LABELS)
    with pytest.raises(FormatError, match="has more than 700 bytes"):
        read_npz(path, max_bytes=700)
    with pytest.raises(FileNotFoundError, match="read_npz: there is no file"):
        read_npz(tmp_path / "absent.npz")
    with pytest.raises(FormatError, match="is not a regular file"):
        read_npz(tmp_path)


def test_parts_must_fit_each_other(save: Any) -> None:
    parts = {"x_train": CELLS, "y_train": LABELS, "y_test": LABELS}
    with pytest.raises(
        FormatError, match=r"have shape \(3, 8, 5\), but test has \(3, 6, 5\); both need the same shape"
    ):
        read_npz_parts(save(**parts, x_test=CELLS[:, :, :6]))
    with pytest.raises(FormatError, match="test has 3 classes, but train has only 2"):
        read_npz_parts(save(**(parts | {"y_train": LABELS % 2}), x_test=CELLS))


def test_about_says_the_layout_that_was_given_and_the_range_of_floats(save: Any) -> None:
    path = save(images=CELLS / 51.0, labels=LABELS)
    assert read_npz(path).about["range"] == [CELLS.min() / 51, CELLS.max() / 51]
    assert "layout" not in read_npz(path).about
    assert read_npz(path, layout="NCHW").about["layout"] == "NCHW"
    assert "range" not in read_npz(save(images=CELLS, labels=LABELS)).about
