"""Random changes of images, different in every epoch.

The change of a sample depends only on (seed, epoch, index), not on the order of the draws or the size of the batches.
"""

from .affine import Affine, Rotate
from .augmentation import Augmentation, ImageAugmentation
from .augmented import Augmented
from .compose import Compose
from .crop import Crop, Shift
from .erase import Erase
from .flip import HorizontalFlip, VerticalFlip
from .mix_up import MixUp

__all__ = [
    "Affine",
    "Augmentation",
    "Augmented",
    "Compose",
    "Crop",
    "Erase",
    "HorizontalFlip",
    "ImageAugmentation",
    "MixUp",
    "Rotate",
    "Shift",
    "VerticalFlip",
]
