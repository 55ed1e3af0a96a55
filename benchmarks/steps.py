"""Whole training steps against PyTorch: LeNet-5, ResNet-20, DCGAN, an autoencoder: `python -m benchmarks.steps`.

Each network is written once, with the layers of either library: the names are the same. rot180 on its engine and, where
it is installed, PyTorch take turns in one process. `--compiled` adds torch.compile.
"""

import argparse
import statistics
from types import SimpleNamespace

import numpy as np

import rot180
import rot180.functional as F
from rot180 import nn, optim

from . import interleaved

OURS = SimpleNamespace(nn=nn, F=F, optim=optim, tensor=rot180.tensor)


def peer():
    """PyTorch under the same names, or None."""
    try:
        import torch
    except ImportError:
        return None
    return SimpleNamespace(nn=torch.nn, F=torch.nn.functional, optim=torch.optim, tensor=torch.tensor, torch=torch)


# ---- the networks, with the layers of `lib` ----


def lenet(lib):
    kind = lib.nn
    return kind.Sequential(
        kind.Conv2d(1, 6, 5, padding=2), kind.ReLU(), kind.MaxPool2d(2),
        kind.Conv2d(6, 16, 5), kind.ReLU(), kind.MaxPool2d(2),
        kind.Flatten(), kind.Linear(400, 120), kind.ReLU(), kind.Linear(120, 84), kind.ReLU(), kind.Linear(84, 10),
    )  # fmt: skip


def block(lib, before, after, stride):
    kind = lib.nn

    class Block(kind.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = kind.Conv2d(before, after, 3, stride, padding=1, bias=False)
            self.bn1 = kind.BatchNorm2d(after)
            self.conv2 = kind.Conv2d(after, after, 3, padding=1, bias=False)
            self.bn2 = kind.BatchNorm2d(after)
            self.shortcut = kind.Identity()
            if before != after:
                self.shortcut = kind.Sequential(
                    kind.Conv2d(before, after, 1, stride, bias=False), kind.BatchNorm2d(after)
                )

        def forward(self, x):
            y = lib.F.relu(self.bn1(self.conv1(x)))
            return lib.F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))

    return Block()


def resnet20(lib):
    kind = lib.nn
    blocks, before = [], 16
    for after in (16, 32, 64):
        for i in range(3):
            blocks.append(block(lib, before, after, 2 if after > 16 and i == 0 else 1))
            before = after
    return kind.Sequential(
        kind.Conv2d(3, 16, 3, padding=1, bias=False), kind.BatchNorm2d(16), kind.ReLU(), *blocks,
        kind.AdaptiveAvgPool2d(1), kind.Flatten(), kind.Linear(64, 10),
    )  # fmt: skip


def generator(lib):
    kind, layers = lib.nn, []
    for before, after, stride, padding in ((100, 512, 1, 0), (512, 256, 2, 1), (256, 128, 2, 1), (128, 64, 2, 1)):
        layers += [
            kind.ConvTranspose2d(before, after, 4, stride, padding, bias=False), kind.BatchNorm2d(after), kind.ReLU(),
        ]  # fmt: skip
    return kind.Sequential(*layers, kind.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), kind.Tanh())


def discriminator(lib):
    kind = lib.nn
    layers = [kind.Conv2d(3, 64, 4, 2, 1, bias=False), kind.LeakyReLU(0.2)]
    for before, after in ((64, 128), (128, 256), (256, 512)):
        layers += [kind.Conv2d(before, after, 4, 2, 1, bias=False), kind.BatchNorm2d(after), kind.LeakyReLU(0.2)]
    return kind.Sequential(*layers, kind.Conv2d(512, 1, 4, 1, 0, bias=False), kind.Flatten(0))


def autoencoder(lib):
    kind = lib.nn
    return kind.Sequential(
        kind.Conv2d(1, 16, 3, 2, 1), kind.ReLU(), kind.Conv2d(16, 32, 3, 2, 1), kind.ReLU(),
        kind.ConvTranspose2d(32, 16, 4, 2, 1), kind.ReLU(), kind.ConvTranspose2d(16, 1, 4, 2, 1), kind.Sigmoid(),
    )  # fmt: skip


# ---- a step of each: a function without arguments ----


def classify(lib, model, images, optimizer, compiled):
    rng = np.random.default_rng(0)
    x = lib.tensor(rng.standard_normal(images, np.float32))
    t = lib.tensor(rng.integers(0, 10, images[0]))
    opt = optimizer(model.parameters())
    run = lib.torch.compile(model) if compiled else model

    def step():
        opt.zero_grad()
        lib.F.cross_entropy(run(x), t).backward()
        opt.step()

    return step


def lenet_step(lib, compiled=False):
    return classify(
        lib, lenet(lib), (64, 1, 28, 28), lambda p: lib.optim.SGD(p, lr=0.01, momentum=0.9), compiled
    )


def resnet20_step(lib, compiled=False):
    return classify(
        lib, resnet20(lib), (64, 3, 32, 32), lambda p: lib.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1e-4),
        compiled,
    )  # fmt: skip


def autoencoder_step(lib, compiled=False):
    model = autoencoder(lib)
    x = lib.tensor(np.random.default_rng(0).random((64, 1, 28, 28), np.float32))
    opt = lib.optim.Adam(model.parameters(), lr=1e-3)
    run = lib.torch.compile(model) if compiled else model

    def step():
        opt.zero_grad()
        lib.F.mse_loss(run(x), x).backward()
        opt.step()

    return step


def dcgan_step(lib, compiled=False):
    g, d = generator(lib), discriminator(lib)
    rng = np.random.default_rng(0)
    real = lib.tensor(rng.standard_normal((16, 3, 64, 64), np.float32))
    noise = lib.tensor(rng.standard_normal((16, 100, 1, 1), np.float32))
    ones, zeros = lib.tensor(np.ones(16, np.float32)), lib.tensor(np.zeros(16, np.float32))
    opt_g, opt_d = (lib.optim.Adam(m.parameters(), lr=2e-4, betas=(0.5, 0.999)) for m in (g, d))
    run_g, run_d = (lib.torch.compile(m) if compiled else m for m in (g, d))
    loss = lib.F.binary_cross_entropy_with_logits

    def step():
        opt_d.zero_grad()
        fake = run_g(noise)
        (loss(run_d(real), ones) + loss(run_d(fake.detach()), zeros)).backward()
        opt_d.step()
        opt_g.zero_grad()
        loss(run_d(fake), ones).backward()
        opt_g.step()

    return step


STEPS = {"LeNet-5": lenet_step, "ResNet-20": resnet20_step, "DCGAN": dcgan_step, "autoencoder": autoencoder_step}
CALLS = {"LeNet-5": 20, "ResNet-20": 1, "DCGAN": 1, "autoencoder": 10}  # per turn


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--compiled", action="store_true", help="torch.compile beside eager PyTorch")
    parser.add_argument("--only", choices=STEPS, nargs="*", default=list(STEPS))
    options = parser.parse_args()
    rot180.set_num_threads(options.threads)
    theirs = peer()
    if theirs:
        theirs.torch.set_num_threads(options.threads)
    print("| step | rot180, ms | PyTorch, ms | times as fast |" + (" compiled, ms | times as fast |" * options.compiled))
    print("|---|---|---|---|" + ("---|---|" * options.compiled))
    for name in options.only:
        contestants = {"rot180": STEPS[name](OURS)}
        if theirs:
            contestants["PyTorch"] = STEPS[name](theirs)
            if options.compiled:
                contestants["compiled"] = STEPS[name](theirs, compiled=True)
        taken = interleaved.times(contestants, options.rounds, CALLS[name])
        row = f"| {name} | {statistics.median(taken['rot180']) * 1e3:.2f} |"
        for other in ("PyTorch", "compiled"):
            if other in taken:
                ratio = interleaved.ratio(taken, other, "rot180")
                row += f" {statistics.median(taken[other]) * 1e3:.2f} | {ratio:.2f} |"
        print(row, flush=True)


if __name__ == "__main__":
    main()
