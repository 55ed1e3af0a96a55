"""The parameters of constructors are understood, and objects are made for the sizes of a case."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180.check import operations
from rot180.check.adapter.classes.arrangements import Arrangement, sample_forms
from rot180.check.adapter.classes.constructor import Variant, read_constructor
from rot180.check.adapter.classes.methods import ClassError
from rot180.check.adapter.classes.step_of_one import StepOfOne
from rot180.check.operations.case import Case

SHAPES = {"x": (4, 2, 9, 8), "w": (5, 2, 3, 3), "b": (5,)}


def made(
    head: str, op: str = "conv2d", shapes: Any = SHAPES, form: int = 0, variant: Any = None, **settings: Any
) -> Any:
    space: dict[str, Any] = {}
    exec(f"def layer({head}): return dict(locals())", space)
    definition = operations.find(op)
    constructor = read_constructor(space["layer"], definition)
    chosen = list(sample_forms(definition, len(shapes["x"])))[form]
    arrays = {name: np.ones(shape) for name, shape in shapes.items() if name != "x"}
    return constructor.make(
        Case(settings, shapes),
        chosen,
        arrays,
        Arrangement((2, 3, 1, 0) if len(shapes.get("w", ())) == 4 else (1, 0)),
        variant or Variant(),
    )


@pytest.mark.parametrize(
    ("head", "values"),
    [
        ("in_channels, out_channels, kernel_size, stride=1", (2, 5, 3, 2)),
        ("n_filters, filter_shape, input_shape=None", (5, (3, 3), (2, 9, 8))),
        ("nb_filters, filter_size, nb_channels, stride", (5, 3, 2, 2)),
        ("C_in, C_out, kH, kW", (2, 5, 3, 3)),
        ("first, second, third", (2, 5, 3)),
        ("filters, kernel_size, strides=(1, 1)", (5, 3, (2, 2))),
        ("n_C_prev, n_C, f, activation=None", (2, 5, 3, None)),
    ],
)
def test_sizes_of_a_convolution(head: str, values: tuple[Any, ...]) -> None:
    assert tuple(made(head, stride=2).values()) == values


def test_settings_in_a_dict() -> None:
    assert made("n_C_prev, n_C, f, hparameters", stride=2, padding=1)["hparameters"]["pad"] == 1


def test_a_string_keeps_its_default() -> None:
    assert made("filters, kernel_size, padding='valid'", padding=1)["padding"] == "valid"


def test_a_dilation_of_0_counts_the_gaps() -> None:
    assert made("out_ch, kernel_shape, dilation=0", dilation=2)["dilation"] == 1


def test_kernel_sizes_can_be_pairs() -> None:
    assert made("filters, kernel_size", variant=Variant(pairs=True))["kernel_size"] == (3, 3)


def test_the_input_shape_follows_the_form_of_x() -> None:
    assert made("depth, kernel_size, input_shape", form=1)["input_shape"] == (9, 8, 2)


def test_weights_are_passed_in_their_arrangement() -> None:
    values = made("W, b, stride=1")
    assert values["W"].shape == (3, 3, 2, 5) and values["b"].shape == (5,)


def test_learning_rates_are_1_and_optimisers_take_steps_of_1() -> None:
    values = made("n_in, n_out, optimizer, learning_rate=0.1", "linear", {"x": (4, 3), "w": (5, 3), "b": (5,)})
    assert (values["n_in"], values["n_out"], values["learning_rate"]) == (3, 5, 1.0)
    assert isinstance(values["optimizer"], StepOfOne) and values["optimizer"].update(3.0, 1.0) == 2.0


def test_a_mode_is_that_of_the_operation() -> None:
    shapes = {"x": (4, 2, 6, 6)}
    for op, mode in (("max_pool2d", "max"), ("avg_pool2d", "average")):
        assert made("hparameters, mode='max'", op, shapes, kernel_size=2, stride=2)["mode"] == mode


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(ClassError, match=r"the meaning of the parameter 'temperature' is unknown"):
        made("temperature", "relu", {"x": (4, 3)})


def test_sizes_can_be_tuples_and_vectors_rows() -> None:
    shapes = {"x": (4, 3), "w": (5, 3), "b": (5,)}
    assert made("D_in, D_out", "linear", shapes, variant=Variant(pairs=True)) == {"D_in": (3,), "D_out": (5,)}
    assert made("W, b", "linear", shapes, variant=Variant(vector=(-1, 1)))["b"].shape == (5, 1)


def test_an_activation_by_default_can_be_left_out() -> None:
    head = "filters, kernel_size, activation='relu', act=None"
    assert made(head)["activation"] == "relu"
    assert made(head, variant=Variant(activation="linear"))["activation"] == "linear"
    assert made(head, variant=Variant(activation=None))["act"] is None


def test_momentum_is_0_so_that_a_step_is_the_gradient() -> None:
    assert made("filters, kernel_size, momentum=0.9")["momentum"] == 0.0


def test_a_pair_of_functions_is_a_layer() -> None:
    definition = operations.find("relu")
    constructor = read_constructor(lambda: (np.tanh, np.cosh), definition)
    form = next(sample_forms(definition, 2))
    layer = constructor.make(Case({}, {"x": (4, 3)}), form, {}, Arrangement(()), Variant())
    assert layer == {"forward": np.tanh, "backward": np.cosh}


def test_settings_are_pairs_if_another_default_is_one() -> None:
    shapes = {"x": (4, 2, 6, 6)}
    values = made("pool_size=(2, 2), strides=None", "avg_pool2d", shapes, kernel_size=2, stride=3)
    assert values == {"pool_size": (2, 2), "strides": (3, 3)}
    assert made("pool_size=(2, 2), stride=1", "avg_pool2d", shapes, kernel_size=2, stride=3)["stride"] == 3
