"""The forward and the backward of a class are found by their names."""

from __future__ import annotations

from typing import Any

import pytest

from rot180.check import operations
from rot180.check.adapter.classes.methods import ClassError, find_method, read_backward, read_forward

CONV, LOSS, RELU = (operations.find(name) for name in ("conv2d", "mse_loss", "relu"))


def layer(source: str) -> Any:
    space: dict[str, Any] = {}
    exec(f"class Layer:\n{source}", space)
    return space["Layer"]()


@pytest.mark.parametrize(
    ("head", "roles"),
    [
        ("forward(self, inputs)", ("x",)),
        ("forward_pass(self, X, training=True)", ("x", "training")),
        ("__call__(self, whatever)", ("x",)),
        ("forward(self, x, w, b, stride=1)", ("x", "w", "b", "stride")),
        ("forward(self, x, conv_param)", ("x", "settings")),
    ],
)
def test_forwards(head: str, roles: tuple[str, ...]) -> None:
    assert tuple(role for role, _ in read_forward(layer(f"    def {head}: pass"), CONV).roles) == roles


@pytest.mark.parametrize(
    ("head", "roles"),
    [
        ("backward(self, dvalues)", ("dy",)),
        ("backprop(self, d_L_d_out, learn_rate)", ("dy", "lr")),
        ("backward(self, dout, cache)", ("dy", "cache")),
        ("backward_pass(self, accum_grad)", ("dy",)),
        ("backward(self, dLdy, retain_grads=True)", ("dy",)),
        ("backward(self, grad, optimizer)", ("dy", "optimizer")),
    ],
)
def test_backwards(head: str, roles: tuple[str, ...]) -> None:
    thing = layer(f"    def forward(self, x): pass\n    def {head}: pass")
    method = read_backward(thing, CONV, read_forward(thing, CONV))
    assert tuple(role for role, _ in method.roles) == roles


@pytest.mark.parametrize("head", ["backward(self, dvalues, y_true)", "backward(self, y_pred, y_true)"])
def test_the_backward_of_a_loss_gets_the_predictions(head: str) -> None:
    thing = layer(f"    def forward(self, y_pred, y_true): pass\n    def {head}: pass")
    assert [role for role, _ in read_backward(thing, LOSS, read_forward(thing, LOSS)).roles] == ["x", "t"]


def test_the_mean_of_a_loss_goes_before_the_losses_of_the_samples() -> None:
    thing = layer("    def forward(self, y_pred, y_true): pass\n    def calculate(self, output, y): pass")
    forward = read_forward(thing, LOSS)
    assert forward.name == "calculate" and [role for role, _ in forward.roles] == ["x", "t"]


def test_methods_can_be_private() -> None:
    thing = layer("    def _forward_pass(self, x): pass\n    def _backward_pass(self, accum_grad): pass")
    forward = read_forward(thing, CONV)
    assert (forward.name, read_backward(thing, CONV, forward).name) == ("_forward_pass", "_backward_pass")


def test_a_flag_of_training_is_passed() -> None:
    thing = layer("    def forward(self, x, training): return training")
    assert read_forward(thing, CONV).call(thing, {"x": 0, "training": True}) is True


@pytest.mark.parametrize("head", ["gradient(self, x)", "derivative(self, z)", "backward(self, x)"])
def test_the_derivative_of_an_activation(head: str) -> None:
    thing = layer(f"    def __call__(self, x): pass\n    def {head}: pass")
    assert read_backward(thing, RELU, read_forward(thing, RELU)).derivative


def test_a_backward_of_dy_is_not_a_derivative() -> None:
    thing = layer("    def forward(self, x): pass\n    def backward(self, grad): pass")
    assert not read_backward(thing, RELU, read_forward(thing, RELU)).derivative


def test_methods_that_only_raise_are_passed_over() -> None:
    thing = layer("    def forward(self, x): raise NotImplementedError\n    def call(self, x): return x")
    assert find_method(thing, ["forward", "call"]) == "call"


def test_a_class_without_a_forward_lists_its_methods() -> None:
    with pytest.raises(ClassError, match="Layer has no forward; its methods are run; rename one of them to forward"):
        read_forward(layer("    def run(self, x): pass"), RELU)


def test_a_class_without_a_backward_lists_its_methods() -> None:
    thing = layer("    def forward(self, x): pass")
    with pytest.raises(ClassError, match="Layer has no backward; its methods are forward"):
        read_backward(thing, RELU, read_forward(thing, RELU))


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(ClassError, match=r"Layer\.forward: the meaning of the parameter 'temperature' is unknown"):
        read_forward(layer("    def forward(self, x, temperature): pass"), RELU)
    thing = layer("    def forward(self, x): pass\n    def backward(self, dy, temperature): pass")
    with pytest.raises(ClassError, match=r"Layer\.backward: the meaning of the parameter 'temperature' is unknown"):
        read_backward(thing, RELU, read_forward(thing, RELU))


def test_a_call_passes_the_roles_by_the_parameters_names() -> None:
    thing = layer("    def forward(self, x, /, w, *, stride=1): return x, w, stride")
    method = read_forward(thing, CONV)
    assert method.call(thing, {"x": 1, "w": 2, "stride": 3, "dy": 4}) == (1, 2, 3)
