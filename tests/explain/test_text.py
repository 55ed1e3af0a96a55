"""One cell as text: its terms and the steps of its view, in English and in Chinese."""

import re

import numpy as np
import pytest

from rot180.explain import ExplainError, trace
from rot180.explain.cells import Cell, terms
from rot180.explain.text import cell_text
from tests.explain.settings import CONVOLUTIONS, layers, some_or_all

SMALL = {"input": 2, "kernel_size": 3, "stride": 2}


def test_the_complete_text_of_a_cell_of_dx():
    w, dy = np.arange(1.0, 10).reshape(3, 3), np.arange(25.0).reshape(5, 5)
    text = cell_text(trace("conv_transpose2d", **SMALL, w=w, dy=dy), "dx[0,0,1,1]")
    assert text.startswith("conv_transpose2d (stride=2):  x 1x1x2x2,  w 1x1x3x3,  y 1x1x5x5\n")
    formula = "output = (input - 1)*stride - 2*padding + dilation*(kernel - 1) + output_padding + 1"
    assert f"{formula}  =  (2 - 1)*2 - 2*0 + 1*(3 - 1) + 0 + 1 = 5" in text
    assert "dx[0,0,1,1] = 906, the sum of these terms (9):\n  1  dy[0,0,2,2] * w[0,0,0,0]  12 * 1  =  12\n" in text
    assert "12 + 26 + 42 + 68 + 90 + 114 + 154 + 184 + 216 = 906" in text
    assert "1. dy\n     0   1   2   3   4\n     5   6   7   8   9\n    10  11[ 12  13  14]\n" in text
    assert "    366    -  456" in text and "      -    -    -" in text and "- not kept" in text
    assert "4. dx, only the cells that are kept" in text and "[ 906]" in text


def test_the_rotation_and_the_zeros_are_shown():
    text = cell_text(trace("conv2d", input=5, kernel_size=3, stride=2, padding=1, values="impulse"), "dx[0,0,1,1]")
    assert "5. w, rotated by 180 degrees\n   [9  8  7]\n   [6  5  4]\n   [3  2  1]\n" in text
    assert "3. dy, padded with zeros\n    o  o  o  o  o  o  o\n    o[ 0  .  0] .  0  o\n" in text
    assert ". zero inserted between cells (stride)\no zero of the padding\n" in text


def test_the_text_in_chinese():
    text = cell_text(trace("conv_transpose2d", **SMALL, output_padding=1), "y[0,0,2,1]", "zh")
    assert "y[0,0,2,1] = -4，为以下各项之和（共 2 项）：" in text and "旋转 180 度" in text and "+ 输出填充的零" in text
    with pytest.raises(KeyError):
        cell_text(trace("conv1d"), "y[0,0,0]", "fr")


@some_or_all
@pytest.mark.parametrize("op", CONVOLUTIONS)
def test_the_terms_and_the_steps_sum_to_the_cell(op, count):
    for number, settings in enumerate(layers(op, count)):
        t = trace(op, **settings)
        for array in ("y", "dx", "dw"):
            values = t.arrays[array]
            index = np.unravel_index((number * 7919) % values.size, values.shape)
            cell = Cell(array, tuple(map(int, index)))
            found = sum(term.value for term in terms(t, cell))
            if array == "y" and "b" in t.arrays:
                found += t.arrays["b"][index[1]]
            assert found == values[index], (settings, cell)
            text = cell_text(t, cell)
            _, last_matrix = re.split(r"\n\d+\. ", text)[-1].split("\n", 1)
            assert float(re.findall(r"\[ *(-?\d+)\]", last_matrix)[0]) == values[index], (settings, cell)


def test_pools_and_biases():
    x = [[1, 5, 5], [2, 0, 3], [4, 4, 4]]
    t = trace("max_pool2d", x=x, kernel_size=2, stride=1, dy=[[1, 2], [3, 4]])
    text = cell_text(t, "y[0,0,0,1]")
    assert "y[0,0,0,1] = 5, the largest of 4 candidates" in text and text.count("the first maximum") == 1
    assert "1  x[0,0,0,1]  = 5  <- the first maximum" in text
    assert "dx[0,0,0,1] = 3, the sum of these terms (2):\n  1  dy[0,0,0,0]  = 1\n  2  dy[0,0,0,1]  = 2\n" in cell_text(
        t, "dx[0,0,0,1]"
    )
    assert "dx[0,0,0,2] = 0: it is not the first maximum of any window" in cell_text(t, "dx[0,0,0,2]")
    for cell in np.ndindex(3, 3):
        assert sum(term.value for term in terms(t, Cell("dx", (0, 0, *cell)))) == t.arrays["dx"][(0, 0, *cell)]
    text = cell_text(trace("avg_pool1d", x=[1, 3, 6], kernel_size=2, stride=1), "y[0,0,1]")
    assert "y[0,0,1] = 4.5, the sum of these terms (2):\n  1  x[0,0,1] / 2  3 / 2  = 1.5\n" in text
    text = cell_text(trace("conv1d", input=9, images=2, bias=True), "db[0]")
    assert text.count("dy[") == 14 and "db[0] = " in text
    assert "no product contributes to it" in cell_text(trace("conv_transpose1d", stride=3, kernel_size=1), "y[0,0,1]")
    assert "cells at the end of axis j that no window covers: 1" in cell_text(trace("max_pool1d"), "y[0,0,0]")


@pytest.mark.parametrize("op", CONVOLUTIONS)
def test_the_last_step_adds_the_bias(op):
    """The last matrix is the complete plane of y, and the step before it is y without the bias."""
    settings = {"input": 5, "kernel_size": 2, "stride": 2, "channels": 2, "outputs": 3}
    t = trace(op, **settings, b=[5, 6, 7])
    cell = Cell("y", (0, 1, *[0] * (t.arrays["y"].ndim - 2)))
    text = cell_text(t, cell)
    *_, summed, biased = re.split(r"\n\d+\. ", text)
    assert summed.startswith("y, summed over the input channels (2)\n")
    assert biased.startswith("y, plus the bias b[1] = 6\n")
    for step, bias in ((summed, 6), (biased, 0)):
        rows = step.split("\n\n")[0].splitlines()[1:]
        numbers = [[int(number) for number in re.findall(r"-?\d+", row)] for row in rows]
        assert np.array_equal(numbers, np.atleast_2d(t.arrays["y"][0, 1] - bias))
    assert re.search(r"^ +\d+  b\[1\] += +6$", text, re.MULTILINE)
    assert "y，加上偏置 b[1] = 6" in cell_text(t, cell, "zh")


def test_a_part_of_a_large_layer_keeps_its_numbers():
    settings = {"input": 20, "channels": 8, "outputs": 6, "groups": 2, "images": 2, "bias": True}
    for name in ("y[1,4,2,3]", "dx[1,6,2,3]", "dw[4,2,1,1]", "db[4]"):
        cell = Cell.parse(name)
        t = trace("conv2d", **settings, selection=cell.selection(trace("conv2d", **settings).request))
        text = cell_text(t, cell)
        assert t.rest is not None and "Only part of the layer is shown" in text
        assert f"\n{name} = " in text and "channels and samples that are not shown" in text
    assert str(cell) == "db[4]"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("z[0]", r"a cell is y, dx, dw, db with an index, for example dx\[0,0,1,1\]; got 'z\[0\]'"),
        ("dx", "a cell is"),
        ("dx[0,-1]", "a cell is"),
        ("dx[0,0,1]", r"dx\[0,0,1\]: dx has 4 axes, n, c, i, j"),
        ("dx[0,0,5,1]", r"index 5 is out of range on axis i \(0 to 4\)"),
        ("y[0,1,0,0]", r"index 1 is out of range on axis o \(only 0\)"),
        ("db[0]", "this conv2d has no db"),
    ],
)
def test_cells_that_do_not_exist_raise_an_error(cell, message):
    with pytest.raises(ExplainError, match=message):
        cell_text(trace("conv2d"), cell)
