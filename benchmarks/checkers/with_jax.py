"""jax.test_util.check_grads with its defaults in reverse mode, around a custom_vjp of two callbacks."""

import logging
from importlib import metadata

import numpy as np

NAME = "JAX"


def version():
    """The version of JAX. Raises PackageNotFoundError if it is missing."""
    return metadata.version("jax")


def check(layer):
    """Raise the error of check_grads or of the code."""
    import jax
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)
    logging.getLogger("jax").setLevel(logging.CRITICAL)  # JAX logs the exceptions of callbacks, but also raises them
    dtype = layer.inputs[0].dtype
    shapes = [jax.ShapeDtypeStruct(a.shape, dtype) for a in layer.inputs]
    y_shape = np.shape(layer.forward(*(a.copy() for a in layer.inputs))[0])

    def result(*inputs):
        return np.asarray(layer.forward(*map(np.asarray, inputs))[0], dtype)

    def gradients(dy, *inputs):
        _, kept = layer.forward(*map(np.asarray, inputs))  # a callback cannot keep state, so the forward runs again
        return [np.asarray(g, dtype) for g in layer.backward(np.asarray(dy), kept)]

    @jax.custom_vjp
    def f(*inputs):
        return jax.pure_callback(result, jax.ShapeDtypeStruct(y_shape, dtype), *inputs)

    def forward(*inputs):
        return f(*inputs), inputs

    def backward(inputs, dy):
        return tuple(jax.pure_callback(gradients, shapes, dy, *inputs))

    f.defvjp(forward, backward)
    check_grads(f, tuple(layer.inputs), order=1, modes=["rev"])
