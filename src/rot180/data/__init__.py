"""Floor 4: datasets, batches, and the images that come with the package.

from rot180.data import DataLoader, digits
for images, labels in DataLoader(digits("train"), batch_size=32, shuffle=True, seed=0): ...
"""

from .augment import Affine, Augmented
from .dataset import Dataset, LabelledImages, Subset, TensorDataset, default_collate, random_split
from .image import read_image
from .loader import DataLoader
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
    "random_split",
    "read_image",
]
