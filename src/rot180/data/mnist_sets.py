"""MNIST and Fashion-MNIST: 60,000 training images and 10,000 test images, 28x28 in grey, in 10 classes.

Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition", 1998.
H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
arXiv:1708.07747, 2017.

Other sets with the same four files (KMNIST, or your own) can be read too.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import FormatError
from .bounded_reading import Name
from .dataset import Array, LabelledImages
from .file_search import files_not_found, find_files, search_root
from .idx import read_idx

PREFIX = {"train": "train", "test": "t10k"}
SIDE = 28
DIGITS = tuple("0123456789")
ORIGINALS = {  # checksum of the data: name; needed because the files of both sets have the same names
    "d18cfd466eb143ac1097fde604dba9eec4116885869d04cc648b510949f9e88c": "mnist",
    "a0863a96c44e5666edbb30c4071ee79ca0514c621e6349c5967fc78e7305c891": "mnist",
    "1f243a60b4b748a44c48b9a6f6907be2a08bee3e4e226f0e86fbde8e147b745a": "fashion-mnist",
    "9a494dc49efeb996f4076c469b31cd058152067b1594ba6ab85dd739fce3775e": "fashion-mnist",
}
MARGIN = {
    "mnist": 4,
    "fashion-mnist": 0,
}  # empty cells around the object; the user's images are prepared with the same margin
CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


def mnist(split: str = "train", root: Name | None = None) -> LabelledImages:
    """Load handwritten digits: images float32 (N, 1, 28, 28), 0 to 1, light on dark, and labels int64 (N,), 0 to 9.

    Args:
        split: "train" or "test".
        root: the folder with train-images-idx3-ubyte and the other three files, compressed (.gz) or not. The subfolders
            mnist, raw, mnist/raw and MNIST/raw are searched too. Default: the folder of `download("mnist")`.

    Raises FileNotFoundError, which lists the files, and FormatError for damaged files or files of another set.
    """
    return _read("mnist", "MNIST", split, root, DIGITS)


def fashion_mnist(split: str = "train", root: Name | None = None) -> LabelledImages:
    """Load pieces of clothing: images float32 (N, 1, 28, 28), 0 to 1, light on dark, and labels int64 (N,), 0 to 9.

    Args:
        split: "train" or "test".
        root: the folder of the files, as for `mnist`, with the subfolders fashion-mnist, raw, fashion-mnist/raw and
            FashionMNIST/raw. Default: the folder of `download("fashion-mnist")`.

    Raises FileNotFoundError, which lists the files, and FormatError for damaged files or files of another set.
    """
    return _read("fashion-mnist", "FashionMNIST", split, root, CLOTHES)


def _read(name: str, other_name: str, split: str, root: Name | None, classes: tuple[str, ...]) -> LabelledImages:
    op = name.replace("-", "_")
    if split not in PREFIX:
        raise ValueError(f"{op}: split must be 'train' or 'test'; got {split!r}")
    folders = [".", name, "raw", f"{name}/raw", f"{other_name}/raw"]
    stems = [f"{PREFIX[split]}-{kind}-ubyte" for kind in ("images-idx3", "labels-idx1")]
    start = search_root(name, root)
    paths = find_files(start, folders, [_variants(stem) for stem in stems])
    if not paths:
        raise files_not_found(op, root, start, folders, f"the files {' and '.join(stems)}, compressed (.gz) or not")
    images, labels = (read_idx(path) for path in paths)
    _check(op, paths, images, labels, len(classes))
    files = {path.name: path.stat().st_size for path in paths}
    about = {"name": name, "split": split, "files": files, "ink": True, "margin": MARGIN[name]}
    data = LabelledImages.from_bytes(images[:, None], labels, classes, about)
    actual = ORIGINALS.get(data.about["sha256"], name)
    if actual != name:
        raise FormatError(f"{op}: {paths[0].parent} has the files of {actual}, but the files of {name} are needed")
    return data


def _variants(stem: str) -> list[str]:
    """The names of a file: compressed or not, and in some copies with a dot instead of a dash."""
    dotted = stem.replace("-idx", ".idx")
    return [f"{stem}.gz", stem, f"{dotted}.gz", dotted]


def _check(op: str, paths: list[Path], images: Array, labels: Array, classes: int) -> None:
    if images.dtype != "u1" or images.shape[1:] != (SIDE, SIDE):
        raise FormatError(
            f"{op}: {paths[0]} has {images.dtype} of shape {images.shape}; uint8 (N, {SIDE}, {SIDE}) is needed"
        )
    if labels.dtype != "u1" or labels.shape != images.shape[:1]:
        raise FormatError(
            f"{op}: {paths[1]} has {labels.dtype} of shape {labels.shape}; uint8 of shape {images.shape[:1]} is "
            f"needed, a label for each image of {paths[0].name}"
        )
    if labels.size and labels.max() >= classes:
        raise FormatError(f"{op}: {paths[1]} has the label {labels.max()}; labels must be from 0 to {classes - 1}")
