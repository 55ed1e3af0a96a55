"""summary, compared with rows counted by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import ShapeError, models, nn, train
from rot180 import functional as F


def figures(rows: list[train.Row]) -> list[tuple[Any, ...]]:
    return [(row.name, row.kind, row.output_shape, row.parameters, row.multiply_adds) for row in rows]


def test_shapes_parameters_and_multiply_adds_of_every_layer() -> None:
    net = nn.Sequential(
        nn.Conv2d(4, 6, 3, padding=1, groups=2),
        nn.ReLU(),
        nn.ConvTranspose2d(6, 5, 2, stride=2, bias=False),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(5 * 7 * 7, 3),
    )
    assert figures(train.summary(net, (4, 7, 7))) == [
        ("0", "Conv2d", (6, 7, 7), 6 * 2 * 9 + 6, 7 * 7 * 6 * 2 * 9),
        ("1", "ReLU", (6, 7, 7), 0, 0),
        ("2", "ConvTranspose2d", (5, 14, 14), 6 * 5 * 4, 7 * 7 * 6 * 5 * 4),
        ("3", "MaxPool2d", (5, 7, 7), 0, 0),
        ("4", "Flatten", (245,), 0, 0),
        ("5", "Linear", (3,), 245 * 3 + 3, 245 * 3),
    ]


def test_the_parameters_add_up_to_those_of_the_model() -> None:
    for name in ("small", "lenet", "linear"):
        net = models.build(name, (1, 8, 8), 10)
        assert sum(row.parameters for row in train.summary(net, (1, 8, 8))) == sum(
            p.data.size for p in net.parameters()
        )


class Custom(nn.Module):
    """Computes a matrix product itself, calls one layer twice and another never."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(np.ones((4, 3), np.float32))
        self.twice = nn.Linear(3, 3)
        self.never = nn.Linear(9, 2)

    def forward(self, x: Any) -> Any:
        y = self.twice(F.relu(self.twice(x)))
        return y @ self.scale.T


def test_the_products_of_a_custom_module_are_counted() -> None:
    assert figures(train.summary(Custom(), (3,))) == [
        ("", "Custom", (4,), 12, 12),
        ("twice", "Linear", (3,), 12, 9),
        ("twice", "Linear", (3,), 0, 9),
        ("never", "Linear", None, 20, 0),
    ]


def test_the_settings_equal_those_of_the_repr() -> None:
    (row,) = train.summary(nn.Linear(2, 3, bias=False), (2,))
    assert row.settings == "in_features=2, out_features=3, bias=False"


def test_the_model_does_not_change() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)).double()
    net[1].eval()
    before = rot180.get_rng_state()
    train.summary(net, (2,))
    assert [m.training for m in net.modules()] == [True, True, False]
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())
    assert all(p.grad is None for p in net.parameters())
    assert repr(rot180.get_rng_state()) == repr(before)


def test_a_shape_that_does_not_fit_leaves_no_hooks_behind() -> None:
    net = nn.Sequential(nn.Linear(2, 2))
    with pytest.raises(ShapeError, match="linear: input of shape"):
        train.summary(net, (3,))
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())
    assert net.training
