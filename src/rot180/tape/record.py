"""Recording: `primitive` makes an op of a function, and a call of it on Tensors leaves a Node behind.

What is here: Op (what a primitive does), Node (one recorded call), Variable (an array with the node that made it; the
class `Tensor` adds the operators), primitive, the observer. `sweep.py` reads the record backwards.

Nodes never point to Tensors, so there are no reference cycles, and their order is a creation counter. The entry points
are specific to one, two or more arrays because the cost of a call decides the speed of small models (0.35 microseconds
for recording, against 1.6 for boxing with a closure per argument).

Who may import it: the tape, and everybody above. Deliberately absent: any op; convolution.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Observer: TypeAlias = Callable[["Op", tuple[Any, ...], tuple[Any, ...], "Variable"], None]
Vjp: TypeAlias = Callable[..., tuple[Any, ...]]

new = object.__new__
ndarray = np.ndarray
tick = count(0, -1).__next__  # the newest node has the smallest number: heapq pops it first
NEVER = 1  # later than no node: ticks start at 0 and fall
mode: ContextVar[tuple[bool, Observer | None]] = ContextVar("rot180_mode", default=(True, None))


class Op:
    """What a primitive does, apart from any call of it."""

    __slots__ = (
        "arrays", "fast_vjp", "forward", "fresh", "keep", "keep_output", "name", "overwriting_vjp", "view", "vjp",
    )  # fmt: skip
    name: str
    forward: Callable[..., Any]
    vjp: Vjp | None
    fast_vjp: Vjp | None  # a compiled or raw-array vjp for first order, if there is one
    overwriting_vjp: Vjp | None  # the same for a cotangent whose array it may overwrite and return
    arrays: int  # the first so many arguments are differentiable, the rest are settings
    keep: tuple[bool, ...]  # which of these the vjp reads
    keep_output: bool
    view: bool  # the output may share the memory of the first array
    fresh: bool  # at first order its gradients are new arrays, each in memory of its own

    def __repr__(self) -> str:
        return f"<op {self.name}>"


class Node:
    """One recorded call; a leaf has op None and owns .grad."""

    __slots__ = ("edges", "grad", "hooks", "op", "owner", "saved", "seq", "settings", "written")
    seq: int
    op: Op | None
    edges: tuple[Node | None, ...]
    saved: tuple[Any, ...] | None  # output, then the arrays; what is not kept is None
    settings: tuple[Any, ...]  # of a leaf: its shape
    grad: Any
    written: int  # of a leaf: the tick of the last in-place write to its array
    hooks: list[Callable[[Any], None]]
    owner: Any  # of a leaf with hooks: a weak reference to its Tensor


class Variable:
    """An array and the node that made it; the operators live in `Tensor`."""

    __slots__ = ("__weakref__", "data", "node")
    data: Array
    node: Node | None


def leaf(shape: tuple[int, ...]) -> Node:
    """The node of an array that gradients are accumulated for."""
    n: Node = new(Node)
    n.seq, n.op, n.edges, n.saved, n.settings = tick(), None, (), None, shape
    n.grad, n.written, n.hooks, n.owner = None, NEVER, [], None
    return n


_result: type[Variable] = Variable
V = TypeVar("V", bound=type[Variable])


def result_type(cls: V) -> V:
    """Class decorator: primitives return this class (`Tensor` names itself, so that this file needs no operators)."""
    global _result
    _result = cls
    return cls


def wrap(data: Any, node: Node | None = None) -> Any:
    """An array as a Tensor, without a copy."""
    t = new(_result)
    t.data = data if type(data) is ndarray else np.asarray(data)
    t.node = node
    return t


class Primitive(Protocol):
    """What `primitive` returns: call it on arrays or Tensors; `.vjp`, `.fast_vjp` and so on decorate its gradients."""

    op: Op
    vjp: Callable[[Vjp], Vjp]
    fast_vjp: Callable[[Vjp], Vjp]
    overwriting_vjp: Callable[[Vjp], Vjp]

    def __call__(self, *args: Any, **settings: Any) -> Any: ...


def primitive(
    *, arrays: int = 1, keep: Sequence[str] = (), name: str | None = None, view: bool = False, fresh: bool = False
) -> Callable[[Callable[..., Any]], Primitive]:
    """Make a differentiable op of a function on arrays.

        @primitive(arrays=2, keep=("a", "b"))
        def multiply(a, b):
            return a * b

        @multiply.vjp
        def _(g, needs, output, a, b):
            return (g * b if needs[0] else None, g * a if needs[1] else None)

    Args:
        arrays: how many of the first arguments are differentiable; the others are settings.
        keep: which of these arguments, by name, and "output", the vjp reads; the others arrive as None.
        name: the op's name in messages; by default that of the function.
        view: the output may share the memory of the first array (a reshape, say), so that a write to that is noticed.
        fresh: given arrays, the vjp returns new ones that nobody else holds: never `g` itself, a view, or one array
            twice. The sweep then adds to them in place, and hands them to leaves without a copy.

    The vjp gets the cotangent `g`, `needs` (true where an input needs a gradient), the output, the arrays and the
    settings, and returns a tuple with one entry per array: a new array or `g` itself or a view of it, or None. Write it
    with rot180's ops and Python's operators, and the same text serves every order of derivative. Given plain arrays the
    op returns what the function returns, and records nothing.
    """

    def decorate(forward: Callable[..., Any]) -> Primitive:
        op: Op = new(Op)
        op.name = name or forward.__name__
        op.forward, op.vjp, op.fast_vjp, op.overwriting_vjp, op.arrays = forward, None, None, None, arrays
        names = _names(forward, arrays)
        unknown = set(keep) - {*names[:arrays], "output"}
        if unknown or len(names) < arrays:
            raise ValueError(
                f"primitive {op.name}: keep names {sorted(unknown)}, but its {arrays} arrays are {names[:arrays]}; "
                "keep may hold these names and 'output'"
            )
        op.keep = tuple(argument in keep for argument in names[:arrays])
        op.keep_output = "output" in keep
        op.view, op.fresh = view, fresh
        make = {1: _unary, 2: _binary}.get(arrays, _nary)
        call: Any = make(op, forward, names)
        if forward.__defaults__:
            call = _filled(op, call, names)
        call.__name__ = call.__qualname__ = op.name
        call.__doc__, call.__wrapped__, call.op = forward.__doc__, forward, op

        def vjp(function: Vjp) -> Vjp:
            op.vjp = function
            return function

        def fast_vjp(function: Vjp) -> Vjp:
            op.fast_vjp = function
            return function

        def overwriting_vjp(function: Vjp) -> Vjp:
            op.overwriting_vjp = function
            return function

        call.vjp, call.fast_vjp, call.overwriting_vjp = vjp, fast_vjp, overwriting_vjp
        return call

    return decorate


def _names(forward: Callable[..., Any], arrays: int) -> list[str]:
    """The parameters of `forward`; of a variadic one, stand-ins for its arrays."""
    parameters = inspect.signature(forward).parameters
    if any(p.kind is p.VAR_POSITIONAL for p in parameters.values()):
        return [f"array {i}" for i in range(arrays)]
    return list(parameters)


def _unary(op: Op, forward: Callable[..., Any], names: list[str]) -> Callable[..., Any]:
    (keep_x,), keep_output = op.keep, op.keep_output

    def call(x: Any, *settings: Any, **named: Any) -> Any:
        if named:
            settings = _bind(op, names, settings, named)
        if not isinstance(x, Variable):
            return forward(x, *settings)
        a, edge = x.data, x.node
        y = forward(a, *settings)
        if type(y) is not ndarray:
            y = np.asarray(y)
        t = new(_result)
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
            observer(op, (x,), settings, t)
        return t

    return call


def _binary(op: Op, forward: Callable[..., Any], names: list[str]) -> Callable[..., Any]:
    (keep_x, keep_w), keep_output = op.keep, op.keep_output

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
        t = new(_result)
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
            observer(op, (x, w), settings, t)
        return t

    return call


def _nary(op: Op, forward: Callable[..., Any], names: list[str]) -> Callable[..., Any]:
    arity, keep, keep_output = op.arrays, op.keep, op.keep_output

    def call(*args: Any, **named: Any) -> Any:
        inputs, settings = args[:arity], args[arity:]
        if len(inputs) < arity:
            raise TypeError(f"{op.name}: its {arity} arrays are given by position; got {len(inputs)}")
        if named:
            settings = _bind(op, names, settings, named)
        raw = tuple([x.data if isinstance(x, Variable) else x for x in inputs])
        y = forward(*raw, *settings)
        if not any([isinstance(x, Variable) for x in inputs]):
            return y
        edges = tuple([x.node if isinstance(x, Variable) else None for x in inputs])
        if type(y) is not ndarray:
            y = np.asarray(y)
        t = new(_result)
        t.data = y
        recording, observer = mode.get()
        if not recording or not any([e is not None for e in edges]):
            t.node = None
        else:
            t.node = n = new(Node)
            n.seq, n.op, n.edges, n.settings = tick(), op, edges, settings
            n.saved = (y if keep_output else None, *[a if k else None for a, k in zip(raw, keep, strict=True)])
        if observer is not None:
            observer(op, inputs, settings, t)
        return t

    return call


def _filled(op: Op, call: Callable[..., Any], names: list[str]) -> Callable[..., Any]:
    """`call` with the defaults of settings that were left out filled in: the vjp and the observer get every setting."""
    arity, count = op.arrays, len(names)

    def filled(*args: Any, **named: Any) -> Any:
        if named or arity <= len(args) < count:
            args = (*args[:arity], *_bind(op, names, args[arity:], named))
        return call(*args)

    return filled


def _bind(op: Op, names: list[str], settings: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
    """Settings given by name, in the order of the function's parameters."""
    placeholders = (None,) * op.arrays
    bound = inspect.signature(op.forward).bind(*placeholders, *settings, **named)
    bound.apply_defaults()
    return tuple(bound.arguments[name] for name in names[op.arrays :])


@contextmanager
def observe(observer: Observer) -> Iterator[None]:
    """Call `observer(op, inputs, settings, output)` after every op on Tensors inside the block, in this context."""
    recording, outer = mode.get()

    def both(*call: Any) -> None:
        if outer is not None:
            outer(*call)
        observer(*call)

    mode.set((recording, both))
    try:
        yield
    finally:
        mode.set((mode.get()[0], outer))  # not by a token: a generator may be closed in another context
