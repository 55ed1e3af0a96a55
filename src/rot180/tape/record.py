"""The record of a computation: one Node for each recorded call of an op.

    Op          a differentiable operation: its forward, its vjps and the names of the values that they need
    Node        one recorded call of an Op, or a leaf
    Variable    an array and the node that computed it; `Tensor` adds the operators
    observe     call a function after every op

`primitives.py` makes ops and records their calls, `sweep.py` reads the record backwards. Nodes never point to Tensors,
so there are no reference cycles. A creation counter determines the order of the nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Observer: TypeAlias = Callable[["Op", tuple[Any, ...], tuple[Any, ...], Any], None]
Vjp: TypeAlias = Callable[..., tuple[Any, ...]]

new = object.__new__
ndarray = np.ndarray
tick = count(0, -1).__next__  # the newest node has the smallest number: heapq pops it first
NEVER = 1  # later than any node: ticks start at 0 and decrease
mode: ContextVar[tuple[bool, Observer | None]] = ContextVar("rot180_mode", default=(True, None))


class Op:
    """A differentiable operation."""

    __slots__ = (
        "array_vjp", "arrays", "forward", "fresh", "keep", "keep_output", "keep_residuals", "name", "naming", "view",
        "vjp",
    )  # fmt: skip
    name: str
    naming: Callable[..., str] | None  # computes the name from the settings of a call
    forward: Callable[..., Any]
    vjp: Vjp | None
    array_vjp: Vjp | None  # replaces `vjp` in a first-order sweep
    arrays: int  # the first `arrays` arguments are differentiable, the others are settings
    keep: tuple[bool, ...]  # for each of these arrays: True if the vjp reads it
    keep_output: bool
    keep_residuals: bool  # the forward returns (output, residuals)
    view: bool  # the output may share the memory of the first array
    fresh: bool  # at first order, each gradient is a new array that nothing else refers to

    def name_for(self, settings: tuple[Any, ...]) -> str:
        """The name of a call with these settings, as messages show it."""
        return self.name if self.naming is None else self.naming(*settings)

    def named(self, settings: tuple[Any, ...]) -> Op:
        """This op; if its name depends on the settings of a call, a copy with the name for these settings."""
        if self.naming is None:
            return self
        op: Op = new(Op)
        for slot in Op.__slots__:
            setattr(op, slot, getattr(self, slot))
        op.name, op.naming = self.naming(*settings), None
        return op

    def __repr__(self) -> str:
        return f"<op {self.name}>"


class Node:
    """One recorded call of an op. A leaf has op None and owns the accumulated gradient."""

    __slots__ = ("edges", "grad", "hooks", "op", "owner", "saved", "seq", "settings", "written")
    seq: int
    op: Op | None
    edges: tuple[Node | None, ...]
    saved: tuple[Any, ...] | None  # output, residuals (if the op has any), arrays; None for values that are not kept
    settings: tuple[Any, ...]  # of a leaf: its shape
    grad: Any
    written: int  # of a leaf: the tick of the last in-place write to its array
    hooks: list[Callable[[Any], None]]
    owner: Any  # of a leaf with hooks: a weak reference to its Tensor

    @property
    def name(self) -> str:
        """The name of the op, as messages show it."""
        return "leaf" if self.op is None else self.op.name_for(self.settings)


class Variable:
    """An array and the node that computed it. `Tensor` adds the operators."""

    __slots__ = ("__weakref__", "data", "node")
    data: Array
    node: Node | None


def leaf(shape: tuple[int, ...]) -> Node:
    """The node of an array of this shape whose gradient is accumulated."""
    n: Node = new(Node)
    n.seq, n.op, n.edges, n.saved, n.settings = tick(), None, (), None, shape
    n.grad, n.written, n.hooks, n.owner = None, NEVER, [], None
    return n


@contextmanager
def observe(observer: Observer) -> Iterator[None]:
    """Call `observer(op, inputs, settings, output)` after every op on Tensors inside the block, in this context.

    `op.name` is the name that messages show, for example "conv2d". Nested observers are all called, the outermost
    first.
    """
    recording, outer = mode.get()

    def call_both(*call: Any) -> None:
        if outer is not None:
            outer(*call)
        observer(*call)

    mode.set((recording, call_both))
    try:
        yield
    finally:
        mode.set((mode.get()[0], outer))  # a token would fail if a generator is closed in another context
