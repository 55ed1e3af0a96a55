"""Objects are prepared, and results that a forward keeps in an attribute are found."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from rot180.check import operations
from rot180.check.adapter.classes.arrangements import sample_forms
from rot180.check.adapter.classes.session import Context, clear, initialise, kept_result
from rot180.check.operations.case import Case

_, LAST, *_others = sample_forms(operations.find("conv2d"), 4)
CASE = Case({}, {"x": (4, 2, 9, 8)})


class Lazy:
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def set_input_shape(self, shape: tuple[int, ...]) -> None:
        self.seen.append(shape)

    def initialize(self, optimizer: Any) -> None:
        self.seen.append(optimizer.update(3.0, 2.0))

    def setup(self) -> None:
        self.seen.append("setup")

    def zero_grad(self) -> None:
        self.seen.append("zero")


def test_a_layer_is_prepared_in_the_order_that_people_use() -> None:
    layer = Lazy()
    initialise(layer, CASE, LAST)
    assert layer.seen == [(9, 8, 2), 1.0, "setup"]


def test_gradients_are_cleared_if_there_is_a_method() -> None:
    layer = Lazy()
    clear(layer)
    clear(SimpleNamespace())
    assert layer.seen == ["zero"]


def test_a_kept_result_has_one_of_the_usual_names() -> None:
    assert kept_result(SimpleNamespace(inputs=1, output=2)) == 2
    assert kept_result(SimpleNamespace(inputs=1)) is None


def test_a_context_keeps_arrays_and_attributes() -> None:
    ctx = Context()
    ctx.save_for_backward(1, 2)
    ctx.stride = 3
    assert ctx.saved_tensors == (1, 2) and ctx.stride == 3


def test_a_form_without_batch_gives_the_shape_of_the_image() -> None:
    single = next(form for form in sample_forms(operations.find("conv2d"), 4) if form.x.missing)
    layer = Lazy()
    initialise(layer, Case({}, {"x": (1, 2, 9, 8)}), single)
    assert layer.seen[0] == (2, 9, 8)
