"""Datasets, batches, readers of images, and the images that come with the package.

from rot180.data import DataLoader, digits
for images, labels in DataLoader(digits("train"), batch_size=32, shuffle=True, seed=0): ...
"""

from .augment import (
    Affine,
    Augmentation,
    Augmented,
    Compose,
    Crop,
    Erase,
    HorizontalFlip,
    ImageAugmentation,
    MixUp,
    Rotate,
    Shift,
    VerticalFlip,
)
from .cifar import cifar10
from .dataset import (
    Dataset,
    LabelledImages,
    Subset,
    TensorDataset,
    default_collate,
    random_split,
    stratified_split,
)
from .downloads import DownloadError, download
from .folder import read_folder, read_folder_parts
from .idx import read_idx
from .image import read_image
from .loader import DataLoader
from .mnist_sets import fashion_mnist, mnist
from .npz import read_npz, read_npz_parts
from .registry import load, load_parts
from .uci_digits import digits

__all__ = [
    "Affine",
    "Augmentation",
    "Augmented",
    "Compose",
    "Crop",
    "DataLoader",
    "Dataset",
    "DownloadError",
    "Erase",
    "HorizontalFlip",
    "ImageAugmentation",
    "LabelledImages",
    "MixUp",
    "Rotate",
    "Shift",
    "Subset",
    "TensorDataset",
    "VerticalFlip",
    "cifar10",
    "default_collate",
    "digits",
    "download",
    "fashion_mnist",
    "load",
    "load_parts",
    "mnist",
    "random_split",
    "read_folder",
    "read_folder_parts",
    "read_idx",
    "read_image",
    "read_npz",
    "read_npz_parts",
    "stratified_split",
]
