"""Mistakes that show only at certain sizes are found without being asked for, and right code that refuses sizes is not.

A mistake counts as found if the report is not ok. All but the two in ORDINARY are right at ordinary sizes."""

from __future__ import annotations

import numpy as np
import pytest

from rot180.check import LayerReport, layer
from rot180.check.judging import edge_cases

from . import sizes_of_batches, sizes_of_gradients, sizes_of_kernels, sizes_of_operations
from .entry import Entry
from .right_loops import conv, conv_backward

_FILES = (sizes_of_kernels, sizes_of_batches, sizes_of_operations, sizes_of_gradients)
ENTRIES = [entry for file in _FILES for entry in file.ENTRIES]
ORDINARY = ("padding as large as the kernel", "as many images as filters")  # they also show at ordinary sizes
CONDITIONS = {
    "kernel 1x1 with a stride, forward": "the kernel has one cell",
    "kernel of 5, dw": "the kernel has at least 5 cells per axis",
    "stride larger than the kernel": "the stride is larger than the kernel",
    "stride 4 with a remainder of 3": "stride is larger than 3",
    "another stride on each axis": "stride differs between the axes",
    "dilation 3": "dilation is larger than 2",
    "a single output": "there is one output position",
    "output padding 2": "output_padding is larger than 1",
    "four images": "there are at least 4 samples",
    "more than four filters": "there are at least 5 output channels",
    "square image without padding": "the images are square",
    "float32, scaled": "the arrays are float32",
    "float32, integer buffer": "the arrays are float32",
    "large numbers": "the numbers are large",
    "batch norm, one channel": "there is one channel",
    "relu, large numbers": "the numbers are large",
    "as many samples as classes": "there are as many samples as channels",
}


def run(entry: Entry) -> LayerReport:
    return layer(entry.forward, entry.backward, op=entry.op, **entry.check)


def passed(report: LayerReport) -> dict[str, bool]:
    return {stage.name: stage.passed for stage in report.stages}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_mistake_at_certain_sizes_is_found(entry: Entry) -> None:
    report = run(entry)
    assert not report.ok
    stages = passed(report)
    if entry.name in ORDINARY:
        assert not all(stages.values())
        return
    assert not stages.pop(edge_cases.NAME), report.render()
    assert all(stages.values()), report.render()
    texts = [finding.explanation for finding in (*report.diagnoses, *report.unexplained)]
    condition = CONDITIONS.get(entry.name)
    assert condition is None or any("exactly where" in t and condition in t for t in texts), texts


def test_size_of_the_gallery() -> None:
    names = [entry.name for entry in ENTRIES]
    assert len(set(names)) == len(names) >= 21
    assert {*ORDINARY, *CONDITIONS} <= set(names)


# ---- right code that does not take every size ----


def refusing(wrong: str):
    """A right convolution that raises an error for some arrays."""

    def check(x, w, padding):
        refused = {
            "one image": len(x) == 1,
            "1x1": w.shape[2:] == (1, 1),
            "float32": x.dtype == np.float32,
            "wide padding": padding >= min(w.shape[2:]),
            "square": x.shape[2] == x.shape[3],
        }
        if refused[wrong]:
            raise NotImplementedError(f"no {wrong}")

    def forward(x, w, b, stride=1, padding=0):
        check(x, w, padding)
        return conv(x, w, b, stride, padding)

    def backward(dy, x, w, b, stride=1, padding=0):
        check(x, w, padding)
        return conv_backward(dy, x, w, b, stride, padding)

    return forward, backward


@pytest.mark.parametrize("wrong", ["one image", "1x1", "float32", "wide padding", "square"])
def test_right_code_may_refuse_sizes(wrong: str) -> None:
    report = layer(*refusing(wrong))
    assert report.ok, report.render()
    assert all(passed(report).values())
    assert report.refused
    assert all(f"NotImplementedError: no {wrong}" in text for text in report.refused)


def test_code_for_one_number_per_setting_lists_no_refused_tuples() -> None:
    report = layer(conv, conv_backward)
    assert report.ok
    assert not report.refused
    assert not any("stride (" in text for text in report.tried)


def test_edge_cases_are_counted_apart_and_listed_as_tried() -> None:
    report = layer(conv, conv_backward)
    (text,) = [stage.text for stage in report.stages if stage.name == edge_cases.NAME]
    assert text == "right on 44 more problems with unusual sizes and numbers"
    assert len(report.tried) == 54
    assert any(text.endswith("float32") for text in report.tried)


def test_a_wrong_layer_is_diagnosed_without_edge_cases() -> None:
    def backward(dy, x, w, b, stride=1, padding=0):
        dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
        return dx, dw[..., ::-1, ::-1], db

    report = layer(conv, backward)
    assert [d.slug for d in report.diagnoses] == ["dw-rotated"]
    assert edge_cases.NAME not in passed(report)
