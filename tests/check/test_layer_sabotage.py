"""Code that raises or returns anything at all, at any of its calls: the checker answers, and does not crash."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from rot180 import check
from rot180.check.report import LayerReport
from rot180.errors import GradientError

Action = Callable[[Any], Any]  # from the right result to another one

# ---- right layers ----


def views(x: Any, kernel: tuple[int, ...]) -> Any:
    return np.lib.stride_tricks.sliding_window_view(x, kernel, (2, 3))


def conv_forward(x: Any, w: Any, b: Any) -> Any:
    return np.einsum("nchwij,fcij->nfhw", views(x, w.shape[2:]), w) + b[:, None, None]


def conv_backward(dy: Any, x: Any, w: Any, b: Any) -> Any:
    wide = np.pad(dy, [(0, 0), (0, 0), *((k - 1, k - 1) for k in w.shape[2:])])
    dx = np.einsum("nfhwij,fcij->nchw", views(wide, w.shape[2:]), w[:, :, ::-1, ::-1])
    return dx, np.einsum("nchwij,nfhw->fcij", views(x, w.shape[2:]), dy), dy.sum((0, 2, 3))


def linear_forward(x: Any, w: Any, b: Any) -> Any:
    return x @ w.T + b, (x, w)


def linear_backward(dy: Any, cache: Any) -> Any:
    x, w = cache
    return {"dx": dy @ w, "dw": dy.T @ x, "db": dy.sum(0)}


def relu(x: Any) -> Any:
    return np.maximum(x, 0)


def relu_backward(dy: Any, x: Any) -> Any:
    return dy * (x > 0)


def tanh_of_sum(x: Any, w: Any, b: Any) -> Any:
    return np.tanh(x @ w.T + b)


def mse(x: Any, t: Any) -> Any:
    return ((x - t) ** 2).mean(), 2 * (x - t) / x.size


def norm(x: Any, gamma: Any, beta: Any) -> Any:
    h = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)
    return gamma * h + beta, (h, gamma, np.sqrt(x.var(0) + 1e-5))


def norm_backward(dy: Any, cache: Any) -> Any:
    h, gamma, s = cache
    d = dy * gamma
    return (d - d.mean(0) - h * (d * h).mean(0)) / s, (dy * h).sum(0), dy.sum(0)


LAYERS: dict[str, tuple[Any, Any, str]] = {
    "conv2d": (conv_forward, conv_backward, "conv2d"),
    "linear with a cache and a dict": (linear_forward, linear_backward, "linear"),
    "relu": (relu, relu_backward, "relu"),
    "a forward that is not affine": (tanh_of_sum, lambda dy, x, w, b: (dy @ w, dy.T @ x, dy.sum(0)), "linear"),
    "a loss of one function": (mse, None, "mse_loss"),
    "batch norm": (norm, norm_backward, "batch_norm"),
    "a class": (lambda x, w, b: x @ w.T + b, lambda dy, x, w, b: (dy @ w, dy.T @ x, dy.sum(0)), "linear"),
}

FAST = ("relu", "batch norm", "a class")

# ---- what goes wrong ----


class Own(BaseException):
    """Not an Exception."""


class Unprintable(Exception):
    """An exception whose text cannot be made."""

    def __str__(self) -> str:
        raise Own("no text")


class Evil:
    """An object whose conversions, comparisons and texts raise exceptions that are no Exceptions."""

    def fail(self, *given: Any, **named: Any) -> Any:
        raise Own("evil")

    __array__ = __len__ = __iter__ = __bool__ = __float__ = __getitem__ = __repr__ = __str__ = fail  # type: ignore
    __eq__ = fail
    __hash__ = None  # type: ignore[assignment]
    shape = property(fail)
    dtype = property(fail)


def raises(error: Any) -> Action:
    def action(right: Any) -> Any:
        raise error

    return action


def first_part(change: Action) -> Action:
    """Change the first array of a tuple or of a dict, or the only result."""

    def action(right: Any) -> Any:
        if isinstance(right, tuple):
            return (change(right[0]), *right[1:])
        if isinstance(right, dict):
            (name, value), *others = right.items()
            return {name: change(value), **dict(others)}
        return change(right)

    return action


ERRORS: dict[str, Any] = {
    type(error).__name__: error
    for error in (
        ValueError("no"), KeyError(("a", 1)), SystemExit(3), GeneratorExit(), StopIteration(1), RecursionError("deep"),
        MemoryError(), asyncio.CancelledError(), Own("own"), Unprintable(),
        pytest.exit.Exception("pytest"), pytest.skip.Exception("skipped"), AttributeError("a" * 10_000 + "\n\x1b[2J"),
        Warning("w"),
    )
}  # fmt: skip
VALUES: dict[str, Any] = {
    "None": None, "a text": "y", "bytes": b"y", "ragged lists": [[1, 2], [3]], "a set": {1, 2}, "an empty tuple": (),
    "an empty list": [], "an empty dict": {}, "a dict of something else": {"loss": 1, 2: 3}, "True": True,
    "a number": 1.5, "a large integer": 10**400, "an imaginary number": 1j, "a class": int, "a function": len,
    "NotImplemented": NotImplemented, "Ellipsis": ..., "a range": range(3), "an evil object": Evil(),
    "a list of evil objects": [Evil(), Evil()], "an array of objects": np.array([None, Evil], object),
    "an array of texts": np.array(["a", "b"]), "records": np.zeros(3, "f8,i4"), "times": np.zeros(3, "datetime64[s]"),
    "a 0-d array": np.array(2.0), "an empty array": np.zeros((0, 3)), "many axes": np.zeros((1,) * 20),
    "a masked array": np.ma.masked_array([1.0, 2.0], [True, False]),
}  # fmt: skip
CHANGES: dict[str, Action] = {
    "complex": lambda a: np.asarray(a) * 1j,
    "NaN": lambda a: np.asarray(a) * np.nan,
    "infinite": lambda a: np.asarray(a) + np.inf,
    "huge": lambda a: np.asarray(a) * 1e308,
    "as long double": lambda a: np.asarray(a, np.longdouble),
    "as integers": lambda a: np.asarray(a).astype(int),
    "unsigned": lambda a: np.abs(np.asarray(a)).astype(np.uint8),
    "boolean": lambda a: np.asarray(a) > 0,
    "in half precision": lambda a: np.asarray(a, np.float16),
    "transposed": lambda a: np.asarray(a).T,
    "flat": np.ravel,
    "with one row": lambda a: np.asarray(a)[:1] if np.ndim(a) else a,
    "with one more axis": lambda a: np.asarray(a)[None],
    "as a list": lambda a: np.asarray(a).tolist(),
    "as objects": lambda a: np.asarray(a, object),
    "as a generator": lambda a: (part for part in np.atleast_1d(a)),
    "read-only": lambda a: np.broadcast_to(a, np.shape(a)),
    "five times": lambda a: (a, a, a, a, a),
}
ACTIONS: dict[str, Action] = {
    **{f"raises {name}": raises(error) for name, error in ERRORS.items()},
    **{f"returns {name}": (lambda right, value=value: value) for name, value in VALUES.items()},
    **{f"begins with {name}": first_part(lambda right, value=value: value) for name, value in VALUES.items()},
    **{f"returns it {name}": first_part(change) for name, change in CHANGES.items()},
    "returns a generator of it": lambda right: (part for part in (right if isinstance(right, tuple) else (right,))),
    "returns it reversed": lambda right: right[::-1] if isinstance(right, tuple) else right,
    "returns a part of it": lambda right: right[:1] if isinstance(right, tuple) else right,
}


class Sabotage:
    """Two functions, the results of which an action replaces at one call, or from that call on."""

    def __init__(self, forward: Any, backward: Any, action: Action, at: int, *, always: bool) -> None:
        self.action, self.at, self.always, self.count = action, at, always, 0
        self.forward, self.backward = self._wrapped(forward), backward and self._wrapped(backward)

    def _wrapped(self, function: Any) -> Any:
        def sabotaged(*given: Any, **named: Any) -> Any:
            self.count += 1
            hit = self.count > self.at if self.always else self.count == self.at + 1
            right = function(*given, **named)
            return self.action(right) if hit else right

        sabotaged.__wrapped__ = function  # type: ignore[attr-defined]
        return sabotaged


def linear_class(code: Sabotage) -> type:
    """A class whose methods call the two functions."""

    class Linear:
        def __init__(self, in_features: int, out_features: int) -> None:
            self.w, self.b = np.ones((out_features, in_features)), np.zeros(out_features)

        def forward(self, x: Any) -> Any:
            self.x = x
            return code.forward(x, self.w, self.b)

        def backward(self, dy: Any) -> Any:
            dx, self.dw, self.db = code.backward(dy, self.x, self.w, self.b)
            return dx

    return Linear


def require_an_answer(target: Any, backward: Any, op: str) -> None:
    """Check a layer: there is a report that can be shown, or an error that says what the code did."""
    try:
        report = check.layer(target, backward, op=op)
    except (GradientError, TypeError, ValueError) as error:
        assert str(error).startswith("check.layer: "), error
        return
    assert isinstance(report, LayerReport)
    assert report.render() and json.dumps(report.as_dict())


def calls_of(name: str) -> int:
    """The number of calls of a layer that nothing happens to."""
    forward, backward, op = LAYERS[name]
    plain = Sabotage(forward, backward, lambda right: right, 0, always=True)
    check.layer(plain.forward, plain.backward, op=op)
    return plain.count


def sabotages(name: str, count: int, seed: int) -> Iterator[tuple[str, int, bool]]:
    """Every action at the first calls, and at random ones."""
    rng, most = np.random.default_rng(seed), calls_of(name)
    for action in ACTIONS:
        early = range(count) if count > 3 else rng.choice(4, 1)
        late = rng.integers(0, most, count)
        for at in (*early, *late):
            yield action, int(at), bool(rng.integers(2))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in FAST else pytest.mark.slow) for name in LAYERS]
)
def test_no_call_can_crash_the_checker(name: str) -> None:
    run(name, 1, 0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 3))
@pytest.mark.parametrize("name", LAYERS)
def test_no_call_can_crash_the_checker_many_times(name: str, seed: int) -> None:
    run(name, 1, seed)


def run(name: str, count: int, seed: int) -> None:
    forward, backward, op = LAYERS[name]
    for action, at, always in sabotages(name, count, seed):
        code = Sabotage(forward, backward, ACTIONS[action], at, always=always)
        try:
            if name == "a class":
                require_an_answer(linear_class(code), None, op)
            else:
                require_an_answer(code.forward, code.backward, op)
        except BaseException as error:
            raise AssertionError(f"{action} at call {at}{' and later' if always else ''}: {type(error)}") from error
