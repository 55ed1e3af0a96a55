"""What the native engine supports of each kernel, and that it falls back to the reference, openly, for the rest."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import kernels
from rot180.errors import EngineError
from rot180.kernels import dispatch, extension
from rot180.kernels.dispatch import fallbacks
from rot180.kernels.reference.norm import BATCH
from rot180.kernels.reference.update import AdamStep, SgdStep
from rot180.window import DENSE, Window
from tests.kernels.layouts import LAYOUTS, batch_last, sliced

pytestmark = pytest.mark.skipif(extension.unavailable() is not None, reason=f"no extension: {extension.unavailable()}")


def ones(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    return np.ones(shape, dtype)


def frozen(a: np.ndarray) -> np.ndarray:
    a.flags.writeable = False
    return a


LINE = Window.plain("t", (4,), (2,), (2,), (0,), (1,))
WIDE = Window.plain("t", (3000,), (2000,), (500,), (0,), (1,))
SGD = SgdStep(0.1, 0.0, 0.9, 1.0, False, False, False)
ADAM = AdamStep(0.0, 0.9, 0.1, 0.999, 0.001, 0.04, 1e-8, 0.01, False)
FACTOR = ones(1, 3, 1, 1)
SCRATCH = [(ones(2, 3), ones(2, 3))]
INTEGERS = ones(2, 3, dtype=np.int64)
HALF = np.float16
IN_PLACE = "an array is not C-contiguous and aligned, or cannot be written in place"
DIFFERENT = "the arrays differ in shape, dtype or memory layout"
EMPTY = "an array is empty"
SPATIAL = "logits with spatial axes are not compiled"

UNSUPPORTED = [
    ("conv_y", (ones(2, 3, dtype=HALF), ones(4, 3, dtype=HALF), DENSE), "dtype float16 is not compiled"),
    ("conv_y", (ones(0, 3), ones(4, 3), DENSE), EMPTY),
    ("conv_x", (ones(2, 4), ones(4, 0), DENSE), EMPTY),
    ("conv_w", (ones(0, 3), ones(0, 4), DENSE), EMPTY),
    ("bias_sums", (ones(0, 3, 2),), EMPTY),
    ("bias_sums", (ones(2, 3, 2, dtype=HALF),), "dtype float16 is not compiled"),
    ("add", (ones(2, 3), ones(3, 2).T), DIFFERENT),
    ("add", (ones(2, 3), ones(2, 3, dtype=np.float64)), DIFFERENT),
    ("add", (ones(2, 3), ones(3)), DIFFERENT),
    ("add", (INTEGERS, INTEGERS), "dtype int64 is not compiled"),
    ("norm_y", (ones(2, 3, 4, 5), None, None, BATCH, 0.1), "statistics of several channels over the whole batch"),
    ("norm_x", (*[ones(0, 3, 1, 5)] * 2, None, FACTOR, FACTOR, (), 0.1, (True,) * 3), EMPTY),
    ("affine_y", (ones(0, 3, 1, 5), FACTOR, FACTOR), EMPTY),
    ("cross_entropy_y", (ones(2, 3, 4), np.zeros((2, 4), np.int64), None), SPATIAL),
    ("cross_entropy_x", (ones(2, 4), ones(2, 3, 4), np.zeros((2, 4), np.int64)), SPATIAL),
    ("cross_entropy_y", (ones(2, 3), np.zeros(2, np.int32), None), "dtype int32 is not compiled"),
    ("cross_entropy_y", (ones(0, 3), np.zeros(0, np.int64), None), EMPTY),
    ("max_y", (ones(1, 2, 3000), WIDE), "a pooling window spans more than 1024 cells of the last axis"),
    ("max_taps", (ones(0, 2, 4), ones(0, 2, 2), LINE), EMPTY),
    ("max_x", (ones(0, 2, 2), np.zeros((0, 2, 2), np.uint8), LINE), EMPTY),
    ("max_at", (ones(1, 1, 4), np.zeros((1, 1, 2), np.uint8), LINE), "it is not implemented"),
    ("sgd", ([sliced(ones(2, 3))], [ones(2, 3)], None, SGD, SCRATCH), IN_PLACE),
    ("sgd", ([ones(2, 3)], [batch_last(ones(2, 3))], None, SGD, SCRATCH), IN_PLACE),
    ("sgd", ([ones(2, 3)], [ones(2, 3)], [sliced(ones(2, 3))], SGD, SCRATCH), IN_PLACE),
    ("adam", ([ones(2, 3)], [ones(2, 3)], [ones(2, 3)], [sliced(ones(2, 3))], None, ADAM, SCRATCH), IN_PLACE),
]  # fmt: skip
BY_CHOICE = [
    ("relu_y", (ones(1023),), "NumPy is faster for fewer than 1024 elements"),
    ("bias_sums", (ones(2, 3),), "there are no positions to sum over"),
    ("norm_y", (ones(2, 3, 1, 1), None, None, BATCH, 0.1), "there is one position per channel"),
    ("affine_y", (ones(2, 3, 1, 1), FACTOR, FACTOR), "there is one position per channel"),
]
SUPPORTED = [
    ("relu_y", (ones(1024),)),
    ("relu_x", (frozen(ones(3)), frozen(ones(3)), True)),
    ("sigmoid_x", (np.float32(1), np.float32(0.5))),
    ("squared_error_y", (ones(0), ones(0))),
    ("sgd", ([ones(2, 3)], [frozen(ones(2, 3))], None, SGD, SCRATCH)),
    *(("conv_y", (layout(ones(2, 3)), layout(ones(4, 3)), DENSE, None, True)) for layout in LAYOUTS),
    *(("max_y", (layout(ones(1, 2, 4)), LINE)) for layout in LAYOUTS),
]


@pytest.fixture(autouse=True)
def no_fallbacks_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "_fallbacks", Counter())


def same(a: Any, b: Any) -> bool:
    """True if two results of a kernel, which may be tuples, are equal."""
    if isinstance(a, tuple):
        return all(map(same, a, b))
    return a is b is None or np.array_equal(a, b)


@pytest.mark.parametrize(("kernel", "arguments", "reason"), UNSUPPORTED)
def test_an_unsupported_call_runs_on_the_reference_or_is_an_error_under_strict(
    kernel: str, arguments: Any, reason: str
) -> None:
    run = getattr(kernels, kernel)
    with rot180.engine("native", strict=True), pytest.raises(EngineError) as caught:
        run(*arguments)
    assert str(caught.value).startswith(f"{kernel}: engine 'native' cannot run this call: {reason}")
    assert not fallbacks()
    with rot180.engine("native"):
        result = run(*arguments)
    ((name, text),) = fallbacks()
    assert name == kernel and text.startswith(reason)
    assert same(result, run.reference(*arguments))


@pytest.mark.parametrize(("kernel", "arguments", "reason"), BY_CHOICE)
def test_a_call_that_is_faster_in_numpy_runs_there_even_under_strict(kernel: str, arguments: Any, reason: str) -> None:
    run = getattr(kernels, kernel)
    with rot180.engine("native", strict=True):
        result = run(*arguments)
    assert fallbacks() == {(kernel, reason): 1}
    assert same(result, run.reference(*arguments))


@pytest.mark.parametrize(("kernel", "arguments"), SUPPORTED)
def test_supported_calls_do_not_fall_back(kernel: str, arguments: Any) -> None:
    with rot180.engine("native", strict=True):
        getattr(kernels, kernel)(*arguments)
    assert not fallbacks()


def test_a_window_that_is_too_large_for_the_extension_is_an_error_not_a_fallback() -> None:
    """NumPy would try to allocate an array of that size."""
    x, w = ones(1, 1, 4, 4), ones(1, 1, 2, 2)
    with pytest.raises(rot180.ShapeError, match="native engine takes sizes, steps and paddings up to 2147483647"):
        with rot180.engine("native"):
            rot180.functional.conv2d(x, w, padding=2**40)


def test_the_extension_is_loaded_when_it_is_first_used() -> None:
    from tests.kernels.processes import run

    code = "import sys, rot180.functional as F; print('rot180._native' in sys.modules); F.linear"
    assert run(code).stdout == "False\n"
    assert extension.compiled.isa() in extension.compiled.isas()


def test_the_stub_names_the_functions_of_the_extension() -> None:
    import rot180._native as module

    stub = ast.parse((Path(rot180.__file__).parent / "_native.pyi").read_text(encoding="utf-8"))
    names = {node.name for node in stub.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert names == {name for name in vars(module) if not name.startswith("_")}
