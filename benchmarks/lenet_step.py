"""A LeNet-5 training step on 28x28 images, batch 64, SGD with momentum: `python -m benchmarks.lenet_step`.

rot180 on its engine and, where it is installed, PyTorch (eager), interleaved in one process.
"""

import argparse
import statistics

import numpy as np

import rot180
import rot180.functional as F
from rot180 import nn, optim

from . import interleaved

BATCH = 64


def layers(kind):
    """LeNet-5 as a list of layers of rot180's nn or PyTorch's: the names are the same."""
    return [
        kind.Conv2d(1, 6, 5, padding=2), kind.ReLU(), kind.MaxPool2d(2),
        kind.Conv2d(6, 16, 5), kind.ReLU(), kind.MaxPool2d(2),
        kind.Flatten(), kind.Linear(400, 120), kind.ReLU(), kind.Linear(120, 84), kind.ReLU(), kind.Linear(84, 10),
    ]  # fmt: skip


def batch():
    """Random images and classes."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((BATCH, 1, 28, 28), np.float32), rng.integers(0, 10, BATCH)


def with_rot180():
    """One training step."""
    x, t = batch()
    model = nn.Sequential(*layers(nn))
    sgd = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def step():
        sgd.zero_grad()
        F.cross_entropy(model(x), t).backward()
        sgd.step()

    return step


def with_torch(threads):
    """The same in PyTorch, or None."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(threads)
    x, t = (torch.tensor(a) for a in batch())
    model = torch.nn.Sequential(*layers(torch.nn))
    sgd = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def step():
        sgd.zero_grad()
        torch.nn.functional.cross_entropy(model(x), t).backward()
        sgd.step()

    return step


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    rot180.set_num_threads(options.threads)
    candidates = {"rot180": with_rot180(), "PyTorch": with_torch(options.threads)}
    taken = interleaved.times({name: step for name, step in candidates.items() if step}, options.rounds, calls=5)
    print("| LeNet-5 step | milliseconds, median | times as fast as PyTorch |\n|---|---|---|")
    for name, seconds in taken.items():
        speed = f"{interleaved.ratio(taken, 'PyTorch', name):.2f}" if "PyTorch" in taken else "(not installed)"
        print(f"| {name} | {statistics.median(seconds) * 1e3:.2f} | {speed} |")


if __name__ == "__main__":
    main()
