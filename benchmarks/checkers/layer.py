"""A subject on one case, called as its author would call it from a wrapper: on the caller's arrays, not on copies."""

import numpy as np

from rot180.check.adapter import layouts
from rot180.check.adapter.results import parts


class Layer:
    """What a gradient checker that knows nothing about layers is given.

    Attributes:
        inputs: the arrays to differentiate by, in the user's layout: standard normal numbers.
        dy: of the right result's shape, standard normal too.
    """

    def __init__(self, code, problem, seed, dtype):
        self.code, self.problem = code, problem
        definition, rng = code.definition, np.random.default_rng(seed)

        def drawn(name, shape):
            return np.asarray(layouts.to_user(code.layout, name, rng.standard_normal(shape)), dtype)

        self.constants = {  # labels and targets
            name: layouts.to_user(code.layout, name, problem.arrays[name])
            for name in code.arguments
            if name not in code.returns
        }
        self.inputs = [drawn(name, problem.case.shapes[name]) for name in code.returns]
        self.dy = drawn("y", definition.y_shape(problem.case))

    def fit(self):
        """Take a dy of the shape that the forward's own result has."""
        y, _ = self.forward(*(a.copy() for a in self.inputs))
        self.dy = np.resize(self.dy, np.shape(y))

    def forward(self, *inputs):
        """The result, and what the backward needs."""
        given = {**self.constants, **dict(zip(self.code.returns, inputs, strict=True))}
        result = self.code.call(self.code.forward, self.code.on_forward, given, self.problem)
        return parts(result)[0], (given, result)

    def backward(self, dy, kept):
        """The gradients, as they are returned; of a loss that takes no dy times dy, as the chain rule has it."""
        given, result = kept
        y, cache = parts(result)
        code = self.code
        if code.backward is None:
            found = cache
        else:
            given = {**given, "y": y, "cache": cache, "dy": dy}
            found = code.call(code.backward, code.on_backward, given, self.problem)
        gradients = code.in_order(found, self.problem)
        return gradients if code.takes_dy else [np.asarray(gradient) * dy for gradient in gradients]
