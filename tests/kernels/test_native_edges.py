"""The edge of the compiled engine (`native/python/module.cpp`): rejected arguments, messages, and robustness."""

from __future__ import annotations

import importlib.metadata
import logging
import subprocess
import sys
import threading

import numpy as np
import pytest

import rot180
from rot180.errors import ShapeError
from rot180.kernels import extension
from rot180.window import DENSE, Window
from tests.kernels.engines import on_native, on_numpy

pytestmark = pytest.mark.skipif(extension.unavailable() is not None, reason=f"no extension: {extension.unavailable()}")

WINDOW = Window.plain("t", (6, 7), (3, 2), (1, 1), (1, 1), (1, 1))  # y is (6, 8)
X, W, Y = (np.ones(shape, np.float32) for shape in ((2, 4, 6, 7), (5, 4, 3, 2), (2, 5, 6, 8)))


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


# ---- rejected arguments ----


@pytest.mark.parametrize(
    ("kernel", "arrays"),
    [
        ("conv_y", (X[:, :, :5], W)),
        ("conv_y", (X[:, :3], W)),
        ("conv_y", (X, W[:, :, :2])),
        ("conv_y", (X[0], W)),
        ("conv_x", (Y[:, :, :, :7], W)),
        ("conv_x", (Y[:, :4], W)),
        ("conv_w", (X, Y[:1])),
        ("conv_w", (X[:, :, 1:], Y)),
    ],
)
def test_arrays_that_do_not_fit_their_window_are_rejected(kernel, arrays) -> None:
    with pytest.raises(ValueError, match="the shape of an array does not match its window"):
        getattr(on_native, kernel)(*arrays, WINDOW)


def test_a_bias_that_does_not_fit_is_rejected() -> None:
    with pytest.raises(ValueError, match="bias must have one value per channel of y"):
        on_native.conv_y(X, W, WINDOW, np.ones(4, np.float32))


@pytest.mark.parametrize(("images", "inputs", "outputs"), [(0, 2, 3), (4, 0, 3), (4, 2, 0), (0, 0, 0)])
def test_empty_matrices_run_on_numpy(images: int, inputs: int, outputs: int) -> None:
    """Regression: the extension divided by the number of blocks, which is 0."""
    done = python(f"""
import numpy as np, pytest, rot180
from rot180 import kernels
from rot180.kernels import extension
from rot180.kernels.reference import conv
from rot180.window import DENSE
x, w, y = (np.ones(s, np.float32) for s in (({images}, {inputs}), ({outputs}, {inputs}), ({images}, {outputs})))
bias, shape = np.ones({outputs}, np.float32), extension.compiled_window(DENSE)
with rot180.engine("native"):
    assert np.array_equal(kernels.conv_y(x, w, DENSE, bias), conv.conv_y.reference(x, w, DENSE, bias))
    assert np.array_equal(kernels.conv_x(y, w, DENSE), conv.conv_x.reference(y, w, DENSE))
    assert np.array_equal(kernels.conv_w(x, y, DENSE), conv.conv_w.reference(x, y, DENSE))
with pytest.raises(ValueError, match="arrays must not be empty"):
    extension.compiled.conv_y(shape, x, w, bias, False)
""")
    assert done.returncode == 0, done.stderr


def test_groups_that_do_not_divide_the_channels_are_rejected() -> None:
    window = Window.plain("t", (6, 7), (3, 2), (1, 1), (1, 1), (1, 1), groups=3)
    with pytest.raises(ValueError, match="channels must be divisible by groups"):
        on_native.conv_y(X, W, window)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        (((6,), (6,), (1,), (0,), (1,), (0,), 1), "sizes must be at least 1"),
        (((6,), (6,), (1,), (1,), (1,), (-1,), 1), "sizes must be at least 1"),
        (((6,), (6,), (1,), (1 << 31,), (1,), (0,), 1), r"less than 2 \*\* 31"),
        (((6,), (6, 6), (1,), (1,), (1,), (0,), 1), "each argument needs one size per spatial axis"),
        (((6,) * 4, *[(1,) * 4] * 4, (0,) * 4, 1), "at most three spatial axes"),
        (((6,), (6,), (1,), (1,), (1,), (0,), 0), "at least one group"),
    ],
)
def test_impossible_windows_are_rejected(sizes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        extension.compiled.Shape(*sizes, "direct")


def test_a_result_larger_than_any_memory_is_a_memory_error() -> None:
    """The number of bytes must not overflow."""
    huge = Window.plain("t", (1, 1, 1), (1, 1, 1), (1, 1, 1), ((1 << 29,) * 2,) * 3, (1, 1, 1))
    with pytest.raises(MemoryError, match="out of memory: the native engine could not allocate"):
        on_native.conv_y(np.ones((4, 1, 1, 1, 1)), np.ones((4, 1, 1, 1, 1)), huge)


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is Linux's")
def test_too_little_memory_is_a_memory_error_and_later_calls_work() -> None:
    done = python("""
import resource, numpy as np
from rot180.kernels import extension, native
from rot180.window import Window
extension.compiled.set_num_threads(2)
window = Window.plain("t", (64, 64), (3, 3), (1, 1), (1, 1), (1, 1))
x, w = np.ones((16, 64, 64, 64), np.float32), np.ones((64, 64, 3, 3), np.float32)
expected = native.conv_y(x[:1], w, window)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
outcomes = set()
for more in (8, 16, 20, 24, 32, 48, 64, 400):  # MiB: from too little for y to enough for all
    for algorithm in ("direct", "winograd"):
        extension.compiled.trim()
        resource.setrlimit(resource.RLIMIT_AS, (used + (more << 20), resource.RLIM_INFINITY))
        with extension.algorithm(algorithm):
            try:
                outcomes.add(str(np.array_equal(native.conv_y(x, w, window)[:1], expected)))
            except MemoryError as error:
                outcomes.add(str(error))
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert np.array_equal(native.conv_y(x[:1], w, window), expected)
print(*sorted(outcomes), sep="\\n")
""")
    failure = "out of memory: the native engine could not allocate a result or its workspace"
    assert done.stdout.splitlines() == ["True", failure], done.stderr


# ---- extreme sizes ----


def test_an_unused_stride_or_dilation_costs_nothing() -> None:
    """The engine splits x by the phases of the stride; there would be 10 ** 12 of them."""
    window = Window.plain("t", (4, 4), (1, 1), (10**6, 10**6), (0, 0), (10**6, 10**6))
    extension.compiled.trim()
    x = np.arange(48, dtype=np.float32).reshape(1, 3, 4, 4)
    w = np.ones((2, 3, 1, 1), np.float32)
    y = on_native.conv_y(x, w, window)
    assert np.array_equal(y, on_numpy.conv_y(x, w, window))
    assert np.array_equal(on_native.conv_x(y, w, window), on_numpy.conv_x(y, w, window))
    assert np.array_equal(on_native.conv_w(x, y, window), on_numpy.conv_w(x, y, window))
    assert extension.compiled.kept() < 1 << 20


@pytest.mark.parametrize("step", [1 << 31, 10**20])
def test_an_unused_stride_or_dilation_may_be_any_number(step: int) -> None:
    x, w = np.arange(6, dtype=np.float32).reshape(1, 2, 3), np.ones((1, 2, 3), np.float32)
    assert np.array_equal(rot180.functional.conv1d(x, w, stride=step), np.full((1, 1, 1), 15))
    assert np.array_equal(rot180.functional.conv1d(x, w[:, :, :1], dilation=step), x.sum(1, keepdims=True))
    assert np.array_equal(rot180.functional.max_pool1d(x, 2, stride=step), x[:, :, 1:2])


@pytest.mark.parametrize("settings", [{"padding": 2**40}, {"padding": 2**62}, {"dilation": 2**61, "padding": 2**61}])
def test_a_stride_or_padding_in_use_must_fit_32_bits(settings: dict[str, int]) -> None:
    x, w = np.ones((1, 1, 4, 4), np.float32), np.ones((1, 1, 2, 2), np.float32)
    with pytest.raises(ShapeError, match="native engine takes sizes, steps and paddings up to 2147483647; got Window"):
        rot180.functional.conv2d(x, w, **settings)


def test_phases_of_a_stride_beyond_x_cost_nothing() -> None:
    """With this padding the strides are used; x contains 9 of the 10 ** 10 phases of its gradient."""
    window = Window.plain("t", (3, 3), (2, 2), (10**5,) * 2, (10**5,) * 2, (1, 1))
    rng = np.random.default_rng(0)
    y, w = (rng.integers(-4, 5, shape).astype(np.float32) for shape in ((2, 3, 3, 3), (3, 2, 2, 2)))
    assert window.y_size == (3, 3)
    assert np.array_equal(on_native.conv_x(y, w, window), on_numpy.conv_x(y, w, window))


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_released_memory_is_returned_to_the_system() -> None:
    """After many allocations of many sizes, only arrays in use and the kept blocks remain."""
    done = python("""
import numpy as np
from rot180.kernels import extension, native
extension, rng, held = extension.compiled, np.random.default_rng(0), []
extension.set_num_threads(1)
source = np.ones(3_000_000, np.float32)
resident = lambda: int(open("/proc/self/statm").read().split()[1]) * 4096
before = resident()
for _ in range(400):
    held.append(extension.relu_y(source[: rng.integers(1000, source.size)]))
    if len(held) > 6:
        del held[rng.integers(len(held))]
print((resident() - before - extension.kept() - sum(a.nbytes for a in held)) >> 20)
held.clear()
extension.trim()
print((resident() - before) >> 20)
""")
    beside, left = map(int, done.stdout.split())
    assert beside < 60 and left < 60, (beside, left, done.stderr)  # MiB; with blocks of malloc 85 and 174


def test_a_kernel_of_thousands_of_cells() -> None:
    window = Window.plain("t", (9000,), (5000,), (1,), (3,), (1,))
    rng = np.random.default_rng(0)
    x, w = (rng.integers(-2, 3, (1, 1, n)).astype(np.float64) for n in (9000, 5000))
    y = on_native.conv_y(x, w, window)
    assert np.array_equal(y[0, 0], np.correlate(np.pad(x[0, 0], 3), w[0, 0], "valid"))
    assert on_native.conv_w(x, y, window).shape == w.shape and on_native.conv_x(y, w, window).shape == x.shape


def test_a_forced_algorithm_is_used_only_where_it_fits() -> None:
    with extension.algorithm("dense"):
        assert extension.chosen_algorithm("y", WINDOW, 2, 4, 5, np.float32) == "direct"
        assert extension.chosen_algorithm("y", DENSE, 2, 4, 5, np.float32) == "dense"
        assert np.array_equal(on_native.conv_y(X, W, WINDOW), on_numpy.conv_y(X, W, WINDOW))
    with extension.algorithm("winograd"):
        assert np.array_equal(on_native.conv_y(X, W, WINDOW), on_numpy.conv_y(X, W, WINDOW))


# ---- messages ----


def test_the_log_reports_each_algorithm_once(caplog) -> None:
    caplog.set_level(logging.DEBUG, "rot180")
    for window in (WINDOW, DENSE):
        vars(window).pop("automatic", None)  # it remembers what was announced
    for _ in range(2):
        on_native.conv_y(X, W, WINDOW)
        on_native.conv_w(X, Y, WINDOW)
        on_native.conv_y(X.astype(np.float64), W.astype(np.float64), WINDOW)
        on_native.conv_y(X[:, :, 0, 0].copy(), W[:, :, 0, 0].copy(), DENSE)
    geometry = "2 images, channels 4 and 5, x 6x7, y 6x8, kernel 3x2, stride 1x1, dilation 1x1, padding 1x1, groups 1"
    isa = extension.compiled.isa()
    assert [record.getMessage() for record in caplog.records] == [
        f"conv_y float32: {geometry}: direct on {isa}",
        f"conv_w float32: {geometry}: direct on {isa}",
        f"conv_y float64: {geometry}: direct on {isa}",
        f"conv_y float32: 2 images, channels 4 and 5: dense on {isa}",
    ]


def test_the_extension_does_not_import_logging() -> None:
    done = python("""
import sys, numpy as np
from rot180.kernels import extension, native
from rot180.window import DENSE
before = "logging" in sys.modules
native.conv_y(np.ones((2, 3)), np.ones((4, 3)), DENSE)
print(before or "logging" not in sys.modules)
""")
    assert done.stdout == "True\n", done.stderr


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        (
            "Root-Is-Purelib: false\nTag: py3-none-any\n",
            "was installed without its compiled extension because the compil",
        ),
        ("Root-Is-Purelib: false\nTag: cp311-cp311-linux_x86_64\n", "rot180._native is not part of this installation"),
        (None, "rot180._native is not part of this installation"),
    ],
)
def test_a_missing_extension_has_a_reason(monkeypatch, tags: str | None, reason: str) -> None:
    class Installed:
        def read_text(self, name: str) -> str | None:
            assert name == "WHEEL"
            return tags

    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Installed())
    monkeypatch.setitem(sys.modules, "rot180._native", None)
    extension.unavailable.cache_clear()
    try:
        assert reason in (extension.unavailable() or "")
        with pytest.raises(rot180.errors.EngineError, match=f"'native' cannot run here: .*{reason}"):
            rot180.set_engine("native")
    finally:
        extension.unavailable.cache_clear()


def test_a_package_that_is_not_installed_has_a_reason(monkeypatch) -> None:
    def absent(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", absent)
    assert extension._reason_missing() == "the compiled extension rot180._native is not part of this installation"


# ---- robustness ----


def test_the_number_of_threads_may_change_while_others_compute() -> None:
    compiled = extension.compiled
    before, done, wrong = compiled.num_threads(), threading.Event(), []
    expected = on_numpy.conv_y(X, W, WINDOW)

    def compute() -> None:
        while not done.is_set():
            if not np.array_equal(on_native.conv_y(X, W, WINDOW), expected):
                wrong.append(True)

    others = [threading.Thread(target=compute) for _ in range(3)]
    for other in others:
        other.start()
    for n in [1, 2, 3, 7, 1, 5] * 50:
        compiled.set_num_threads(n)
    done.set()
    for other in others:
        other.join()
    compiled.set_num_threads(before)
    assert not wrong


def test_a_process_ends_while_workers_sleep_and_a_thread_computes() -> None:
    done = python("""
import threading, time, numpy as np
from rot180.kernels import extension, native
from rot180.window import Window
extension.compiled.set_num_threads(3)
window = Window.plain("t", (32, 32), (3, 3), (1, 1), (1, 1), (1, 1))
x, w = np.ones((4, 16, 32, 32), np.float32), np.ones((16, 16, 3, 3), np.float32)
def compute():
    while True:
        native.conv_y(x, w, window)
threading.Thread(target=compute, daemon=True).start()
time.sleep(0.1)
""")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
