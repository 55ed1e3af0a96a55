"""The page computes the layers of Python: every size, triple, number and step; it refuses the same settings."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rot180.errors import Rot180Error
from rot180.explain import trace
from tests.explain.page_layers import needs_node, page_traces

OPERATIONS = [f"{kind}{axes}d" for kind in ("conv", "conv_transpose", "max_pool", "avg_pool") for axes in (1, 2)]
FEW, MANY = (160, 100), (3000, 2000)  # settings drawn, and how many of them must be valid


def _per_axis(rng: random.Random, axes: int, low: int, high: int) -> list[int]:
    return [rng.randint(low, high) for _ in range(axes)]


def _padding(rng: random.Random, axes: int, pools: bool) -> Any:
    kind = rng.randrange(2 if pools else 5)
    if kind == 0:
        return rng.randint(0, 1 if pools else 3)
    if kind == 1:
        return _per_axis(rng, axes, 0, 1 if pools else 3)
    return "same" if kind == 2 else "valid" if kind == 3 else [_per_axis(rng, 2, 0, 3) for _ in range(axes)]


def draw(rng: random.Random) -> dict[str, Any]:
    """A random request, mostly valid."""
    op = rng.choice(OPERATIONS)
    axes, pools, groups = int(op[-2]), "pool" in op, rng.choice((1, 1, 2))
    request: dict[str, Any] = {
        "op": op,
        "input": _per_axis(rng, axes, 1, 8),
        "kernel": _per_axis(rng, axes, 1, 4),
        "stride": _per_axis(rng, axes, 1, 3),
        "padding": _padding(rng, axes, pools),
        "channels": groups * rng.randint(1, 3),
        "images": rng.randint(1, 2),
        "values": rng.choice(("integers", "random", "impulse")),
        "seed": rng.choice((0, rng.randrange(1 << 53))),
    }
    if not pools:
        request |= {"groups": groups, "outputs": groups * rng.randint(1, 3), "bias": rng.random() < 0.5}
    if not op.startswith("avg"):
        request["dilation"] = _per_axis(rng, axes, 1, 3)
    if "transpose" in op and request["padding"] != "same" and rng.random() < 0.5:
        request["output_padding"] = _per_axis(rng, axes, 0, 2)
    if pools:
        request["ceil_mode"] = rng.random() < 0.5
    if op.startswith("avg"):
        request["count_include_pad"] = rng.random() < 0.5
    if rng.random() < 0.1:
        request["selection"] = {"n": [0], "c": [rng.randrange(request["channels"])]}
    if rng.random() < 0.05:
        request |= {"channels": 4 * groups, "input": [24] * axes, "padding": 1}
        request |= {} if pools else {"outputs": 4 * groups}
    return request


def traced(request: dict[str, Any], **arrays: Any) -> dict[str, Any] | None:
    """Python's trace of a request as plain data, or None if Python refuses it."""
    keywords = {"kernel_size" if key == "kernel" else key: value for key, value in request.items() if key != "op"}
    try:
        return trace(request["op"], **keywords, **arrays).as_dict()
    except Rot180Error:
        return None


def assert_equal(found: Any, expected: Any, where: str) -> None:
    """Compare plain data; numbers that are not integers may differ by rounding."""
    if isinstance(expected, dict):
        assert isinstance(found, dict) and set(found) == set(expected), where
        for key, one in expected.items():
            assert_equal(found[key], one, f"{where}.{key}")
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), where
        if len(expected) and all(type(one) is int for one in expected):
            assert found == list(expected), where
            return
        for at, (one, other) in enumerate(zip(found, expected, strict=True)):
            assert_equal(one, other, f"{where}[{at}]")
    elif expected == -math.inf:  # a max pool's window of padding alone; JSON has no infinity
        assert found is None, where
    elif isinstance(expected, float) or isinstance(found, float):
        assert math.isclose(found, expected, rel_tol=1e-12, abs_tol=1e-12), (where, found, expected)
    else:
        assert found == expected, (where, found, expected)


@needs_node
@pytest.mark.parametrize(("count", "least"), [FEW, pytest.param(*MANY, marks=pytest.mark.slow)])
def test_the_page_computes_the_layers_of_python(count: int, least: int, tmp_path: Path) -> None:
    rng = random.Random(14)
    requests = [draw(rng) for _ in range(count)]
    answers = page_traces([{"request": request} for request in requests], tmp_path)
    valid = 0
    for request, answer in zip(requests, answers, strict=True):
        expected = traced(request)
        if expected is None:
            assert answer.get("problem"), request
        else:
            assert "problem" not in answer, (request, answer)
            assert_equal(answer, expected, str(request))
            valid += 1
    assert valid >= least


@needs_node
def test_the_page_reads_a_trace_of_python(tmp_path: Path) -> None:
    """Also one with the user's own numbers, of which only a part is shown."""
    rng, numbers = random.Random(3), np.random.default_rng(0)
    shown = [
        trace("conv2d", x=numbers.normal(size=(2, 4, 6, 5)), kernel_size=3, groups=2, outputs=4, selection={"c": [3]})
    ]
    while len(shown) < 40:
        request = draw(rng)
        if traced(request) is not None:
            request["kernel_size"] = request.pop("kernel")
            shown.append(trace(request.pop("op"), **request))
    expected = [one.as_dict() for one in shown]
    for found, one in zip(page_traces([{"data": one} for one in expected], tmp_path), expected, strict=True):
        assert_equal(found, one, str(one["request"]))


@needs_node
def test_the_page_takes_the_numbers_of_the_reader(tmp_path: Path) -> None:
    request = {"op": "conv2d", "input": [3, 4], "kernel": [2, 2], "padding": 1}
    x = [float(one) for one in range(12)]
    (found,) = page_traces([{"request": request, "arrays": {"x": x, "b": [2.0]}}], tmp_path)
    assert_equal(found, traced(request, x=np.array(x).reshape(1, 1, 3, 4), b=[2.0]), "x")
    (found,) = page_traces([{"request": request, "arrays": {"x": x[1:]}}], tmp_path)
    assert found == {"problem": "numbers", "values": {"array": "x", "count": 12}}


@needs_node
@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"kernel": [7, 3]}, {"problem": "kernel", "values": {"axis": "down", "extent": 7, "padded": 5}}),
        ({"stride": [1, 0]}, {"problem": "whole", "values": {"name": "stride", "least": 1}}),
        ({"input": [5, 2000]}, {"problem": "most", "values": {"name": "input", "most": 1024}}),
        ({"channels": 1, "groups": 2}, {"problem": "groups", "values": {"name": "channels", "count": 1, "groups": 2}}),
        ({"op": "conv9d"}, {"problem": "operation", "values": {"op": "conv9d"}}),
        ({"op": "conv_transpose2d", "padding": 9}, {"problem": "empty", "values": {"axis": "down", "size": -11}}),
        ({"padding": "around"}, {"problem": "padding", "values": {}}),
        ({"values": "zeros"}, {"problem": "values", "values": {}}),
        ({"seed": -1}, {"problem": "seed", "values": {}}),
        ({"selection": {"c": [4]}}, {"problem": "selection", "values": {"last": 0}}),
        ({"input": [1, 2, 3]}, {"problem": "axes", "values": {"name": "input", "axes": 2}}),
        ({"op": "max_pool2d", "padding": 2}, {"problem": "pool_padding", "values": {"pad": 2, "most": 1}}),
        ({"padding": 600}, {"problem": "side", "values": {"size": 1205, "most": 1024}}),
        ({"padding": 200}, {"problem": "plane", "values": {"cells": 656100, "most": 100000}}),
    ],
)
def test_the_page_names_what_is_wrong(changes: dict[str, Any], problem: dict[str, Any], tmp_path: Path) -> None:
    request = {"op": "conv2d", "input": [5, 5], "kernel": [3, 3], **changes}
    assert page_traces([{"request": request}], tmp_path) == [problem]
