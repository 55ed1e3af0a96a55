"""The normalisation layers: running statistics, state, errors, and a comparison with PyTorch in training."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import nn, optim
from rot180.errors import DtypeError, ShapeError
from rot180.formats import safetensors


def batches(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    """Several batches with a mean away from 0."""
    return (np.random.default_rng(0).standard_normal(shape) * 2 + 1).astype(dtype)


# ---- running statistics ----


def test_momentum_is_the_weight_of_a_new_batch() -> None:
    layer, mean, var = nn.BatchNorm2d(3, momentum=0.25, dtype=np.float64), np.zeros(3), np.ones(3)
    for x in batches(4, 5, 3, 2, 2, dtype=np.float64):
        layer(x)
        mean, var = 0.75 * mean + 0.25 * x.mean((0, 2, 3)), 0.75 * var + 0.25 * x.var((0, 2, 3), ddof=1)
    np.testing.assert_allclose(layer.running_mean.data, mean, rtol=1e-13)
    np.testing.assert_allclose(layer.running_var.data, var, rtol=1e-13)
    assert layer.num_batches_tracked.item() == 4


def test_momentum_none_averages_over_all_batches() -> None:
    layer, data = nn.BatchNorm1d(3, momentum=None, dtype=np.float64), batches(5, 6, 3, dtype=np.float64)
    for x in data:
        layer(x)
    np.testing.assert_allclose(layer.running_mean.data, data.mean((0, 1)), rtol=1e-13)
    np.testing.assert_allclose(layer.running_var.data, data.var(1, ddof=1).mean(0), rtol=1e-13)


def test_evaluation_uses_the_running_statistics_without_updating_them() -> None:
    layer, (x,) = nn.BatchNorm2d(3), batches(1, 5, 3, 2, 2)
    layer(x)
    before = copy.deepcopy(layer.state_dict())
    y = layer.eval()(x)
    expected = F.batch_norm(x, before["running_mean"].data, before["running_var"].data)
    np.testing.assert_allclose(y.data, expected, rtol=1e-6)
    assert all(np.array_equal(layer.state_dict()[name].data, t.data) for name, t in before.items())


def test_without_running_statistics_evaluation_equals_training() -> None:
    layer, (x,) = nn.BatchNorm2d(3, track_running_stats=False), batches(1, 5, 3, 2, 2)
    assert np.array_equal(layer(x).data, layer.eval()(x).data)
    assert layer.running_mean is None and list(layer.buffers()) == []


def test_instance_norm_uses_running_statistics_only_if_they_are_tracked() -> None:
    (x,) = batches(1, 5, 3, 4)
    layer = nn.InstanceNorm1d(3)
    assert np.array_equal(layer(x).data, layer.eval()(x).data)
    tracked = nn.InstanceNorm1d(3, momentum=1.0, track_running_stats=True)
    assert np.array_equal(tracked(x).data, layer(x).data)
    np.testing.assert_allclose(tracked.running_mean.data, x.mean((0, 2)), rtol=1e-5)
    assert tracked.num_batches_tracked.item() == 0  # as in PyTorch, which counts batches only for BatchNorm
    assert np.array_equal(tracked.eval()(x).data, F.batch_norm(x, tracked.running_mean, tracked.running_var).data)
    still = nn.InstanceNorm1d(3, momentum=None, track_running_stats=True)
    still(x)
    assert still.running_mean.tolist() == [0, 0, 0]


def test_reset() -> None:
    layer = nn.BatchNorm1d(3)
    layer(batches(5, 3))
    layer.weight.data[...] = 7
    layer.reset_running_stats()
    state = {name: t.tolist() for name, t in layer.state_dict().items()}
    assert state == {
        "weight": [7] * 3, "bias": [0] * 3, "running_mean": [0] * 3, "running_var": [1] * 3, "num_batches_tracked": 0
    }  # fmt: skip
    layer.reset_parameters()
    assert layer.weight.tolist() == [1, 1, 1]


def test_a_batch_that_raises_an_error_is_not_counted() -> None:
    layer = nn.BatchNorm1d(3, momentum=None)
    with pytest.raises(ValueError, match="one value per channel"):
        layer(np.ones((1, 3), np.float32))
    assert layer.num_batches_tracked.item() == 0
    layer(np.ones((0, 3), np.float32))  # an empty batch is counted, as in PyTorch
    assert layer.num_batches_tracked.item() == 1 and layer.running_var.tolist() == [1, 1, 1]


# ---- state ----


def trained() -> nn.Sequential:
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 3, bias=False), nn.BatchNorm2d(2)
    )
    for x in batches(3, 4, 1, 6, 6):
        model(x)
    return model


def test_copies_pickles_and_files_contain_the_running_statistics(tmp_path: Path) -> None:
    model, x = trained(), batches(4, 1, 6, 6)
    safetensors.save(model.state_dict(), tmp_path / "model.safetensors")
    loaded = trained()
    for t in (*loaded.parameters(), *loaded.buffers()):
        t.data[...] = 9
    loaded.load_state_dict(safetensors.load(tmp_path / "model.safetensors"))
    expected = model.eval()(x).data
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model)), loaded.eval()):
        assert np.array_equal(other(x).data, expected)
        count = other[1].num_batches_tracked
        assert count.item() == 3 and count.dtype == np.int64 and count.shape == ()
        other.train()(x)
        assert other[1].num_batches_tracked.item() == 4 and model[1].num_batches_tracked.item() == 3


def test_float_and_double_keep_the_count_an_integer() -> None:
    layer = nn.BatchNorm2d(3).double()
    layer(batches(4, 3, 2, 2, dtype=np.float64))
    dtypes = {name: str(t.dtype) for name, t in layer.state_dict().items()}
    assert dtypes.pop("num_batches_tracked") == "int64" and set(dtypes.values()) == {"float64"}
    assert layer.float().running_mean.dtype == np.float32


def test_a_state_dict_shares_the_running_statistics() -> None:
    layer = nn.BatchNorm1d(3)
    state = layer.state_dict()
    layer(batches(5, 3))
    assert np.array_equal(state["running_mean"].data, layer.running_mean.data)
    assert state["num_batches_tracked"].item() == 1


def test_frozen_weights_get_no_gradient() -> None:
    for layer in (nn.BatchNorm1d(3), nn.BatchNorm1d(3).eval(), nn.GroupNorm(1, 3), nn.LayerNorm(3)):
        model = nn.Sequential(nn.Linear(3, 3), layer)
        layer.requires_grad_(False)
        (model(batches(5, 3)) ** 2).sum().backward()
        assert model[0].weight.grad is not None and layer.weight.grad is None and layer.bias.grad is None


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_instance_norm_of_unbatched_inputs(ndim: int) -> None:
    layer = getattr(nn, f"InstanceNorm{ndim}d")(3, affine=True)
    x = batches(1, 3, *(4, 3, 2)[:ndim])
    assert np.array_equal(layer(x[0]).data, layer(x).data[0])


# ---- errors ----


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (nn.BatchNorm1d(3), (3,), r"BatchNorm1d: input has shape \(3,\); 2 or 3 dimensions are needed"),
        (nn.BatchNorm1d(3), (2, 3, 4, 4), "2 or 3 dimensions are needed"),
        (nn.BatchNorm2d(3), (2, 3), r"BatchNorm2d: input has shape \(2, 3\); 4 dimensions are needed"),
        (nn.BatchNorm3d(3), (2, 3, 4, 4), "BatchNorm3d: .* 5 dimensions are needed"),
        (nn.InstanceNorm2d(3), (2, 3), "InstanceNorm2d: .* 3 or 4 dimensions are needed"),
        (nn.BatchNorm2d(3), (2, 4, 5, 5), r"batch_norm: running_mean has shape \(3,\); \(4,\) is needed"),
        (nn.InstanceNorm1d(3, affine=True), (2, 4, 5), "InstanceNorm1d: .* has 4 channels; num_features is 3"),
        (nn.InstanceNorm1d(3, track_running_stats=True), (4, 5), r"input of shape \(4, 5\) has 4 channels"),
        (nn.GroupNorm(2, 4), (2, 6, 3), r"group_norm: weight has shape \(4,\); \(6,\) is needed"),
        (nn.LayerNorm(4), (2, 5), r"layer_norm: input has shape \(2, 5\); its last axes must have sizes \(4,\)"),
    ],
)
def test_inputs_of_a_wrong_shape_raise_an_error(layer: nn.Module, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        layer(np.ones(shape, np.float32))


@pytest.mark.parametrize("input", [None, "text", np.ones((2, 3), int)])
def test_inputs_that_are_not_floats_raise_an_error(input: Any) -> None:
    for layer in (nn.BatchNorm1d(3), nn.InstanceNorm1d(3)):
        with pytest.raises(DtypeError, match=f"^{type(layer).__name__}: takes "):
            layer(input)


def test_lists_become_float32() -> None:
    assert nn.BatchNorm1d(2)([[1.0, 2], [3, 4]]).dtype == nn.InstanceNorm1d(1)([[1.0, 2]]).dtype == np.float32


def test_a_wrong_number_of_channels_without_effect_gives_a_warning() -> None:
    with pytest.warns(
        UserWarning, match="InstanceNorm1d: .* 4 channels; num_features is 3, which has no effect without weights"
    ):
        assert nn.InstanceNorm1d(3)(batches(2, 4, 5)).shape == (2, 4, 5)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.BatchNorm1d(0), ShapeError, "BatchNorm1d: num_features must be an int of at least 1; got 0"),
        (lambda: nn.InstanceNorm3d(2.0), ShapeError, "InstanceNorm3d: num_features must be .* got 2.0"),
        (lambda: nn.BatchNorm2d(3, dtype=np.float16), DtypeError, "BatchNorm2d: dtype is .*float16"),
        (lambda: nn.BatchNorm2d(3, affine=False, dtype=int), DtypeError, "BatchNorm2d: dtype is .*int"),
        (lambda: nn.GroupNorm(3, 4), ShapeError, "GroupNorm: num_groups=3 must divide num_channels=4"),
        (lambda: nn.GroupNorm(0, 4), ShapeError, "GroupNorm: num_groups must be an int of at least 1; got 0"),
        (lambda: nn.LayerNorm(()), ShapeError, r"LayerNorm: normalized_shape must be .* got \(\)"),
        (lambda: nn.LayerNorm((3, -1)), ShapeError, r"LayerNorm: normalized_shape must be .* got \(3, -1\)"),
    ],
)
def test_the_constructor_rejects_bad_settings(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        make()


# ---- compared with PyTorch ----


def build(lib: Any) -> Any:
    return lib.Sequential(
        lib.Conv2d(2, 6, 3), lib.BatchNorm2d(6), lib.ReLU(), lib.Conv2d(6, 6, 3, padding=1), lib.GroupNorm(2, 6),
        lib.ReLU(),
        lib.Conv2d(6, 4, 3, stride=2), lib.InstanceNorm2d(4, affine=True, track_running_stats=True), lib.ReLU(),
        lib.BatchNorm2d(4, momentum=None), lib.Flatten(), lib.LayerNorm(36), lib.Linear(36, 5), lib.BatchNorm1d(5),
    )  # fmt: skip


@pytest.mark.peers
def test_training_steps_equal_pytorchs() -> None:
    import torch

    torch.manual_seed(0)
    theirs, ours = build(torch.nn).double(), build(nn).double()
    ours.load_state_dict(theirs.state_dict())
    steps = torch.optim.SGD(theirs.parameters(), 0.05, 0.9), optim.SGD(ours.parameters(), 0.05, 0.9)
    data, targets = batches(6, 8, 2, 9, 9, dtype=np.float64), np.random.default_rng(1).integers(0, 5, (6, 8))
    for x, t in zip(data, targets, strict=True):
        losses = (
            torch.nn.functional.cross_entropy(theirs(torch.tensor(x)), torch.tensor(t)),
            F.cross_entropy(ours(x), t),
        )
        for step, loss in zip(steps, losses, strict=True):
            step.zero_grad()
            loss.backward()
            step.step()
        assert losses[1].item() == pytest.approx(losses[0].item(), rel=1e-9)
    expected = theirs.state_dict()
    for name, found in ours.state_dict().items():
        np.testing.assert_allclose(found.data, expected[name].numpy(), rtol=1e-8, atol=1e-9, err_msg=name)
    y = theirs.eval()(torch.tensor(data[0])).detach().numpy()
    np.testing.assert_allclose(ours.eval()(data[0]).data, y, rtol=1e-8, atol=1e-9)


@pytest.mark.peers
def test_float32_far_from_0_is_as_accurate_as_pytorch() -> None:
    import torch

    x = (np.random.default_rng(2).standard_normal((16, 4, 30, 30)) + 1000).astype(np.float32)
    g = np.random.default_rng(3).standard_normal(x.shape)
    errors = []
    for dtype in (torch.float64, torch.float32):
        a = torch.tensor(x, dtype=dtype, requires_grad=True)
        y = torch.nn.functional.batch_norm(a, None, None, training=True)
        y.backward(torch.tensor(g, dtype=dtype))
        errors.append((y.detach().numpy(), a.grad.numpy()))
    leaf = nn.Parameter(x)
    y = F.batch_norm(leaf, None, None, training=True)
    y.backward(g.astype(np.float32))
    for exact, theirs, ours in zip(*errors, (y.data, leaf.grad.data), strict=True):
        assert np.abs(ours - exact).max() <= 1.05 * np.abs(theirs - exact).max()


LAYERS: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[int, ...]]] = [
    ("BatchNorm1d", (3,), {}, (4, 3)),
    ("BatchNorm1d", (3, 1e-3, None), {}, (4, 3, 5)),
    ("BatchNorm2d", (3,), {"affine": False}, (4, 3, 5, 2)),
    ("BatchNorm2d", (3,), {"bias": False, "track_running_stats": False}, (4, 3, 5, 2)),
    ("BatchNorm3d", (3, 0.1, 0.3), {}, (4, 3, 2, 2, 2)),
    ("InstanceNorm1d", (3,), {}, (3, 5)),
    ("InstanceNorm2d", (3, 1e-3, 0.3, True, True), {}, (4, 3, 5, 2)),
    ("InstanceNorm3d", (3,), {"affine": True, "bias": False}, (3, 2, 2, 2)),
    ("GroupNorm", (2, 6), {}, (3, 6, 4)),
    ("GroupNorm", (3, 6, 0.1, False), {}, (3, 6)),
    ("GroupNorm", (3, 6), {"bias": False}, (3, 6, 2)),
    ("LayerNorm", (4,), {}, (3, 4)),
    ("LayerNorm", ([3, 4], 0.1, True, False), {}, (2, 3, 4)),
    ("LayerNorm", ((3, 4),), {"elementwise_affine": False}, (3, 4)),
]


@pytest.mark.peers
@pytest.mark.parametrize(("name", "args", "settings", "shape"), LAYERS)
def test_a_layer_equals_pytorchs(name: str, args: Any, settings: dict[str, Any], shape: tuple[int, ...]) -> None:
    import torch

    theirs, ours = getattr(torch.nn, name)(*args, **settings), getattr(nn, name)(*args, **settings)
    assert repr(ours) == repr(theirs)
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    x = batches(*shape)
    for _ in range(2):
        for mode in (True, False):
            y = ours.train(mode)(x).data
            expected = theirs.train(mode)(torch.tensor(x)).detach().numpy()
            np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    for key, t in ours.state_dict().items():
        assert t.shape == tuple(state[key].shape) and str(t.dtype) == str(state[key].numpy().dtype)
        np.testing.assert_allclose(t.data, state[key].numpy(), rtol=1e-5)
    ours.load_state_dict(state)
