"""Convolutions: outputs and gradients against plain loops, second order, error messages."""
# ruff: noqa: E501  (a table of messages)

from itertools import product

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180 import grad, tensor
from rot180.errors import DtypeError, GradientError, ShapeError
from rot180.functional.conv import conv_w, conv_x, conv_y
from rot180.tape import mark_written
from rot180.window import Window
from tests import oracle

CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
CONV_T = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
BACKWARD = {1: F.conv1d_backward, 2: F.conv2d_backward, 3: F.conv3d_backward}
BACKWARD_T = {1: F.conv_transpose1d_backward, 2: F.conv_transpose2d_backward, 3: F.conv_transpose3d_backward}
IMAGES = {1: 2, 2: 2, 3: 1}
SIZES = {1: ((6,), (3,)), 2: ((5, 4), (2, 3)), 3: ((3, 2, 3), (2, 1, 2))}  # (spatial size, kernel)


def settings():
    for ndim, stride, padding, dilation, groups in product((1, 2, 3), (1, 2), (0, 1), (1, 2), (1, 2)):
        if all(d + 2 * padding > dilation * (k - 1) for d, k in zip(*SIZES[ndim], strict=True)):
            yield ndim, {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


SETTINGS = [pytest.param(*s, id=f"{s[0]}d " + " ".join(f"{k[0]}{v}" for k, v in s[1].items())) for s in settings()]


def random_integers(rng, *shape):
    return rng.integers(-4, 5, shape).astype(np.float64)


def loops(ndim, options):
    return *((options[name],) * ndim for name in ("stride", "padding", "dilation")), options["groups"]


def as_leaves(*arrays):
    return [tensor(a, requires_grad=True) for a in arrays]


@pytest.mark.parametrize(("ndim", "options"), SETTINGS)
def test_conv_and_its_gradients_follow_the_definition(ndim, options):
    rng, (size, kernel) = np.random.default_rng(ndim), SIZES[ndim]
    x, w, b = (
        random_integers(rng, IMAGES[ndim], 2, *size),
        random_integers(rng, 2, 2 // options["groups"], *kernel),
        random_integers(rng, 2),
    )
    y = CONV[ndim](x, w, b, **options)

    def layer(x, w, b):
        y_size = y.shape[2:]
        return oracle.conv(x, w, *loops(ndim, options), y_size) + b.reshape(-1, *(1,) * ndim)

    assert type(y) is np.ndarray and np.array_equal(y, layer(x, w, b))
    dy = random_integers(rng, *y.shape)
    zero = np.zeros_like(b)
    expected = (
        oracle.gradient(lambda unit: layer(unit, w, zero), x, dy),
        oracle.gradient(lambda unit: layer(x, unit, zero), w, dy),
        oracle.gradient(lambda unit: layer(np.zeros_like(x), w, unit), b, dy),
    )
    actual = BACKWARD[ndim](dy, x, w, **options)
    assert actual._fields == ("dx", "dw", "db")
    assert all(map(np.array_equal, actual, expected))
    leaves = as_leaves(x, w, b)
    assert all(
        np.array_equal(g.data, e)
        for g, e in zip(grad(CONV[ndim](*leaves, **options), leaves, dy), expected, strict=True)
    )


@pytest.mark.parametrize(("ndim", "options"), SETTINGS)
def test_conv_transpose_and_its_gradients_follow_the_definition(ndim, options):
    rng, (size, kernel) = np.random.default_rng(ndim), SIZES[ndim]
    options = {**options, "output_padding": 1 if max(options["stride"], options["dilation"]) > 1 else 0}
    if any((n - 1) * options["stride"] + options["dilation"] * (k - 1) + 1 <= 2 * options["padding"] for n, k in zip(size, kernel, strict=True)):  # fmt: skip
        options["padding"] = 0
    x, w, b = (
        random_integers(rng, IMAGES[ndim], 2, *size),
        random_integers(rng, 2, 1, *kernel),
        random_integers(rng, options["groups"]),
    )
    y = CONV_T[ndim](x, w, b, **options)

    def layer(x, w, b):
        return oracle.conv_transpose(x, w, *loops(ndim, options), y.shape[2:]) + b.reshape(-1, *(1,) * ndim)

    assert np.array_equal(y, layer(x, w, b))
    dy, zero = random_integers(rng, *y.shape), np.zeros_like(b)
    expected = (
        oracle.gradient(lambda unit: layer(unit, w, zero), x, dy),
        oracle.gradient(lambda unit: layer(x, unit, zero), w, dy),
        oracle.gradient(lambda unit: layer(np.zeros_like(x), w, unit), b, dy),
    )
    assert all(map(np.array_equal, BACKWARD_T[ndim](dy, x, w, **options), expected))
    leaves = as_leaves(x, w, b)
    actual = grad(CONV_T[ndim](*leaves, **options), leaves, dy)
    assert all(np.array_equal(g.data, e) for g, e in zip(actual, expected, strict=True))


WINDOWS = [
    Window((4, 3), (3, 1), (2, 3), (2, 1), (1, 1), (1, 0), 2),
    Window((6,), (4,), (3,), (2,), (2,), (3,), 1),
    Window((2, 3), (3, 2), (2, 2), (1, 2), (1, 1), (1, 0), 1),
    Window((), (), (), (), (), (), 1),
]


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_the_six_rows_of_the_gradient_table(window):
    """Each gradient of each contraction equals the gradient of plain loops, by the definition of a gradient."""
    rng, groups = np.random.default_rng(0), window.groups
    x, w, y = (
        random_integers(rng, 2, 2, *window.x_size),
        random_integers(rng, 4, 2 // groups, *window.kernel),
        random_integers(rng, 2, 4, *window.y_size),
    )
    steps = window.stride, window.padding, window.dilation, groups

    def y_of(x, w):
        return oracle.conv(x, w, *steps, window.y_size)

    def x_of(y, w):
        return oracle.conv_transpose(y, w, *steps, window.x_size)

    def w_of(x, y):
        return oracle.gradient(lambda unit: y_of(x, unit), w, y)

    rows = [(conv_y, y_of, x, w), (conv_x, x_of, y, w), (conv_w, w_of, x, y)]
    for op, definition, a, b in rows:
        leaves = as_leaves(a, b)
        out = op(*leaves, window)
        assert np.array_equal(out.data, definition(a, b)), op
        g = random_integers(rng, *out.shape)
        first, second = grad(out, leaves, g)
        assert np.array_equal(first.data, oracle.gradient(lambda u, f=definition, b=b: f(u, b), a, g)), op
        assert np.array_equal(second.data, oracle.gradient(lambda u, f=definition, a=a: f(a, u), b, g)), op


@pytest.mark.parametrize("op", ["conv2d", "conv_transpose2d"])
@pytest.mark.parametrize(
    "options", [{}, {"stride": 2, "padding": 1}, {"groups": 2, "dilation": 2, "padding": 2}], ids=str
)
def test_the_second_order_is_exact_on_integers(op, options):
    """Convolution is bilinear, so <dx, u> is trilinear in (u, w, g), where dx is the gradient of <y, g>. Therefore
    differences with a step of 1 are exact, and the second-order gradient must equal them."""
    rng, ours = np.random.default_rng(5), getattr(F, op)
    x, w = random_integers(rng, 2, 4, 5, 5), random_integers(rng, 4, 4 // options.get("groups", 1), 3, 3)
    g = random_integers(rng, *ours(x, w, **options).shape)
    u, v = random_integers(rng, *x.shape), random_integers(rng, *w.shape)
    leaves = as_leaves(x, w, g)
    dx, dw = grad(ours(*leaves[:2], **options), leaves[:2], leaves[2], create_graph=True)
    actual = grad([dx, dw], leaves, [u, v])
    plain = lambda a, b: ours(a, b, **options)  # noqa: E731

    def pairing(x, w, g):  # <dx, u> + <dw, v>, computed by forward passes only
        return np.sum(plain(u, w) * g) + np.sum(plain(x, v) * g)

    here = pairing(x, w, g)
    for position, (array, gradient) in enumerate(zip((x, w, g), actual, strict=True)):
        for i in np.random.default_rng(1).permutation(array.size)[:40]:
            moved = [a.copy() for a in (x, w, g)]
            moved[position].flat[i] += 1
            assert gradient.data.flat[i] == pairing(*moved) - here, (position, i)


def test_the_third_order_through_two_layers_agrees_with_differences_of_the_second():
    rng = np.random.default_rng(2)
    x, w = rng.standard_normal((1, 1, 4, 4)), rng.standard_normal((1, 1, 2, 2))

    def second(w_data):
        (leaf,) = as_leaves(w_data)
        y = F.conv_transpose2d(F.conv2d(x, leaf).sin(), leaf).sum()
        (first,) = grad(y, leaf, create_graph=True)
        (again,) = grad((first * first).sum(), leaf, create_graph=True)
        return leaf, again

    leaf, again = second(w)
    (third,) = grad(again.sum(), leaf)
    for i in np.ndindex(w.shape):
        step = np.zeros_like(w)
        step[i] = 1e-5
        difference = (second(w + step)[1].data.sum() - second(w - step)[1].data.sum()) / 2e-5
        np.testing.assert_allclose(third.data[i], difference, rtol=1e-6)


# ---- arrays, Tensors, batches ----


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_unbatched_inputs(ndim):
    rng, (size, kernel) = np.random.default_rng(0), SIZES[ndim]
    x, w, b = random_integers(rng, 2, *size), random_integers(rng, 2, 2, *kernel), random_integers(rng, 2)
    for op, backward in ((CONV[ndim], BACKWARD[ndim]), (CONV_T[ndim], BACKWARD_T[ndim])):
        y = op(x, w, b)
        assert np.array_equal(y, op(x[None], w, b)[0])
        dy = random_integers(rng, *y.shape)
        for one, many in zip(backward(dy, x, w), backward(dy[None], x[None], w), strict=True):
            assert np.array_equal(one, many.reshape(one.shape))
        (leaf,) = as_leaves(x)
        assert np.array_equal(grad(op(leaf, w, b), leaf, dy)[0].data, backward(dy, x, w).dx)


def test_arrays_in_arrays_out_and_tensors_otherwise():
    x, w = np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2))
    for op in (F.conv2d, F.conv_transpose2d):
        assert type(op(x, w)) is np.ndarray
        assert (
            type(op(tensor(x), w))
            is type(op(x, tensor(w)))
            is type(op(x, w, tensor([0.0], dtype=float)))
            is rot180.Tensor
        )


def test_an_empty_batch():
    x, w = np.ones((0, 2, 5, 5), np.float32), np.ones((2, 2, 3, 3), np.float32)
    assert F.conv2d(x, w).shape == (0, 2, 3, 3) and F.conv_transpose2d(x, w).shape == (0, 2, 7, 7)
    dx, dw, db = F.conv2d_backward(np.ones((0, 2, 3, 3), np.float32), x, w)
    assert dx.shape == x.shape and not dw.any() and not db.any() and dw.dtype == np.float32


def test_forms_of_the_settings():
    rng = np.random.default_rng(0)
    x, w = random_integers(rng, 1, 1, 6, 7), random_integers(rng, 1, 1, 2, 2)
    expected = F.conv2d(x, w, None, (2, 1), (1, 0), (1, 2))
    assert np.array_equal(F.conv2d(x, w, stride=[2, 1], padding=[1, 0], dilation=[1, 2]), expected)
    assert np.array_equal(F.conv2d(x, w, stride=np.array([2, 1]), padding=((1, 1), (0, 0)), dilation=(1, 2)), expected)
    assert np.array_equal(F.conv2d(x, w, stride=(np.int64(2), 1), padding=[[1, 1], [0, 0]], dilation=(1, 2)), expected)
    assert F.conv2d(x, w, padding="same").shape == x.shape and F.conv2d(x, w, padding="valid").shape == (1, 1, 5, 6)
    assert F.conv_transpose2d(x, w, stride=[2, 3], padding="same").shape == (1, 1, 12, 21)
    wide = np.pad(x, ((0, 0), (0, 0), (0, 2), (1, 0)))
    assert np.array_equal(F.conv2d(x, w, padding=((0, 2), (1, 0))), F.conv2d(wide, w))


def test_inputs_are_never_changed_and_gradients_do_not_alias_them():
    rng = np.random.default_rng(0)
    arrays = random_integers(rng, 2, 2, 4, 4), random_integers(rng, 2, 2, 1, 1), random_integers(rng, 2)
    for op in (F.conv2d, F.conv_transpose2d):
        copies = [a.copy() for a in arrays]
        leaves = as_leaves(*arrays)
        g = np.ones(op(*arrays).shape)
        op(*leaves).backward(g)
        assert all(map(np.array_equal, arrays, copies)) and (g == 1).all()
        for leaf in leaves:
            assert not any(np.shares_memory(leaf.grad.data, a) for a in (*arrays, g))


def test_the_first_layers_input_gets_no_gradient(monkeypatch):
    from rot180 import kernels

    x, w = np.ones((1, 1, 3, 3)), as_leaves(np.ones((1, 1, 2, 2)))[0]
    y = F.conv2d(x, w)
    monkeypatch.setattr(kernels, "conv_x", lambda *_: pytest.fail("dX was computed"))
    y.backward(np.ones(y.shape))
    assert w.grad.shape == w.shape


# ---- error messages ----

X, W = np.ones((2, 3, 8, 8)), np.ones((4, 3, 3, 3))
WRONG = [
    (lambda: F.conv2d(X, np.ones((8, 4, 3, 3))), ShapeError, r"conv2d: input has 3 channels but weight of shape \(8, 4, 3, 3\) with groups=1 needs 4"),
    (lambda: F.conv2d(X, np.ones((4, 1, 3, 3)), groups=3), ShapeError, r"conv2d: weight of shape .* has 4 output channels; groups=3 must divide them"),
    (lambda: F.conv2d(X, W, groups=0), ShapeError, r"conv2d: groups must be an int of at least 1; got 0"),
    (lambda: F.conv2d(X, W, groups=1.0), ShapeError, r"conv2d: groups must be an int of at least 1; got 1\.0"),
    (lambda: F.conv2d(X, W, groups=True), ShapeError, r"conv2d: groups must be an int of at least 1; got True"),
    (lambda: F.conv2d(X, W, np.ones(3)), ShapeError, r"conv2d: bias has shape \(3,\); \(4,\) is needed, one per output channel"),
    (lambda: F.conv2d(X, W[0]), ShapeError, r"conv2d: weight has shape \(3, 3, 3\); 4 dimensions are needed"),
    (lambda: F.conv2d(X[0, 0], W), ShapeError, r"conv2d: input has shape \(8, 8\); 4 dimensions .* or 3 \(no batch\) are needed"),
    (lambda: F.conv2d(X[:, :, :0], W), ShapeError, r"conv2d: input .* must have no empty axis but the batch"),
    (lambda: F.conv2d(X[:, :, :2], W), ShapeError, r"conv2d: the kernel is 3 on spatial axis 0, but the input has only 2 there"),
    (lambda: F.conv2d(X, W, dilation=4), ShapeError, r"conv2d: the kernel spans 9 cells on spatial axis 0"),
    (lambda: F.conv2d(X, W, stride=0), ShapeError, r"conv2d: stride must be at least 1"),
    (lambda: F.conv2d(X, W, stride=(1, 0)), ShapeError, r"conv2d: stride must be at least 1 on every axis; got \(1, 0\)"),
    (lambda: F.conv2d(X, W, stride=1.0), ShapeError, r"conv2d: stride must be an int or 2 ints, one per spatial axis; got 1\.0"),
    (lambda: F.conv2d(X, W, stride=True), ShapeError, r"conv2d: stride must be an int or 2 ints, .*; got True"),
    (lambda: F.conv2d(X, W, dilation=(1, 1, 1)), ShapeError, r"conv2d: dilation must be an int or 2 ints"),
    (lambda: F.conv2d(X, W, padding=-1), ShapeError, r"conv2d: padding must not be negative; got -1"),
    (lambda: F.conv2d(X, W, padding="reflect"), ShapeError, r"conv2d: padding must be 'same', 'valid', an int or a sequence of ints; got 'reflect'"),
    (lambda: F.conv2d(X.astype(int), W), DtypeError, r"conv2d: input has dtype int64; float32 or float64 is needed: convert with \.astype"),
    (lambda: F.conv2d(X, W.astype(np.float16)), DtypeError, r"conv2d: weight has dtype float16"),
    (lambda: F.conv2d(X, W, np.ones(4, int)), DtypeError, r"conv2d: bias has dtype int64"),
    (lambda: F.conv2d(X.astype(np.float32), W), DtypeError, r"conv2d: got float32 and float64; all must have the same dtype"),
    (lambda: F.conv2d(X.tolist(), W), DtypeError, r"conv2d: input must be a Tensor or an array, got list; use np\.asarray"),
    (lambda: F.conv_transpose2d(X, W), ShapeError, r"conv_transpose2d: input has 3 channels but weight of shape \(4, 3, 3, 3\) needs 4 \(a transposed"),
    (lambda: F.conv_transpose2d(X, np.ones((3, 2, 3, 3)), groups=2), ShapeError, r"conv_transpose2d: input has 3 channels; groups=2 must divide them"),
    (lambda: F.conv_transpose2d(X[:, :2], W[:2], np.ones(2)), ShapeError, r"conv_transpose2d: bias has shape \(2,\); \(3,\) is needed"),
    (lambda: F.conv_transpose2d(X, W[:3], output_padding=1), ShapeError, r"conv_transpose2d: output_padding is 1 on spatial axis 0; .* smaller than stride \(1\) or dilation"),
    (lambda: F.conv_transpose2d(X, W[:3], stride=2, output_padding=(0, 2)), ShapeError, r"conv_transpose2d: output_padding is 2 on spatial axis 1"),
    (lambda: F.conv_transpose2d(X, W[:3], stride=2, padding="same", output_padding=1), ShapeError, r"conv_transpose2d: padding='same' fixes the output size"),
    (lambda: F.conv_transpose2d(X, W[:3], padding=6), ShapeError, r"conv_transpose2d: the output would have size -2 on spatial axis 0"),
    (lambda: F.conv_transpose2d(X, W[:3], stride=0), ShapeError, r"conv_transpose2d: stride must be at least 1"),
    (lambda: F.conv2d_backward(np.ones((2, 4, 6, 5)), X, W), ShapeError, r"conv2d_backward: dy has shape \(2, 4, 6, 5\); \(2, 4, 6, 6\) is needed, the shape of the layer's output"),
    (lambda: F.conv2d_backward(np.ones((2, 4, 6, 6), int), X, W), DtypeError, r"conv2d_backward: dy has dtype int64"),
    (lambda: F.conv2d_backward(np.ones((2, 4, 6, 6)), X.astype(int), W), DtypeError, r"conv2d_backward: x has dtype int64"),
    (lambda: F.conv_transpose2d_backward(X, X, W[:3]), ShapeError, r"conv_transpose2d_backward: dy has shape \(2, 3, 8, 8\); \(2, 3, 10, 10\) is needed"),
    (lambda: F.conv1d(X, W), ShapeError, r"conv1d: weight has shape \(4, 3, 3, 3\); 3 dimensions are needed"),
    (lambda: F.conv3d(X, W), ShapeError, r"conv3d: weight has shape \(4, 3, 3, 3\); 5 dimensions are needed"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), WRONG, ids=[row[2][:48] for row in WRONG])
def test_wrong_arguments_raise(call, kind, message):
    F.conv2d(X, W, stride=1, groups=1)  # cached; 1.0 and True have the same cache key as 1
    with pytest.raises(kind, match=message):
        call()


def test_unhashable_settings_raise():
    x, w = np.ones((1, 1, 4, 4), np.float32), np.ones((1, 1, 3, 3), np.float32)
    with pytest.raises(ShapeError, match=r"conv2d: stride must be an int or 2 ints, one per spatial axis; got \{\}"):
        F.conv2d(x, w, stride={})
    with pytest.raises(ShapeError, match=r"conv2d: padding must be an int or 2 ints, .*; got \{1\}"):
        F.conv2d(x, w, padding={1})


# ---- names ----

NAMED = {
    "conv1d": (F.conv1d, (1, 2, 5), (2, 2, 3)),
    "conv2d": (F.conv2d, (1, 2, 5, 5), (2, 2, 3, 3)),
    "conv3d": (F.conv3d, (1, 2, 5, 5, 5), (2, 2, 3, 3, 3)),
    "conv_transpose1d": (F.conv_transpose1d, (1, 2, 5), (2, 2, 3)),
    "conv_transpose2d": (F.conv_transpose2d, (1, 2, 5, 5), (2, 2, 3, 3)),
    "conv_transpose3d": (F.conv_transpose3d, (1, 2, 5, 5, 5), (2, 2, 3, 3, 3)),
    "linear": (F.linear, (3, 4), (2, 4)),
}


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("name", NAMED)
def test_messages_and_the_observer_name_the_function_that_was_called(name, bias):
    function, x_shape, w_shape = NAMED[name]
    x, w, b = (rot180.tensor(np.ones(shape), requires_grad=True) for shape in (x_shape, w_shape, (2,)))
    names = []
    with rot180.observe(lambda op, *call: names.append(op.name)):
        y = function(x, w, b if bias else None)
    assert names == [name] and f"made_by={name})" in repr(y)
    g = np.ones(y.shape)
    (dw,) = rot180.grad(y, w, g, create_graph=True)
    assert dw.node.name == (f"conv{name[-2:]}_weight" if "conv" in name else "linear_weight")
    y.backward(g, retain_graph=True)
    w.data *= 2
    mark_written(w)
    with pytest.raises(GradientError, match=rf"an array that op {name} saved for its gradient was changed in place"):
        y.backward(g, retain_graph=True)
    y = function(x, w)
    y.backward(g)
    with pytest.raises(GradientError, match=rf"freed by an earlier backward \(at op {name}\)"):
        y.backward(g)
