"""torch.autograd.gradcheck with its defaults, around a Function that goes over to NumPy as PyTorch's tutorial does."""

import warnings
from importlib import metadata

import numpy as np

NAME = "PyTorch"


def version():
    """Of PyTorch; PackageNotFoundError where there is none."""
    return metadata.version("torch")


def check(layer, fast):
    """Raise where gradcheck does, or the code itself."""
    import torch

    class Wrapped(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *inputs):
            y, ctx.kept = layer.forward(*(x.detach().numpy() for x in inputs))
            return torch.as_tensor(np.asarray(y, order="C"), dtype=inputs[0].dtype)

        @staticmethod
        def backward(ctx, dy):
            found = layer.backward(dy.numpy(), ctx.kept)
            return tuple(torch.as_tensor(np.asarray(g, order="C"), dtype=dy.dtype) for g in found)

    inputs = tuple(torch.tensor(a, requires_grad=True) for a in layer.inputs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that float32 is not precise enough, which is the question here
        torch.autograd.gradcheck(Wrapped.apply, inputs, fast_mode=fast)
