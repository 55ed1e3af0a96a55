"""A transposed convolution that does not learn: three faults, each fixed in turn.

In a forum, somebody reimplemented torch.nn.ConvTranspose2d in C++ for single matrices and asked why the error grows.
The network has two layers, 10x10 -> 12x12 -> 14x14, with 3x3 kernels:

    forward     z  = full(x, rot180(kernel))          full scatters: z[i + k] += kernel[k] * x[i]
    backward    dx = valid(dz, kernel)                valid slides:  out[k] = sum over i of a[i + k] * b[i]
                dw = valid(dz, x)
                dx = clip(dx, 10, -10)
    update      dz = label - predicted, kernel -= 0.001 * dw

1. The backward does not match the forward. PyTorch scatters the kernel unrotated, and for that forward the dx and dw
   above are right: dx[i] sums dz[i + k] * kernel[k] over the cells that x[i] was added to, and dw[k] sums dz[i + k] *
   x[i]. The question's forward rotates the kernel. Without the rotation, forward and backward match.
2. The sign is wrong. The gradient of half the squared error is predicted - label. The update subtracts it, so
   label - predicted increases the loss.
3. The bounds of the clip are swapped: clip(dx, 10, -10) turns every number into -10.

The answer keeps the rotated forward and changes the backward: with r = rot180(kernel), dx = valid(dz, r) and
dw = rot180(valid(dz, x)), because valid(dz, x) is the gradient of r. The answer also describes a test that needs no
second implementation: for the linear loss F = sum(z * dz), the change sum(dw * (kernel' - kernel)) that dw predicts
must equal the actual change. In the library, full is F.conv_transpose2d, valid is F.conv2d, and nothing is rotated.

    python examples/origins/transposed_conv.py
    build/pages/transposed_conv.html        a page that shows its layer, written by `make pages`
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from record_conv_transpose import recorded_numbers, torch_numbers

import rot180.functional as F

SEED, RATE = 7, 0.001


class Version(NamedTuple):
    """One way to write the layer and its update."""

    name: str
    rotated_forward: bool = True  # z = full(x, rot180(kernel))
    rotated_backward: bool = False  # dx and dw match the rotated forward
    uphill: bool = True  # dz = label - predicted, subtracted
    swapped_clip: bool = True  # clip(dx, 10, -10)


VERSIONS = [
    Version("the question's"),
    Version("... no clip", swapped_clip=False),
    Version("... and the sign", swapped_clip=False, uphill=False),
    Version("... and no rotation", swapped_clip=False, uphill=False, rotated_forward=False),
    Version("the answer's", swapped_clip=False, uphill=False, rotated_backward=True),
    Version("only the rotation wrong", swapped_clip=False, uphill=False),
    Version("only the sign wrong", swapped_clip=False, rotated_forward=False),
    Version("only the clip wrong", uphill=False, rotated_forward=False),
]
QUESTION, _, _, FIXED, ANSWER, *_ = VERSIONS


def full(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Scatter: z[i + k] += kernel[k] * x[i], for matrices."""
    return F.conv_transpose2d(x[None, None], kernel[None, None])[0, 0]


def valid(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Slide b over a: out[k] = sum over i of a[i + k] * b[i], for matrices."""
    return F.conv2d(a[None, None], b[None, None])[0, 0]


def rotate180(a: np.ndarray) -> np.ndarray:
    """Rotate a matrix by 180 degrees."""
    return a[::-1, ::-1]


def forward(x: np.ndarray, kernel: np.ndarray, version: Version) -> np.ndarray:
    """The output of one layer."""
    return full(x, rotate180(kernel) if version.rotated_forward else kernel)


def backward(dz: np.ndarray, x: np.ndarray, kernel: np.ndarray, version: Version) -> tuple[np.ndarray, np.ndarray]:
    """(dx, dw) of one layer."""
    dx = valid(dz, rotate180(kernel) if version.rotated_backward else kernel)
    dw = valid(dz, x)
    if version.swapped_clip:
        dx = np.clip(dx, 10, -10)
    return dx, rotate180(dw) if version.rotated_backward else dw


def start(seed: int = SEED) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Two 3x3 kernels, an input of 10x10 and a label of 14x14, all standard normal."""
    rng = np.random.default_rng(seed)
    kernel1, kernel2 = rng.standard_normal((2, 3, 3))
    return kernel1, kernel2, rng.standard_normal((10, 10)), rng.standard_normal((14, 14))


def train(version: Version, steps: int, seed: int = SEED) -> np.ndarray:
    """Half the squared error before each step and after the last, (steps + 1,); inf after it exceeds 1e12."""
    kernel1, kernel2, x, label = start(seed)
    losses = np.full(steps + 1, np.inf)
    for step in range(steps + 1):
        a = forward(x, kernel1, version)
        error = forward(a, kernel2, version) - label
        losses[step] = 0.5 * (error**2).sum()
        if losses[step] > 1e12:
            losses[step] = np.inf
            break
        d2, dw2 = backward(-error if version.uphill else error, a, kernel2, version)
        _, dw1 = backward(d2, x, kernel1, version)
        kernel1, kernel2 = kernel1 - RATE * dw1, kernel2 - RATE * dw2
    return losses


def changes(version: Version, seed: int = SEED) -> tuple[float, float]:
    """The change of the linear loss sum(z * dz) when the kernel changes: predicted by dw, and actual."""
    rng = np.random.default_rng(seed)
    x, dz = rng.standard_normal((10, 10)), rng.standard_normal((12, 12))
    kernel, moved = rng.standard_normal((2, 3, 3))
    _, dw = backward(dz, x, kernel, version)
    actual = (forward(x, moved, version) * dz).sum() - (forward(x, kernel, version) * dz).sum()
    return float((dw * (moved - kernel)).sum()), float(actual)


def agreement(version: Version, expected: dict[str, np.ndarray]) -> dict[str, bool]:
    """For z, dx and dw: True if equal to the result of torch.nn.ConvTranspose2d. The numbers are exact integers."""
    x, kernel, dz = expected["x"], expected["kernel"], expected["dz"]
    ours = dict(zip(("dx", "dw"), backward(dz, x, kernel, version), strict=True), z=forward(x, kernel, version))
    return {name: np.array_equal(ours[name], expected[name]) for name in ("z", "dx", "dw")}


def reference() -> dict[str, np.ndarray]:
    """PyTorch's numbers: computed if PyTorch is installed, otherwise read from the recorded file."""
    try:
        return torch_numbers()
    except ImportError:
        numbers = recorded_numbers()
        return {**numbers, "by": f"{numbers['by']}, recorded"}


def main() -> None:
    marks = (0, 5, 10, 30, 100, 300)
    print(f"half the squared error after a number of steps (seed {SEED}, rate {RATE})")
    print(f"{'':24}" + "".join(f"{mark:>10}" for mark in marks))
    for version in VERSIONS:
        losses = train(version, marks[-1])
        print(f"{version.name:24}" + "".join(f"{losses[mark]:10.4g}" for mark in marks))
    falling = sum(bool(losses[-1] < losses[0]) for losses in (train(FIXED, 50, seed) for seed in range(20)))
    print(f"the fixed one falls slowly from {falling} of 20 starts; for the other starts the rate is too large")

    print("\nthe change of a linear loss     predicted by dw      actual")
    for version in (VERSIONS[2], FIXED, ANSWER):
        predicted, actual = changes(version)
        print(f"{version.name:24} {predicted:21.12f} {actual:21.12f}")

    expected = reference()
    print(f"\nthe same numbers as torch.nn.ConvTranspose2d? ({expected['by']})")
    for version in (QUESTION, VERSIONS[2], FIXED, ANSWER):
        same = agreement(version, expected)
        print(f"{version.name:24}" + "   ".join(f"{name} {'yes' if equal else 'no'}" for name, equal in same.items()))


if __name__ == "__main__":
    main()
