"""PyTorch as the library to compare with: counterparts of functions of `rot180.bench`. Only this file imports torch."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import rot180
from rot180.bench import layers
from rot180.bench.library import Library


def version() -> str | None:
    """The version of PyTorch, or None if it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    return torch.__version__


def set_num_threads(threads: int) -> None:
    """Set the number of threads within an operation."""
    import torch

    torch.set_num_threads(threads)


@contextmanager
def one_thread(afterwards: int) -> Iterator[None]:
    """Use one thread in both libraries within the block, and `afterwards` threads after it."""
    rot180.set_num_threads(1)
    set_num_threads(1)
    try:
        yield
    finally:
        rot180.set_num_threads(afterwards)
        set_num_threads(afterwards)


def library(compiled: bool = False) -> Library:
    """PyTorch as a `Library`, eager or with torch.compile.

    torch.compile compiles for fixed shapes; otherwise it treats the two networks of DCGAN as one network with changing
    shapes, and fails.
    """
    import torch

    forms = {"compile": partial(torch.compile, dynamic=False)} if compiled else {}
    return Library(torch.nn, torch.nn.functional, torch.optim, torch.tensor, **forms)


def forward_backward(layer):
    """PyTorch's (forward, backward) of a layer; compare `rot180.bench.layers.forward_backward`."""
    import torch

    x, w, b, dy = (torch.tensor(a) for a in layers.arrays(layer))
    leaves = [leaf.requires_grad_() for leaf in (x, w, b)]
    run = layers.forward(layer, torch.nn.functional)

    def backward(y):
        return [g.numpy() for g in torch.autograd.grad(y, leaves, dy)]

    return (lambda: run(*leaves)), backward
