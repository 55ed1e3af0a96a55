"""Ops of the tests of the tape: one each of one, two and three arrays, with settings."""

import numpy as np

from rot180 import primitive, tensor


@primitive(arrays=2, keep=("a", "b"))
def times(a, b, scale=1.0, shift=0.0):
    """scale * a * b + shift."""
    return scale * a * b + shift


@times.vjp
def times_vjp(g, needs, output, a, b, scale, shift):
    return (g * b * scale if needs[0] else None, g * a * scale if needs[1] else None)


@primitive(arrays=3, keep=("c", "output"))
def sum_of_three(a, b, c, factor):
    return (a + b + c) * factor


@sum_of_three.vjp
def sum_of_three_vjp(g, needs, output, a, b, c, factor):
    assert a is None and b is None and c is not None and output is not None
    return tuple(g * factor if need else None for need in needs)


@primitive(keep=("output",))
def doubled(x, *, by=2.0):
    return x * by


@doubled.vjp
def doubled_vjp(g, needs, output, x, by):
    assert x is None
    return (g * by,)


def leaf(*values, dtype=np.float64):
    return tensor(values, dtype=dtype, requires_grad=True)
