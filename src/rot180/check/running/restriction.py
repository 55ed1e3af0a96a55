"""Restrictions of the cases to the sizes that code supports: square kernels, equal channels, or one image.

Internal to check/. form_search.py decides which restriction fits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from ..operations import Definition
from ..operations.case import Case

DEPTHWISE = (
    "The check used one kernel per channel, w of shape (C, 1, ...), because the functions refused every other case."
)
SINGLE = (
    "The check used a single image, because {reason}. So it did not check that the gradients of w and b are sums over "
    "the images."
)
SQUARE_IMAGES = (
    "The check used square images, because the functions refused every other case. So it cannot find code that "
    "confuses height and width."
)
EQUAL_CHANNELS = (
    "The check used as many output channels as input channels, because the functions refused every other case. So it "
    "cannot find code that confuses them."
)
REFUSED_MORE, IGNORED_MORE = (
    "the functions refused every case with more", "the result has a single image, however many are passed",
)  # fmt: skip


@dataclass(frozen=True)
class Restriction:
    """The sizes that code supports.

    Attributes:
        square: "" for any sizes, "kernel" for square kernels, "image" for square images and kernels.
        equal_channels: True if there are as many input as output channels.
        depthwise: True if there is one kernel per channel.
        one_image: True if the batch has a single image.
    """

    square: str = ""
    equal_channels: bool = False
    depthwise: bool = False
    one_image: bool = False

    @property
    def cost(self) -> int:
        """How many faults a restriction can hide, as a number. Restrictions with a low cost are tried first."""
        square = {"": 0, "kernel": 1, "image": 2}[self.square]
        return square + 2 * self.depthwise + 3 * self.equal_channels + self.one_image

    def apply(self, definition: Definition, case: Case) -> Case | None:
        """The case with sizes that the code supports; None if there is no such case."""
        restricted: Case | None = case
        if self.depthwise:
            restricted = definition.depthwise(case)
        if restricted is not None and self.equal_channels:
            restricted = definition.equal_channels(restricted)
        if restricted is not None and self.square:
            restricted = definition.square(restricted, images=self.square == "image")
        if restricted is not None and self.one_image:
            restricted = definition.ones(restricted, "N")
        return restricted

    def remarks(self, *, ignores_images: bool = False) -> list[str]:
        """The remarks on what was not checked.

        Args:
            ignores_images: True if the code accepts several images but uses only one (default: False).
        """
        found = [DEPTHWISE] if self.depthwise else []
        found += [EQUAL_CHANNELS] if self.equal_channels else []
        found += [SQUARE_IMAGES] if self.square == "image" else []
        found += [SINGLE.format(reason=IGNORED_MORE if ignores_images else REFUSED_MORE)] if self.one_image else []
        return found

    @property
    def scope(self) -> str:
        """The words on the restriction in the title of the report, e.g. "square images only"."""
        return "square images only" if self.square == "image" else ""


def restrictions() -> Iterator[Restriction]:
    """Yield all restrictions, by their cost."""
    yesno = (False, True)
    every = [Restriction(*values) for values in product(("", "kernel", "image"), yesno, yesno, yesno)]
    possible = [restriction for restriction in every if not (restriction.equal_channels and restriction.depthwise)]
    yield from sorted(possible, key=lambda restriction: restriction.cost)
