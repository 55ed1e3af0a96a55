"""`show_config`: what runs here, and why."""

import numpy as np

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
    assert lines["native"] == (native.unavailable() or "available")
    assert "on numpy" not in lines
    assert all("\n" not in line for line in lines.values())


def test_detours_are_listed(extension):  # noqa: F811
    with rot180.engine("native"):
        assert config.config()["on numpy"].startswith("conv_x, conv_w, bias_sums, max_y")


def test_a_package_that_is_not_installed_is_named_not_raised():
    assert config.package_version("no-such-package").startswith("not installed as a package")
