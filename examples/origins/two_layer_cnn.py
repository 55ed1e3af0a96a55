"""Two convolutions and a dense layer: the error is carried back by padding and rotating, or by `conv_x`.

The network of the text has a 4x4 image X, 2x2 kernels W1 and W2, and a dense layer W3 of 4 weights. `*` is the true
convolution, which rotates its kernel by 180 degrees before it slides:

    Z1 = X * W1   A1 = tanh(Z1)      3x3
    Z2 = A1 * W2  A2 = arctan(Z2)    2x2
    out = A2 . W3,   loss = (out - y)^2 / 2,   k = out - y

The text derives its gradients layer by layer, from the last to the first:

    dW3  = k A2, flattened
    g2   = k W3, as 2x2, times arctan' = 1 / (1 + Z2^2)
    dW2  = rot180(A1 correlated with g2)
    g1   = (rot180(W2) padded with zeros) * g2, times tanh' = 1 - A1^2
    dW1  = rot180(X correlated with g1)

The text stresses that the backward pass does not restore the image, as a deconvolution would. The backward pass
computes how much the loss changes with each cell. A corner cell of A1 is multiplied with one weight, a cell in the
middle with all four, and the padding with zeros accounts for this. The rotation puts the weights in the right order.

rot180 needs neither padding nor rotation. The library's layer is a correlation, y[p] = sum over r of x[p + r] w[r], so

    dw[r] = sum over p of  dy[p] x[p + r]            conv_w(x, dy)
    dx[i] = sum over p + r = i of  dy[p] w[r]        conv_x(dy, w)

are sums over the same triples of cells, grouped by another index. A true convolution is this layer with w = rot180(W).
Every rotation in the text converts W to w or back, and the padding comes from writing conv_x as a correlation.

    python examples/origins/two_layer_cnn.py
    build/pages/two_layer_cnn.html        a page that shows its layer, written by `make pages`
"""

from __future__ import annotations

import numpy as np
from differences import numerical_gradient, relative_error

import rot180
import rot180.functional as F
from rot180.data import digits

RATE, EPOCHS, SEED = 0.05, 20, 0
Weights = tuple[np.ndarray, np.ndarray, np.ndarray]


def rotate180(a):
    """Rotate the last two axes by 180 degrees; for arrays and Tensors."""
    return a[..., ::-1, ::-1]


def convolve(image, kernel):
    """The true 'valid' convolution of (N, 1, H, W) with a 2-d kernel: correlate with the rotated kernel."""
    return F.conv2d(image, rotate180(kernel).reshape(1, 1, *kernel.shape))


def start(seed: int = SEED) -> Weights:
    """W1 (2, 2), W2 (2, 2) and W3 (4, 1), normal with deviation 1/2."""
    rng = np.random.default_rng(seed)
    return tuple(rng.standard_normal(shape) / 2 for shape in ((2, 2), (2, 2), (4, 1)))


def forward(images, w1, w2, w3):
    """A1 (N, 1, 3, 3), Z2, A2 (N, 1, 2, 2) and the output (N, 1); recorded on the tape if the weights are Tensors."""
    a1 = F.tanh(convolve(images, w1))
    z2 = convolve(a1, w2)
    a2 = F.arctan(z2)
    return a1, z2, a2, rot180.matmul(a2.reshape(-1, 4), w3)


def loss(images, labels, w1, w2, w3):
    """Half the squared error, summed over the images."""
    return (0.5 * (forward(images, w1, w2, w3)[3] - labels.reshape(-1, 1)) ** 2).sum()


def gradients_of_the_text(image: np.ndarray, y: np.ndarray, w1, w2, w3) -> Weights:
    """(dW1, dW2, dW3) for one image, by padding and rotating. F.conv2d is a correlation."""
    a1, z2, a2, out = forward(image, w1, w2, w3)
    k = out - y
    d3 = k * a2.reshape(4, 1)
    g2 = (k * w3).reshape(2, 2) / (1 + z2**2)
    d2 = rotate180(F.conv2d(a1, g2))
    padded = F.pad(rotate180(w2)[None, None], (1, 1, 1, 1))
    g1 = convolve(padded, g2[0, 0]) * (1 - a1**2)
    d1 = rotate180(F.conv2d(image, g1))
    return d1[0, 0], d2[0, 0], d3


def gradients_of_the_contractions(image: np.ndarray, y: np.ndarray, w1, w2, w3) -> Weights:
    """(dW1, dW2, dW3) by conv_w and conv_x (dw and dx of F.conv2d_backward); the layer's weight is rot180(W)."""
    a1, z2, a2, out = forward(image, w1, w2, w3)
    k = out - y
    g2 = (k * w3).reshape(1, 1, 2, 2) / (1 + z2**2)
    at_a1, d2, _ = F.conv2d_backward(g2, a1, rotate180(w2)[None, None])
    _, d1, _ = F.conv2d_backward(at_a1 * (1 - a1**2), image, rotate180(w1)[None, None])
    return rotate180(d1)[0, 0], rotate180(d2)[0, 0], k * a2.reshape(4, 1)


def gradients_of_the_tape(images: np.ndarray, labels: np.ndarray, w1, w2, w3) -> Weights:
    """(dW1, dW2, dW3) by automatic differentiation of the forward pass, for any number of images."""
    weights = [rot180.Tensor(w, requires_grad=True) for w in (w1, w2, w3)]
    return tuple(d.numpy() for d in rot180.grad(loss(images, labels, *weights), weights))


def gradients_by_differences(image: np.ndarray, y: np.ndarray, w1, w2, w3) -> Weights:
    """(dW1, dW2, dW3) by central differences."""
    return tuple(numerical_gradient(lambda: loss(image, y, w1, w2, w3), w) for w in (w1, w2, w3))


def zeros_and_ones(split: str) -> tuple[np.ndarray, np.ndarray]:
    """The digits 0 and 1 of the built-in data set as averages of 2x2 blocks: images (N, 1, 4, 4) and labels (N,)."""
    data = digits(split)
    chosen = data.labels <= 1
    return F.avg_pool2d(data.images[chosen].astype(float), 2), data.labels[chosen].astype(float)


def train(weights: Weights, images: np.ndarray, labels: np.ndarray, epochs: int) -> Weights:
    """Train with one update per image, by the gradients of the tape."""
    for _ in range(epochs):
        for i in range(len(images)):
            gradients = gradients_of_the_tape(images[i : i + 1], labels[i : i + 1], *weights)
            weights = tuple(w - RATE * d for w, d in zip(weights, gradients, strict=True))
    return weights


def accuracy(weights: Weights, images: np.ndarray, labels: np.ndarray) -> float:
    """The fraction of images whose output is on the right side of 1/2."""
    out = forward(images, *weights)[3][:, 0]
    return float(np.mean((out > 0.5) == (labels == 1)))


def show_gradients(image: np.ndarray, y: np.ndarray, weights: Weights) -> None:
    """Print the gradient of every weight, computed in four ways."""
    ways = (gradients_of_the_text, gradients_of_the_contractions, gradients_of_the_tape, gradients_by_differences)
    results = [way(image, y, *weights) for way in ways]
    print("            pad and rotate       contractions           the tape        differences")
    for name, *columns in zip(("W1", "W2", "W3"), *results, strict=True):
        for cell in np.ndindex(columns[0].shape):
            print(f"d{name}{list(cell)}  " + "  ".join(f"{d[cell]:17.12f}" for d in columns))
        print(f"  largest relative error against differences {relative_error(columns[0], columns[3]):.1e}")


def main() -> None:
    images, labels = zeros_and_ones("train")
    held_out = zeros_and_ones("test")
    weights = start()
    print(f"the gradients for an image of the digit {labels[1]:.0f}, computed in four ways")
    show_gradients(images[1:2], labels[1:2], weights)
    print(f"\n{len(images)} zeros and ones to train on, {len(held_out[0])} held out; one update per image, rate {RATE}")
    for epoch in range(0, EPOCHS + 1, 5):
        mean = loss(images, labels, *weights) / len(images)
        print(f"after {epoch:2} epochs: mean loss {mean:.6f}, held-out images right {accuracy(weights, *held_out):.1%}")
        weights = train(weights, images, labels, 5) if epoch < EPOCHS else weights


if __name__ == "__main__":
    main()
