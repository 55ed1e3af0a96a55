"""The lines of `show_config`."""

from collections import Counter

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180.kernels import config, dispatch, extension


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
    assert lines["native"] == extension.unavailable() or lines["native"].startswith("available, on ")
    assert all("\n" not in line for line in lines.values())


@pytest.mark.skipif(extension.unavailable() is not None, reason=f"no extension: {extension.unavailable()}")
def test_fallbacks_are_listed_with_their_number_and_reason(monkeypatch):
    monkeypatch.setattr(dispatch, "_fallbacks", Counter())
    with rot180.engine("native"):
        assert config.config()["fallbacks"] == "max_at, average_y, average_x always run on numpy"
        F.relu(np.ones(3, np.float32)), F.relu(np.ones(4, np.float32))
        F.avg_pool1d(np.ones((1, 1, 4), np.float32), 2)
        lines = config.config()
    assert lines["  relu_y"] == "2 calls on numpy: NumPy is faster for fewer than 1024 elements"
    assert lines["  average_y"] == "1 call on numpy: it is not implemented"
    with rot180.engine("numpy"):
        assert "fallbacks" not in config.config()


@pytest.mark.skipif(extension.unavailable() is not None, reason=f"no extension: {extension.unavailable()}")
def test_the_compiled_engine_lists_instruction_sets_memory_and_algorithms(monkeypatch):
    monkeypatch.setattr(dispatch, "_fallbacks", Counter())  # those of earlier tests would be rows as well
    module, lines = extension.compiled, config.config()
    assert all(isa in lines["native"] for isa in module.isas())
    assert lines["native"].startswith(f"available, on {module.isa()}")
    assert lines["memory"] == f"{module.kept() / 2**20:.1f} MiB kept for the next calls"
    rows = [name.strip() for name in lines if name.startswith("  ")]
    assert rows == ["dense", "depthwise", "winograd4", "winograd", "direct"]
    assert {*rows, "automatic"} == {*extension.ALGORITHMS}
    assert "float32, without groups: 3x3 at stride 1" in lines["  winograd"]


def test_a_package_that_is_not_installed_has_a_note_instead_of_a_version():
    assert config.package_version("no-such-package").startswith("not installed as a package")
