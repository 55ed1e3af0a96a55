"""Methods that are functions of the tape: the same objects at run time, with the same parameters for type checkers."""

import ast
import inspect

import pytest

from rot180 import Tensor
from rot180.tape import arithmetic, elementary, methods, reduction
from rot180.tape import shape as cells

BINARY = {
    "__add__": arithmetic.add, "__sub__": arithmetic.sub, "__mul__": arithmetic.mul, "__truediv__": arithmetic.div,
    "__pow__": arithmetic.power, "__matmul__": arithmetic.matmul, "pow": arithmetic.power, "matmul": arithmetic.matmul,
    "maximum": arithmetic.maximum, "minimum": arithmetic.minimum,
}  # fmt: skip
OTHERS = {
    "__neg__": elementary.neg, "__abs__": elementary.absolute, "abs": elementary.absolute,
    **{name: getattr(elementary, name) for name in ("exp", "erf", "log", "sqrt", "sin", "cos", "clamp")},
    **{name: getattr(reduction, name) for name in ("sum", "mean", "amax", "amin", "max", "min", "argmax", "argmin")},
    **{name: getattr(cells, name) for name in ("swapaxes", "broadcast_to", "squeeze", "unsqueeze", "flatten")},
}  # fmt: skip


@pytest.mark.parametrize("name", [*BINARY, *OTHERS])
def test_a_method_is_its_function(name):
    assert getattr(Tensor, name) is {**BINARY, **OTHERS}[name]


@pytest.mark.parametrize("name", BINARY)
def test_a_binary_method_takes_one_operand(name):
    assert len(inspect.signature(BINARY[name]).parameters) == 2


def overloads(source, name):
    """The parameters of each overload after the first parameter, as source code."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name == name and node.decorator_list:
            node.args.args.pop(0)
            found.append(ast.unparse(node.args))
    return found


@pytest.mark.parametrize("name", ["max", "min"])
def test_extremum_method_has_the_parameters_of_the_function(name):
    expected = overloads(inspect.getsource(reduction), name)
    assert len(expected) == 2 and overloads(inspect.getsource(methods), "__call__") == expected
