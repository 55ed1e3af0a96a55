"""The search for a mistake: combinations, their order, and errors that no mistake explains."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rot180 import check
from rot180.check.diagnosis import mistakes
from tests.mistakes.gallery import RIGHT
from tests.mistakes.right_loops import conv, conv_backward, tap_conv, tap_conv_backward
from tests.mistakes.right_transposed import conv_transpose, conv_transpose_backward

Gradients = tuple[np.ndarray, np.ndarray, np.ndarray]


def judged(change: Callable[..., Any], **settings: Any) -> check.LayerReport:
    """The report on a right layer of two axes whose gradients are changed before they are returned."""

    def backward(dy: Any, x: Any, w: Any, b: Any, stride: Any = 1, padding: Any = 0) -> Any:
        return change(*conv_backward(dy, x, w, b, stride, padding))

    return check.layer(conv, backward, **settings)


def found(report: check.LayerReport) -> list[tuple[str, str]]:
    return [(d.slug, d.argument) for d in report.diagnoses]


# ---- no wrong names, no missed errors ----

NONSENSE = [np.sin, lambda a: a + 1, lambda a: a**2, lambda a: np.zeros_like(a), lambda a: np.sort(a, None)]


@pytest.mark.parametrize("change", NONSENSE)
def test_nonsense_gets_no_name(change: Callable[..., Any]) -> None:
    report = judged(lambda dx, dw, db: (change(dx).reshape(dx.shape), dw, db))
    assert not report.ok
    assert not report.diagnoses
    assert [d.argument for d in report.unexplained] == ["dx"]


@pytest.mark.parametrize("op", ["conv1d", "conv2d", "conv_transpose2d"])
def test_random_gradients_get_no_name(op: str) -> None:
    rng = np.random.default_rng(0)

    def backward(dy: Any, x: Any, w: Any, b: Any) -> Gradients:
        return tuple(rng.integers(-20, 20, a.shape) + 0.5 for a in (x, w, b))  # type: ignore[return-value]

    forward: Any = conv_transpose if op == "conv_transpose2d" else tap_conv
    report = check.layer(lambda x, w, b: forward(x, w, b), backward, op=op)
    assert not report.diagnoses
    assert [d.argument for d in report.unexplained] == ["dx", "dw", "db"]
    assert all("every call with the same arrays gives another gradient" in d.explanation for d in report.unexplained)


@pytest.mark.parametrize("name", ["dx", "dw", "db"])
@pytest.mark.parametrize("place", [0, -1])
def test_one_wrong_cell_is_found(name: str, place: int) -> None:
    def change(dx: Any, dw: Any, db: Any) -> Gradients:
        grads = {"dx": dx, "dw": dw, "db": db}
        grads[name].flat[place] += 0.0625
        return dx, dw, db

    report = judged(change)
    assert [d.argument for d in (*report.diagnoses, *report.unexplained)] == [name]


def test_nan_is_wrong_and_not_accumulated() -> None:
    def change(dx: Any, dw: Any, db: Any) -> Gradients:
        dx[0, 0] = np.nan
        return dx, dw, db

    report = judged(change)
    assert not report.diagnoses
    (unknown,) = report.unexplained
    assert unknown.argument == "dx"
    assert "[nan]" in unknown.picture
    assert unknown.formula.endswith(", not nan")


@pytest.mark.slow
def right_layers() -> list[Any]:
    """The right layers of the gallery; all but the first of each operation are slow."""
    entries = [e for e in RIGHT if not e.peers]
    first = {e.op: e.name for e in reversed(entries)}
    return [pytest.param(e, id=e.name, marks=[] if e.name == first[e.op] else pytest.mark.slow) for e in entries]


@pytest.mark.parametrize("entry", right_layers())
def test_one_wrong_cell_in_every_right_layer_is_found(entry: Any) -> None:
    def backward(*args: Any, **settings: Any) -> Any:
        grads = entry.backward(*args, **settings)
        first = next(iter(grads.values())) if isinstance(grads, dict) else grads[0]
        first[(0,) * first.ndim] += 1
        return grads

    backward.__signature__ = inspect.signature(entry.backward)  # type: ignore[attr-defined]
    assert not check.layer(entry.forward, backward, op=entry.op, **entry.check).ok


# ---- arrays that are not finite get no name ----


def not_a_number_in_db(dx: Any, dw: Any, db: Any) -> Gradients:
    db[0] = np.nan
    return dx, dw, db


NOT_FINITE = {
    "all of dx": (lambda dx, dw, db: (dx * np.nan, dw, db), "dx", "all of its cells"),
    "all of dw": (lambda dx, dw, db: (dx, dw * np.inf, db), "dw", "all of its cells"),
    "one of db": (not_a_number_in_db, "db", "1 of its 3 cells"),
    "of another shape": (lambda dx, dw, db: (dx, dw[..., :1] / 0, db), "dw", "all of its cells"),
}


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("name", NOT_FINITE)
def test_gradient_that_is_not_finite_gets_no_name(name: str) -> None:
    change, argument, count = NOT_FINITE[name]
    report = judged(change)
    assert not report.diagnoses, str(report)
    (unknown,) = report.unexplained
    assert (unknown.slug, unknown.argument) == ("unknown", argument)
    assert f"{argument} is not finite: {count} are NaN or infinite, on 10 of 10 problems" in unknown.explanation
    assert "nan" in str(report) or "inf" in str(report)


@pytest.mark.slow
def test_result_that_is_not_finite() -> None:
    report = check.layer(lambda x, w, b: conv(x, w, b) * np.nan, conv_backward)
    assert "y is not finite: all of its cells are NaN or infinite" in report.unexplained[0].explanation
    assert [d.argument for d in (*report.diagnoses, *report.unexplained)] == ["y"]


def test_gradient_that_is_not_finite_only_with_padding() -> None:
    def backward(dy: Any, x: Any, w: Any, b: Any, stride: Any = 1, padding: Any = 0) -> Any:
        dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
        return dx * (np.inf if padding else 1), dw, db

    (unknown,) = check.layer(conv, backward).unexplained
    assert re.search(r"on [1-9] of 1\d problems|on [1-9] of \d problems", unknown.explanation)
    assert "padding" in unknown.case


# ---- a gradient is linear in dy, also for large dy ----


@pytest.mark.parametrize("bound", [100.0, 1e4, 1e6])
def test_clip_beyond_small_numbers_is_found(bound: float) -> None:
    report = judged(lambda dx, dw, db: (np.clip(dx, -bound, bound), dw, db))
    assert found(report) == [("clipped", "dx")], str(report)
    assert f"{bound:g} and {-bound:g}" in report.diagnoses[0].explanation
    assert "dx is not linear in dy" in str(report)


def test_clip_by_norm_is_not_linear_in_dy() -> None:
    report = judged(lambda dx, dw, db: (dx, dw / max(1.0, np.linalg.norm(dw) / 1e5), db))
    assert not report.ok
    assert "dw is not linear in dy" in str(report)


@pytest.mark.parametrize("seed", [0, 6, 23])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_low_precision_is_not_a_fault_for_any_seed(seed: int, dtype: Any) -> None:
    def backward(dy: Any, x: Any, w: Any, b: Any) -> Any:
        return tuple(g.astype(dtype) for g in conv_backward(dy, x, w, b))

    assert check.layer(lambda x, w, b: conv(x, w, b).astype(dtype), conv_backward, seed=seed).ok
    report = check.layer(lambda x, w, b: conv(x, w, b), backward, seed=seed)
    assert report.ok, str(report)


# ---- arrays that cannot be gradients: of another shape, of bools, of zeros ----

FORMS = {
    "(F, 1)": (lambda dx, dw, db: (dx, dw, db[:, None]), "db", (3, 1), (3,)),
    "(1, F)": (lambda dx, dw, db: (dx, dw, db[None]), "db", (1, 3), (3,)),
    "dw flat": (lambda dx, dw, db: (dx, dw.reshape(len(dw), -1), db), "dw", (3, 12), (3, 2, 3, 2)),
}


@pytest.mark.parametrize("name", FORMS)
def test_right_numbers_in_the_wrong_shape(name: str) -> None:
    change, argument, came, needed = FORMS[name]
    report = judged(change)
    assert not report.diagnoses, str(report)
    (unknown,) = report.unexplained
    assert unknown.argument == argument
    assert f"{argument} has shape {came}, but needs the shape of {argument[1:]}, {needed}" in unknown.explanation
    assert "numbers are correct" in unknown.explanation
    assert unknown.fix == f"{argument} = {argument}.reshape({argument[1:]}.shape)"


def test_wrong_numbers_in_the_wrong_shape() -> None:
    (unknown,) = judged(lambda dx, dw, db: (dx, dw, 1 + db[:, None])).unexplained
    assert "The shape is (3, 1), but must be (3,)" in unknown.explanation or "(1, 1)" in unknown.explanation
    assert "numbers are correct" not in unknown.explanation


@pytest.mark.parametrize("argument", ["dx", "dw", "db"])
def test_zeros_everywhere(argument: str) -> None:
    def change(*grads: Any) -> Any:
        return tuple(g * (name != argument) for name, g in zip(("dx", "dw", "db"), grads, strict=True))

    report = judged(change)
    assert not report.diagnoses, str(report)
    assert f"{argument} is 0 everywhere, on all 10 problems" in report.unexplained[0].explanation


def assigned(dy: Any, x: Any, w: Any, b: Any, stride: Any, padding: Any, places: Any) -> Gradients:
    """The gradients with dw assigned in the loop over positions, the last of which is `places`."""
    dx, _, db = conv_backward(dy, x, w, b, stride, padding)
    last = np.zeros_like(dy)
    last[places] = dy[places]
    return dx, conv_backward(last, x, w, b, stride, padding)[1], db


@pytest.mark.parametrize("places", [np.s_[:, :, -1, -1], np.s_[-1, :, -1, -1]])
def test_zeros_from_assigning(places: Any) -> None:
    """If the padding is longer than the kernel, the last window has no cell of x."""

    def backward(dy: Any, x: Any, w: Any, b: Any, stride: Any = 1, padding: Any = 0) -> Gradients:
        return assigned(dy, x, w, b, stride, padding, places)

    report = check.layer(conv, backward, stride=3, padding=5, kernel_size=(3, 2))
    assert not report.diagnoses, str(report)
    (unknown,) = report.unexplained
    assert "dw is 0 everywhere" in unknown.explanation
    assert (
        "or it is assigned (=) instead of accumulated (+=) and the last window lies entirely in the padding"
        in unknown.explanation
    )
    assert "+=" not in judged(lambda dx, dw, db: (dx, 0 * dw, db)).unexplained[0].explanation


def test_bools() -> None:
    report = judged(lambda dx, dw, db: (dx, dw, db.astype(bool)))
    assert not report.diagnoses, str(report)
    assert "db is an array of bool" in report.unexplained[0].explanation


# ---- order ----


def test_specific_mistakes_come_first() -> None:
    slugs = [m.slug for m in mistakes.in_order()]
    assert set(slugs) == {m.slug for m in mistakes.ALL}
    assert slugs.index("clip-collapsed") < slugs.index("clipped")
    assert slugs.index("overlap-overwritten") < slugs.index("border-dropped")


def test_all_indistinguishable_mistakes_are_named() -> None:
    report = judged(lambda dx, dw, db: (dx, dw.transpose(0, 1, 3, 2).copy(), db), kernel_size=3)
    assert found(report) == [("dw-transposed", "dw"), ("reshaped-not-transposed", "dw")]


def test_padded_dx_at_stride_1_is_not_stride_ignored() -> None:
    def backward(dy: Any, x: Any, w: Any, *, padding: int = 0) -> Any:
        xp = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
        grads = tap_conv_backward(dy, xp, w)
        return grads

    def forward(x: Any, w: Any, b: Any, *, padding: int = 0) -> Any:
        return tap_conv(x, w, b, padding=padding)

    assert found(check.layer(forward, backward, op="conv1d")) == [("dx-padding-kept", "dx")]


# ---- a wrong forward, and gradients judged by it ----


@pytest.mark.slow
def test_backward_of_the_right_forward_has_a_remark() -> None:
    report = check.layer(lambda x, w, b, stride=1: 3 * conv(x, w, b, stride), conv_backward)
    assert found(report)[0] == ("scaled", "y")
    assert "The result of the forward is the correct result multiplied by 3" in report.diagnoses[0].explanation
    assert any("Once the forward is fixed" in text for text in report.remarks)


@pytest.mark.slow
def test_forward_of_the_wrong_shape_does_not_hide_the_backward() -> None:
    report = check.layer(lambda x, w, b, stride=1: conv(x, w, b, stride)[:, :, :-1], conv_backward)
    assert [d.argument for d in report.unexplained] == ["y"]
    assert [(s.name, s.passed) for s in report.stages if s.name != "forward"] == [
        ("reference", True), ("dx", True), ("dw", True), ("db", True),
    ]  # fmt: skip


def differences(report: check.LayerReport) -> tuple[bool, str]:
    (stage,) = [s for s in report.stages if s.name == "reference"]
    return stage.passed, stage.text


@pytest.mark.slow
def test_differences_are_compared_or_are_the_reference() -> None:
    compared = (True, "finite differences of your forward agree with the correct gradients")
    judging = (True, "finite differences of your forward judge the backward")
    assert differences(judged(lambda dx, dw, db: (dx, dw, db))) == compared
    assert differences(check.layer(lambda x, w, b: conv(x, w, b) ** 2, conv_backward)) == judging


@pytest.mark.slow
def test_random_forward_has_no_usable_differences() -> None:
    rng = np.random.default_rng(0)
    report = check.layer(lambda x, w, b: conv(x, w, b) * (1 + rng.random()), conv_backward)
    passed, text = differences(report)
    assert not passed
    assert "a second call of the forward gives a different result" in text
    assert not report.ok


@pytest.mark.slow
def test_backward_of_a_forward_without_derivatives_is_not_judged() -> None:
    def forward(x: Any, w: Any, b: Any) -> Any:
        with np.errstate(invalid="ignore"):
            return np.sqrt(conv(x, w, b))  # NaN at half the cells

    report = check.layer(forward, conv_backward)
    assert [d.argument for d in (*report.diagnoses, *report.unexplained)] == ["y"]
    assert differences(report) == (
        False, "no derivative of this forward can be measured, so the backward is not judged",
    )  # fmt: skip
    assert not {s.name for s in report.stages} & {"dx", "dw", "db"}  # neither wrong nor right


@pytest.mark.slow
def test_wrong_cells_of_another_forward_are_counted_without_a_formula() -> None:
    def backward(dy: Any, x: Any, w: Any, b: Any) -> Gradients:
        dx, dw, db = conv_backward(2 * dy * conv(x, w, b), x, w, b)
        db[0] += 100
        return dx, dw, db

    report = check.layer(lambda x, w, b: conv(x, w, b) ** 2, backward, returns=("x", "w", "b"))
    _, unknown = report.unexplained
    assert unknown.argument == "db"
    assert "1 of 3 cells are wrong" in unknown.explanation
    assert unknown.formula == ""  # db is not the sum of dy here


# ---- state ----


def test_accumulated_gradient_is_judged_by_its_growth() -> None:
    kept: dict[Any, Any] = {}

    def backward(dy: Any, x: Any, w: Any, b: Any, stride: Any = 1, padding: Any = 0) -> Any:
        dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
        total = kept.setdefault(w.shape, np.zeros(w.shape))
        total += dw[:, :, ::-1, ::-1]
        return dx, total, db

    assert found(check.layer(conv, backward)) == [("gradients-accumulated", "dw"), ("dw-rotated", "dw")]


class Layer:
    """Keeps the forward's arguments, and its gradients in buffers that are replaced only if the shape changes."""

    def __init__(self, decay: float = 1.0, stale: str = "") -> None:
        self.kept: dict[str, Any] = {}
        self.grads: dict[str, Any] = {}
        self.decay, self.stale = decay, stale

    def forward(self, x: Any, w: Any, b: Any) -> Any:
        for name, array in (("x", x), ("w", w), ("b", b)):
            if name != self.stale or np.shape(self.kept.get(name)) != array.shape:
                self.kept[name] = array
        return conv(x, w, b)

    def backward(self, dy: Any) -> Any:
        return conv_backward(dy, self.kept["x"], self.kept["w"], self.kept["b"])

    def accumulating(self, dy: Any) -> Any:
        dx, *parameters = self.backward(dy)
        for name, grad in zip(("w", "b"), parameters, strict=True):
            if np.shape(self.grads.get(name)) != grad.shape:
                self.grads[name] = np.zeros_like(grad)
            self.grads[name] = self.decay * self.grads[name] + grad
        return dx, self.grads["w"], self.grads["b"]


ACCUMULATED = [("gradients-accumulated", "dw"), ("gradients-accumulated", "db")]


@pytest.mark.parametrize("decay", [1.0, 0.9])
def test_buffers_replaced_for_another_shape_accumulate(decay: float) -> None:
    layer = Layer(decay)
    report = check.layer(layer.forward, layer.accumulating)
    assert found(report) == ACCUMULATED
    assert not report.unexplained, str(report)


@pytest.mark.parametrize(("stale", "argument"), [("w", "dx"), ("x", "dw")])
def test_cache_replaced_only_for_another_shape(stale: str, argument: str) -> None:
    layer = Layer(stale=stale)
    report = check.layer(layer.forward, layer.backward)
    assert found(report) == [("weights-updated-first", argument)], str(report)
    assert not report.unexplained
    assert f"the {stale} of the previous call" in report.diagnoses[0].explanation
    right = Layer()
    assert check.layer(right.forward, right.backward).ok


def test_random_backward_does_not_accumulate() -> None:
    rng = np.random.default_rng(0)
    report = judged(lambda dx, dw, db: (dx * (rng.random(dx.shape) > 0.5), dw, db))
    assert not report.diagnoses
    (unknown,) = report.unexplained
    assert unknown.argument == "dx"
    assert "every call with the same arrays gives another gradient" in unknown.explanation


def test_gradients_in_another_order_are_recognised_by_their_shapes() -> None:
    assert judged(lambda dx, dw, db: (db, dx, dw)).ok
    assert found(judged(lambda dx, dw, db: (db, dx, dw[..., ::-1, ::-1]))) == [("dw-rotated", "dw")]


def test_mistake_of_a_transposed_layer_is_named() -> None:
    def backward(dy: Any, x: Any, w: Any, b: Any, stride: Any = 1) -> Any:
        dx, dw, db = conv_transpose_backward(dy, x, w, b, stride)
        return dx, dw, db.sum()

    def forward(x: Any, w: Any, b: Any, stride: Any = 1) -> Any:
        return conv_transpose(x, w, b, stride)

    assert found(check.layer(forward, backward, op="conv_transpose2d")) == [("db-not-summed", "db")]
