"""Constructors that take a dict or an object of settings get sizes under the names that they read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180 import check
from rot180.check.adapter.classes.size_config import SizeConfig
from tests.mistakes.right_loops import conv, conv_backward


def config(read: set[str] | None = None) -> SizeConfig:
    words = {"in": "in_channels cin", "stride": "stride strides", "w": "weights"}
    return SizeConfig({"stride": 2}, {"in": 3, "stride": 2}, words, set() if read is None else read)


def test_names_of_sizes_are_understood() -> None:
    made = config()
    assert (made["in_channels"], made["Cin"], made.cin, made.get("strides", 1), made["stride"]) == (3, 3, 3, 2, 2)
    assert made.get("dilation", 1) == 1
    assert "in_channels" in made
    assert "out_channels" not in made


def test_unknown_names_raise_the_errors_of_a_dict_and_of_an_object() -> None:
    with pytest.raises(KeyError, match="weights"):
        config()["weights"]
    with pytest.raises(AttributeError, match="bias"):
        _ = config().bias


def test_the_roles_that_are_read_are_noted() -> None:
    read: set[str] = set()
    config(read).get("strides")
    assert read == {"stride"}


def layer_with_config(reads: str, of_object: bool = False) -> type:
    """A convolution whose constructor takes a dict, or an object, and reads its sizes and `reads` from it."""
    form = "c.{}" if of_object else "c[{!r}]"

    class Conv:
        def __init__(self, config: Any) -> None:
            sizes = [eval(form.format(name), {"c": config}) for name in ("out_channels", "in_channels", "kernel_size")]
            self.W, self.b = np.zeros((*sizes, sizes[-1])), np.zeros(sizes[0])
            self.settings = {reads: config[reads]} if reads else {}

        def forward(self, x: Any) -> Any:
            self.x = x
            return conv(x, self.W, self.b, **{"stride": 1, "padding": 0, **self.settings})

        def backward(self, dy: Any) -> Any:
            settings = {"stride": 1, "padding": 0, **self.settings}
            dx, self.dW, self.db = conv_backward(dy, self.x, self.W, self.b, **settings)
            return dx

    return Conv


@pytest.mark.parametrize("reads", ["", "stride", "padding"])
def test_only_settings_that_the_code_reads_are_varied(reads: str) -> None:
    report = check.layer(layer_with_config(reads), op="conv2d")
    assert report.ok, report.render()
    varied = {name for name in ("stride", "padding") if any(name in case for case in report.tried)}
    assert varied == ({reads} if reads else set())


def test_an_object_of_settings() -> None:
    report = check.layer(layer_with_config("", of_object=True), op="conv2d")
    assert report.ok, report.render()
