"""torch.autograd.gradcheck with its defaults, around a Function that uses NumPy as in PyTorch's tutorial."""

import warnings
from importlib import metadata

import numpy as np

NAME = "PyTorch"


def version():
    """The version of PyTorch. Raises PackageNotFoundError if it is missing."""
    return metadata.version("torch")


def check(layer, fast):
    """Raise the error of gradcheck or of the code."""
    import torch

    class Wrapped(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *inputs):
            y, ctx.kept = layer.forward(*(x.detach().numpy() for x in inputs))
            return torch.as_tensor(np.asarray(y, order="C"), dtype=inputs[0].dtype)

        @staticmethod
        def backward(ctx, dy):
            gradients = layer.backward(dy.numpy(), ctx.kept)
            return tuple(torch.as_tensor(np.asarray(g, order="C"), dtype=dy.dtype) for g in gradients)

    inputs = tuple(torch.tensor(a, requires_grad=True) for a in layer.inputs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # gradcheck warns that float32 is imprecise, which this comparison measures
        torch.autograd.gradcheck(Wrapped.apply, inputs, fast_mode=fast)
