"""The sweep: run the vjps of a graph from the newest node to the oldest.

At every node, the vjp of the op maps the cotangent of the output to the cotangents of all inputs that need one. The
sweep is the chain rule for a function of several inputs (Griewank and Walther, "Evaluating Derivatives", ch. 3).

    first order     the vjps run on arrays, and nothing is recorded
    create_graph    the saved arrays are wrapped in Tensors of the graph, and the same vjps run on these Tensors

A heap of creation numbers gives the order of the nodes, so that long chains need no recursion. Saved arrays and edges
are cleared during the sweep unless the graph is retained, so that its memory is freed early.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any

import numpy as np

from .. import kernels
from ..errors import GradientError
from ..kernels.reference.addition import LARGE
from . import leaf_hooks
from .primitives import wrap
from .record import NEVER, Node, Variable, mode, tick

_last_write = NEVER  # the tick of the newest in-place write to any leaf


def mark_written(variable: Variable) -> None:
    """Record that the array of a leaf was changed in place. A sweep that needs its old values then raises an error."""
    global _last_write
    if variable.node is not None:
        variable.node.written = _last_write = tick()


def sweep(roots: dict[Node, Any], *, create_graph: bool, retain: bool, targets: dict[Node, Any] | None = None) -> None:
    """Run the vjps of all nodes that `roots` depend on.

    Args:
        roots: the nodes of the outputs and their cotangents.
        create_graph: record the sweep.
        retain: keep the graph for another sweep.
        targets: the nodes whose gradients are needed; their values in this dict are replaced (default: accumulate the
            gradients of all leaves in their .grad).
    """
    grads = dict(roots)
    heap: list[tuple[int, Node]] = []
    for root in roots:
        heappush(heap, (root.seq, root))
    owned: set[Node] = set()  # nodes whose array in `grads` may be overwritten, because nothing else refers to it
    needed = None if targets is None else _nodes_towards(targets, roots)
    uses = _uses_of_hooked_leaves(roots) if leaf_hooks.hook_count and targets is None else None
    token = mode.set((create_graph, mode.get()[1]))
    try:
        while heap:
            node = heappop(heap)[1]
            op, edges, saved = node.op, node.edges, node.saved
            if needed is not None:
                edges = tuple([e if e in needed else None for e in edges])
                if not any([e is not None for e in edges]):
                    continue  # nothing below is needed; the gradient of a target stays in `grads`
                if targets is not None and node in targets:
                    targets[node] = own_gradient(grads[node])
            if op is None:
                continue  # a leaf that is a root
            g = grads.pop(node)
            if saved is None:
                raise _freed_graph_error(node)
            if node.seq > _last_write:
                _check_versions(node)
            if create_graph:
                gs = (op.vjp or _raise_missing_vjp(node))(g, edges, *_saved_as_tensors(node, saved), *node.settings)
            else:
                if not retain:
                    node.saved, node.edges = None, ()
                if op.array_vjp is not None:
                    overwrite = targets is None and node in owned
                    gs = op.array_vjp(g, edges, overwrite, *saved, *node.settings)
                else:
                    gs = (op.vjp or _raise_missing_vjp(node))(g, edges, *saved, *node.settings)
            if type(gs) is not tuple or len(gs) != len(edges):
                raise _wrong_result_error(node, gs)
            for e, ge in zip(edges, gs):  # noqa: B905 (the lengths were just compared)
                if e is None:
                    continue
                if ge is not None:
                    if e not in grads:
                        grads[e] = ge
                        if op.fresh and not create_graph:
                            owned.add(e)
                        if e.op is not None:
                            heappush(heap, (e.seq, e))
                    elif create_graph:
                        grads[e] = grads[e] + ge
                    elif e in owned:
                        grads[e] = _add(grads[e], ge)
                    else:  # not in place, because an op may return one array for two inputs
                        grads[e] = _add(ge, grads[e], op.fresh)
                        owned.add(e)
                if uses is not None and e in uses:
                    uses[e] -= 1
                    if not uses[e] and e in grads:
                        _accumulate(e, grads.pop(e), e in owned)
        for node, g in grads.items():
            if targets is None:
                _accumulate(node, g, node in owned)
            elif node in targets:
                targets[node] = g if node in owned else own_gradient(g)
    finally:
        mode.reset(token)


def _add(a: Any, b: Any, overwrite: bool = True) -> Any:
    """a + b. If `overwrite` is true, the sum is written into the array of a."""
    if type(a) is not np.ndarray:
        return a + b  # a NumPy scalar cannot be overwritten
    return kernels.add(a, b, overwrite) if a.size >= LARGE else np.add(a, b, out=a if overwrite else None)


def own_gradient(g: Any) -> Any:
    """Return a copy of the gradient that shares no memory with it; a Tensor or None is returned unchanged."""
    return g if g is None or isinstance(g, Variable) else np.array(g, order="C")


def _accumulate(node: Node, g: Any, owned: bool) -> None:
    """Add the complete gradient of this sweep to the .grad of a leaf and run its hooks.

    `owned`: nothing else refers to the array of g, so that it need not be copied.
    """
    if g.shape != node.settings:
        raise GradientError(
            f"backward: a vjp returned a gradient of shape {g.shape} for a leaf of shape {node.settings}"
        )
    if isinstance(g, Variable):
        node.grad = wrap(g.data.copy(), g.node) if node.grad is None else node.grad + g
    elif node.grad is not None:
        node.grad = wrap(node.grad.data + g)
    else:
        node.grad = wrap(g if owned and g.flags.c_contiguous else g.copy())
    if node.hooks:
        leaf_hooks.run_leaf_hooks(node)


def _saved_as_tensors(node: Node, saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """The saved values, with the output and the arrays as Tensors of the graph, so that the vjp is recorded.

    Residuals are not converted, because they are constants of the derivative.
    """
    first = len(saved) - len(node.edges)
    arrays = [
        wrap(a, e) if e is not None and isinstance(a, np.ndarray) else a
        for a, e in zip(saved[first:], node.edges, strict=True)
    ]
    output = None if saved[0] is None else wrap(saved[0], node)
    return (output, *saved[1:first], *arrays)


# ---- errors ----


def _check_versions(node: Node) -> None:
    """Raise GradientError if an array was changed in place after the node saved it."""
    assert node.saved is not None and node.op is not None
    arrays = node.saved[len(node.saved) - len(node.edges) :]
    for edge, array in zip(node.edges, arrays, strict=True):
        e = edge
        if isinstance(array, np.ndarray) and array.base is not None:  # possibly a view of a view of a leaf
            while e is not None and e.op is not None and e.op.view and e.edges:
                e = e.edges[0]
        if e is not None and array is not None and e.op is None and e.written < node.seq:
            raise GradientError(
                f"backward: an array that op {node.name} saved for its gradient was changed in place afterwards, for "
                "example by an optimiser step; run the forward pass again before this backward"
            )


def _freed_graph_error(node: Node) -> GradientError:
    return GradientError(
        f"backward: the graph was freed by an earlier backward (at op {node.name}); "
        "pass retain_graph=True to the earlier call to run the backward twice"
    )


def _raise_missing_vjp(node: Node) -> Any:
    assert node.op is not None
    raise GradientError(f"backward: op {node.name} has no vjp; write one with @{node.op.forward.__name__}.vjp")


def _wrong_result_error(node: Node, gs: Any) -> GradientError:
    assert node.op is not None
    result = f"{len(gs)} entries" if type(gs) is tuple else type(gs).__name__
    return GradientError(
        f"backward: the vjp of {node.name} must return a tuple of {node.op.arrays}, one entry per array; it returned "
        f"{result}"
    )


# ---- walks over the graph ----


def _nodes_below(roots: dict[Node, Any]) -> list[Node]:
    """All nodes that `roots` depend on, oldest first: inputs before the ops that use them."""
    visited, stack = set(roots), list(roots)
    while stack:
        for e in stack.pop().edges:
            if e is not None and e not in visited:
                visited.add(e)
                stack.append(e)
    return sorted(visited, key=lambda node: -node.seq)


def _nodes_towards(targets: dict[Node, Any], roots: dict[Node, Any]) -> set[Node]:
    """The nodes on the paths from `roots` to `targets`.

    Raises GradientError if a path may run through a freed node, whose edges are lost.
    """
    nodes: set[Node] = set()
    oldest = max([node.seq for node in targets], default=NEVER)
    for node in _nodes_below(roots):
        if node.saved is None and node.op is not None and (node not in targets or node.seq < oldest):
            raise _freed_graph_error(node)
        if node in targets or any(e in nodes for e in node.edges if e is not None):
            nodes.add(node)
    return nodes


def _uses_of_hooked_leaves(roots: dict[Node, Any]) -> dict[Node, int]:
    """The number of edges to each leaf that has hooks."""
    uses: dict[Node, int] = {}
    for node in _nodes_below(roots):
        for e in node.edges:
            if e is not None and e.op is None and e.hooks:
                uses[e] = uses.get(e, 0) + 1
    return uses
