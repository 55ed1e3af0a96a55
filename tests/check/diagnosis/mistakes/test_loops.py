"""Loops that end early, on every loop of a convolution and for every array that it fills."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

from rot180 import check
from tests.mistakes import operations_right as right
from tests.mistakes.right_loops import conv, conv_backward

LOOPS = ("n", "o", "c", "i", "j", "r", "s")
SIZES = ("N", "O", "C", "P", "Q", "R", "S")
CUTS: dict[str, Callable[[int], range]] = {
    "only the first": lambda n: range(1), "range(n - 1)": lambda n: range(n - 1), "range(1, n)": lambda n: range(1, n),
}  # fmt: skip
NAMES = {
    "n": "sample", "o": "output channel", "c": "input channel", "i": "row of dy", "j": "column of dy",
    "r": "row of the kernel", "s": "column of the kernel",
}  # fmt: skip
WORDS = {
    "only the first": "Only the first {name} is", "range(n - 1)": "The last {name} is left",
    "range(1, n)": "The first {name} is left",
}  # fmt: skip


def gradients(dy: Any, x: Any, w: Any, loops: list[range], stride: int, padding: int) -> dict[str, Any]:
    """The gradients by seven loops."""
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dxp, dw, db = np.zeros_like(xp), np.zeros_like(w), np.zeros(len(w))
    for n, o, i, j in product(loops[0], loops[1], loops[3], loops[4]):
        db[o] += dy[n, o, i, j]
        for c, r, s in product(loops[2], loops[5], loops[6]):
            dxp[n, c, i * stride + r, j * stride + s] += dy[n, o, i, j] * w[o, c, r, s]
            dw[o, c, r, s] += dy[n, o, i, j] * xp[n, c, i * stride + r, j * stride + s]
    return {"dx": dxp[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]], "dw": dw, "db": db}


def backward_with(argument: str, loop: str, cut: str) -> Callable[..., Any]:
    def backward(dy: Any, x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0) -> Any:
        sizes = dict(zip(LOOPS, (*dy.shape[:2], x.shape[1], *dy.shape[2:], *w.shape[2:]), strict=True))
        loops = [CUTS[cut](n) if name == loop else range(n) for name, n in sizes.items()]
        wrong = gradients(dy, x, w, loops, stride, padding)[argument]
        found = dict(zip(("dx", "dw", "db"), conv_backward(dy, x, w, b, stride, padding), strict=True))
        return tuple({**found, argument: wrong}.values())

    return backward


def every_loop() -> Iterator[Any]:
    """All loops and cuts; one cut of each loop is fast."""
    for number, (argument, loop) in enumerate(product(("dx", "dw", "db"), LOOPS)):
        if argument == "db" and loop in "crs":
            continue  # db has no such loop
        for at, cut in enumerate(CUTS):
            fast = at == number % 3 and argument != "dw"
            yield pytest.param(argument, loop, cut, marks=[] if fast else [pytest.mark.slow])


@pytest.mark.parametrize(("argument", "loop", "cut"), list(every_loop()))
def test_gradient_of_a_loop_that_ends_early(argument: str, loop: str, cut: str) -> None:
    report = check.layer(conv, backward_with(argument, loop, cut))
    assert [(d.slug, d.argument) for d in report.diagnoses] == [("loop-ends-early", argument)], str(report)
    assert not report.unexplained
    name = "channel" if (argument, loop) == ("db", "o") else NAMES[loop]
    assert report.diagnoses[0].explanation.startswith(WORDS[cut].format(name=name)), str(report)


@pytest.mark.parametrize("inner", ["o", "i", "j"])
def test_return_inside_nested_loops(inner: str) -> None:
    """`return` inside the loop `inner`, which is inside the loop over the samples."""

    def backward(dy: Any, x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0) -> Any:
        sizes = dict(zip(LOOPS, (*dy.shape[:2], x.shape[1], *dy.shape[2:], *w.shape[2:]), strict=True))
        loops = [range(1) if name in ("n", inner) else range(n) for name, n in sizes.items()]
        return tuple(gradients(dy, x, w, loops, stride, padding).values())

    report = check.layer(conv, backward)
    assert [(d.slug, d.argument) for d in report.diagnoses] == [("loop-ends-early", a) for a in ("dx", "dw", "db")]
    assert f"Only the first sample and {NAMES[inner]} are used" in report.diagnoses[1].explanation


def forward_with(loop: str, cut: str) -> Callable[..., Any]:
    def forward(x: Any, w: Any, b: Any) -> Any:
        size = {"n": len(x), "o": len(w), "c": x.shape[1], "r": w.shape[2]}
        size |= {"i": x.shape[2] - w.shape[2] + 1, "j": x.shape[3] - w.shape[3] + 1}
        loops = {name: CUTS[cut](n) if name == loop else range(n) for name, n in size.items()}
        y = np.zeros((size["n"], size["o"], size["i"], size["j"]))
        for n, o, i, j in product(*[loops[name] for name in "noij"]):
            for c, r in product(loops["c"], loops["r"]):
                y[n, o, i, j] += w[o, c, r] @ x[n, c, i + r, j : j + w.shape[3]]
            y[n, o, i, j] += b[o]
        return y

    return forward


@pytest.mark.parametrize(
    ("loop", "cut"),
    [pytest.param(loop, cut, marks=[pytest.mark.slow] * (at != number % 3)) for number, loop in enumerate("nocijr")
     for at, cut in enumerate(CUTS)],
)  # fmt: skip
def test_forward_of_a_loop_that_ends_early(loop: str, cut: str) -> None:
    def backward(dy: Any, x: Any, w: Any, b: Any) -> Any:
        return conv_backward(dy, x, w, b)

    report = check.layer(forward_with(loop, cut), backward)
    first = report.diagnoses[0]
    assert (first.slug, first.argument) == ("loop-ends-early", "y"), str(report)
    name = NAMES[loop].replace("of dy", "of y")
    assert first.explanation.startswith(WORDS[cut].format(name=name)), str(report)


def one_row_less(dout: Any, cache: Any) -> Any:
    dx = np.zeros_like(dout)
    for n in range(len(dout) - 1):
        dx[n] = right.relu_backward(dout[n], cache[n])
    return dx


def gamma_of_the_first_row(dout: Any, cache: Any) -> Any:
    dx, _, dbeta = right.batchnorm_backward(dout, cache)
    return dx, dout[0] * cache[0][0], dbeta


@pytest.mark.parametrize(
    ("forward", "backward", "op", "argument", "words"),
    [
        (right.relu_forward, one_row_less, "relu", "dx", "The last sample is left"),
        (right.batchnorm_forward, gamma_of_the_first_row, "batch_norm", "dgamma", "Only the first sample is used"),
    ],
)
def test_other_operations(forward: Any, backward: Any, op: str, argument: str, words: str) -> None:
    (found,) = check.layer(forward, backward, op).diagnoses
    assert (found.slug, found.argument) == ("loop-ends-early", argument)
    assert found.explanation.startswith(words)


@pytest.mark.parametrize("op", ["softmax_cross_entropy", "mse_loss"])
def test_loss_of_all_samples_but_the_last(op: str) -> None:
    forward = right.mse if op == "mse_loss" else right.cross_entropy

    def short(x: Any, t: Any) -> Any:
        return forward(x[:-1], t[:-1]) * (len(x) - 1) / len(x)

    def backward(x: Any, t: Any) -> Any:
        return right.mse_backward(x, t) if op == "mse_loss" else right.cross_entropy_backward(1, x, t)

    first = check.layer(short, backward, op).diagnoses[0]
    assert (first.slug, first.argument) == ("loop-ends-early", "y")
    assert first.explanation.startswith("The last sample is left out")


def test_first_sample_is_not_called_the_last() -> None:
    """Where a return ends the loop, nothing is overwritten."""
    report = check.layer(conv, backward_with("dw", "n", "only the first"))
    assert "replaces" not in str(report)
    assert "overwrit" not in str(report)
