"""The precision of float32 convolutions: the setting, and the errors of "high"."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180.kernels import config, extension, precision
from rot180.window import Window
from tests.kernels.engines import on_native, on_numpy
from tests.kernels.processes import run

compiled = pytest.mark.skipif(extension.unavailable() is not None, reason=f"no extension: {extension.unavailable()}")

WINDOW = Window.plain("t", (32, 32), (3, 3), (1, 1), (1, 1), (1, 1))
WIDE = (4, 64, 64)  # images and channels, enough for both kinds of tiles
SMALL = "import numpy, rot180.functional as F\nk = lambda: F.linear(numpy.ones((1, 1)), numpy.ones((1, 1)))\n"


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Restore the precision after the test."""
    monkeypatch.delenv("ROT180_CONV_PRECISION", raising=False)
    for name, value in (("_precision", None), ("_forced", None), ("algorithm", "automatic")):
        monkeypatch.setattr(precision, name, value)
    yield


def deviation(found: np.ndarray, exact: np.ndarray) -> float:
    """The largest error, in standard deviations of the result."""
    return float(np.abs(found - exact).max() / exact.std())


# ---- the setting ----


@compiled
def test_only_the_setting_high_permits_large_tiles() -> None:
    assert rot180.get_float32_conv_precision() == "highest"
    assert (
        extension.chosen_algorithm("y", WINDOW, *WIDE, np.float32)
        == extension.chosen_algorithm("x", WINDOW, *WIDE, np.float32)
        == "winograd"
    )
    rot180.set_float32_conv_precision("high")
    assert rot180.get_float32_conv_precision() == "high"
    assert [extension.chosen_algorithm(k, WINDOW, *WIDE, np.float32) for k in "yxw"] == [
        "winograd4",
        "winograd4",
        "winograd",
    ]
    assert extension.chosen_algorithm("y", WINDOW, *WIDE, np.float64) == "direct"
    assert extension.chosen_algorithm("y", WINDOW, 4, 16, 64, np.float32) == "direct"  # too few channels
    rot180.set_float32_conv_precision("highest")
    assert extension.chosen_algorithm("y", WINDOW, *WIDE, np.float32) == "winograd"


@pytest.mark.parametrize("value", ["medium", "High", "", None, 1, ["high"]])
def test_an_unknown_precision_is_an_error_and_changes_nothing(value: object) -> None:
    rot180.set_float32_conv_precision("high")
    with pytest.raises(
        ValueError, match="set_float32_conv_precision: the precision must be 'highest' or 'high'; got"
    ) as e:
        rot180.set_float32_conv_precision(value)  # type: ignore[arg-type]
    assert str(e.value).endswith(repr(value))
    assert rot180.get_float32_conv_precision() == "high"


@compiled
def test_a_cached_window_follows_a_change_of_the_precision() -> None:
    rng = np.random.default_rng(0)
    x, w = (rng.standard_normal(shape).astype(np.float32) for shape in ((4, 32, 24, 24), (32, 32, 3, 3)))

    def bits() -> bytes:
        with rot180.engine("native"):
            return F.conv2d(x, w, padding=1).tobytes()

    exact = bits()
    rot180.set_float32_conv_precision("high")
    high = bits()
    rot180.set_float32_conv_precision("highest")
    assert high != exact == bits()


@compiled
def test_the_precision_applies_to_every_thread() -> None:
    rot180.set_float32_conv_precision("high")
    found: list[str] = []
    other = threading.Thread(target=lambda: found.append(extension.chosen_algorithm("y", WINDOW, *WIDE, np.float32)))
    other.start()
    other.join()
    assert found == ["winograd4"]


@compiled
def test_a_forced_algorithm_takes_precedence_over_the_precision() -> None:
    with extension.algorithm("direct"):
        rot180.set_float32_conv_precision("high")
        assert extension.chosen_algorithm("y", WINDOW, *WIDE, np.float32) == "direct"
    assert extension.chosen_algorithm("y", WINDOW, *WIDE, np.float32) == "winograd4"


def test_the_numpy_engine_ignores_the_precision() -> None:
    rng = np.random.default_rng(1)
    x, w = (rng.standard_normal(shape).astype(np.float32) for shape in ((2, 32, 24, 24), (32, 32, 3, 3)))
    with rot180.engine("numpy"):
        before = F.conv2d(x, w, padding=1).tobytes()
        rot180.set_float32_conv_precision("high")
        assert F.conv2d(x, w, padding=1).tobytes() == before
        assert (
            config.config()["precision"]
            == "high for float32 convolutions; the numpy engine computes the same under each setting"
        )


@compiled
def test_show_config_has_the_precision() -> None:
    with rot180.engine("native"):
        assert config.config()["precision"] == "highest for float32 convolutions, without winograd4"
        rot180.set_float32_conv_precision("high")
        assert config.config()["precision"] == "high for float32 convolutions, with winograd4"


# ---- the environment ----


@compiled
def test_the_environment_sets_it_before_the_first_kernel_runs() -> None:
    code = SMALL + (
        "import numpy as np\nfrom rot180.kernels import extension\nfrom rot180.window import Window\nk()\n"
        "window = Window.plain('t', (32, 32), (3, 3), (1, 1), (1, 1), (1, 1))\n"
        "print(extension.chosen_algorithm('y', window, 4, 64, 64, np.float32))"
    )
    for value, algorithm in (("high", "winograd4"), ("highest", "winograd"), ("", "winograd")):
        done = run(code, ROT180_CONV_PRECISION=value)
        assert done.stdout == f"{algorithm}\n", done.stderr


def test_a_call_takes_precedence_over_the_environment() -> None:
    code = f"{SMALL}import rot180; rot180.set_float32_conv_precision('highest'); k()\n"
    done = run(f"{code}print(rot180.get_float32_conv_precision())", ROT180_CONV_PRECISION="high")
    assert done.stdout == "highest\n", done.stderr


def test_an_unknown_precision_in_the_environment_is_an_error_at_every_call() -> None:
    done = run(f"{SMALL}try: k()\nexcept ValueError: k()\n", ROT180_CONV_PRECISION="low")
    assert done.returncode == 1
    assert "ROT180_CONV_PRECISION: the precision must be 'highest' or 'high'; got 'low'" in done.stderr


# ---- errors; the bounds are twice the figures in docs/decisions/0013 ----


@compiled
@pytest.mark.parametrize("side", range(3, 41))
def test_tails_around_the_width_of_a_vector_are_close_to_float64(isa: str, side: int) -> None:
    rng = np.random.default_rng(side)
    padding = side % 3
    window = Window.plain("t", (5, side), (3, 3), (1, 1), (1, padding), (1, 1))
    x, w, y = (rng.standard_normal(s) for s in ((3, 19, 5, side), (17, 19, 3, 3), (3, 17, *window.y_size)))
    small = [a.astype(np.float32) for a in (x, w, y)]
    x, w, y = (a.astype(np.float64) for a in small)
    with extension.algorithm("winograd4"):
        assert extension.chosen_algorithm("y", window, 3, 19, 17, np.float32) == "winograd4"
        assert deviation(on_native.conv_y(small[0], small[1], window), on_numpy.conv_y(x, w, window)) < 4e-5
        assert deviation(on_native.conv_x(small[2], small[1], window), on_numpy.conv_x(y, w, window)) < 4e-5


@compiled
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("side", [8, 13])
def test_bias_and_relu_are_applied_after_the_tiles(isa: str, side: int, relu: bool) -> None:
    rng = np.random.default_rng(side)
    window = Window.plain("t", (side, side), (3, 3), (1, 1), (1, 1), (1, 1))
    x, w, bias = (rng.standard_normal(s).astype(np.float32) for s in ((2, 19, side, side), (19, 19, 3, 3), (19,)))
    bias *= 20
    wide = [a.astype(np.float64) for a in (x, w, bias)]
    with extension.algorithm("winograd4"):
        y = on_native.conv_y(x, w, window, bias, relu)
        back = on_native.conv_x(x, w, window, bias, relu)
    exact = on_numpy.conv_y(*wide[:2], window, wide[2], relu)
    assert deviation(y, exact) < 4e-5 and deviation(back, on_numpy.conv_x(*wide[:2], window, wide[2], relu)) < 4e-5
    assert not relu or ((y == 0) == (exact == 0)).all()


@compiled
def test_a_layer_of_many_channels_and_its_gradients(isa: str) -> None:
    rng = np.random.default_rng(2)
    x, w, y = (
        rng.standard_normal(s).astype(np.float32) for s in ((8, 256, 14, 14), (256, 256, 3, 3), (8, 256, 14, 14))
    )
    window = Window.plain("t", (14, 14), (3, 3), (1, 1), (1, 1), (1, 1))
    wide = [a.astype(np.float64) for a in (x, w, y)]
    rot180.set_float32_conv_precision("high")
    exact = [kernel(a, b, window) for kernel, a, b in (
        (on_native.conv_y, wide[0], wide[1]), (on_native.conv_x, wide[2], wide[1]), (on_native.conv_w, wide[0], wide[2])
    )]  # fmt: skip
    errors = [
        deviation(on_native.conv_y(x, w, window), exact[0]),
        deviation(on_native.conv_x(y, w, window), exact[1]),
        deviation(on_native.conv_w(x, y, window), exact[2]),
    ]
    assert 1e-5 < errors[0] < 1.5e-4 and 1e-5 < errors[1] < 1.5e-4, "the large tiles, and no worse than documented"
    assert errors[2] < 1e-5, "a gradient of w does not use them"


@compiled
def test_results_do_not_depend_on_the_number_of_threads(isa: str, threads) -> None:
    rng = np.random.default_rng(3)
    x, w = (rng.standard_normal(s).astype(np.float32) for s in ((5, 24, 19, 19), (40, 24, 3, 3)))
    window = Window.plain("t", (19, 19), (3, 3), (1, 1), (1, 1), (1, 1))
    found = set()
    for n in (1, 2, 3, 7):
        threads(n)
        with extension.algorithm("winograd4"):
            y = on_native.conv_y(x, w, window)
            found.add((y.tobytes(), on_native.conv_x(y, w, window).tobytes()))
    assert len(found) == 1
