"""Training steps: each function here takes a `Library` and returns a step, which is a function without arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import networks
from .library import Library

Step = Callable[[], None]
TOY_RATE = 0.1


def lenet(lib: Library, images: int = 64) -> Step:
    """LeNet-5, SGD with momentum."""
    sgd = lambda p: lib.optim.SGD(p, lr=0.01, momentum=0.9)  # noqa: E731
    return _classify(lib, networks.lenet(lib), (images, 1, 28, 28), sgd)


def resnet20(lib: Library, images: int = 64) -> Step:
    """ResNet-20, SGD with momentum and weight decay."""
    sgd = lambda p: lib.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1e-4)  # noqa: E731
    return _classify(lib, networks.resnet20(lib), (images, 3, 32, 32), sgd)


def dcgan(lib: Library, images: int = 16) -> Step:
    """DCGAN, Adam; one step updates the generator and the discriminator."""
    g, d = networks.generator(lib), networks.discriminator(lib)
    rng = np.random.default_rng(0)
    real = lib.tensor(rng.standard_normal((images, 3, 64, 64), np.float32))
    noise = lib.tensor(rng.standard_normal((images, 100, 1, 1), np.float32))
    ones, zeros = lib.tensor(np.ones(images, np.float32)), lib.tensor(np.zeros(images, np.float32))
    opt_g, opt_d = (lib.optim.Adam(m.parameters(), lr=2e-4, betas=(0.5, 0.999)) for m in (g, d))
    run_g, run_d = map(lib.compile, (g, d))
    loss = lib.F.binary_cross_entropy_with_logits

    def step() -> None:
        opt_d.zero_grad()
        fake = run_g(noise)
        (loss(run_d(real), ones) + loss(run_d(fake.detach()), zeros)).backward()
        opt_d.step()
        opt_g.zero_grad()
        loss(run_d(fake), ones).backward()
        opt_g.step()

    return step


def autoencoder(lib: Library, images: int = 64) -> Step:
    """The convolutional autoencoder, squared error, Adam."""
    x = lib.tensor(np.random.default_rng(0).random((images, 1, 28, 28), np.float32))
    adam = lambda p: lib.optim.Adam(p, lr=1e-3)  # noqa: E731
    return _train(lib, networks.autoencoder(lib), adam, lambda y: lib.F.mse_loss(y, x), x)


def toy_numbers() -> list[Any]:
    """The image, the target, the kernel and the dense weight of the toy."""
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape, np.float32) for shape in ((1, 1, 3, 3), (1, 1), (1, 1, 2, 2), (1, 4))]


def toy(lib: Library) -> Step:
    """One 3x3 image, a 2x2 kernel, tanh, dense 4-1, sigmoid, SGD. Nearly all of the time is overhead of the tape."""
    x, t, k, w = map(lib.tensor, toy_numbers())
    sgd = lib.optim.SGD([k.requires_grad_(), w.requires_grad_()], lr=TOY_RATE)

    def forward(x: Any) -> Any:
        hidden = lib.F.tanh(lib.F.conv2d(x, k)).reshape(1, 4)
        return lib.F.sigmoid(lib.F.linear(hidden, w))

    run = lib.compile(forward)

    def step() -> None:
        loss = lib.F.mse_loss(run(x), t)
        sgd.zero_grad()
        loss.backward()
        sgd.step()

    return step


STEPS: dict[str, Callable[..., Step]] = {
    "LeNet-5": lenet, "ResNet-20": resnet20, "DCGAN": dcgan, "autoencoder": autoencoder, "toy": toy,
}  # fmt: skip


def _classify(lib: Library, model: Any, shape: tuple[int, ...], optimizer: Callable[[Any], Any]) -> Step:
    rng = np.random.default_rng(0)
    x = lib.tensor(rng.standard_normal(shape, np.float32))
    labels = lib.tensor(rng.integers(0, 10, shape[0]))
    return _train(lib, model, optimizer, lambda y: lib.F.cross_entropy(y, labels), x)


def _train(lib: Library, model: Any, optimizer: Any, loss: Callable[[Any], Any], x: Any) -> Step:
    opt, run = optimizer(model.parameters()), lib.compile(model)

    def step() -> None:
        opt.zero_grad()
        loss(run(x)).backward()
        opt.step()

    return step
