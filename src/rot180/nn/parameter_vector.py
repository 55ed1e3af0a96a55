"""All parameters of a Module as one vector, for example for an optimiser from SciPy.

vector = nn.utils.parameters_to_vector(model.parameters())
nn.utils.vector_to_parameters(vector, model.parameters())
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..errors import DtypeError, ShapeError
from ..tape import Tensor, mark_written
from ..tape.shape import cat, reshape


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Concatenate the cells of all parameters, each in row-major order, into one vector.

    The op is differentiable: if it is recorded, gradients of the vector reach the parameters.

    Args:
        parameters: Tensors of one dtype, at least one.

    Returns a Tensor of shape (number of cells,). Raises TypeError for anything but Tensors, ShapeError if there are
    none, DtypeError if dtypes are mixed.
    """
    tensors = _tensors("parameters_to_vector", parameters)
    if not tensors:
        raise ShapeError("parameters_to_vector: got no parameters; at least one is needed")
    vector: Tensor = cat([reshape(t, (-1,)) for t in tensors])
    return vector


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Copy consecutive slices of a vector into the parameters, in place.

    Args:
        vec: a Tensor of shape (number of cells,), in the order of `parameters_to_vector`.
        parameters: the Tensors to write; their shapes and dtypes do not change.

    Everything is checked before anything is written. Raises TypeError for anything but Tensors, ShapeError if the
    number of cells differs, DtypeError if the vector has another dtype than a parameter.
    """
    name = "vector_to_parameters"
    if not isinstance(vec, Tensor):
        raise TypeError(f"{name}: vec is a {type(vec).__name__}; a Tensor is needed (rot180.tensor makes one)")
    tensors = _tensors(name, parameters)
    cells = sum(t.data.size for t in tensors)
    if vec.shape != (cells,):
        raise ShapeError(f"{name}: vec has shape {vec.shape}; the parameters need ({cells},)")
    for i, t in enumerate(tensors):
        if t.dtype != vec.dtype:
            raise DtypeError(
                f"{name}: vec is {vec.dtype} but parameter {i} is {t.dtype}; convert vec with .astype or the model "
                "with .float() or .double()"
            )
    start = 0
    for t in tensors:
        stop = start + t.data.size
        np.copyto(t.data, vec.data[start:stop].reshape(t.shape))
        mark_written(t)
        start = stop


def _tensors(name: str, parameters: Iterable[Tensor]) -> list[Tensor]:
    tensors = list(parameters)
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            raise TypeError(f"{name}: entry {i} is a {type(t).__name__}; a Tensor is needed")
    return tensors
