"""Images changed at random, anew in every epoch, so that a network learns the sign and not the cells.

What happens to a sample is decided by (seed, epoch, index) alone: who draws first, and how batches are cut, plays no
part.
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
