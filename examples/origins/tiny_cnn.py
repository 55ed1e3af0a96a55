"""A CNN with eight weights, trained on four 3x3 images, and why its gradient is rotated.

The network of the text is a *true* convolution of a 3x3 image with a 2x2 kernel w1 (rotated by 180 degrees before it
slides), tanh, a dense layer w2 on the four cells, a logistic output, and half the squared error as the cost:

    z = image * w1        a = tanh(z)        out = logistic(a @ w2)        cost = (out - target)^2 / 2

There are 1000 rounds with one update per image and learning rate 0.7. The last of the four targets, 1.1, is larger
than any value of a logistic function. The difficult line of the text is the gradient of the kernel:

    dw1 = rot180(image * rot180(g))        g = d cost / d z

where `*` is again a true convolution. The two rotations follow from the indices. A true convolution of a 3x3 image with
a 2x2 kernel is

    z[i, j] = sum over r, s of  image[i + 1 - r, j + 1 - s] * w1[r, s]

so the gradient of w1[r, s] sums over the cells of the image that w1[r, s] is multiplied with:

    dw1[r, s] = sum over i, j of  g[i, j] * image[i + 1 - r, j + 1 - s]

The image's index grows with i, so g slides over the image *unrotated*. A true convolution rotates its kernel, so it
must get g already rotated (the inner rotation). The image's index falls as r grows, so the first result belongs to the
last weight (the outer rotation). `F.conv2d` is a correlation and needs neither.

    python examples/origins/tiny_cnn.py
    build/pages/tiny_cnn.html        a page that shows its layer, written by `make pages`
"""

from __future__ import annotations

import numpy as np
from differences import numerical_gradient

import rot180
import rot180.functional as F

TARGETS = np.array([0.53, 0.77, 0.88, 1.1])
RATE, ROUNDS = 0.7, 1000


def images() -> np.ndarray:
    """The four images, (4, 1, 1, 3, 3): empty; the first row; the last two rows; full."""
    four = np.zeros((4, 1, 1, 3, 3))
    four[1, ..., 0, :] = four[2, ..., 1:, :] = four[3] = 1
    return four


def initial_weights() -> tuple[np.ndarray, np.ndarray]:
    """The kernel w1 (2, 2) and the dense layer w2 (4, 1), with the random numbers of the text."""
    draw = np.random.RandomState(598765)  # NumPy's legacy generator, which the text used
    return draw.randn(2, 2) * 4, draw.randn(4, 1) * 4


def rotate180(a):
    """Rotate the last two axes by 180 degrees; for arrays and Tensors."""
    return a[..., ::-1, ::-1]


def convolve(image, kernel):
    """The true 'valid' convolution of image (1, 1, H, W) with a 2-d kernel: correlate with the rotated kernel."""
    return F.conv2d(image, rotate180(kernel).reshape(1, 1, *kernel.shape))


def forward(image, w1, w2):
    """The output of the network, (1, 1); recorded on the tape if the weights are Tensors."""
    a = F.tanh(convolve(image, w1)).reshape(1, 4)
    return F.sigmoid(rot180.matmul(a, w2))


def cost(out, target: float):
    """Half the squared error."""
    return 0.5 * (out - target) ** 2


def error_at_z(image: np.ndarray, target: float, w1: np.ndarray, w2: np.ndarray) -> np.ndarray:
    """g = d cost / d z as a 2x2 array, by the chain rule: back through the logistic function, w2 and tanh."""
    a = np.tanh(convolve(image, w1))
    out = forward(image, w1, w2)
    at_out = (out - target) * out * (1 - out)
    return (at_out * w2.T).reshape(2, 2) * (1 - a[0, 0] ** 2)


def kernel_gradients(image: np.ndarray, g: np.ndarray) -> dict[str, np.ndarray]:
    """The text's formula, the same with one or both rotations left out, and the library's gradient; each (2, 2)."""
    return {
        "rot180(image * rot180(g))": rotate180(convolve(image, rotate180(g))[0, 0]),
        "       image * rot180(g) ": convolve(image, rotate180(g))[0, 0],
        "rot180(image *        g )": rotate180(convolve(image, g)[0, 0]),
        "       image *        g  ": convolve(image, g)[0, 0],
        "rot180 of F.conv2d's dw  ": rotate180(
            F.conv2d_backward(g[None, None], image, np.zeros((1, 1, 2, 2))).dw[0, 0]
        ),
    }


def train(w1: np.ndarray, w2: np.ndarray, rounds: int = ROUNDS, rate: float = RATE) -> tuple[np.ndarray, np.ndarray]:
    """New weights after `rounds` passes over the images, with one update of w1 and w2 per image."""
    w1, w2 = w1.copy(), w2.copy()
    for _ in range(rounds):
        for image, target in zip(images(), TARGETS, strict=True):
            t1, t2 = rot180.Tensor(w1, requires_grad=True), rot180.Tensor(w2, requires_grad=True)
            d1, d2 = rot180.grad(cost(forward(image, t1, t2), target), (t1, t2))
            w1, w2 = w1 - rate * d1.numpy(), w2 - rate * d2.numpy()
    return w1, w2


def outputs(w1: np.ndarray, w2: np.ndarray) -> np.ndarray:
    """The output of the network for each of the four images, (4,)."""
    return np.array([forward(image, w1, w2).item() for image in images()])


def show(when: str, w1: np.ndarray, w2: np.ndarray) -> None:
    """The outputs and the cost, as the text prints them."""
    out = outputs(w1, w2)
    print(f"{when}\n  targets  {TARGETS}\n  outputs  {out}\n  summed cost {cost(out, TARGETS).sum():.12f}")


def show_rotations(w1: np.ndarray, w2: np.ndarray) -> None:
    """The gradient of the kernel with and without each rotation, on an image whose cells all differ."""
    image, target = np.arange(1.0, 10.0).reshape(1, 1, 3, 3) / 9, 0.77
    w1, w2 = w1 / 8, w2 / 8  # smaller, so that neither tanh nor the output saturates
    numerical = numerical_gradient(lambda: cost(forward(image, w1, w2), target).item(), w1)
    print(f"the kernel's gradient on an image of 1/9 to 9/9\n  {'by differences':25}  {numerical.ravel()}")
    for name, d in kernel_gradients(image, error_at_z(image, target, w1, w2)).items():
        verdict = "right" if np.allclose(d, numerical, rtol=1e-6, atol=1e-9) else "wrong"
        print(f"  {name}  {d.ravel()}  {verdict}")


def main() -> None:
    w1, w2 = initial_weights()
    with np.printoptions(precision=9, suppress=True):
        show_rotations(w1, w2)
        show("before", w1, w2)
        w1, w2 = train(w1, w2)
        show(f"after {ROUNDS * len(TARGETS)} updates", w1, w2)
        print(f"  w1  {w1.ravel()}\n  w2  {w2.ravel()}")


if __name__ == "__main__":
    main()
