"""The compiled contractions are exact on integers for every setting, algorithm, instruction set and thread count."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import rot180
from rot180 import kernels
from rot180.kernels import extension
from rot180.window import DENSE, Window
from tests.kernels.conftest import ISAS
from tests.kernels.engines import on_native, on_numpy
from tests.kernels.layouts import LAYOUTS
from tests.kernels.settings import SETTINGS

pytestmark = pytest.mark.skipif(extension.unavailable() is not None, reason=f"no extension: {extension.unavailable()}")

DTYPES = [np.float32, np.float64]
ALGORITHMS = ["direct", "dense", "winograd", "depthwise"]


def fits(algorithm: str, window: Window, channels: int, out: int, dtype: type) -> bool:
    with extension.algorithm(algorithm):
        compiled_window = extension.compiled_window(window)
    return extension.compiled.fits(compiled_window, "y", channels, out, dtype is np.float32)


def calls(x, w, y, window):
    """Yield for each contraction its letter, the result of the numpy engine and the result of the native engine."""
    yield "y", on_numpy.conv_y(x, w, window), on_native.conv_y(x, w, window)
    yield "x", on_numpy.conv_x(y, w, window), on_native.conv_x(y, w, window)
    yield "w", on_numpy.conv_w(x, y, window), on_native.conv_w(x, y, window)


@pytest.mark.parametrize("algorithm", ["automatic", *ALGORITHMS])
def test_every_setting_is_exact(isa: str, algorithm: str) -> None:
    tried = 0
    for number, setting in enumerate(SETTINGS):
        for dtype in DTYPES:
            x, w, y = (a.astype(dtype) for a in setting.integers(number))
            window = setting.window
            if algorithm != "automatic" and not fits(algorithm, window, x.shape[1], w.shape[0], dtype):
                continue
            tried += 1
            w = w * 4  # Winograd halves sums of weights twice
            layout = LAYOUTS[number % len(LAYOUTS)]
            with extension.algorithm(algorithm):
                for kernel, expected, found in calls(layout(x), layout(w), layout(y * 4), window):
                    assert found.dtype == dtype and found.shape == expected.shape, (setting, kernel)
                    assert np.array_equal(found, expected), (setting, kernel, dtype)
    assert tried >= 3, tried


@pytest.mark.parametrize("side", range(3, 40))
def test_tails_around_the_width_of_a_vector(isa: str, side: int) -> None:
    rng = np.random.default_rng(side)
    for algorithm, groups in (("direct", 1), ("winograd", 1), ("depthwise", 17)):
        for dtype in DTYPES[: 1 if algorithm == "winograd" else 2]:
            window = Window.plain("t", (4, side), (3, 3), (1, 1), (1, 1), (1, 1), groups=groups)
            x, y = (rng.integers(-4, 5, (2, 17, 4, side)).astype(dtype) * 4 for _ in range(2))
            w = rng.integers(-4, 5, (17, 17 // groups, 3, 3)).astype(dtype) * 4
            with extension.algorithm(algorithm):
                for kernel, expected, found in calls(x, w, y, window):
                    assert np.array_equal(found, expected), (algorithm, kernel, dtype)


@pytest.mark.parametrize(("size", "padding"), [(size, padding) for size in (3, 4) for padding in range(size)])
def test_winograd_at_stride_2(isa: str, size: int, padding: int) -> None:
    """Phases, partial vectors and tiles, and windows that end before x does."""
    rng = np.random.default_rng(10 * size + padding)
    for height, width in [(size, size), (5, 8), (8, 5), (9, 11), (4, 33), (34, 6), (17, 70)]:
        for more in (0, 1):
            paddings = (padding, padding + 2 * more * (padding + 2 < size))
            window = Window.plain("t", (height, width), (size, size), (2, 2), paddings, (1, 1))
            x, y = (
                rng.integers(-4, 5, (2, n, *s)).astype(np.float32) for n, s in ((5, window.x_size), (18, window.y_size))
            )
            w = rng.integers(-4, 5, (18, 5, size, size)).astype(np.float32)
            with extension.algorithm("winograd"):
                for kernel, expected, found in calls(x, w, y, window):
                    assert np.array_equal(found, expected), (height, width, kernel)


@pytest.mark.parametrize(("dilation", "padding"), [(2, 0), (2, 2), (2, 4), (3, 3), (5, 5)])
def test_winograd_with_dilation(isa: str, dilation: int, padding: int) -> None:
    """Phases of the dilation that have one row or column less than the others."""
    rng = np.random.default_rng(10 * dilation + padding)
    for height, width in [(11, 11), (12, 15), (13, 40), (24, 16)]:
        window = Window.plain("t", (height, width), (3, 3), (1, 1), (padding, padding), (dilation, dilation))
        x, y = (
            rng.integers(-4, 5, (2, n, *s)).astype(np.float32) for n, s in ((5, window.x_size), (18, window.y_size))
        )
        w = rng.integers(-4, 5, (18, 5, 3, 3)).astype(np.float32) * 4
        with extension.algorithm("winograd"):
            assert extension.chosen_algorithm("y", window, 2, 5, 18, np.float32) == "winograd"
            for kernel, expected, found in calls(x, w, y * 4, window):
                assert np.array_equal(found, expected), (height, width, kernel)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [7, 14, 20])
def test_infinity_in_a_depthwise_plane_reaches_only_its_readers(isa: str, side: int, stride: int) -> None:
    """Vector lanes beyond the end of a row, or in the padding, must not multiply it by zero."""
    rng = np.random.default_rng(side)
    window = Window.plain("t", (side, side), (3, 3), (stride, stride), (1, 1), (1, 1), groups=2)
    draw = lambda *shape: rng.choice(np.array([-2, -1, 1, 2], np.float32), shape)  # noqa: E731
    for place in ((0, 0), (0, -1), (-1, 0), (-1, -1), (3, 0), (3, -1), (2, 2)):
        x, w, y = draw(2, 2, side, side), draw(2, 1, 3, 3), draw(2, 2, *window.y_size)
        x[1, 0][place] = np.inf
        assert np.array_equal(on_native.conv_y(x, w, window), on_numpy.conv_y(x, w, window)), place
        assert np.array_equal(on_native.conv_w(x, y, window), on_numpy.conv_w(x, y, window)), place
        y[1, 0][place] = np.inf
        assert np.array_equal(on_native.conv_x(y, w, window), on_numpy.conv_x(y, w, window)), place


@pytest.mark.parametrize("dtype", DTYPES)
def test_results_do_not_depend_on_the_number_of_threads(isa: str, dtype: type, threads) -> None:
    rng = np.random.default_rng(0)
    for algorithm, side, channels, out, groups in (
        ("direct", 19, 24, 40, 1), ("direct", 33, 3, 16, 1), ("winograd", 19, 24, 40, 1), ("depthwise", 21, 12, 12, 12),
        ("depthwise", 21, 40, 80, 40), ("dense", 3, 50, 70, 1),
    ):  # fmt: skip
        if algorithm == "winograd" and dtype is np.float64:
            continue
        padding = 0 if algorithm == "dense" else 1
        step = 2 if out == 80 else 1
        window = Window.plain("t", (side, side), (3, 3), (step, step), (padding, padding), (1, 1), groups=groups)
        x = rng.standard_normal((5, channels, side, side)).astype(dtype)
        w = rng.standard_normal((out, channels // groups, 3, 3)).astype(dtype)
        y = rng.standard_normal((5, out, *window.y_size)).astype(dtype)
        found = {}
        for n in (1, 2, 3, 7):
            threads(n)
            with extension.algorithm(algorithm):
                found[n] = [a.tobytes() for _, _, a in calls(x, w, y, window)]
        assert found[1] == found[2] == found[3] == found[7], algorithm
    x, w, y = (rng.standard_normal(shape).astype(dtype) for shape in ((33, 1000), (77, 1000), (33, 77)))
    linear = set()
    for n in (1, 2, 3, 7):
        threads(n)
        linear.add(tuple(a.tobytes() for _, _, a in calls(x, w, y, DENSE)))
    assert len(linear) == 1


@pytest.mark.parametrize("relu", [False, True])
def test_bias_and_relu_are_an_epilogue(isa: str, relu: bool) -> None:
    rng = np.random.default_rng(1)
    for algorithm, side, groups in (("direct", 9, 1), ("winograd", 9, 1), ("depthwise", 9, 6), ("dense", 3, 1)):
        padding = 0 if algorithm == "dense" else 1
        window = Window.plain("t", (side, side), (3, 3), (1, 1), (padding, padding), (1, 1), groups=groups)
        x = rng.integers(-4, 5, (2, 6, side, side)).astype(np.float32)
        w = rng.integers(-4, 5, (6, 6 // groups, 3, 3)).astype(np.float32) * 4
        bias = rng.integers(-4, 5, 12).astype(np.float32)[::2]
        with extension.algorithm(algorithm):
            for some in (None, bias):
                assert np.array_equal(
                    on_native.conv_y(x, w, window, some, relu), on_numpy.conv_y(x, w, window, some, relu)
                )
                y = x[:, :, : window.y_size[0], : window.y_size[1]]
                found = on_native.conv_x(y, w, window, some, relu)
                assert np.array_equal(found, on_numpy.conv_x(y, w, window, some, relu)), algorithm


def test_arrays_that_the_extension_cannot_read_directly() -> None:
    """Read-only arrays, broadcast arrays, and arrays that are not aligned to their dtype."""
    window = Window.plain("t", (5, 5), (2, 2), (1, 1), (0, 0), (1, 1))
    w = np.ones((1, 1, 2, 2), np.float32)
    w.flags.writeable = False
    x = np.broadcast_to(np.float32(2), (3, 1, 5, 5))
    assert np.array_equal(on_native.conv_y(x, w, window), np.full((3, 1, 4, 4), 8))
    bytes_ = np.zeros(4 * 25 + 1, np.uint8)
    odd = bytes_[1:].view(np.float32).reshape(1, 1, 5, 5)
    odd[...] = 3
    assert not odd.flags.aligned
    assert np.array_equal(on_native.conv_y(odd, w, window), np.full((1, 1, 4, 4), 12))


def test_an_empty_batch() -> None:
    window = Window.plain("t", (5, 5), (2, 2), (1, 1), (0, 0), (1, 1))
    x, w, y = (np.zeros(shape, np.float32) for shape in ((0, 3, 5, 5), (4, 3, 2, 2), (0, 4, 4, 4)))
    with rot180.engine("native"):
        for found, shape in (
            (kernels.conv_y(x, w, window), y.shape),
            (kernels.conv_x(y, w, window), x.shape),
            (kernels.conv_w(x, y, window), w.shape),
        ):
            assert found.shape == shape and not found.any()


def test_results_own_their_memory() -> None:
    """Memory that is released and reused must not change an array that is still referenced."""
    window = Window.plain("t", (40, 40), (3, 3), (1, 1), (1, 1), (1, 1))
    rng = np.random.default_rng(2)
    x, w = rng.standard_normal((4, 8, 40, 40)).astype(np.float32), rng.standard_normal((8, 8, 3, 3)).astype(np.float32)
    kept = on_native.conv_y(x, w, window)
    view, before = kept[1, 2], kept.copy()
    for _ in range(20):
        on_native.conv_y(x + 1, w, window)
    assert np.array_equal(kept, before)
    del kept
    for _ in range(20):
        on_native.conv_y(x + 1, w, window)
    assert np.array_equal(view, before[1, 2])
    assert view.base is not None and before.flags.owndata


def test_many_python_threads_at_once() -> None:
    window = Window.plain("t", (24, 24), (3, 3), (1, 1), (1, 1), (1, 1))
    rng = np.random.default_rng(3)
    xs = [rng.integers(-4, 5, (3, 8, 24, 24)).astype(np.float32) for _ in range(8)]
    w = rng.integers(-4, 5, (8, 8, 3, 3)).astype(np.float32)
    expected = [on_numpy.conv_y(x, w, window) for x in xs]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            found = list(pool.map(lambda x: on_native.conv_y(x, w, window), xs))
            assert all(map(np.array_equal, found, expected))


def test_other_threads_run_while_the_engine_computes() -> None:
    window = Window.plain("t", (128, 128), (5, 5), (1, 1), (2, 2), (1, 1))
    x, w = np.ones((8, 16, 128, 128), np.float32), np.ones((32, 16, 5, 5), np.float32)
    done, counted = threading.Event(), [0]

    def count() -> None:
        while not done.is_set():
            counted[0] += 1

    other = threading.Thread(target=count)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.5)  # so that Python takes the lock from a thread only if it gives it up
    try:
        other.start()
        before = counted[0]
        on_native.conv_y(x, w, window)
        after = counted[0]
    finally:
        sys.setswitchinterval(interval)
        done.set()
        other.join()
    assert after > before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is POSIX's")
def test_forked_children_and_the_parent_keep_computing() -> None:
    code = """
import os, sys, numpy as np
from rot180.kernels import extension, native
from rot180.window import Window
extension.compiled.set_num_threads(3)
window = Window.plain("t", (32, 32), (3, 3), (1, 1), (1, 1), (1, 1))
x, w = np.ones((8, 16, 32, 32), np.float32), np.ones((16, 16, 3, 3), np.float32)
before = native.conv_y(x, w, window)
children = []
for _ in range(3):
    pid = os.fork()
    if not pid:
        os._exit(0 if all(np.array_equal(native.conv_y(x, w, window), before) for _ in range(20)) else 1)
    children.append(pid)
assert np.array_equal(native.conv_y(x, w, window), before)
sys.exit(any(os.waitpid(pid, 0)[1] for pid in children))
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(("name", "reason"), [("sse9", "unknown instruction set"), ("AVX2", "unknown instruction set")])
def test_an_unknown_instruction_set_is_an_error(name: str, reason: str) -> None:
    code = "import rot180; rot180.set_engine('native')"
    environment = {**os.environ, "ROT180_ISA": name}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"EngineError: engine: ROT180_ISA={name}: {reason}" in done.stderr


def test_rot180_isa_selects_the_instruction_set() -> None:
    for name in ISAS:
        code = f"from rot180.kernels import extension; assert extension.compiled.isa() == {name!r}"
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "ROT180_ISA": name}, check=True, timeout=60)


def test_memory_is_kept_and_released() -> None:
    compiled = extension.compiled
    window = Window.plain("t", (64, 64), (3, 3), (1, 1), (1, 1), (1, 1))
    on_native.conv_y(np.ones((8, 16, 64, 64), np.float32), np.ones((16, 16, 3, 3), np.float32), window)
    assert compiled.kept() > 0
    compiled.trim()
    assert compiled.kept() == 0


@pytest.mark.parametrize(
    ("kernel", "shapes", "dtype", "expected"),
    [
        ((3, 3), (4, 128, 32, 128), np.float32, "winograd"),
        ((3, 3), (4, 64, 32, 64), np.float64, "direct"),
        ((3, 3), (4, 3, 32, 64), np.float32, "direct"),
        ((1, 1), (4, 64, 32, 64), np.float32, "direct"),
        ((32, 32), (4, 64, 32, 64), np.float32, "dense"),
    ],
)
def test_the_table_of_algorithms(kernel, shapes, dtype, expected: str) -> None:
    images, channels, side, out = shapes
    padding = (1, 1) if kernel == (3, 3) else (0, 0)
    window = Window.plain("t", (side, side), kernel, (1, 1), padding, (1, 1))
    for name in "yxw":
        assert extension.chosen_algorithm(name, window, images, channels, out, dtype) == expected
    assert extension.chosen_algorithm(
        "y", Window.plain("t", (8, 8), (3, 3), (1, 1), (1, 1), (1, 1), groups=6), 1, 6, 6, dtype
    ) == ("depthwise")


@pytest.mark.parametrize(
    ("size", "stride", "channels", "expected"),
    [
        (3, 1, 31, "direct direct direct"),
        (3, 1, 32, "winograd winograd winograd"),
        (4, 2, 63, "direct direct direct"),
        (4, 2, 64, "winograd winograd winograd"),
        (3, 2, 127, "direct direct direct"),
        (3, 2, 128, "winograd winograd direct"),
        (4, 1, 128, "direct direct direct"),
    ],
)
def test_winograd_needs_channels(size: int, stride: int, channels: int, expected: str) -> None:
    window = Window.plain("t", (64, 64), (size, size), (stride, stride), (1, 1), (1, 1))
    found = [extension.chosen_algorithm(name, window, 4, channels, channels, np.float32) for name in "yxw"]
    assert " ".join(found) == expected


def test_winograd_of_3x3_at_stride_2_needs_more_tiles_forwards() -> None:
    """With few tiles, most of the memory traffic is for the transformed kernels."""
    window = Window.plain("t", (16, 16), (3, 3), (2, 2), (1, 1), (1, 1))  # 16 tiles of 2x2
    for images, expected in (
        (7, "direct direct"),
        (8, "direct winograd"),
        (15, "direct winograd"),
        (16, "winograd winograd"),
    ):
        found = [extension.chosen_algorithm(name, window, images, 256, 256, np.float32) for name in "yx"]
        assert " ".join(found) == expected


def test_winograd_at_stride_2_needs_paddings_of_one_parity() -> None:
    window = Window.plain("t", (64, 64), (4, 4), (2, 2), (1, 2), (1, 1))
    assert extension.chosen_algorithm("x", window, 4, 64, 64, np.float32) == "direct"


def test_an_unknown_algorithm_is_named() -> None:
    with pytest.raises(
        ValueError, match="there is no algorithm 'fft'; choose one of automatic, direct, dense, winograd"
    ):
        with extension.algorithm("fft"):
            pass
