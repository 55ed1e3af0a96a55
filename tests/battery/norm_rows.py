"""The battery's rows for normalisation: functions and layers. Some rows also output the updated running statistics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import rot180.functional as F
from rot180 import Tensor, nn

from .case import Case, Make, few_values, layer_row, normal

NAMES = ("batch_norm", "layer_norm", "group_norm", "instance_norm")
PEERS = "tests.battery.norm_peers"
RUNNING = {"running_mean": np.array([0.5, -1.0, 2.0, 0.0]), "running_var": np.array([1.0, 0.25, 4.0, 0.0])}


def factors_first(function: Any, copy: Callable[[Any, Any], Any] | None = None) -> Any:
    """`function` with weight and bias as second and third argument: they are inputs of the row.

    With `copy(input, array)` it updates copies of the running statistics, and returns these as well.
    """

    def call(input: Any, weight: Any = None, bias: Any = None, **settings: Any) -> Any:
        if copy is None:
            return function(input, weight=weight, bias=bias, **settings)
        kept = {name: copy(input, settings[name]) for name in RUNNING}
        return (function(input, weight=weight, bias=bias, **(settings | kept)), *kept.values())

    return call


def alike(input: Any, a: np.ndarray) -> Any:
    """A copy of an array, as a Tensor if the input is one."""
    return Tensor(a.copy()) if isinstance(input, Tensor) else a.copy()


def weighted(*shape: int, affine: tuple[int, ...] = (4,), far: float = 0.0) -> Make:
    """An input around `far`, a weight and a bias."""
    return lambda rng: [rng.standard_normal(shape) + far, *rng.standard_normal((2, *affine))]


def constant(rng: np.random.Generator) -> list[np.ndarray]:
    """The second channel holds equal values: its variance is 0."""
    x, *factors = weighted(3, 4, 5)(rng)
    x[:, 1] = 2.5
    return [x, *factors]


def row(op: str, make: Make, label: str, **settings: Any) -> Case:
    return Case(op, factors_first(getattr(F, op)), make, f"{PEERS}.{op}", label, settings, batch=(0,))


def alone(op: str, make: Make, **settings: Any) -> Case:
    """A row with one value per mean: the gradient is 0, and PyTorch's is a rounding error, so there is no peer."""
    return replace(row(op, make, "one value each", **settings), peer=None)


def statistics(op: str, make: Make, label: str, **settings: Any) -> Case:
    """A row without differences: the running statistics depend on the input, but no gradient flows through them."""
    function = factors_first(getattr(F, op), alike)
    return Case(op, function, make, f"{PEERS}.{op}_and_statistics", label, RUNNING | settings, order=0)


def batch(make: Make, label: str, **settings: Any) -> Case:
    return row("batch_norm", make, label, running_mean=None, running_var=None, training=True, **settings)


BATCH = [
    batch(weighted(3, 4, 5), "3d"),
    batch(weighted(6, 4), "2d"),
    batch(weighted(2, 4), "two values", eps=0.1),
    batch(weighted(2, 4, 3, 5, far=3.0), "4d", eps=0.01),
    batch(weighted(2, 4, 2, 3, 2), "5d"),
    batch(weighted(1, 4, 3, 3), "one sample"),
    batch(weighted(2, 4, 80), "long rows"),
    batch(weighted(3, 1, 5, affine=(1,)), "one channel"),
    batch(normal((3, 4, 5)), "no weight"),
    batch(normal((3, 4, 5), (4,)), "no bias"),
    batch(few_values((4, 4, 3), (4,), (4,)), "few values"),
    batch(constant, "a constant channel", eps=0.5),
    row("batch_norm", weighted(3, 4), "evaluation 2d", **RUNNING),
    row("batch_norm", weighted(3, 4, 3, 5), "evaluation 4d", **RUNNING, eps=0.1),
    row("batch_norm", normal((3, 4, 5)), "evaluation, no weight", **RUNNING),
    row("batch_norm", normal((3, 4, 5), (4,)), "evaluation, no bias", **RUNNING),
    statistics("batch_norm", weighted(3, 4, 3, 5), "4d, statistics", training=True),
    statistics("batch_norm", weighted(3, 4), "2d, statistics", training=True, momentum=0.7),
    statistics("batch_norm", weighted(3, 4, 5), "statistics untouched", training=True, momentum=0.0),
    statistics("batch_norm", weighted(3, 4, 5), "statistics replaced", training=True, momentum=1.0),
    statistics("batch_norm", weighted(3, 4, 5), "evaluation, statistics untouched"),
]

LAYER = [
    row("layer_norm", weighted(3, 4), "2d", normalized_shape=(4,)),
    row("layer_norm", weighted(2, 3, 4, far=3.0), "3d", normalized_shape=(4,), eps=0.01),
    row("layer_norm", weighted(2, 3, 4, 5, affine=(4, 5)), "two axes", normalized_shape=(4, 5)),
    row("layer_norm", weighted(2, 3, 2, 2, affine=(3, 2, 2)), "all but the batch", normalized_shape=(3, 2, 2)),
    row("layer_norm", weighted(3, 80, affine=(80,)), "long", normalized_shape=(80,)),
    row("layer_norm", normal((3, 2, 4)), "no weight", normalized_shape=(4,)),
    row("layer_norm", normal((3, 2, 4), (4,)), "no bias", normalized_shape=(4,)),
    row("layer_norm", few_values((4, 6), (6,), (6,)), "few values", normalized_shape=(6,), eps=0.1),
    alone("layer_norm", weighted(3, 1, affine=(1,)), normalized_shape=(1,)),
    Case("layer_norm", factors_first(F.layer_norm), weighted(4), f"{PEERS}.layer_norm", "no other axis",
         {"normalized_shape": (4,)}),
]  # fmt: skip

GROUP = [
    row("group_norm", weighted(3, 4, 5), "3d", num_groups=2),
    row("group_norm", weighted(3, 4), "2d", num_groups=2, eps=0.1),
    row("group_norm", weighted(2, 4, 3, 5, far=3.0), "4d", num_groups=2, eps=0.01),
    row("group_norm", weighted(2, 6, 2, 3, 2, affine=(6,)), "5d", num_groups=3),
    row("group_norm", weighted(2, 4, 3), "all channels together", num_groups=1),
    row("group_norm", weighted(2, 4, 3), "each channel alone", num_groups=4),
    alone("group_norm", weighted(2, 4), num_groups=4, eps=0.1),
    row("group_norm", normal((2, 4, 5)), "no weight", num_groups=2),
    row("group_norm", normal((2, 4, 5), (4,)), "no bias", num_groups=2),
    row("group_norm", few_values((4, 4, 6), (4,), (4,)), "few values", num_groups=2, eps=0.1),
]

INSTANCE = [
    row("instance_norm", weighted(3, 4, 5), "3d"),
    row("instance_norm", weighted(2, 4, 3, 5, far=3.0), "4d", eps=0.01),
    row("instance_norm", weighted(2, 4, 2, 3, 2), "5d"),
    row("instance_norm", weighted(1, 4, 3, 3), "one sample"),
    row("instance_norm", weighted(5, 2, 70, affine=(2,)), "long rows"),
    row("instance_norm", normal((3, 4, 5)), "no weight"),
    row("instance_norm", normal((3, 4, 5), (4,)), "no bias"),
    row("instance_norm", weighted(3, 4, 5), "running", **RUNNING, use_input_stats=False),
    row("instance_norm", normal((3, 4)), "running 2d, no weight", **RUNNING, use_input_stats=False),
    statistics("instance_norm", weighted(3, 4, 5), "statistics"),
    statistics("instance_norm", normal((3, 4, 2, 3)), "no weight, statistics", momentum=0.7),
]

LAYERS = [
    layer_row(nn.BatchNorm1d, normal((6, 4)), 4),
    layer_row(nn.BatchNorm1d, normal((3, 4, 5)), 4, 0.1, None),
    layer_row(nn.BatchNorm2d, normal((3, 4, 2, 3)), 4, affine=False),
    layer_row(nn.BatchNorm2d, normal((3, 4, 2, 3)), 4, bias=False),
    layer_row(nn.BatchNorm3d, normal((2, 3, 2, 3, 2)), 3, track_running_stats=False),
    layer_row(nn.InstanceNorm1d, normal((3, 4, 5)), 4),
    layer_row(nn.InstanceNorm2d, normal((2, 4, 3, 2)), 4, affine=True, track_running_stats=True),
    layer_row(nn.InstanceNorm2d, normal((4, 3, 2)), 4, affine=True, label="unbatched"),
    layer_row(nn.InstanceNorm3d, normal((2, 3, 2, 3, 2)), 3, 0.1, affine=True, bias=False),
    layer_row(nn.GroupNorm, normal((2, 6, 4)), 3, 6),
    layer_row(nn.GroupNorm, normal((2, 6, 4)), 2, 6, 0.1, affine=False),
    layer_row(nn.LayerNorm, normal((2, 3, 4)), 4),
    layer_row(nn.LayerNorm, normal((2, 3, 4)), (3, 4), 0.1, bias=False),
    layer_row(nn.LayerNorm, normal((2, 3, 4)), [4], elementwise_affine=False),
]

CASES = [*BATCH, *LAYER, *GROUP, *INSTANCE, *LAYERS]
