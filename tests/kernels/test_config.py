"""`show_config`: what runs here, and why."""

import numpy as np
import pytest

import rot180
from rot180.kernels import config, native
from tests.kernels.test_engines import extension  # noqa: F401  (a fixture)


def test_it_prints_what_it_returns(capsys):
    text = rot180.show_config()
    assert capsys.readouterr().out == text + "\n"
    for name in ("rot180", "engine", "native", "threads", "blas", "numpy", "python", "place"):
        assert any(line.startswith(f"{name}:") for line in text.splitlines()), name
    assert np.__version__ in text


def test_the_reason_for_the_engine_is_one_line():
    with rot180.engine("numpy"):
        lines = config.config()
    assert lines["engine"] == "numpy: chosen by rot180.engine(...)"
    assert lines["native"] == native.unavailable() or lines["native"].startswith("available, on ")
    assert "on numpy" not in lines
    assert all("\n" not in line for line in lines.values())


def test_detours_are_listed(extension):  # noqa: F811
    with rot180.engine("native"):
        assert config.config()["on numpy"].startswith("conv_x, conv_w, ")


@pytest.mark.skipif(native.unavailable() is not None, reason=f"no extension: {native.unavailable()}")
def test_of_the_compiled_engine_instruction_sets_memory_and_algorithms_are_told():
    module, lines = native.extension(), config.config()
    assert all(isa in lines["native"] for isa in module.isas())
    assert lines["native"].startswith(f"available, on {module.isa()}")
    assert lines["memory"] == f"{module.kept() / 2**20:.1f} MiB kept for the next calls"
    rows = [name.strip() for name in lines if name.startswith("  ")]
    assert rows == ["dense", "depthwise", "winograd4", "winograd", "direct"]
    assert {*rows, "automatic"} == {*native.ALGORITHMS}
    assert "float32, without groups: 3x3 at stride 1" in lines["  winograd"]


def test_a_package_that_is_not_installed_is_named_not_raised():
    assert config.package_version("no-such-package").startswith("not installed as a package")
