"""PyTorch, in the forms that `rot180.bench` has of rot180; imported here only, and only when asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import rot180
from rot180.bench import layers
from rot180.bench.library import Library


def version() -> str | None:
    """PyTorch's, or None where it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    return torch.__version__


def set_num_threads(threads: int) -> None:
    """The threads within an operation."""
    import torch

    torch.set_num_threads(threads)


@contextmanager
def one_thread(afterwards: int) -> Iterator[None]:
    """One thread of both libraries, and so many afterwards."""
    rot180.set_num_threads(1)
    set_num_threads(1)
    try:
        yield
    finally:
        rot180.set_num_threads(afterwards)
        set_num_threads(afterwards)


def library(compiled: bool = False) -> Library:
    """PyTorch as a library that networks are written with, eager or through torch.compile.

    Compiled for the shapes that come: left to itself it takes the two networks of DCGAN for one of changing shape, and
    then fails.
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
