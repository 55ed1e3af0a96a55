"""A Sequential fuses a layer with the ReLU after it, unless something could observe the difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import Tensor, nn

LAYERS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "conv1d": (lambda: nn.Conv1d(2, 3, 3), (2, 2, 7)),
    "conv2d": (lambda: nn.Conv2d(2, 3, 3, padding=1), (2, 2, 7, 7)),
    "conv2d, no bias": (lambda: nn.Conv2d(2, 3, 3, bias=False), (2, 2, 7, 7)),
    "conv2d, padding_mode": (lambda: nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect"), (2, 2, 7, 7)),
    "conv3d": (lambda: nn.Conv3d(2, 3, 3), (2, 2, 5, 5, 5)),
    "transposed": (lambda: nn.ConvTranspose2d(2, 3, 4, 2, 1, 1), (2, 2, 5, 5)),
    "transposed, padding_mode": (lambda: nn.ConvTranspose2d(2, 3, 4, 2, 1, padding_mode="circular"), (2, 2, 5, 5)),
    "linear": (lambda: nn.Linear(4, 3), (5, 4)),
}


def made_by(model: nn.Module, x: Any) -> str:
    """The name of the op that computed the output."""
    y = model(x)
    assert y.node is not None
    return str(y.node.name)


@pytest.mark.parametrize("case", LAYERS)
def test_the_fused_result_equals_the_unfused_one_bit_for_bit(case: str) -> None:
    make, shape = LAYERS[case]
    layer, after = make(), nn.ReLU()
    x = rot180.tensor(np.random.default_rng(0).standard_normal(shape).astype(np.float32), requires_grad=True)
    results = []
    for run in (nn.Sequential(layer, after), lambda x: after(layer(x))):
        layer.zero_grad()
        x.grad = None
        y = run(x)
        (y * y).sum().backward()
        assert x.grad is not None
        results.append([y.data, x.grad.data, *(p.grad.data for p in layer.parameters())])
    assert all(map(np.array_equal, *results))


@pytest.mark.parametrize("case", LAYERS)
def test_one_op_is_recorded(case: str) -> None:
    make, shape = LAYERS[case]
    x = np.ones(shape, np.float32)
    fused = made_by(nn.Sequential(make(), nn.ReLU()), x)
    assert fused == ("relu" if "padding_mode" in case else f"{made_by(make(), x)}_relu")


X = np.ones((1, 1, 4, 4), np.float32)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("register", ["register_forward_hook", "register_forward_pre_hook"])
def test_modules_with_hooks_are_not_fused(which: int, register: str) -> None:
    model, events = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU()), []
    handle = getattr(model[which], register)(lambda module, *call: events.append(type(module).__name__))
    assert made_by(model, X) == "relu" and events == [type(model[which]).__name__]
    handle.remove()
    assert made_by(model, X) == "conv2d_relu"


def test_an_observer_sees_both_ops() -> None:
    model, names = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU()), []
    with rot180.observe(lambda op, *call: names.append(op.name)):
        model(X)
    assert names == ["conv2d", "relu"]


def test_modules_that_override_forward_are_not_fused() -> None:
    class Doubled(nn.Conv2d):
        def forward(self, input: Any) -> Any:
            return super().forward(input) * 2.0

    class Leaking(nn.ReLU):
        def forward(self, input: Any) -> Any:
            return input

    assert made_by(nn.Sequential(Doubled(1, 1, 3), nn.ReLU()), X) == "relu"
    assert made_by(nn.Sequential(nn.Conv2d(1, 1, 3), Leaking()), X) == "conv2d"
    model = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU())
    object.__setattr__(model[0], "forward", lambda input: input)
    assert np.array_equal(model(X).data, X)


@pytest.mark.parametrize("kind", [nn.Conv2d, nn.ReLU])
def test_a_forward_replaced_on_the_class_is_called(kind: Any, monkeypatch: Any) -> None:
    model = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU())
    monkeypatch.setattr(kind, "forward", lambda self, input: input * 0.0 + 3.0)
    assert np.all(model(X).data == 3)


def test_a_call_replaced_on_the_class_sees_both_modules(monkeypatch: Any) -> None:
    model, called, call = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU()), [], nn.Module.__call__

    def recording_call(self: nn.Module, *inputs: Any) -> Any:
        called.append(type(self).__name__)
        return call(self, *inputs)

    monkeypatch.setattr(nn.Module, "__call__", recording_call)
    model(X)
    assert called == ["Sequential", "Conv2d", "ReLU"]


def test_only_a_layer_directly_before_a_relu_is_fused() -> None:
    model = nn.Sequential(nn.ReLU(), nn.Conv2d(1, 1, 1), nn.ReLU(), nn.ReLU(), nn.Conv2d(1, 1, 1))
    names = []
    node = model(Tensor(X, requires_grad=True)).node
    while node is not None and node.op is not None:
        names.append(node.name)
        node = node.edges[0]
    assert names == ["conv2d", "relu", "conv2d_relu", "relu"]


def test_forward_accepts_arrays() -> None:
    model = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU())
    assert isinstance(model.forward(X), Tensor) and isinstance(model(X), Tensor)
