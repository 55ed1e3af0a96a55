"""Tables of the sizes and settings with which the operations are tested.

The first cases of an operation are ordinary. Their sizes differ wherever the operation allows it, so that code that
confuses two axes fails, and some rows of x lie after the last window. The edge cases come after them. Code often treats
these sizes separately, or uses formulas that fail for them. Examples are 1x1 and 5x5 kernels, square images, one image,
one channel, stride 4, float32 and large numbers.

Each row has sizes for three spatial axes; operations with fewer axes use the first sizes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LARGE = 128.0  # small enough that sums of products do not overflow in float16
Three = tuple[int, int, int]


@dataclass(frozen=True)
class Attempt:
    """One row of a table: sizes and settings.

    Attributes:
        images: the number of images or samples.
        channels, outputs: the numbers of input and output channels per group.
        x, kernel: the sizes of the spatial axes.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    images: int = 2
    channels: int = 2
    outputs: int = 3
    x: tuple[int, ...] = (4, 5, 3)
    kernel: tuple[int, ...] = (3, 2, 2)
    dtype: str = "float64"
    factor: float = 1.0

    def open(self, names: Sequence[str], axes: int) -> dict[str, Any]:
        """Return those settings whose names are in `names`, for this number of axes."""
        given = {name: value for name, value in self.settings.items() if name in names}
        return {name: _for_axes(value, axes) if isinstance(value, tuple) else value for name, value in given.items()}

    def applies(self, names: Sequence[str]) -> bool:
        """True if at least one setting of this row is in `names`, or if the row has no settings."""
        return not self.settings or any(name in names for name in self.settings)


def _for_axes(value: tuple[int, ...], axes: int) -> Any:
    return value[:axes] if axes > 1 else value[0]


# ---- convolutions ----

_STEPS: tuple[dict[str, Any], ...] = (
    {},
    {"stride": 2, "padding": 1},
    {"padding": 1},
    {"stride": 2},
    {"dilation": 2},
    {"stride": 2, "padding": 1, "dilation": 2},
    {"groups": 2},
    {"stride": 3, "padding": 2, "groups": 2},
    {"stride": 3, "padding": 1, "output_padding": 1},
    {"stride": 2, "output_padding": 1},
)
# By number of axes: images, channels and outputs per group, x, kernel. Sizes differ where possible.
_ORDINARY: dict[int, list[tuple[int, int, int, tuple[int, ...], tuple[int, ...]]]] = {
    0: [(3, 4, 5, (), ()), (2, 3, 4, (), ())],
    1: [(2, 2, 3, (9,), (4,)), (3, 3, 2, (8,), (3,)), (2, 2, 3, (7,), (2,))],
    2: [(2, 2, 3, (6, 7), (3, 2)), (3, 2, 3, (5, 6), (2, 3)), (2, 3, 2, (6, 5), (3, 4))],
    3: [(2, 2, 3, (4, 5, 6), (3, 2, 4)), (2, 3, 2, (5, 4, 6), (2, 3, 3))],
}


def ordinary_convolutions(axes: int) -> list[Attempt]:
    """The first cases of a convolution with this number of axes."""
    sizes = _ORDINARY[axes]
    return [Attempt(settings, *sizes[number % len(sizes)]) for number, settings in enumerate(_STEPS)]


def edges_of_convolutions(settings: Sequence[str]) -> list[Attempt]:
    """The edge cases for code that takes these settings."""
    return [attempt for attempt in _EDGES_OF_CONVOLUTIONS if attempt.applies(settings)]


_BOTH = {"stride": 2, "padding": 1}
_ONES, _TWOS, _THREES, _FOURS, _FIVES = ((n, n, n) for n in (1, 2, 3, 4, 5))
_EDGES_OF_CONVOLUTIONS: tuple[Attempt, ...] = (
    # kernels: 1x1, square, even, large, and a single row
    *(Attempt(steps, x=(3, 4, 2), kernel=_ONES) for steps in ({}, {"stride": 2}, {"padding": 1})),
    *(Attempt(steps, kernel=_THREES) for steps in ({}, _BOTH, {"padding": 1})),
    *(Attempt(steps, x=(3, 4, 3), kernel=_TWOS) for steps in ({}, {"padding": 1}, {"stride": 2})),
    Attempt(_BOTH, x=(5, 6, 4), kernel=_FOURS),
    Attempt(x=(6, 7, 5), kernel=_FIVES),
    *(Attempt(steps, kernel=_FIVES) for steps in ({"padding": 2}, {"stride": 2, "padding": 2})),
    Attempt(x=(7, 8, 7), kernel=(7, 7, 7)),
    Attempt(kernel=(1, 3, 2)),
    Attempt(x=(1, 6, 2), kernel=(1, 3, 1)),
    # square images, also with square kernels
    *(Attempt(steps, x=_FOURS) for steps in ({}, {"padding": 1}, _BOTH)),
    *(Attempt(steps, x=_FOURS, kernel=_THREES) for steps in ({}, {"padding": 1}, {"stride": 2})),
    # large strides, with and without gaps between the windows, and another stride on each axis
    Attempt({"stride": 4}, x=(10, 9, 9)),
    Attempt({"stride": 4, "padding": 2}, x=(8, 9, 7), kernel=_FIVES),
    Attempt({"stride": 3}, x=(8, 7, 7)),
    Attempt({"stride": (2, 1, 2)}),
    Attempt({"stride": (1, 3, 2), "padding": (0, 1, 0)}),
    # dilation
    Attempt({"dilation": 3}, x=(8, 7, 6)),
    Attempt({"stride": 2, "padding": 2, "dilation": 3}, x=(5, 6, 4)),
    Attempt({"dilation": (1, 2, 1)}),
    # one image, several, one channel, one output, many, and equal numbers of all of them
    *(Attempt(steps, images=1) for steps in ({}, _BOTH)),
    Attempt(images=4),
    Attempt(_BOTH, images=5),
    Attempt(channels=1),
    Attempt(outputs=1),
    Attempt(images=1, channels=1, outputs=1),
    Attempt(channels=5, outputs=9, x=(3, 4, 3), kernel=(2, 1, 2)),
    Attempt(images=3, channels=3, outputs=3),
    # a padding as large as the kernel, a single output, an image of one cell
    Attempt({"padding": 2}, outputs=2, x=(2, 3, 2), kernel=(2, 1, 2)),
    Attempt(x=(3, 2, 2)),
    Attempt({"stride": 2}, x=(4, 3, 3)),
    Attempt({"padding": 1}, x=_ONES, kernel=_THREES),
    Attempt(x=_ONES, kernel=_TWOS),
    # one group per channel with two outputs, one group per channel with one output, and three groups
    Attempt({"groups": 3}, channels=1, outputs=2),
    Attempt({"groups": 3}, channels=1, outputs=1),
    Attempt({"groups": 3}, channels=2, outputs=1),
    # output padding of more than one cell
    Attempt({"stride": 3, "output_padding": 2}),
    Attempt({"stride": 4, "padding": 1, "output_padding": 3}),
    # numbers
    *(Attempt(steps, dtype="float32") for steps in ({}, _BOTH)),
    Attempt(factor=LARGE),
)

# ---- pooling ----

_PAIRS = {"kernel_size": (2, 3, 2), "stride": (2, 1, 2)}  # for functions that take one number per axis
_POOLED: tuple[tuple[dict[str, Any], Three], ...] = (
    ({}, (4, 6, 2)),
    ({}, (5, 7, 3)),
    ({"kernel_size": 3, "stride": 2}, (7, 6, 5)),
    ({"kernel_size": 2, "stride": 1}, (4, 5, 3)),
    ({"kernel_size": 3, "stride": 2, "padding": 1}, (6, 5, 4)),
    ({"kernel_size": 3}, (6, 9, 3)),
    ({"stride": 3}, (8, 5, 5)),
    ({"kernel_size": 3, "stride": 1, "padding": 1}, (4, 3, 5)),
    (_PAIRS, (4, 9, 4)),
    (_PAIRS, (6, 5, 3)),
)
ORDINARY_POOLINGS = tuple(
    Attempt(settings, *((2, 3), (3, 2))[number % 2], x=x) for number, (settings, x) in enumerate(_POOLED)
)
EDGES_OF_POOLINGS: tuple[Attempt, ...] = (
    # square images, one image, several, one channel, many
    Attempt(x=_FOURS),
    Attempt({"kernel_size": 3, "stride": 2}, x=_FIVES),
    Attempt(images=1, channels=3, x=(4, 6, 2)),
    Attempt(images=4, channels=3, x=(4, 6, 2)),
    Attempt(channels=1, x=(4, 6, 2)),
    Attempt(images=1, channels=1, x=(4, 6, 2)),
    Attempt(images=3, channels=3, x=(4, 2, 2)),
    Attempt(images=1, channels=9, x=(2, 4, 2)),
    # windows of one cell, of four and of five cells
    Attempt({"kernel_size": 1, "stride": 1}, x=(3, 4, 2)),
    Attempt({"kernel_size": 1, "stride": 2}, x=(4, 5, 2)),
    Attempt({"kernel_size": 4, "stride": 2}, x=(8, 7, 5)),
    Attempt({"kernel_size": 4, "stride": 4}, x=(8, 4, 4)),
    Attempt({"kernel_size": 5, "stride": 1}, x=(6, 7, 5)),
    Attempt({"kernel_size": 5, "stride": 2, "padding": 2}, x=(5, 6, 4)),
    # cells after the last window, gaps between the windows, a single window
    Attempt({"kernel_size": 3, "stride": 3}, x=(8, 7, 5)),
    Attempt({"kernel_size": 2, "stride": 3}, x=(7, 9, 5)),
    Attempt({"kernel_size": 3, "stride": 4}, x=(10, 9, 5)),
    Attempt({"kernel_size": 3, "stride": 3}, x=_THREES),
    Attempt({"kernel_size": 3, "stride": 2}, x=(4, 3, 3)),
    # numbers
    Attempt(x=(4, 6, 2), dtype="float32"),
    Attempt(x=(4, 6, 2), factor=LARGE),
)

# ---- other operations: the size of each axis by its letter ----

ORDINARY_SIZES: tuple[dict[str, int], ...] = (  # sizes that code could confuse are different
    {"N": 4, "C": 3, "D": 5, "H": 2, "W": 6, "Z": 7},
    {"N": 3, "C": 5, "D": 4, "H": 6, "W": 2, "Z": 2},
    {"N": 5, "C": 2, "D": 3, "H": 4, "W": 3, "Z": 6},
)
EDGE_SIZES: tuple[dict[str, int], ...] = (
    {"N": 1, "C": 3, "D": 5, "H": 2, "W": 4, "Z": 3},
    {"N": 2, "C": 4, "D": 3, "H": 5, "W": 3, "Z": 2},
    {"N": 4, "C": 1, "D": 1, "H": 2, "W": 3, "Z": 2},
    {"N": 1, "C": 1, "D": 1, "H": 1, "W": 1, "Z": 1},
    {"N": 2, "C": 3, "D": 4, "H": 4, "W": 4, "Z": 4},
    {"N": 3, "C": 3, "D": 3, "H": 3, "W": 3, "Z": 3},
    {"N": 7, "C": 9, "D": 10, "H": 1, "W": 2, "Z": 1},
)
