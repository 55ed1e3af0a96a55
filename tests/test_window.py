"""Window: its size formulas compared with the definition, and the errors for bad sizes and steps."""
# ruff: noqa: E501  (tables of messages)

import pickle
import threading
from itertools import product

import numpy as np
import pytest

from rot180.errors import ShapeError
from rot180.window import DENSE, Window, hashable, ints, pads_per_axis, per_axis, positive


def plain(x, k, s=1, d=1, padding=0, **named):
    """The window of a layer with one spatial axis."""
    return Window.plain("op", (x,), (k,), (s,), padding, (d,), **named)


def positions(x, k, s, d, before, after):
    """The number of positions at which a kernel fits, by enumeration."""
    return sum(1 for p in range(100) if s * p - before + d * (k - 1) < x + after)


GRID = [
    (x, k, s, d, before, after)
    for x, k, s, d, before, after in product((1, 2, 5, 8), (1, 2, 3), (1, 2, 3), (1, 2, 3), (0, 1, 4), (0, 2))
    if x + before + after >= d * (k - 1) + 1
]


@pytest.mark.parametrize(("x", "k", "s", "d", "before", "after"), GRID)
def test_the_size_of_y_is_the_number_of_positions_that_fit(x, k, s, d, before, after):
    window = plain(x, k, s, d, ((before, after),))
    assert window.y_size == (positions(x, k, s, d, before, after),)
    assert window.padding == (before,) and window.x_size == (x,)


@pytest.mark.parametrize(("x", "k", "s", "d", "before", "after"), GRID[::3])
def test_reach_and_coverage_equal_the_definition(x, k, s, d, before, after):
    for extra in (0, 2):
        y = positions(x, k, s, d, before, after) + extra
        window = Window((x,), (y,), (k,), (s,), (d,), (before,))
        cells = np.arange(x)
        counted, padded = [0] * y, [0] * y
        for tap in range(k):
            met = [(p, s * p + d * tap - before) for p in range(y)]
            at, of = window.reach(0, tap)
            assert list(zip(range(y)[at], cells[of].tolist(), strict=True)) == [(p, i) for p, i in met if 0 <= i < x]
            for p, i in met:
                counted[p] += 0 <= i < x
                padded[p] += -before <= i < x + after
        assert window.coverage(0) == counted and window.coverage(0, after) == padded
        assert window.spans == (s * (y - 1) + d * (k - 1) + 1,)


# a kernel larger than the padded x, by less than the stride, has its one position
CEIL = [
    case for case in product(range(1, 9), (2, 3), (1, 2, 3, 4), (0, 1)) if case[1] - case[0] - 2 * case[3] < case[2]
]


TRANSPOSED = [
    (y, k, s, d, extra)
    for y, k, s, d, extra in product((1, 2, 5), (1, 3), (1, 2, 3), (1, 2), (0, 1))
    if extra < max(s, d)
]


@pytest.mark.parametrize(("x", "k", "s", "pad"), CEIL)
def test_ceil_mode_adds_a_window_that_starts_inside(x, k, s, pad):
    y = -(-(x + 2 * pad - k) // s) + 1
    if (y - 1) * s >= x + pad:  # PyTorch's rule: the last window starts inside x or the padding before it
        y -= 1
    assert plain(x, k, s, 1, pad, ceil_mode=True).y_size == (y,)


@pytest.mark.parametrize(("y", "k", "s", "d", "extra"), TRANSPOSED)
def test_the_transposed_window_is_the_inverse_of_the_plain_one(y, k, s, d, extra):
    window = Window.transposed("op", (y,), (k,), (s,), ((0, 0),), (extra,), (d,))
    assert window.x_size == ((y - 1) * s + d * (k - 1) + extra + 1,)
    if extra < s:
        assert plain(window.x_size[0], k, s, d).y_size == (y,)


@pytest.mark.parametrize(("x", "k", "s", "d"), list(product((1, 4, 5, 9), (1, 2, 3, 4), (1, 2, 3), (1, 2))))
def test_padding_same_gives_y_the_size_over_the_stride(x, k, s, d):
    window = plain(x, k, s, d, "same")
    assert window.y_size == (-(-x // s),)
    total = max((window.y_size[0] - 1) * s + d * (k - 1) + 1 - x, 0)
    assert window.padding == (total // 2,)
    assert Window.transposed("op", (x,), (k,), (s,), "same", (0,), (d,)).x_size == (x * s,)


def test_padding_valid_means_none():
    assert plain(5, 3, padding="valid") == plain(5, 3)


def test_forms_of_padding():
    def pads(padding):
        return pads_per_axis("op", padding, (5, 6), (3, 3), (1, 1), (1, 1))

    assert pads(2) == ((2, 2), (2, 2)) and pads((1, 2)) == ((1, 1), (2, 2))
    assert pads(((1, 2), (0, 3))) == ((1, 2), (0, 3)) and pads("valid") == ((0, 0), (0, 0))


def test_windows_are_equal_hashable_and_survive_pickling():
    a, b = plain(5, 3, 2), plain(5, 3, 2)
    vars(a)["cached"] = threading.Lock()  # like the compiled engine's cached shape, it cannot be pickled
    assert a == b and hash(a) == hash(b) and a != plain(5, 3, 1)
    back = pickle.loads(pickle.dumps(a))
    assert back == a and hash(back) == hash(a)
    with pytest.raises(AttributeError):
        a.padding = (1,)


def test_the_window_of_a_linear_layer():
    assert DENSE.ndim == 0 and DENSE.taps == 1 and list(DENSE.offsets()) == [()] and DENSE.is_dense


def test_pointwise_dense_and_overlapping_windows():
    def window(x, y, k, s=1, padding=0, groups=1):
        return Window((x,), (y,), (k,), (s,), (1,), (padding,), groups)

    assert window(5, 5, 1).is_pointwise and window(5, 3, 1, 2).is_pointwise
    assert (
        not window(5, 7, 1, padding=1).is_pointwise
        and not window(5, 6, 1).is_pointwise
        and not window(5, 4, 2).is_pointwise
    )
    assert window(5, 1, 5).is_dense
    assert (
        not window(5, 1, 5, groups=2).is_dense
        and not window(5, 1, 4).is_dense
        and not window(5, 3, 5, padding=1).is_dense
    )


def test_offsets_are_in_row_major_order():
    window = Window((4, 4), (3, 2), (2, 3), (1, 1), (1, 1), (0, 0))
    assert list(window.offsets()) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)] and window.taps == 6


# ---- complaints ----


@pytest.mark.parametrize("value", [1.0, "1", None, True, (1,), (1, 2, 3), (1, 2.0), (), (1, None)])
def test_per_axis_accepts_an_int_or_one_int_per_axis(value):
    with pytest.raises(ShapeError, match=r"op: stride must be an int or 2 ints, one per spatial axis; got "):
        per_axis("op", "stride", value, 2)


def test_per_axis_distinguishes_true_and_floats_from_equal_cached_ints():
    """Results are cached, and 1 == 1.0 == True."""
    assert per_axis("remembered", "stride", 1, 2) == (1, 1)
    for value in (1.0, True):
        with pytest.raises(ShapeError, match="remembered: stride must be an int"):
            per_axis("remembered", "stride", value, 2)
    assert per_axis("op", "stride", np.int64(2), 2) == (2, 2)


def test_hashable():
    assert hashable([1, [2, (3, [4])]]) == (1, (2, (3, (4,)))) and hashable("same") == "same"
    assert hashable(np.array([1, 2])) == (1, 2) and hashable([np.array([0, 1]), [2, 3]]) == ((0, 1), (2, 3))


def test_ints():
    assert ints([1, [2, (3, [4])]]) == (1, (2, (3, (4,)))) and ints("same") == "same" and ints(None) is None
    assert ints(np.array([1, 2])) == (1, 2) and ints((np.int64(1), 2)) == (1, 2) and type(ints(np.int64(3))) is int
    odd = [1.0, True, np.float64(1), np.True_, (1, 1.0), (True, 1), [[1, 1], [1, 1.0]], {}]
    for value in odd:
        assert ints(value) not in (1, (1, 1), ((1, 1), (1, 1))) and hash(ints(value)) == hash(ints(value))
    assert repr(ints((1, 1.0))) == "(1, 1.0)" and ints(1.0) != ints(True)


@pytest.mark.parametrize("value", [0, -1, 1.0, True, None, "2"])
def test_positive(value):
    with pytest.raises(ShapeError, match=f"op: groups must be an int of at least 1; got {value!r}"):
        positive("op", "groups", value)
    assert positive("op", "groups", np.int64(2)) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plain(3, 5), r"op: the kernel is 5 on spatial axis 0, but the input has only 3 there .*; use a smaller kernel"),
        (lambda: plain(4, 3, d=3, padding=1), r"op: the kernel spans 7 cells on spatial axis 0, but .* only 6 there \(size 4, padding 1 \+ 1\)"),
        (lambda: plain(4, 3, s=0), r"op: stride must be at least 1 on every axis; got \(0,\)"),
        (lambda: plain(4, 3, s=-1), r"op: stride must be at least 1"),
        (lambda: plain(4, 3, d=0), r"op: dilation must be at least 1"),
        (lambda: plain(4, 0), r"op: kernel size must be at least 1"),
        (lambda: plain(4, 3, padding=-1), r"op: padding must not be negative; got -1"),
        (lambda: plain(4, 3, padding=((0, -2),)), r"op: padding must not be negative; got \(\(0, -2\),\)"),
        (lambda: plain(4, 3, padding="full"), r"op: padding must be 'same', 'valid', an int or a sequence of ints; got 'full'"),
        (lambda: plain(4, 3, padding=((0, 1), (1, 0))), r"op: padding has 2 \(before, after\) pairs; 1 are needed"),
        (lambda: plain(4, 3, padding=(1, 1)), r"op: padding must be an int or 1 ints, .*; got \(1, 1\)"),
        (lambda: plain(4, 3, padding=1.0), r"op: padding must be an int or 1 ints, .*; got 1\.0"),
    ],
)  # fmt: skip
def test_plain_raises_for_invalid_sizes(call, message):
    with pytest.raises(ShapeError, match=message):
        call()


@pytest.mark.parametrize(
    ("y", "k", "s", "padding", "extra", "d", "message"),
    [
        (3, 3, 2, 0, 2, 1, r"op: output_padding is 2 on spatial axis 0; it must be at least 0 and smaller than stride"),
        (3, 3, 1, 0, 1, 1, r"op: output_padding is 1 .* smaller than stride \(1\) or dilation \(1\)"),
        (3, 3, 2, 0, -1, 1, r"op: output_padding is -1"),
        (2, 2, 1, 3, 0, 1, r"op: the output would have size -3 on spatial axis 0 \(input 2, .* padding 3 \+ 3\); use less"),
        (2, 2, 2, "same", 1, 1, r"op: padding='same' fixes the output size; output_padding must be 0"),
        (2, 2, 0, 0, 0, 1, r"op: stride must be at least 1"),
        (2, 2, 1, "full", 0, 1, r"op: padding must be 'same', 'valid', an int or a sequence of ints"),
    ],
)  # fmt: skip
def test_transposed_raises_for_invalid_sizes(y, k, s, padding, extra, d, message):
    with pytest.raises(ShapeError, match=message):
        Window.transposed("op", (y,), (k,), (s,), padding, (extra,), (d,))


def test_output_padding_may_exceed_the_stride_up_to_the_dilation():
    assert Window.transposed("op", (3,), (2,), (1,), 0, (2,), (3,)).x_size == (8,)
