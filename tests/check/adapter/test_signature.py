"""How check.layer calls functions: settings, exceptions, and results that are not gradients."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from rot180.check import layer, operations
from rot180.check.adapter.signature import CallingError, Vocabulary
from rot180.check.operations import Definition
from rot180.errors import GradientError
from tests.mistakes.right_loops import conv, conv_backward
from tests.mistakes.right_small import affine_backward, affine_forward, linear, linear_backward
from tests.mistakes.right_transposed import conv_transpose_backward
from tests.mistakes.wrong_borders import deconv_pads


def slugs(report):
    return [(d.slug, d.argument) for d in report.diagnoses], [u.argument for u in report.unexplained]


# ---- settings: all that a function has are passed, also the defaults of the operation ----


def test_defaults_of_the_functions_are_overridden():
    def forward(x, w, b, stride=2, padding=1):
        return conv(x, w, b, stride, padding)

    def backward(dy, x, w, b, *, stride=3, padding=2):
        return conv_backward(dy, x, w, b, stride, padding)

    report = layer(forward, backward)
    assert report.ok, report.render()
    assert not report.refused
    assert layer(forward, backward, stride=2).ok


def test_mistake_that_shows_only_at_the_defaults_is_named():
    def forward(x, w, b, stride=2, padding=1):
        return deconv_pads(x, w, b, stride, padding)

    def backward(dy, x, w, b, stride=2, padding=1):
        return conv_transpose_backward(dy, x, w, b, stride, padding)

    report = layer(forward, backward, "conv_transpose2d")
    assert slugs(report)[0][:1] == [("transposed-padding-added", "y")], report.render()
    assert slugs(report)[1] == []


def test_string_default_is_kept():
    def forward(x, w, b, stride=1, padding="valid"):
        return conv(x, w, b, stride, {"valid": 0}[padding])

    def backward(dy, x, w, b, stride=1, padding="valid"):
        return conv_backward(dy, x, w, b, stride, {"valid": 0}[padding])

    report = layer(forward, backward)
    assert report.ok, report.render()
    assert any("stride 2" in case for case in report.tried)
    assert all("KeyError" in case for case in report.refused)  # only strings are valid here


def test_kernel_size_is_passed():
    sizes = set()

    def backward(dy, x, w, b, kernel_size):
        sizes.add((kernel_size, w.shape[2:]))
        return conv_backward(dy, x, w, b)

    assert layer(lambda x, w, b: conv(x, w, b), backward).ok
    assert all(size == shape or (size,) * 2 == shape for size, shape in sizes)
    assert layer(lambda x, w, b: conv(x, w, b), backward, kernel_size=3).ok
    assert (3, (3, 3)) in sizes


@pytest.mark.parametrize("op", ["conv2d", "avg_pool2d", "layer_norm", "leaky_relu", "mse_loss"])
def test_every_setting_has_a_value(op):
    definition: Definition = operations.find(op)
    for case in definition.cases({}, (), "correlation"):
        assert all(definition.setting(case, name) is not None for name in definition.settings)


def test_normalized_shape_is_passed():
    def forward(x, normalized_shape, weight, bias, eps=1e-5):
        axes = tuple(range(x.ndim - len(normalized_shape), x.ndim))
        std = np.sqrt(x.var(axes, keepdims=True) + eps)
        x_hat = (x - x.mean(axes, keepdims=True)) / std
        return x_hat * weight + bias, (x_hat, std, weight, axes)

    def backward(dout, cache):
        x_hat, std, weight, axes = cache
        g = dout * weight
        dx = (g - g.mean(axes, keepdims=True) - x_hat * (g * x_hat).mean(axes, keepdims=True)) / std
        rest = tuple(range(x_hat.ndim - len(axes)))
        return dx, (dout * x_hat).sum(rest), dout.sum(rest)

    for given in ({}, {"normalized_shape": (3, 2)}):
        report = layer(forward, backward, "layer_norm", **given)
        assert report.ok, report.render()


# ---- layouts that are found by trying ----


def test_weight_as_in_out_is_recognised_with_a_remark():
    report = layer(affine_forward, affine_backward, "linear")
    assert report.ok
    assert any("w is passed as (in, out), as in x @ w" in text for text in report.remarks)
    assert not report.refused
    wrong = layer(affine_forward, lambda dout, cache: (*affine_backward(dout, cache)[:2], dout.sum(1)), "linear")
    assert slugs(wrong) == ([("db-not-summed", "db")], [])
    assert any("w is passed as (in, out)" in text for text in wrong.remarks)


def test_weight_as_out_in_has_no_remark():
    report = layer(linear, linear_backward, "linear")
    assert report.ok
    assert not report.remarks


def test_wrong_forward_is_judged_in_the_layout_that_fits():
    report = layer(
        lambda x, w, b: 2 * (x @ w) + b, lambda dy, x, w, b: (2 * dy @ w.T, 2 * x.T @ dy, dy.sum(0)), "linear"
    )
    assert [d.argument for d in (*report.diagnoses, *report.unexplained)] == ["y"]
    assert "shape" not in str(report.unexplained)
    assert any("w is passed as (in, out)" in text for text in report.remarks)


@pytest.mark.parametrize(
    ("form", "layout"),
    [((1, 1, 1, -1), "channels_last"), ((-1, 1), "channels_first"), ((1, -1, 1, 1), "channels_first")],
)
def test_bias_with_more_axes_is_tried_if_one_axis_is_refused(form, layout):
    last = layout == "channels_last"

    def plain(x, w):
        return (x.transpose(0, 3, 1, 2), w.transpose(3, 2, 0, 1)) if last else (x, w)

    def forward(x, w, b):
        assert b.shape == np.zeros(len(w) if not last else w.shape[-1]).reshape(form).shape
        y = conv(*plain(x, w), b.ravel())
        return y.transpose(0, 2, 3, 1) if last else y

    def backward(dy, x, w, b):
        dx, dw, db = conv_backward(dy.transpose(0, 3, 1, 2) if last else dy, *plain(x, w), b.ravel())
        dx, dw = (dx.transpose(0, 2, 3, 1), dw.transpose(2, 3, 1, 0)) if last else (dx, dw)
        return dx, dw, db.reshape(form)

    report = layer(forward, backward, layout=layout)
    assert report.ok, report.render()
    written = str(form).replace("-1", "C")
    assert any(f"b is passed as {written}" in text for text in report.remarks)
    assert slugs(layer(forward, lambda *a: (*backward(*a)[:2], 0 * a[3] + 7), layout=layout, **NAMED))[1] == []


NAMED = {"backward_arguments": ["dy", "x", "w", "b"]}


# ---- code that raises, and results that are not gradients ----


def refusal(*functions, **options):
    with pytest.raises(GradientError) as caught:
        layer(*functions, **options)
    return str(caught.value)


def line_of(function, words):
    lines, start = inspect.getsourcelines(function)
    return start + next(i for i, line in enumerate(lines) if words in line)


def test_exception_is_reported_with_its_function_and_line():
    def conv_forward(x, w, b):
        raise RuntimeError("boom")

    def conv_backward(dy, x, w, b):
        np.zeros(1)
        return nothing_of_that_name  # noqa: F821

    text = refusal(conv_forward, conv_backward)
    at = line_of(conv_forward, "boom")
    assert "the forward, conv_forward, refused every case, the first one with x (2, 2, 6, 7), w (3, 2, 3, 2)" in text
    assert f"(RuntimeError: boom, line {at} of test_signature.py)" in text
    text = refusal(lambda x, w, b: conv(x, w, b), conv_backward)
    at = line_of(conv_backward, "nothing_of")
    assert "the backward, conv_backward, refused every case" in text
    assert f"(NameError: name 'nothing_of_that_name' is not defined, line {at} of test_signature.py)" in text


def test_exception_is_reported_with_the_shapes_in_the_users_layout():
    def forward(x, w, b, stride=1):
        raise ValueError("no")

    text = refusal(forward, conv_backward, layout="channels_last")
    assert "the first one with x (2, 6, 7, 2), w (3, 2, 2, 3), b (3,), stride 1 (ValueError: no, line" in text


def test_exception_in_a_library_has_the_line_in_the_users_file():
    def forward(x, w, b):
        return np.reshape(x, (1, 2, 3))

    assert f", line {line_of(forward, 'reshape')} of test_signature.py)" in refusal(forward, conv_backward)


def test_complex_gradients_are_refused():
    text = refusal(conv, lambda *a: (conv_backward(*a)[0] + 0j, *conv_backward(*a)[1:]), **NAMED)
    assert "dx is complex128: take .real" in text
    assert "the y that" not in text
    text = refusal(lambda x, w, b: conv(x, w, b) + 0j, conv_backward)
    assert "y is complex128" in text
    text = refusal(conv, lambda *a: ("none", *conv_backward(*a)[1:]), **NAMED)
    assert "dx is str, not a numeric array" in text


# ---- the meanings of parameters' names ----


DY = "dLdZ dLdA dvalues accum_grad top_grad next_dz da_curr dE_dY prev_grad error_tensor upstream_grad".split()
OTHERS = {"kernal": "w", "batch": "x", "input_array": "x", "w0": "b", "kernel_shape": "kernel_size"}


@pytest.mark.parametrize(("name", "meaning"), [*((name, "dy") for name in DY), *OTHERS.items()])
def test_names_met_in_public_code(name, meaning):
    role = "backward" if meaning == "dy" else "forward"
    assert Vocabulary(role, ("x", "w", "b"), ("stride", "kernel_size")).meaning_of(name) == meaning


@pytest.mark.parametrize(("name", "meaning", "op"), [
    ("pool_shape", "kernel_size", "max_pool2d"), ("y_predict", "x", "mse_loss"),
])  # fmt: skip
def test_names_met_in_public_poolings_and_losses(name, meaning, op):
    definition = operations.find(op)
    assert Vocabulary("forward", definition.arguments, definition.settings).meaning_of(name) == meaning


@pytest.mark.parametrize("name", ["err", "grad_y", "dH", "dscores", "d_L_d_out", "d"])
def test_more_names_of_dy(name):
    functions = {"conv_backward": conv_backward}
    exec(f"def backward({name}, x, w, b): return conv_backward({name}, x, w, b)", functions)
    assert layer(lambda x, w, b: conv(x, w, b), functions["backward"]).ok


@pytest.mark.parametrize(
    ("dy", "cache"),
    [("up", "saved"), ("upstream", "remembered"), ("g", "state"), ("dy", "stuff"), ("p", "q"), ("a", "b")],
)
def test_a_backward_of_two_parameters_takes_dy_and_the_cache(dy, cache):
    functions = {"conv_backward": conv_backward}
    exec(f"def backward({dy}, {cache}): return conv_backward({dy}, *{cache})", functions)
    report = layer(lambda x, w, b: (conv(x, w, b), (x, w, b)), functions["backward"])
    assert report.ok, report.render()


@pytest.mark.parametrize(("cache", "dy"), [("memory", "what"), ("what", "dy")])
def test_a_name_that_is_known_decides_the_order_of_dy_and_the_cache(cache, dy):
    functions = {"conv_backward": conv_backward}
    exec(f"def backward({cache}, {dy}): return conv_backward({dy}, *{cache})", functions)
    report = layer(lambda x, w, b: (conv(x, w, b), (x, w, b)), functions["backward"])
    assert report.ok, report.render()


@pytest.mark.parametrize(("names", "result"), [
    ("what, x", "what * (x > 0)"), ("z, what", "what * (z > 0)"), ("what, out", "what * (out > 0)"),
])  # fmt: skip
def test_a_backward_of_an_activation_takes_dy_beside_x(names, result):
    report = layer(lambda x: np.maximum(x, 0), eval(f"lambda {names}: {result}"), "relu")
    assert report.ok, report.render()


def test_a_backward_without_dy_is_refused():
    with pytest.raises(CallingError, match="the backward has no parameter for dy"):
        layer(lambda x: np.maximum(x, 0), lambda x, out: x > 0, "relu")


@pytest.mark.parametrize("names", ["s, p", "s=1, p=0", "step, pads"])
def test_short_names_of_stride_and_padding(names):
    functions = {"conv": conv, "conv_backward": conv_backward}
    stride, padding = (part.split("=")[0] for part in names.split(", "))
    exec(
        f"def forward(x, w, b, {names}): return conv(x, w, b, {stride}, {padding}), (x, w, b, {stride}, {padding})\n"
        "def backward(up, saved): return conv_backward(up, *saved)",
        functions,
    )
    report = layer(functions["forward"], functions["backward"])
    assert report.ok, report.render()
    assert any("stride 2" in case and "padding 1" in case for case in report.tried)


@pytest.mark.parametrize("names", ["feature_map, conv_w", "input_data, w", "in_, w", "signal, w"])
def test_more_names_of_inputs_and_weights(names):
    functions = {"conv": conv}
    exec(f"def forward({names}, b): return conv({names}, b)", functions)
    assert layer(functions["forward"], lambda dy, x, w, b: conv_backward(dy, x, w, b)).ok


def test_example_in_the_error_has_as_many_names_as_parameters():
    with pytest.raises(CallingError, match=r"for example backward_arguments=\('dy', 'cache'\)"):
        layer(lambda x, t: 0.0, lambda what, other: 0, "mse_loss")
    with pytest.raises(CallingError, match=r"for example backward_arguments=\('dy', 'x', 'w', 'b'\)"):
        layer(lambda x, w, b: conv(x, w, b), lambda what, x, w, b: 0)


def test_unknown_parameters_have_a_remark():
    def forward(x, w, b, stride=1, pad_size=0):
        return conv(x, w, b, stride, pad_size)

    def backward(dy, x, w, b, stride=1, pad_size=0):
        return conv_backward(dy, x, w, b, stride, pad_size)

    report = layer(forward, backward)
    assert report.ok
    (text,) = report.remarks
    assert "pad_size=0 of the forward and pad_size=0 of the backward" in text
    assert "padding, dilation and groups were not varied" in text
    assert not layer(conv, conv_backward).remarks


def test_order_of_gradients_inferred_from_shapes_has_a_remark():
    def backward(dy, x, w, b):
        return conv_backward(dy, x, w, b)[::-1]

    report = layer(lambda x, w, b: conv(x, w, b), backward)
    assert report.ok
    assert any("returned as (db, dw, dx), and they are judged in this order" in text for text in report.remarks)
    assert not layer(lambda x, w, b: conv(x, w, b), backward, returns=["b", "w", "x"]).remarks


# ---- optional parameters of the backward that are named like the result ----


def into(out, dx):
    if out is None:
        return dx
    out += dx
    return out


def test_output_buffer_is_not_the_result():
    def backward(dy, x, w, b, out=None):
        dx, dw, db = conv_backward(dy, x, w, b)
        return into(out, dx), dw, db

    report = layer(lambda x, w, b: conv(x, w, b), backward)
    assert report.ok, report.render()
    report = layer(lambda x: np.maximum(x, 0), lambda dy, x, out=None: into(out, dy * (x > 0)), "relu")
    assert report.ok, report.render()
    report = layer(lambda x, out=None: np.maximum(x, 0, out=out), lambda dy, x, out=None: dy * (x > 0), "relu")
    assert report.ok, report.render()


@pytest.mark.parametrize("name", ["activation", "result", "output", "y"])
def test_optional_parameter_named_like_the_result_keeps_its_default(name):
    functions = {"conv_backward": conv_backward}
    exec(
        f"def backward(dy, x, w, b, {name}=None):\n"
        f"    return conv_backward(dy if {name} is None else dy * ({name} > 0), x, w, b)",
        functions,
    )
    report = layer(lambda x, w, b: conv(x, w, b), functions["backward"])
    assert report.ok, report.render()


def test_result_is_passed_if_there_is_no_x_or_cache():
    report = layer(np.tanh, lambda dy, y=None: dy * (1 - y * y), "tanh", forward_arguments=["x"])
    assert report.ok, report.render()
