"""Floor 4: datasets, batches, and the images that come with the package.

from rot180.data import DataLoader, digits
for images, labels in DataLoader(digits("train"), batch_size=32, shuffle=True, seed=0): ...
"""

from .augment import Affine, Augmented
from .dataset import (
    Dataset,
    LabelledImages,
    Subset,
    TensorDataset,
    default_collate,
    random_split,
    stratified_split,
)
from .folder import read_folder, read_parts
from .idx import read_idx
from .image import read_image
from .loader import DataLoader
from .mnist_sets import fashion_mnist, mnist
from .named import load, load_parts
from .uci_digits import digits

__all__ = [
    "Affine",
    "Augmented",
    "DataLoader",
    "Dataset",
    "LabelledImages",
    "Subset",
    "TensorDataset",
    "default_collate",
    "digits",
    "fashion_mnist",
    "load",
    "load_parts",
    "mnist",
    "random_split",
    "read_folder",
    "read_idx",
    "read_image",
    "read_parts",
    "stratified_split",
]
