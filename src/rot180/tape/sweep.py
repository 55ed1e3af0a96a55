"""The sweep: from the newest recorded node to the oldest, each vjp hands the cotangent of an output on to its inputs.

The rule at every node is the chain rule in its joint form: one function, the vjp of the op, maps the cotangent of the
output to the cotangents of all inputs that need one (Griewank and Walther, "Evaluating Derivatives", ch. 3).

    first order       the vjps run on raw arrays; nothing is recorded
    create_graph      the kept arrays are wrapped again with their edges, and the same text runs on Tensors

Order comes from a heap of creation numbers, not from recursion; kept arrays and edges are cleared on the way unless the
graph is retained, so a long chain is freed as it is swept.

Who may import it: the tape, and everybody above. Deliberately absent: any op; convolution.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from typing import Any

import numpy as np

from .. import kernels
from ..errors import DtypeError, GradientError, ShapeError
from ..kernels.reference.addition import LARGE
from .primitives import wrap
from .record import NEVER, Node, Variable, mode, tick

_ONE = {np.dtype(kind): np.ones((), kind) for kind in (np.float32, np.float64)}  # np.ones_like costs a microsecond
for _one in _ONE.values():
    _one.flags.writeable = False
_last_write = NEVER  # the newest in-place write to any leaf
_hooked = 0  # how many leaf hooks there are: without any, a sweep need not count uses


def mark_written(variable: Variable) -> None:
    """Say that the array of a leaf was changed in place: graphs that kept it before can no longer be swept."""
    global _last_write
    if variable.node is not None:
        variable.node.written = _last_write = tick()


def zero_grad(leaves: Iterable[Variable], set_to_none: bool = True) -> None:
    """Forget the gradients of leaves, or set them to zeros."""
    for t in leaves:
        node = t.node
        if node is not None and node.grad is not None:
            node.grad = None if set_to_none else wrap(np.zeros_like(t.data))


def sweep(roots: dict[Node, Any], *, create_graph: bool, retain: bool, wanted: dict[Node, Any] | None = None) -> None:
    """Run the vjps down from `roots` (with their cotangents): gradients go to the leaves, or into `wanted` if given."""
    grads = dict(roots)
    heap: list[tuple[int, Node]] = []
    for root in roots:
        heappush(heap, (root.seq, root))
    owned: set[Node] = set()  # whose entry in `grads` nobody else holds, so that it may be written to
    needed = None if wanted is None else _reaching(roots, wanted)
    uses = _uses(roots) if _hooked and wanted is None else None
    token = mode.set((create_graph, mode.get()[1]))
    try:
        while heap:
            node = heappop(heap)[1]
            op, edges, saved = node.op, node.edges, node.saved
            if needed is not None:
                edges = tuple([e if e in needed else None for e in edges])
                if not any([e is not None for e in edges]):
                    continue  # it was asked for itself, and nothing below it was
                if wanted is not None and node in wanted:
                    wanted[node] = _alone(grads[node])
            if op is None:
                continue  # a root is a leaf
            g = grads.pop(node)
            if saved is None:
                raise _freed(node)
            if node.seq > _last_write:
                _check_versions(node)
            if create_graph:
                gs = (op.vjp or _missing(node))(g, edges, *_rewrapped(node, saved), *node.settings)
            else:
                if not retain:
                    node.saved, node.edges = None, ()
                if op.array_vjp is not None:
                    overwrite = wanted is None and node in owned
                    gs = op.array_vjp(g, edges, overwrite, *saved, *node.settings)
                else:
                    gs = (op.vjp or _missing(node))(g, edges, *saved, *node.settings)
            if type(gs) is not tuple or len(gs) != len(edges):
                raise _wrong(node, gs)
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
                        grads[e] = _added(grads[e], ge)
                    else:  # not in place: an op that is not fresh may pass the same array on twice
                        grads[e] = _added(ge, grads[e], op.fresh)
                        owned.add(e)
                if uses is not None and e in uses:
                    uses[e] -= 1
                    if not uses[e] and e in grads:
                        _deposit(e, grads.pop(e), e in owned)
        for node, g in grads.items():
            if wanted is None:
                _deposit(node, g, node in owned)
            elif node in wanted:
                wanted[node] = g if node in owned else _alone(g)
    finally:
        mode.reset(token)


def _added(a: Any, b: Any, own: bool = True) -> Any:
    """a + b; in the array of a where that is the sweep's own."""
    if type(a) is not np.ndarray:
        return a + b  # a number has no memory to write to
    return kernels.add(a, b, own) if a.size >= LARGE else np.add(a, b, out=a if own else None)


def _alone(g: Any) -> Any:
    """A gradient that nobody else holds: a copy, of an array."""
    return g if g is None or isinstance(g, Variable) else np.array(g, order="C")


def _missing(node: Node) -> Any:
    assert node.op is not None
    raise GradientError(f"backward: op {node.name} has no vjp; write one with @{node.op.forward.__name__}.vjp")


def _rewrapped(node: Node, saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """The saved values with the output and the arrays as Tensors of the graph, so that the vjp's ops are recorded.

    Residuals stay as they are: they are constants of the derivative.
    """
    first = len(saved) - len(node.edges)
    arrays = [
        wrap(a, e) if e is not None and isinstance(a, np.ndarray) else a
        for a, e in zip(saved[first:], node.edges, strict=True)
    ]
    output = None if saved[0] is None else wrap(saved[0], node)
    return (output, *saved[1:first], *arrays)


def _freed(node: Node) -> GradientError:
    return GradientError(
        f"backward: the graph was freed by an earlier backward (at op {node.name}); "
        "pass retain_graph=True to the earlier call to sweep it twice"
    )


def _wrong(node: Node, gs: Any) -> GradientError:
    assert node.op is not None
    got = f"{len(gs)} entries" if type(gs) is tuple else type(gs).__name__
    return GradientError(
        f"backward: the vjp of {node.name} must return a tuple of {node.op.arrays}, one entry per array; it returned "
        f"{got}"
    )


def _deposit(node: Node, g: Any, own: bool) -> None:
    """Add a final gradient to a leaf, as an array of the leaf's own, and fire its hooks."""
    if g.shape != node.settings:
        raise GradientError(
            f"backward: a vjp returned a gradient of shape {g.shape} for a leaf of shape {node.settings}"
        )
    if isinstance(g, Variable):
        node.grad = wrap(g.data.copy(), g.node) if node.grad is None else node.grad + g
    elif node.grad is not None:
        node.grad = wrap(node.grad.data + g)
    else:
        node.grad = wrap(g if own and g.flags.c_contiguous else g.copy())
    if node.hooks and (owner := node.owner()) is not None:
        for hook in tuple(node.hooks):  # a hook may remove itself
            hook(owner)


def _check_versions(node: Node) -> None:
    assert node.saved is not None and node.op is not None
    arrays = node.saved[len(node.saved) - len(node.edges) :]
    for edge, kept in zip(node.edges, arrays, strict=True):
        e = edge
        if isinstance(kept, np.ndarray) and kept.base is not None:  # perhaps a view, of a view, of a leaf
            while e is not None and e.op is not None and e.op.view and e.edges:
                e = e.edges[0]
        if e is not None and kept is not None and e.op is None and e.written < node.seq:
            raise GradientError(
                f"backward: an array that op {node.name} kept for its gradient was changed in place afterwards "
                "(by an optimiser's step?); run the forward again before this backward"
            )


def _reachable(roots: dict[Node, Any]) -> list[Node]:
    seen, stack = set(roots), list(roots)
    while stack:
        for e in stack.pop().edges:
            if e is not None and e not in seen:
                seen.add(e)
                stack.append(e)
    return sorted(seen, key=lambda node: -node.seq)  # oldest first: inputs before the ops that use them


def _reaching(roots: dict[Node, Any], wanted: dict[Node, Any]) -> set[Node]:
    """The nodes from `roots` down that lead to one of `wanted`; GradientError where a freed node may hide a path."""
    through: set[Node] = set()
    oldest = max([node.seq for node in wanted], default=NEVER)
    for node in _reachable(roots):
        if node.saved is None and node.op is not None and (node not in wanted or node.seq < oldest):
            raise _freed(node)
        if node in wanted or any(e in through for e in node.edges if e is not None):
            through.add(node)
    return through


def _uses(roots: dict[Node, Any]) -> dict[Node, int]:
    """How many edges lead to each leaf with hooks."""
    uses: dict[Node, int] = {}
    for node in _reachable(roots):
        for e in node.edges:
            if e is not None and e.op is None and e.hooks:
                uses[e] = uses.get(e, 0) + 1
    return uses


def add_leaf_hook(variable: Variable, hook: Callable[[Any], None]) -> Callable[[], None]:
    """Call `hook(tensor)` whenever a backward has made this leaf's gradient final; returns what removes it."""
    global _hooked
    node = variable.node
    if node is None or node.op is not None:
        raise GradientError(
            "register_post_accumulate_grad_hook: only a leaf that requires a gradient can have this hook"
        )
    hooks = node.hooks
    if node.owner is None:
        node.owner = weakref.ref(variable, lambda _: _forget(hooks))

    def entry(t: Any) -> None:  # an object of its own: the same hook may be registered twice
        hook(t)

    hooks.append(entry)
    _hooked += 1

    def remove() -> None:
        global _hooked
        if entry in hooks:
            hooks.remove(entry)
            _hooked -= 1

    return remove


def _forget(hooks: list[Callable[[Any], None]]) -> None:
    """A leaf with these hooks is gone."""
    global _hooked
    _hooked -= len(hooks)
    hooks.clear()


def backward(
    t: Variable, gradient: Any = None, *, retain_graph: bool | None = None, create_graph: bool = False
) -> None:
    """Accumulate d t / d leaf, weighted by `gradient`, in the .grad of every leaf below t."""
    if t.node is None:
        raise GradientError("backward: this tensor does not depend on anything that requires a gradient")
    g = _cotangent("backward", t, gradient, create_graph)
    sweep({t.node: g}, create_graph=create_graph, retain=create_graph if retain_graph is None else retain_graph)


def grad(
    outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Any, ...]:  # fmt: skip
    """The gradients of `outputs` with respect to `inputs`, as a tuple of Tensors; .grad is left alone.

    Args:
        outputs, inputs: a Tensor or a sequence of Tensors; several outputs add up.
        grad_outputs: the cotangents, like outputs; may be None for outputs of one element.
        retain_graph: keep the graph for another sweep; by default the value of create_graph.
        create_graph: record the sweep, so that the gradients can be differentiated again.
        allow_unused: None for an input that the outputs do not depend on, instead of a GradientError.
    """
    tops = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
    targets = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    seeds = list(grad_outputs) if isinstance(grad_outputs, list | tuple) else [grad_outputs] * len(tops)
    if len(seeds) != len(tops):
        raise ShapeError(f"grad: {len(tops)} outputs but {len(seeds)} grad_outputs; give one for each")
    for i, x in enumerate(targets):
        if not isinstance(x, Variable) or x.node is None:
            raise GradientError(f"grad: input {i} does not require a gradient; call requires_grad_() on it first")
    roots: dict[Node, Any] = {}
    for i, (top, seed) in enumerate(zip(tops, seeds, strict=True)):
        if not isinstance(top, Variable) or top.node is None:
            raise GradientError(f"grad: output {i} does not depend on anything that requires a gradient")
        g = _cotangent("grad", top, seed, create_graph)
        roots[top.node] = g if top.node not in roots else roots[top.node] + g
    found: dict[Node, Any] = {x.node: None for x in targets}
    retain = create_graph if retain_graph is None else retain_graph
    sweep(roots, create_graph=create_graph, retain=retain, wanted=found)
    first = {x.node: i for i, x in reversed(list(enumerate(targets)))}  # asked for twice, it is given twice
    return tuple(
        _found(found[x.node] if first[x.node] == i else _alone(found[x.node]), i, allow_unused)
        for i, x in enumerate(targets)
    )


def _found(g: Any, position: int, allow_unused: bool) -> Any:
    if g is None:
        if allow_unused:
            return None
        raise GradientError(f"grad: the outputs do not depend on input {position}; pass allow_unused=True to get None")
    return g if isinstance(g, Variable) else wrap(np.ascontiguousarray(g) if np.ndim(g) else np.asarray(g))


def _cotangent(op: str, t: Variable, gradient: Any, create_graph: bool) -> Any:
    """The cotangent of t: ones if t has one element, else what was given, of t's shape and dtype."""
    if gradient is None:
        if t.data.size != 1:
            raise GradientError(f"{op}: the output has shape {t.data.shape}; only one element needs no gradient given")
        g: Any = _ONE[t.data.dtype] if not t.data.ndim else np.ones_like(t.data)
    else:
        raw = gradient.data if isinstance(gradient, Variable) else np.asarray(gradient)
        if raw.shape != t.data.shape:
            raise ShapeError(f"{op}: gradient has shape {raw.shape} but the output has {t.data.shape}; they must agree")
        if raw.dtype != t.data.dtype and isinstance(gradient, Variable):
            raise DtypeError(
                f"{op}: gradient is {raw.dtype} but the output is {t.data.dtype}; convert one with .astype"
            )
        g = gradient if create_graph and isinstance(gradient, Variable) else raw.astype(t.data.dtype, copy=False)
    return wrap(g) if create_graph and not isinstance(g, Variable) else g
