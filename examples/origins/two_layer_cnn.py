"""Two convolutions and a dense layer: the error carried back by padding and rotating, and what that really is.

The network of the text, for a 4x4 image X, with kernels W1 and W2 of 2x2 and a dense layer W3 of 4 weights; `*` is the
true convolution, which rotates its kernel by 180 degrees before it slides:

    Z1 = X * W1   A1 = tanh(Z1)      3x3
    Z2 = A1 * W2  A2 = arctan(Z2)    2x2
    out = A2 . W3,   loss = (out - y)^2 / 2,   k = out - y

and its gradients, as the text gets them, one layer after the other:

    dW3  = k A2, flattened
    g2   = k W3, as 2x2, times arctan' = 1 / (1 + Z2^2)
    dW2  = rot180(A1 correlated with g2)
    g1   = (rot180(W2) padded with a ring of zeros) * g2, times tanh' = 1 - A1^2
    dW1  = rot180(X correlated with g1)

The insight that the text fights for: going back is not about restoring the image (a deconvolution would try that) but
about finding every weight's share of the error. The padding is there because a cell at the corner of A1 met one weight
only and must get one share, where a cell in the middle met all four; the rotation lines the indices up.

rot180 has no padding and no rotation to offer. Its layer correlates, y[p] = sum over r of x[p + r] w[r], and so

    dw[r] = sum over p of  dy[p] x[p + r]            conv_w(x, dy)
    dx[i] = sum over p + r = i of  dy[p] w[r]        conv_x(dy, w)

are sums over the same triples of cells, sorted by another index. A true convolution is this layer with w = rot180(W):
every rotation in the text is the step from W to w or back, and the ring of zeros is conv_x written as a correlation.

    python examples/origins/two_layer_cnn.py
    build/pages/two_layer_cnn.html        its layer as a page; `make pages` writes it
"""

from __future__ import annotations

import numpy as np
from differences import numerical_gradient, relative_error

import rot180
import rot180.functional as F
from rot180.data import digits

RATE, EPOCHS, SEED = 0.05, 20, 0
Weights = tuple[np.ndarray, np.ndarray, np.ndarray]


def turn(a):
    """rot180: the last two axes backwards; for arrays and Tensors."""
    return a[..., ::-1, ::-1]


def convolve(image, kernel):
    """The true 'valid' convolution of (N, 1, H, W) with a 2-d kernel: correlate with the kernel turned."""
    return F.conv2d(image, turn(kernel).reshape(1, 1, *kernel.shape))


def start(seed: int = SEED) -> Weights:
    """W1 (2, 2), W2 (2, 2) and W3 (4, 1), normal with deviation 1/2."""
    rng = np.random.default_rng(seed)
    return tuple(rng.standard_normal(shape) / 2 for shape in ((2, 2), (2, 2), (4, 1)))


def forward(images, w1, w2, w3):
    """A1 (N, 1, 3, 3), Z2, A2 (N, 1, 2, 2) and the output (N, 1); recorded where the weights are Tensors."""
    a1 = F.tanh(convolve(images, w1))
    z2 = convolve(a1, w2)
    a2 = F.arctan(z2)
    return a1, z2, a2, rot180.matmul(a2.reshape(-1, 4), w3)


def loss(images, labels, w1, w2, w3):
    """Half the squared error, summed over the images."""
    return (0.5 * (forward(images, w1, w2, w3)[3] - labels.reshape(-1, 1)) ** 2).sum()


def gradients_of_the_text(image: np.ndarray, y: np.ndarray, w1, w2, w3) -> Weights:
    """(dW1, dW2, dW3) for one image, by padding and rotating. F.conv2d is the correlation."""
    a1, z2, a2, out = forward(image, w1, w2, w3)
    k = out - y
    d3 = k * a2.reshape(4, 1)
    g2 = (k * w3).reshape(2, 2) / (1 + z2**2)
    d2 = turn(F.conv2d(a1, g2))
    padded = F.pad(turn(w2)[None, None], (1, 1, 1, 1))
    g1 = convolve(padded, g2[0, 0]) * (1 - a1**2)
    d1 = turn(F.conv2d(image, g1))
    return d1[0, 0], d2[0, 0], d3


def gradients_of_the_contractions(image: np.ndarray, y: np.ndarray, w1, w2, w3) -> Weights:
    """The same from conv_w and conv_x (dw and dx of F.conv2d_backward); the layer's weight is rot180(W)."""
    a1, z2, a2, out = forward(image, w1, w2, w3)
    k = out - y
    g2 = (k * w3).reshape(1, 1, 2, 2) / (1 + z2**2)
    at_a1, d2, _ = F.conv2d_backward(g2, a1, turn(w2)[None, None])
    _, d1, _ = F.conv2d_backward(at_a1 * (1 - a1**2), image, turn(w1)[None, None])
    return turn(d1)[0, 0], turn(d2)[0, 0], k * a2.reshape(4, 1)


def gradients_of_the_tape(images: np.ndarray, labels: np.ndarray, w1, w2, w3) -> Weights:
    """The same, found by rot180 from the forward alone; for any number of images."""
    weights = [rot180.Tensor(w, requires_grad=True) for w in (w1, w2, w3)]
    return tuple(d.numpy() for d in rot180.grad(loss(images, labels, *weights), weights))


def gradients_by_differences(image: np.ndarray, y: np.ndarray, w1, w2, w3) -> Weights:
    """The same, by moving each weight both ways."""
    return tuple(numerical_gradient(lambda: loss(image, y, w1, w2, w3), w) for w in (w1, w2, w3))


def zeros_and_ones(split: str) -> tuple[np.ndarray, np.ndarray]:
    """The digits 0 and 1 of the embedded set as averages of 2x2 blocks: images (N, 1, 4, 4) and labels (N,)."""
    data = digits(split)
    chosen = data.labels <= 1
    return F.avg_pool2d(data.images[chosen].astype(float), 2), data.labels[chosen].astype(float)


def train(weights: Weights, images: np.ndarray, labels: np.ndarray, epochs: int) -> Weights:
    """One update per image, by the tape's gradients."""
    for _ in range(epochs):
        for i in range(len(images)):
            found = gradients_of_the_tape(images[i : i + 1], labels[i : i + 1], *weights)
            weights = tuple(w - RATE * d for w, d in zip(weights, found, strict=True))
    return weights


def accuracy(weights: Weights, images: np.ndarray, labels: np.ndarray) -> float:
    """The share of images whose output lies on the right side of 1/2."""
    out = forward(images, *weights)[3][:, 0]
    return float(np.mean((out > 0.5) == (labels == 1)))


def show_gradients(image: np.ndarray, y: np.ndarray, weights: Weights) -> None:
    """Every weight's gradient four times over."""
    ways = (gradients_of_the_text, gradients_of_the_contractions, gradients_of_the_tape, gradients_by_differences)
    found = [way(image, y, *weights) for way in ways]
    print("            pad and rotate       contractions           the tape        differences")
    for name, *columns in zip(("W1", "W2", "W3"), *found, strict=True):
        for cell in np.ndindex(columns[0].shape):
            print(f"d{name}{list(cell)}  " + "  ".join(f"{d[cell]:17.12f}" for d in columns))
        print(f"  largest relative error against differences {relative_error(columns[0], columns[3]):.1e}")


def main() -> None:
    images, labels = zeros_and_ones("train")
    held_out = zeros_and_ones("test")
    weights = start()
    print(f"the gradients at a digit {labels[1]:.0f}, four times over")
    show_gradients(images[1:2], labels[1:2], weights)
    print(f"\n{len(images)} zeros and ones to train on, {len(held_out[0])} held out; one update per image, rate {RATE}")
    for epoch in range(0, EPOCHS + 1, 5):
        mean = loss(images, labels, *weights) / len(images)
        print(f"after {epoch:2} epochs: mean loss {mean:.6f}, held-out images right {accuracy(weights, *held_out):.1%}")
        weights = train(weights, images, labels, 5) if epoch < EPOCHS else weights


if __name__ == "__main__":
    main()
