"""Ops and leaves for the tests of the tape: a product that records which gradients it computes, and two faulty ops."""

import numpy as np

from rot180 import primitive, tensor

requested_gradients = []  # for each call of the vjp of `product`: for each input, True if its gradient is needed


@primitive(arrays=2, keep=("a", "b"))
def product(a, b):
    return a * b


@product.vjp
def product_vjp(g, needs, output, a, b):
    requested_gradients.append(tuple(need is not None for need in needs))
    return (g * b if needs[0] else None, g * a if needs[1] else None)


@primitive()
def broken(x):
    return x * 1


@broken.vjp
def broken_vjp(g, needs, output, x):
    raise AssertionError("this vjp must not be called")


@primitive()
def without_vjp(x):
    return x * 1


def leaf(*values, dtype=np.float64):
    return tensor(values[0] if len(values) == 1 else values, dtype=dtype, requires_grad=True)


def nodes(t):
    """All nodes below a Tensor."""
    seen, stack = set(), [t.node]
    while stack:
        node = stack.pop()
        if node is not None and node not in seen:
            seen.add(node)
            stack += node.edges
    return seen


def differences(f, x, g, step=1e-6):
    """<df/dx, g> cell by cell, by central differences."""
    result = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        result[i] = np.sum((f(up) - f(down)) * g) / (2 * step)
    return result
