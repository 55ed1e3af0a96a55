"""The arrays inside an object are found, read and replaced."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rot180.check.adapter.classes.arrays_inside import Place, places


class Parameter:
    __slots__ = ("data", "grad")

    def __init__(self, size: int) -> None:
        self.data, self.grad = np.zeros(size), np.zeros(size)


def names_inside(thing: object) -> set[tuple[str, ...]]:
    return {place.names for place in places(thing)}


@pytest.mark.parametrize(
    ("thing", "names"),
    [
        (SimpleNamespace(W=np.ones(2), b=1.0, name="layer"), {("w",)}),
        (SimpleNamespace(params={"W": np.ones(2), "b": np.ones(1)}), {("params", "w"), ("params", "b")}),
        (SimpleNamespace(W={"val": np.ones(2), "grad": 0}), {("w", "val")}),
        (SimpleNamespace(params=[np.ones(2)]), {("params",)}),
        (SimpleNamespace(weight=Parameter(2)), {("weight", "data"), ("weight", "grad")}),
        ({"W": np.ones(2)}, {("w",)}),
    ],
)
def test_arrays_are_found_where_people_keep_them(thing: object, names: set[tuple[str, ...]]) -> None:
    assert names_inside(thing) == names


def test_an_object_that_contains_itself_is_searched_once() -> None:
    layer = SimpleNamespace(W=np.ones(2))
    layer.me = layer
    assert names_inside(layer) == {("w",)}


def test_an_array_is_written_into_the_old_one() -> None:
    layer = SimpleNamespace(params=[np.zeros(2)])
    alias = layer.params[0]
    place, _ = places(layer)  # the array, and the list as one array
    assert place.position == 0
    place.write(layer, np.array([1.0, 2.0]))
    assert layer.params[0] is alias and alias.tolist() == [1.0, 2.0]


def test_an_array_of_another_shape_or_type_is_replaced() -> None:
    layer = SimpleNamespace(W=np.zeros(2, int))
    Place((("attribute", "W"),)).write(layer, np.array([0.5, 1.5]))
    assert layer.W.tolist() == [0.5, 1.5]
    Place((("attribute", "W"),)).write(layer, np.ones((3, 1)))
    assert layer.W.shape == (3, 1)


def test_a_missing_place_reads_as_nothing() -> None:
    assert Place((("attribute", "W"), ("item", "val"))).read(SimpleNamespace()) is None


def closure() -> tuple[Any, Any]:
    weights, bias, cache = np.zeros((3, 2)), np.zeros(2), {}

    def forward(x: Any) -> Any:
        cache["x"] = x
        return x @ weights + bias

    return forward, weights


def test_variables_around_a_function_are_found_and_replaced() -> None:
    forward, weights = closure()
    found = {place.names: place for place in places({"forward": forward})}
    assert set(found) == {("forward", "weights"), ("forward", "bias")}
    found["forward", "weights"].write({"forward": forward}, np.ones((3, 2)))
    assert weights.sum() == 6 and forward(np.ones((1, 3))).tolist() == [[3.0, 3.0]]
    found["forward", "bias"].write({"forward": forward}, np.full((1, 2), 4.0))
    assert forward(np.ones((1, 3))).tolist() == [[7.0, 7.0]]


def test_a_list_of_filters_is_one_array_and_several() -> None:
    layer = SimpleNamespace(filters=[np.zeros(3), np.zeros(3)])
    *parts, whole = places(layer)
    assert whole.position is None and [part.position for part in parts] == [0, 1]
    whole.write(layer, np.ones((2, 3)))
    assert isinstance(layer.filters, list) and whole.read(layer).tolist() == [[1, 1, 1], [1, 1, 1]]


def test_names_with_capitals_are_split_into_words() -> None:
    assert names_inside(SimpleNamespace(gradWeights=np.ones(2), dLdW=np.ones(2))) == {("grad_weights",), ("dldw",)}
