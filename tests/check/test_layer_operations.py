"""check.layer on operations other than convolutions: how they are called, judged by their own forward, and noted."""

from __future__ import annotations

import numpy as np
import pytest

from rot180.check import layer, operations
from rot180.check.adapter.layouts import UnknownLayoutError
from rot180.check.adapter.signature import CallingError
from tests.mistakes import operations_right as right


def found(report):
    return [(d.slug, d.argument) for d in report.diagnoses], [u.argument for u in report.unexplained]


def softmax_cross_entropy(x, t):
    p = right.softmax(x)
    return -np.log(p[np.arange(len(t)), t]).mean(), (p, t)


def d_softmax_cross_entropy(p, t):
    return (p - np.eye(p.shape[1])[t]) / len(t)


# ---- definitions ----


@pytest.mark.parametrize("op", [name for name in operations._ALL if "conv" not in name and name != "linear"])
def test_gradient_of_each_definition_is_that_of_its_forward(op):
    definition = operations.find(op)
    rng = np.random.default_rng(1)
    cases = list(definition.cases({}, (), "correlation"))
    assert cases
    for case in cases:
        problem = definition.problem(case, 3, 0.25)
        gradients = definition.gradients(problem.dy, problem.arrays, case)
        assert set(gradients) == set(definition.gradients_of)
        for name, gradient in gradients.items():
            along, h = rng.uniform(-1, 1, gradient.shape), 1e-5
            sides = [
                definition.forward({**problem.arrays, name: problem.arrays[name] + side * h * along}, case)
                for side in (1, -1)
            ]
            slope = np.sum((sides[0] - sides[1]) * problem.dy) / (2 * h)
            assert np.sum(gradient * along) == pytest.approx(slope, rel=1e-6, abs=1e-6)
        for less in definition.smaller(case):
            assert less.cells < case.cells
            assert definition.forward(definition.problem(less, 0, 1.0).arrays, less).shape == definition.y_shape(less)


def test_average_pooling_counts_the_padding_and_max_pooling_does_not():
    x = -np.ones((1, 1, 4, 4))
    for op, corner in (("avg_pool2d", -0.25), ("max_pool2d", -1.0)):
        definition = operations.find(op)
        case = next(definition.cases({"kernel_size": 2, "stride": 2, "padding": 1}, (), "correlation"))
        case = type(case)(case.settings, {"x": x.shape})
        assert definition.forward({"x": x}, case)[0, 0, 0, 0] == corner


# ---- how they are called ----


@pytest.mark.parametrize(
    "backward",
    [
        lambda dy, cache: dy * d_softmax_cross_entropy(*cache),
        lambda cache: d_softmax_cross_entropy(*cache),
        lambda x, y: d_softmax_cross_entropy(right.softmax(x), y),
        lambda logits, labels, dy: dy * d_softmax_cross_entropy(right.softmax(logits), labels),
        lambda logits, labels, dy=1.0: dy * d_softmax_cross_entropy(right.softmax(logits), labels),
        lambda *, target, pred: d_softmax_cross_entropy(right.softmax(pred), target),
    ],
)
def test_ways_to_call_a_loss(backward):
    report = layer(softmax_cross_entropy, backward, "softmax_cross_entropy")
    assert report.ok, report.render()


@pytest.mark.parametrize("name", ["y", "t", "target", "label", "labels", "y_true"])
def test_names_of_labels(name):
    functions = {}
    exec(f"def loss(x, {name}): return ((x - {name}) ** 2).sum() / 2, x - {name}", functions)
    assert layer(functions["loss"], op="half_squared_error").ok


def test_result_as_an_argument_of_a_backward():
    assert layer(np.tanh, lambda dout, out: dout * (1 - out**2), "tanh", forward_arguments=["x"]).ok
    twice = layer(
        lambda a: np.maximum(a, 0), lambda da, a: da * (a > 0), "relu"
    )  # `a` means the same as in the forward
    assert twice.ok


def test_upstream_gradient_of_a_loss_is_used():
    report = layer(right.mse, lambda dy, x, t: 2 * (x - t) / x.size, "mse_loss")
    assert found(report) == ([("scaled", "dx")], [])
    assert "divided by dy" in report.diagnoses[0].explanation


def test_reductions_are_varied_if_they_can_be_passed():
    def forward(x, t, reduction="mean"):
        return getattr(np, reduction)((x - t) ** 2)

    def backward(x, t, reduction="mean"):
        return 2 * (x - t) / x.size

    report = layer(forward, backward, "mse_loss")
    assert not report.ok  # dx of the sum
    assert layer(forward, backward, "mse_loss", reduction="mean").ok


# ---- errors ----


def test_only_a_loss_can_lack_a_backward():
    with pytest.raises(CallingError, match="needs a backward; only a loss can be a single function"):
        layer(right.relu_forward, None, "relu")


def test_unsupported_layout():
    with pytest.raises(UnknownLayoutError, match="softmax does not support layout 'hw'; use channels_first"):
        layer(right.softmax, right.softmax_from_result, "softmax", layout="hw")


def test_setting_of_another_operation():
    with pytest.raises(TypeError, match="softmax has no setting 'stride'; its settings are none"):
        layer(right.softmax, right.softmax_from_result, "softmax", stride=2)


def test_loss_without_labels():
    with pytest.raises(CallingError, match="the forward has no parameter for t"):
        layer(lambda x: x.sum(), None, "mse_loss")


# ---- judged by the forward of the code ----


def unbiased(x, gamma, beta):
    std = np.sqrt(x.var(0, ddof=1) + 1e-5)
    x_hat = (x - x.mean(0)) / std
    return gamma * x_hat + beta, (x_hat, std, gamma)


def unbiased_backward(dout, cache):
    x_hat, std, gamma = cache
    g = dout * gamma
    dx = (g - g.mean(0) - x_hat * (g * x_hat).sum(0) / (len(dout) - 1)) / std
    return dx, (dout * x_hat).sum(0), dout.sum(0)


def test_wrong_forward_with_its_own_gradient():
    for seed in range(5):
        assert found(layer(unbiased, unbiased_backward, "batch_norm", seed=seed)) == ([], ["y"])


def test_wrong_forward_with_a_wrong_gradient():
    def backward(dout, cache):
        dx, dgamma, dbeta = unbiased_backward(dout, cache)
        return dx * 1.001, dgamma, dbeta

    assert found(layer(unbiased, backward, "batch_norm")) == ([("scaled", "dx")], ["y"])


@pytest.mark.slow
@pytest.mark.parametrize("single", [False, True])
def test_forward_with_another_kink(single):
    dtype = np.float32 if single else float

    def forward(x):
        return np.where(x > 1, 0.3 * x, 0).astype(dtype)

    for seed in range(5):
        assert found(layer(forward, lambda dy, x: 0.3 * dy * (x > 1), "relu", seed=seed)) == ([], ["y"])
        assert found(layer(forward, lambda dy, x: 0.4 * dy * (x > 1), "relu", seed=seed)) == ([], ["y", "dx"])


@pytest.mark.slow
def test_maximum_instead_of_an_average_is_judged_by_its_own_forward():
    for seed in range(3):  # its windows tie, and the kinks of several results can cancel in their sum
        report = layer(right.pool_by_strides, right.pool_by_strides_backward, "avg_pool2d", seed=seed)
        assert found(report) == ([], ["y"]), report.render()
        assert "at-a-kink" in [note.slug for note in report.notes]


# ---- settings that are fixed in the code ----


@pytest.mark.parametrize("eps", [0.0, 1e-8, 1e-3])
def test_fixed_eps_is_recognised(eps):
    def forward(x, gamma, beta):
        std = np.sqrt(x.var(0) + eps)
        x_hat = (x - x.mean(0)) / std
        return gamma * x_hat + beta, (x_hat, None, std, gamma)

    report = layer(forward, right.batchnorm_alt_backward, "batch_norm")
    assert report.ok, report.render()
    assert f"The forward uses eps {eps} instead of" in report.remarks[0]


@pytest.mark.parametrize("seed", range(4))
def test_fixed_eps_is_recognised_in_float32_if_others_fit_too(seed):
    def forward(x):
        return right.whitened(x.astype(np.float32))

    def backward(dy, cache):
        return right.whitened_backward(dy.astype(np.float32), cache)

    report = layer(forward, backward, "batch_norm", seed=seed)
    assert report.ok, report.render()
    assert "The forward uses eps 1e-06 instead of" in report.remarks[0]


def test_batch_norm_of_matrices_need_not_accept_images():
    report = layer(right.whitened, right.whitened_backward, "batch_norm")
    assert report.ok
    assert any("x of 4 axes" in text for text in report.refused)


# ---- notes ----


def test_derivative_at_0_is_a_note():
    report = layer(lambda x: np.maximum(x, 0), lambda dy, x: dy * (x >= 0), "relu")
    assert report.ok
    assert [(n.slug, n.argument) for n in report.notes] == [("at-a-kink", "dx")]
    assert "not a fault" in report.render()


@pytest.mark.parametrize("seed", range(3))
def test_whole_gradient_to_every_tied_cell_is_a_note(seed):
    report = layer(right.pool_by_reshape, right.pool_to_tied_cells, "max_pool2d", seed=seed)
    assert report.ok, report.render()
    assert [(n.slug, n.argument) for n in report.notes] == [("at-a-kink", "dx")]
    text = report.notes[0].explanation
    assert "not a subgradient" in text and "mask / mask.sum()" in text and "not a fault" in text


def test_nan_at_a_kink_is_a_fault():
    def backward(dy, x):
        return dy * np.maximum(x, 0) / x  # 0 / 0

    report = layer(lambda x: np.maximum(x, 0), backward, "relu")
    assert found(report) == ([], ["dx"])
    assert not report.notes
    assert "dx is not finite where x is 0" in report.unexplained[0].explanation


def test_float32_is_a_note_and_does_not_hide_a_mistake():
    def backward(dy, x):
        return (dy * (1 - np.tanh(x) ** 2)).astype(np.float32)

    report = layer(np.tanh, backward, "tanh", forward_arguments=["x"])
    assert report.ok
    assert [(n.slug, n.argument) for n in report.notes] == [("low-precision", "dx")]
    wrong = layer(np.tanh, lambda dy, x: 1.001 * backward(dy, x), "tanh", forward_arguments=["x"])
    assert found(wrong) == ([("scaled", "dx")], [])


def test_float32_forward_gives_float64_gradients_of_float32_accuracy():
    def forward(x):
        y = np.tanh(x.astype(np.float32))
        return y, y

    def backward(dy, cache):
        return dy * (1 - cache**2)

    report = layer(forward, backward, "tanh")
    assert report.ok, report.render()
    assert [(n.slug, n.argument) for n in report.notes] == [("low-precision", "y"), ("low-precision", "dx")]
    wrong = layer(forward, lambda dy, cache: 1.001 * backward(dy, cache), "tanh")
    assert not wrong.ok


def norm(eps, backward_eps, cached=float):
    """Batch norm, and its cache."""

    def forward(x, gamma, beta):
        v = x.var(0)
        x_hat = (x - x.mean(0)) / np.sqrt(v + eps)
        return gamma * x_hat + beta, (x_hat.astype(cached), gamma, v)

    def backward(dy, cache):
        x_hat, gamma, v = cache
        d = dy * gamma
        dx = (d - d.mean(0) - x_hat * (d * x_hat).mean(0)) / np.sqrt(v + backward_eps)
        return dx, (dy * x_hat).sum(0), dy.sum(0)

    return forward, backward


@pytest.mark.parametrize("seed", range(3))
def test_float32_cache_is_a_note_and_a_forgotten_eps_is_a_fault(seed):
    report = layer(*norm(1e-5, 1e-5, np.float32), "batch_norm", seed=seed)
    assert report.ok, report.render()
    assert ("low-precision", "dx") in [(n.slug, n.argument) for n in report.notes]
    assert found(layer(*norm(1e-5, 0.0), "batch_norm", seed=seed)) == ([], ["dx"])


def test_sign_and_size_are_reported_apart():
    report = layer(right.mse, lambda y_pred, y_true: y_true - y_pred, "mse_loss")
    assert [d.slug for d in report.diagnoses] == ["sign-inverted", "scaled"]
    assert "multiplied by predictions / 2" in report.diagnoses[1].explanation
    plain = layer(right.half_squares, lambda x, t: t - x, "half_squared_error")
    assert [d.slug for d in plain.diagnoses] == ["sign-inverted"]
