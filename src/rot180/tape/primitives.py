"""`primitive`: make a differentiable op from a function on arrays.

Ops of one, two, three and more arrays have separate functions that record a call, because the time per call limits the
speed of small models. Recording takes 0.35 microseconds; with one closure per argument, as in autograd, it took 1.6.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np

from .record import Node, Op, Variable, Vjp, mode, ndarray, new, tick

_tensor_class: type[Variable] = Variable
V = TypeVar("V", bound=type[Variable])


def tensor_type(cls: V) -> V:
    """Class decorator that makes ops return the decorated class.

    `Tensor` registers itself with it, because `tensor.py` imports this file and not the other way round.
    """
    global _tensor_class
    _tensor_class = cls
    return cls


def wrap(data: Any, node: Node | None = None) -> Any:
    """Wrap an array in a Tensor without copying it."""
    t = new(_tensor_class)
    t.data = data if type(data) is ndarray else np.asarray(data)
    t.node = node
    return t


class Primitive(Protocol):
    """A differentiable op: call it on arrays or Tensors; `.vjp` and `.array_vjp` register its gradients."""

    op: Op
    vjp: Callable[[Vjp], Vjp]
    array_vjp: Callable[[Vjp], Vjp]
    with_residuals: Callable[..., tuple[Any, Any]]

    def __call__(self, *args: Any, **settings: Any) -> Any: ...


def primitive(
    *, arrays: int = 1, keep: Sequence[str] = (), name: str | Callable[..., str] | None = None, view: bool = False,
    fresh: bool = False,
) -> Callable[[Callable[..., Any]], Primitive]:  # fmt: skip
    """Make a differentiable op from a function on arrays.

        @primitive(arrays=2, keep=("a", "b"))
        def multiply(a, b):
            return a * b

        @multiply.vjp
        def multiply_vjp(g, needs, output, a, b):
            return (g * b if needs[0] else None, g * a if needs[1] else None)

    Args:
        arrays: the number of differentiable arguments. Differentiable arguments come first; the others are settings.
        keep: the values that the vjp reads, by name: differentiable arguments, "output", "residuals". Only these values
            stay in memory until the backward pass; the vjp gets None for the others.
        name: the op's name in messages (default: the name of the function), or a function that computes it from the
            settings of a call.
        view: the output may share the memory of the first array, as that of a reshape does. If the output was saved, a
            later in-place write to that array is then detected.
        fresh: a promise that each gradient of a first-order sweep is a new array: not `g`, not a view, and not returned
            twice or kept anywhere. The sweep then adds to it in place and gives it to a leaf without a copy.

    **The vjp** gets the cotangent `g` (of the output's shape), `needs` (for each array, true if its gradient is
    needed), the output, the residuals if the op has any, the arrays and the settings. The vjp returns a tuple with one
    gradient per array: a new array, `g` itself, a view of `g`, or None. Written with rot180's ops and Python's
    operators, the same function serves every order of derivative.

    **The array vjp**, registered with `@multiply.array_vjp`, is optional. The array vjp replaces the vjp in a
    first-order sweep, where all values are arrays, so that it may call NumPy or a compiled kernel. The argument
    `overwrite` comes after `needs`; if it is true, the array vjp may write its result into the array of `g`.

    **Residuals.** With "residuals" in `keep`, the forward returns `(output, residuals)`. Residuals are intermediate
    results that the vjp can use again: indices, a mask, a mean. If they take time to compute, the forward may return a
    function of no arguments instead; it is called only if the call is recorded. For derivatives of higher order the
    residuals are constants. A vjp must therefore compute a value that depends on the inputs, such as a mean, from the
    inputs; an array vjp may take it from the residuals. `op.with_residuals(...)` returns `(output, residuals)`; a plain
    call returns the output alone.

    Given arrays only, an op returns an array and records nothing.

    Raises ValueError if `keep` has an unknown name; a call raises TypeError if the forward of an op with residuals does
    not return a pair.
    """

    def decorate(forward: Callable[..., Any]) -> Primitive:
        names = _parameter_names(forward, arrays)
        op = _op(forward, names, arrays, keep, name if isinstance(name, str) else forward.__name__)
        op.view, op.fresh = view, fresh
        op.naming = name if callable(name) else None
        call = _entry_point(op, names)
        call.__name__ = call.__qualname__ = op.name
        call.__doc__, call.__wrapped__, call.op = forward.__doc__, forward, op

        def vjp(function: Vjp) -> Vjp:
            op.vjp = function
            return function

        def array_vjp(function: Vjp) -> Vjp:
            op.array_vjp = function
            return function

        call.vjp, call.array_vjp = vjp, array_vjp
        return call

    return decorate


def _op(forward: Callable[..., Any], names: list[str], arrays: int, keep: Sequence[str], name: str) -> Op:
    if len(names) < arrays:
        raise ValueError(f"primitive {name}: arrays is {arrays}, but the parameters are only {names}")
    allowed = [*names[:arrays], "output", "residuals"]
    unknown = sorted(set(keep) - set(allowed))
    if unknown:
        raise ValueError(f"primitive {name}: keep has unknown names {unknown}; choose from {allowed}")
    op: Op = new(Op)
    op.name, op.forward, op.vjp, op.array_vjp, op.arrays = name, forward, None, None, arrays
    op.keep = tuple(argument in keep for argument in names[:arrays])
    op.keep_output, op.keep_residuals = "output" in keep, "residuals" in keep
    return op


def _parameter_names(forward: Callable[..., Any], arrays: int) -> list[str]:
    """The parameters of `forward`; if it is variadic, placeholders for its arrays."""
    parameters = inspect.signature(forward).parameters
    if any(p.kind is p.VAR_POSITIONAL for p in parameters.values()):
        return [f"array {i}" for i in range(arrays)]
    return list(parameters)


# ---- calls ----


def _entry_point(op: Op, names: list[str]) -> Any:
    """The function that users call, with the attribute `with_residuals`."""
    call: Any
    if op.arrays > 3 or op.keep_residuals:
        run = _general_op(op, names)

        def call_general(*args: Any, **named: Any) -> Any:
            return run(args, named, False)[0]

        call = call_general
    else:
        call = (_unary_op, _binary_op, _ternary_op)[op.arrays - 1](op, names)
        if op.forward.__defaults__:
            call = _with_defaults(op, call, names)

    def with_residuals(*args: Any, **named: Any) -> tuple[Any, Any]:
        if not op.keep_residuals:
            raise TypeError(
                f"{op.name}: this op has no residuals; declare keep=('residuals',) and return (output, residuals)"
            )
        return run(args, named, True)

    call.with_residuals = with_residuals
    return call


def _unary_op(op: Op, names: list[str]) -> Any:
    forward, (keep_x,), keep_output = op.forward, op.keep, op.keep_output

    def call(x: Any, *settings: Any, **named: Any) -> Any:
        if named:
            settings = _bind(op, names, settings, named)
        if not isinstance(x, Variable):
            return forward(x, *settings)
        a, edge = x.data, x.node
        y = forward(a, *settings)
        if type(y) is not ndarray:
            y = np.asarray(y)
        t = new(_tensor_class)
        t.data = y
        recording, observer = mode.get()
        if edge is None or not recording:
            t.node = None
        else:
            t.node = n = new(Node)
            n.seq = tick()
            n.op = op
            n.edges = (edge,)
            n.settings = settings
            n.saved = (y if keep_output else None, a if keep_x else None)
        if observer is not None:
            observer(op.named(settings), (x,), settings, t)
        return t

    return call


def _binary_op(op: Op, names: list[str]) -> Any:
    forward, (keep_x, keep_w), keep_output = op.forward, op.keep, op.keep_output

    def call(x: Any, w: Any, *settings: Any, **named: Any) -> Any:
        if named:
            settings = _bind(op, names, settings, named)
        if isinstance(x, Variable):
            a, e = x.data, x.node
            if isinstance(w, Variable):
                b, f = w.data, w.node
            else:
                b, f = w, None
        elif isinstance(w, Variable):
            a, e, b, f = x, None, w.data, w.node
        else:
            return forward(x, w, *settings)
        y = forward(a, b, *settings)
        if type(y) is not ndarray:
            y = np.asarray(y)
        t = new(_tensor_class)
        t.data = y
        recording, observer = mode.get()
        if (e is None and f is None) or not recording:
            t.node = None
        else:
            t.node = n = new(Node)
            n.seq = tick()
            n.op = op
            n.edges = (e, f)
            n.settings = settings
            n.saved = (y if keep_output else None, a if keep_x else None, b if keep_w else None)
        if observer is not None:
            observer(op.named(settings), (x, w), settings, t)
        return t

    return call


def _ternary_op(op: Op, names: list[str]) -> Any:
    """An op of three arrays, such as a layer with a bias. `_general_op` would take a microsecond longer per call."""
    forward, (keep_x, keep_w, keep_b), keep_output = op.forward, op.keep, op.keep_output

    def call(*args: Any, **named: Any) -> Any:
        if len(args) < 3:
            raise TypeError(f"{op.name}: pass its 3 arrays by position; got {len(args)}")
        (x, w, b), settings = args[:3], args[3:]
        if named:
            settings = _bind(op, names, settings, named)
        a, e = (x.data, x.node) if isinstance(x, Variable) else (x, None)
        c, f = (w.data, w.node) if isinstance(w, Variable) else (w, None)
        d, g = (b.data, b.node) if isinstance(b, Variable) else (b, None)
        y = forward(a, c, d, *settings)
        if a is x and c is w and d is b:
            return y
        if type(y) is not ndarray:
            y = np.asarray(y)
        t = new(_tensor_class)
        t.data = y
        recording, observer = mode.get()
        if (e is None and f is None and g is None) or not recording:
            t.node = None
        else:
            t.node = n = new(Node)
            n.seq = tick()
            n.op = op
            n.edges = (e, f, g)
            n.settings = settings
            n.saved = (
                y if keep_output else None, a if keep_x else None, c if keep_w else None, d if keep_b else None
            )  # fmt: skip
        if observer is not None:
            observer(op.named(settings), (x, w, b), settings, t)
        return t

    return call


def _general_op(op: Op, names: list[str]) -> Callable[..., tuple[Any, Any]]:
    """A function that returns the output and the residuals, for any number of arrays."""
    forward, arity, keep, keep_output, keep_residuals = (
        op.forward, op.arrays, op.keep, op.keep_output, op.keep_residuals
    )  # fmt: skip

    def run(args: tuple[Any, ...], named: dict[str, Any], wanted: bool) -> tuple[Any, Any]:
        """If `wanted`, the caller needs the residuals, so they are computed even if nothing is recorded."""
        inputs, settings = args[:arity], args[arity:]
        if len(inputs) < arity:
            raise TypeError(f"{op.name}: pass its {arity} arrays by position; got {len(inputs)}")
        if named or (forward.__defaults__ and len(args) < len(names)):
            settings = _bind(op, names, settings, named)
        raw = tuple([x.data if isinstance(x, Variable) else x for x in inputs])
        result = forward(*raw, *settings)
        if keep_residuals and (type(result) is not tuple or len(result) != 2):  # an array with two rows is not a pair
            raise TypeError(
                f"{op.name}: with 'residuals' in keep, the forward must return (output, residuals); it returned "
                f"{f'{len(result)} values' if type(result) is tuple else type(result).__name__}"
            )
        y, residuals = result if keep_residuals else (result, None)
        edges = tuple([x.node if isinstance(x, Variable) else None for x in inputs])
        recording, observer = mode.get()
        recorded = recording and any([e is not None for e in edges])
        if (recorded or wanted) and callable(residuals):
            residuals = residuals()
        if not any([isinstance(x, Variable) for x in inputs]):
            return y, residuals
        t = wrap(y)
        if recorded:
            t.node = n = new(Node)
            n.seq, n.edges, n.settings = tick(), edges, settings
            n.op = op
            saved = [a if k else None for a, k in zip(raw, keep, strict=True)]
            output = t.data if keep_output else None
            n.saved = (output, residuals, *saved) if keep_residuals else (output, *saved)
        if observer is not None:
            observer(op.named(settings), inputs, settings, t)
        return t, residuals

    return run


def _with_defaults(op: Op, call: Callable[..., Any], names: list[str]) -> Callable[..., Any]:
    """`call` with the default of each missing setting filled in, so that the vjp and the observer get every setting."""
    arity, count = op.arrays, len(names)

    def call_with_defaults(*args: Any, **named: Any) -> Any:
        if named or arity <= len(args) < count:
            args = (*args[:arity], *_bind(op, names, args[arity:], named))
        return call(*args)

    return call_with_defaults


def _bind(op: Op, names: list[str], settings: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
    """All settings, including those passed by name, in the order of the function's parameters."""
    placeholders = (None,) * op.arrays
    bound = inspect.signature(op.forward).bind(*placeholders, *settings, **named)
    bound.apply_defaults()
    return tuple(bound.arguments[name] for name in names[op.arrays :])
