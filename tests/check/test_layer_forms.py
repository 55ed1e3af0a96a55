"""Code in other forms than PyTorch's, several at once: accepted if it is right, and its mistakes are found.

The programs of shared/cases/checker are run where that folder exists."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rot180.check import LayerReport, layer
from rot180.errors import GradientError
from tests.mistakes.right_loops import conv, conv_backward

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "checker"
Pair = tuple[Callable[..., Any], Callable[..., Any]]


def case(name: str) -> Pair:
    path = CASES / f"{name}.py"
    if not path.is_file():
        pytest.skip(f"needs {path.name} of shared/cases/checker")
    program = runpy.run_path(str(path))
    return program["forward"], program["backward"]


def mistakes(report: LayerReport) -> list[tuple[str, str]]:
    return [(d.slug, d.argument) for d in (*report.diagnoses, *report.unexplained)]


def has_remark(report: LayerReport, words: str) -> bool:
    return any(words in text for text in report.remarks)


# ---- the programs ----


@pytest.mark.parametrize(
    ("name", "op", "words"),
    [
        ("a_same_upper", "conv2d", "The default of padding in the code is 'same'"),
        ("c_gamma", "batch_norm", "gamma and beta are passed as (1, C, 1, 1)"),
        ("d_one_image", "conv2d", "the result has a single image, however many are passed"),
        ("f_tuple_stride", "conv2d", "stride is passed as one number per axis"),
        ("m_row_bias", "linear", "b is passed as (1, C)"),
    ],
)
def test_right_program_is_accepted(name: str, op: str, words: str) -> None:
    report = layer(*case(name), op)
    assert report.ok, report.render()
    assert has_remark(report, words), report.render()


def test_program_for_square_kernels_that_mixes_up_height_and_width() -> None:
    report = layer(*case("q_square_kernel_miss"))
    assert mistakes(report) == [("height-width-mixed", "dx")], report.render()
    assert "square" not in report.title


def test_program_that_gets_to_its_backward_in_one_form() -> None:
    with pytest.raises(GradientError, match=r"b \(1, 1, 1, 3\) \(ValueError: the real reason"):
        layer(*case("u_wrong_reason"), layout="nhwc")


def test_program_whose_forward_is_wrong_on_a_smaller_case() -> None:
    assert mistakes(layer(*case("b2"))) == [("scaled", "dw")]


# ---- the same kinds, written here ----


def test_forward_that_is_wrong_on_a_case_met_while_shrinking() -> None:
    """The forward takes the height for the width, and refuses oblong images unless there is a single one."""

    def forward(x, w, stride=1):
        if x.shape[2] != x.shape[3] and len(x) > 1:
            raise ValueError("square images only")
        size = x.shape[2]
        return conv(np.resize(x, (*x.shape[:2], size, size)), w, np.zeros(len(w)), stride)

    def backward(dy, x, w, stride=1):
        dx, dw, _ = conv_backward(dy, x, w, np.zeros(len(w)), stride)
        return dx, dw / 2

    assert mistakes(layer(forward, backward)) == [("scaled", "dw")]


def square_kernels(slip: bool) -> Pair:
    """Code that uses the height of the kernel for its width, and with `slip` the width of the image for its height."""

    def forward(x, w, b, padding=0):
        k = w.shape[2]
        assert w.shape[3] == k, "square kernels"
        return conv(x, w, b, 1, padding)

    def backward(dy, x, w, b, padding=0):
        dx, dw, db = conv_backward(dy, np.pad(x, ((0, 0), (0, 0), *((padding, padding),) * 2)), w, b)
        h, width = x.shape[2:]
        rows = slice(padding, padding + (width if slip else h))
        return dx[:, :, rows, padding : padding + width], dw, db

    return forward, backward


@pytest.mark.parametrize("slip", [False, True])
def test_code_for_square_kernels_gets_oblong_images(slip: bool) -> None:
    report = layer(*square_kernels(slip))
    assert report.ok != slip, report.render()
    assert {argument for _, argument in mistakes(report)} == ({"dx"} if slip else set())
    assert report.title.startswith("backward as conv2d (correlation): ")
    assert all("square kernels" in text for text in report.refused)


def test_square_images_are_the_last_resort_and_in_the_title() -> None:
    def forward(x, w, b):
        assert x.shape[2] == x.shape[3] and w.shape[2] == w.shape[3]
        return conv(x, w, b)

    report = layer(forward, lambda dy, x, w, b: conv_backward(dy, x, w, b))
    assert report.ok, report.render()
    assert "(correlation), square images only: right" in report.title
    assert has_remark(report, "cannot find code that confuses height and width")


def test_own_word_for_same_is_handed_back() -> None:
    words = []

    def forward(x, w, b, padding="Same"):
        words.append(padding)
        return conv(x, w, b, 1, w.shape[2] // 2 if padding == "Same" else 0)

    def backward(dy, x, w, b, padding="Same"):
        return conv_backward(dy, x, w, b, 1, w.shape[2] // 2 if padding == "Same" else 0)

    report = layer(forward, backward)
    assert report.ok, report.render()
    assert set(words) == {"Same"}
    report = layer(forward, lambda dy, x, w, b, padding="Same": backward(2 * dy, x, w, b))
    assert not report.ok


def test_reason_of_the_form_that_got_furthest() -> None:
    def forward(x, w, b):
        assert b.shape == (1, w.shape[0], 1, 1), "b of four axes"
        return conv(x, w, b.ravel())

    def backward(dy, x, w, b):
        raise ArithmeticError("the real reason")

    with pytest.raises(GradientError, match=r"the backward, backward, refused.*ArithmeticError: the real reason"):
        layer(forward, backward)


def test_stride_as_a_tuple_and_dilation_as_a_number() -> None:
    def forward(x, w, b, stride, padding):
        (s, t), p = stride, padding + 0
        assert s == t
        return conv(x, w, b, s, p)

    def backward(dy, x, w, b, stride, padding):
        (s, _), p = stride, padding + 0
        return conv_backward(dy, x, w, b, s, p)

    report = layer(forward, backward)
    assert report.ok, report.render()
    assert has_remark(report, "stride is passed as one number per axis")
    assert any("stride 2, padding 1" in text for text in report.tried)


def test_mistake_beside_a_stride_as_a_tuple() -> None:
    def forward(x, w, b, stride):
        return conv(x, w, b, *set(stride))

    def backward(dy, x, w, b, stride):
        dx, dw, db = conv_backward(dy, x, w, b, *set(stride))
        return dx, 2 * dw, db

    assert mistakes(layer(forward, backward)) == [("scaled", "dw")]


# ---- combinations ----

WEIGHTS = {"usual": (0, 1, 2, 3), "(in, out, k, k)": (1, 0, 2, 3), "(k, k, in, out)": (2, 3, 1, 0)}
IMAGES = {"several": lambda x: x, "one": lambda x: x[0], "one channel": lambda x: x[:, 0]}


def code_in_form(order: tuple[int, ...], images: str, square: bool, bias: tuple[int, ...]) -> Pair:
    """A convolution that takes and returns its arrays in a form, and nothing else."""
    back = tuple(np.argsort(order))
    take = {"several": lambda a: a, "one": lambda a: a[None], "one channel": lambda a: a[:, None]}[images]
    axes = 4 if images == "several" else 3

    def inner(x, w, b):
        assert x.ndim == axes
        assert b.ndim == len(bias)
        assert all(n == 1 for n, axis in zip(b.shape, bias, strict=True) if axis == 1)
        x, w = take(x), np.transpose(w, back)
        assert x.shape[1] == w.shape[1]
        assert not square or w.shape[2] == w.shape[3]
        return x, w, b.ravel()

    def forward(x, w, b):
        y = conv(*inner(x, w, b))
        return y[0] if images == "one" else y

    def backward(dy, x, w, b):
        dx, dw, db = conv_backward(dy[None] if images == "one" else dy, *inner(x, w, b))
        return IMAGES[images](dx), np.transpose(dw, order), db.reshape(bias)

    return forward, backward


COMBINED = [
    pytest.param(order, images, square, bias, id=f"w {name}, {images}, {'square, ' if square else ''}b {bias}")
    for (name, order), images, square, bias in product(
        WEIGHTS.items(), ("several", "one"), (False, True), ((-1,), (-1, 1))
    )
]


@pytest.mark.parametrize(("order", "images", "square", "bias"), COMBINED)
def test_forms_are_combined(order: tuple[int, ...], images: str, square: bool, bias: tuple[int, ...]) -> None:
    forward, backward = code_in_form(order, images, square, bias)
    report = layer(forward, backward)
    assert report.ok, report.render()
    assert "square images" not in report.title

    def wrong(dy, x, w, b):
        dx, dw, db = backward(dy, x, w, b)
        return dx, 2 * dw, db

    assert mistakes(layer(forward, wrong)) == [("scaled", "dw")]


def test_gray_images_without_an_axis_for_channels() -> None:
    def forward(x, w, b):
        assert x.ndim == w.ndim == 3
        return conv(x[:, None], w[:, None], b)

    def backward(dy, x, w, b):
        dx, dw, db = conv_backward(dy, x[:, None], w[:, None], b)
        return dx[:, 0], dw[:, 0], db

    report = layer(forward, backward)
    assert report.ok, report.render()
    assert has_remark(report, "without an axis for channels")


def test_one_gray_image_and_several_filters() -> None:
    def forward(x, w, b):
        assert x.ndim == 2
        return conv(x[None, None], w[:, None], b)[0]

    def backward(dy, x, w, b):
        dx, dw, db = conv_backward(dy[None], x[None, None], w[:, None], b)
        return dx[0, 0], dw[:, 0], db

    report = layer(forward, backward)
    assert report.ok, report.render()
    assert has_remark(report, "x is passed as a single matrix")


def test_one_image_with_channels_last() -> None:
    def forward(x, w, b):
        assert x.ndim == 3
        return conv(x.transpose(2, 0, 1)[None], w.transpose(3, 2, 0, 1), b)[0].transpose(1, 2, 0)

    def backward(dy, x, w, b):
        dx, dw, db = conv_backward(dy.transpose(2, 0, 1)[None], x.transpose(2, 0, 1)[None], w.transpose(3, 2, 0, 1), b)
        return dx[0].transpose(1, 2, 0), dw.transpose(2, 3, 1, 0), db

    report = layer(forward, backward, layout="nhwc")
    assert report.ok, report.render()


# ---- a form hides no mistake ----


def test_transposed_weight_gradient_is_not_hidden_by_a_form() -> None:
    report = layer(conv, lambda dy, x, w, b: (lambda dx, dw, db: (dx, dw.swapaxes(0, 1), db))(
        *conv_backward(dy, x, w, b)))  # fmt: skip
    assert mistakes(report) == [("channels-swapped", "dw")], report.render()


def test_forward_of_the_first_image_is_not_hidden_if_others_are_returned() -> None:
    def forward(x, w, b):
        y = conv(x, w, b)
        y[1:] = 0
        return y

    report = layer(forward, lambda dy, x, w, b: conv_backward(dy, x, w, b))
    assert "y" in {argument for _, argument in mistakes(report)}


def test_wrong_code_that_refuses_most_forms_is_still_wrong() -> None:
    forward, backward = code_in_form((2, 3, 1, 0), "one", True, (-1,))

    def wrong(dy, x, w, b):
        dx, dw, db = backward(dy, x, w, b)
        return dx, dw[::-1, ::-1], db

    assert mistakes(layer(forward, wrong)) == [("dw-rotated", "dw")]
