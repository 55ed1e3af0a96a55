"""A training step too small for arithmetic to matter: what a tape costs. `python -m benchmarks.toy_step`.

One 3x3 image, a 2x2 kernel, tanh, a dense layer 4-1, sigmoid, squared error, SGD: through rot180's Tensors, by hand on
the bare kernels, and, where they are installed, through PyTorch and by hand with SciPy. One thread each.
"""

import argparse
import statistics

import numpy as np

import rot180
import rot180.functional as F
from rot180 import optim

from . import interleaved

RATE = 0.1


def problem():
    """(image, target, kernel, dense weight), float32."""
    rng = np.random.default_rng(0)
    shapes = ((1, 1, 3, 3), (1, 1), (1, 1, 2, 2), (1, 4))
    return [rng.standard_normal(shape, np.float32) for shape in shapes]


def with_rot180():
    """A step through Tensors and an optimiser."""
    x, t, k, w = map(rot180.tensor, problem())
    k.requires_grad_()
    w.requires_grad_()
    sgd = optim.SGD([k, w], lr=RATE)

    def step():
        hidden = F.tanh(F.conv2d(x, k)).reshape(1, 4)
        loss = F.mse_loss(F.sigmoid(F.linear(hidden, w)), t)
        sgd.zero_grad()
        loss.backward()
        sgd.step()

    return step


def with_torch():
    """The same step in PyTorch, or None."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    x, t, k, w = (torch.tensor(a) for a in problem())
    k.requires_grad_()
    w.requires_grad_()
    sgd = torch.optim.SGD([k, w], lr=RATE)

    def step():
        hidden = torch.tanh(torch.nn.functional.conv2d(x, k)).reshape(1, 4)
        loss = torch.nn.functional.mse_loss(torch.sigmoid(torch.nn.functional.linear(hidden, w)), t)
        sgd.zero_grad()
        loss.backward()
        sgd.step()

    return step


def by_hand():
    """The formulas on arrays with `F.conv2d` and `F.conv2d_backward`: no tape."""
    x, t, k, w = problem()

    def step():
        nonlocal k, w
        hidden = np.tanh(F.conv2d(x, k)).reshape(1, 4)
        out = F.sigmoid(hidden @ w.T)
        delta = 2 * (out - t) * (out - out * out)
        back = (delta @ w) * (1 - hidden * hidden)
        k = k - RATE * F.conv2d_backward(back.reshape(1, 1, 2, 2), x, k).dw
        w = w - RATE * (delta.T @ hidden)

    return step


def by_hand_with_scipy():
    """The same on 2-d arrays with scipy.signal, or None."""
    try:
        from scipy.signal import correlate2d
        from scipy.special import expit
    except ImportError:
        return None
    x, t, k, w = problem()
    x, k = x[0, 0], k[0, 0]

    def step():
        nonlocal k, w
        hidden = np.tanh(correlate2d(x, k, "valid")).reshape(1, 4)
        out = expit(hidden @ w.T)
        delta = 2 * (out - t) * (out - out * out)
        back = (delta @ w) * (1 - hidden * hidden)
        k = k - RATE * correlate2d(x, back.reshape(2, 2), "valid")
        w = w - RATE * (delta.T @ hidden)

    return step


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    rot180.set_num_threads(1)
    candidates = {
        "rot180, Tensors": with_rot180(),
        "rot180, by hand": by_hand(),
        "SciPy, by hand": by_hand_with_scipy(),
        "PyTorch": with_torch(),
    }
    taken = interleaved.times({name: step for name, step in candidates.items() if step}, rounds, calls=200)
    print("| toy step | microseconds, median | times as fast as PyTorch |\n|---|---|---|")
    for name, seconds in taken.items():
        speed = f"{interleaved.ratio(taken, 'PyTorch', name):.2f}" if "PyTorch" in taken else "(not installed)"
        print(f"| {name} | {statistics.median(seconds) * 1e6:.1f} | {speed} |")


if __name__ == "__main__":
    main()
