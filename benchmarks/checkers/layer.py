"""A subject on one problem. It is called on the caller's arrays, not on copies, as a wrapper for a checker would do."""

import numpy as np

from rot180.check.adapter.results import split_forward


class Layer:
    """The interface for gradient checkers that have no notion of a layer.

    Attributes:
        inputs: the arrays to differentiate, in the user's layout, filled with standard normal numbers.
        dy: standard normal numbers of the shape of the correct result.
    """

    def __init__(self, code, problem, seed, dtype):
        self.code, self.problem = code, problem
        definition, rng = code.definition, np.random.default_rng(seed)
        ndim = problem.arrays["x"].ndim

        def sample(name, shape):
            return np.asarray(code.form.to_user(definition, name, rng.standard_normal(shape), ndim), dtype)

        self.constants = {  # labels and targets
            name: code.form.to_user(definition, name, problem.arrays[name], ndim)
            for name in code.arguments
            if name not in code.returns
        }
        self.inputs = [sample(name, problem.case.shapes[name]) for name in code.returns]
        self.dy = sample("y", definition.y_shape(problem.case))

    def fit(self):
        """Resize dy to the shape of the forward's result."""
        y, _ = self.forward(*(a.copy() for a in self.inputs))
        self.dy = np.resize(self.dy, np.shape(y))

    def forward(self, *inputs):
        """The result, and the values for the backward."""
        arguments = {**self.constants, **dict(zip(self.code.returns, inputs, strict=True))}
        result = self.code.call_forward(arguments, self.problem)
        return split_forward(result)[0], (arguments, result)

    def backward(self, dy, kept):
        """The gradients as returned. If the backward of a loss takes no dy, they are multiplied by dy (chain rule)."""
        arguments, result = kept
        y, cache = split_forward(result)
        code = self.code
        if code.backward is None:
            found = cache
        else:
            arguments = {**arguments, "y": y, "cache": cache, "dy": dy}
            found = code.call_backward(arguments, self.problem)
        gradients = code.ordered_gradients(found, self.problem)
        return gradients if code.takes_dy else [np.asarray(gradient) * dy for gradient in gradients]
