"""The layers compared with the installed PyTorch: state dicts, forward passes, reprs, distributions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180 import manual_seed, nn

pytestmark = pytest.mark.peers

LAYERS: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[int, ...]]] = [
    ("Linear", (3, 5), {}, (2, 4, 3)),
    ("Linear", (3, 5), {"bias": False}, (2, 3)),
    ("Conv1d", (4, 6, 3), {"stride": 2, "padding": 1, "groups": 2}, (2, 4, 9)),
    ("Conv2d", (4, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 0), "dilation": 2}, (2, 4, 9, 8)),
    ("Conv2d", (4, 6, 3), {"padding": "same", "bias": False}, (2, 4, 9, 8)),
    ("Conv2d", (4, 4, 3, 1, "valid"), {"groups": 4}, (4, 9, 8)),
    ("Conv3d", (2, 3, 3), {"padding": 1, "stride": 2}, (1, 2, 5, 6, 7)),
    ("ConvTranspose1d", (4, 6, 3, 2, 1, 1, 2, True, 2), {}, (2, 4, 5)),
    ("ConvTranspose2d", (4, 6, 3), {"stride": 2, "output_padding": 1, "bias": False}, (2, 4, 5, 4)),
    ("ConvTranspose3d", (2, 3, 2), {"stride": 2, "padding": 1}, (2, 3, 4, 5)),
    ("MaxPool1d", (3, 2), {"padding": 1}, (2, 3, 10)),
    ("MaxPool2d", (3,), {"stride": 2, "dilation": 2, "ceil_mode": True}, (2, 3, 10, 9)),
    ("MaxPool3d", (2,), {}, (2, 3, 4, 5, 6)),
    ("AvgPool1d", (3, 2), {"padding": 1}, (2, 3, 10)),
    ("AvgPool2d", (3, 2, 1), {"ceil_mode": True, "count_include_pad": False}, (2, 3, 10, 9)),
    ("AvgPool3d", (2,), {"divisor_override": 3}, (2, 3, 4, 5, 6)),
    ("AdaptiveAvgPool1d", (3,), {}, (2, 3, 10)),
    ("AdaptiveAvgPool2d", ((None, 1),), {}, (2, 3, 10, 9)),
    ("AdaptiveAvgPool3d", (1,), {}, (2, 3, 4, 5, 6)),
    ("AdaptiveMaxPool1d", (3,), {}, (2, 3, 10)),
    ("AdaptiveMaxPool2d", ((5, 2),), {}, (2, 3, 10, 9)),
    ("AdaptiveMaxPool3d", (2,), {}, (2, 3, 4, 5, 6)),
    ("Upsample", (), {"scale_factor": (1.5, 3), "mode": "bilinear"}, (2, 3, 4, 5)),
    ("Upsample", ((7, 2),), {"mode": "bicubic", "align_corners": True}, (2, 3, 4, 5)),
    ("Upsample", (9,), {}, (2, 3, 4)),
    ("UpsamplingNearest2d", (), {"scale_factor": 2}, (2, 3, 4, 5)),
    ("UpsamplingBilinear2d", ((7, 9),), {}, (2, 3, 4, 5)),
    ("ReLU", (True,), {}, (3, 4)),
    ("LeakyReLU", (0.2,), {}, (3, 4)),
    ("ELU", (), {}, (3, 4)),
    ("ELU", (0.5, True), {}, (3, 4)),
    ("SELU", (), {}, (3, 4)),
    ("ReLU6", (True,), {}, (3, 4)),
    ("Hardtanh", (), {}, (3, 4)),
    ("Hardtanh", (-0.5, 2.0, True), {}, (3, 4)),
    ("Hardsigmoid", (True,), {}, (3, 4)),
    ("Hardswish", (), {}, (3, 4)),
    ("PReLU", (), {}, (3, 4)),
    ("PReLU", (4,), {"init": 0.1}, (2, 4, 3, 3)),
    ("LogSigmoid", (), {}, (3, 4)),
    ("Softplus", (), {}, (3, 4)),
    ("Softplus", (2, 1.5), {}, (3, 4)),
    ("SiLU", (True,), {}, (3, 4)),
    ("Mish", (), {}, (3, 4)),
    ("GELU", (), {}, (3, 4)),
    ("GELU", ("tanh",), {}, (3, 4)),
    ("Tanh", (), {}, (3, 4)),
    ("Sigmoid", (), {}, (3, 4)),
    ("Softmax", (1,), {}, (3, 4)),
    ("LogSoftmax", (), {"dim": 0}, (3, 4)),
    ("Dropout", (0.3,), {}, (3, 4)),
    ("Flatten", (), {}, (3, 4, 2)),
    ("Flatten", (0, 1), {}, (3, 4, 2)),
    ("Unflatten", (1, (2, -1)), {}, (3, 4)),
    ("Identity", (1, 2), {}, (3, 4)),
    ("ConstantPad1d", ((1, 2), 3.5), {}, (2, 3, 4)),
    ("ConstantPad2d", ((1, 2, 0, 3), 3.5), {}, (2, 3, 4, 5)),
    ("ConstantPad3d", (1, 3.5), {}, (2, 3, 4, 5, 2)),
    ("ZeroPad2d", (2,), {}, (2, 3, 4, 5)),
    *[
        (f"{kind}{ndim}d", (padding,), {}, (2, 3, 5, 4, 6)[: 2 + ndim])
        for kind in ("ReflectionPad", "ReplicationPad", "CircularPad", "ZeroPad")
        for ndim in (1, 2, 3)
        for padding in (2, (1, 2, 0, 1, 3, 0)[: 2 * ndim])
    ],
    *[
        (f"Conv{ndim}d", (4, 6, 3), {"padding_mode": mode, "padding": padding}, (2, 4, 5, 6, 4)[: 2 + ndim])
        for mode in ("reflect", "replicate", "circular")
        for ndim in (1, 2, 3)
        for padding in (2, "same", "valid")
    ],
    ("Conv2d", (4, 6, 2), {"padding_mode": "circular", "padding": (1, 0), "bias": False, "groups": 2}, (4, 5, 6)),
    ("Unfold", (2,), {}, (2, 3, 4, 5)),
    ("Unfold", ((2, 3), 1, (1, 0), 2), {}, (3, 4, 5)),
    ("Fold", ((4, 5), 2), {}, (2, 12, 12)),
    ("Fold", (4, (2, 2)), {"padding": 1, "stride": (2, 1)}, (12, 15)),
    ("PixelShuffle", (2,), {}, (2, 8, 3, 2)),
    ("PixelUnshuffle", (2,), {}, (8, 4, 2)),
    ("ChannelShuffle", (2,), {}, (2, 4, 3, 2)),
]
IDS = [f"{name}-{i}" for i, (name, *_) in enumerate(LAYERS)]


def data(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(("name", "args", "settings", "shape"), LAYERS, ids=IDS)
def test_a_layer_equals_pytorchs(
    name: str, args: tuple[Any, ...], settings: dict[str, Any], shape: tuple[int, ...]
) -> None:
    import torch

    theirs = getattr(torch.nn, name)(*args, **settings).eval()
    ours = getattr(nn, name)(*args, **settings).eval()
    expected = {key: tuple(t.shape) for key, t in theirs.state_dict().items()}
    assert {key: t.shape for key, t in ours.state_dict().items()} == expected
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    y = ours(data(shape)).data
    np.testing.assert_allclose(y, theirs(torch.tensor(data(shape))).detach().numpy(), rtol=1e-5, atol=1e-5)
    if name != "AvgPool1d":  # PyTorch shows tuples there and ints on the other pools
        assert repr(ours) == repr(theirs)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("MSELoss", {}),
        ("L1Loss", {"reduction": "sum"}),
        ("SmoothL1Loss", {"beta": 0.5}),
        ("HuberLoss", {"delta": 0.5}),
        ("KLDivLoss", {"reduction": "batchmean"}),
        ("KLDivLoss", {"reduction": "sum", "log_target": True}),
        ("CrossEntropyLoss", {"weight": [1.0, 2.0, 0.5], "ignore_index": 1}),
        ("CrossEntropyLoss", {"weight": [1.0, 2.0, 0.5], "label_smoothing": 0.1}),
        ("NLLLoss", {"weight": [1.0, 2.0, 0.5]}),
        ("BCELoss", {"reduction": "sum"}),
        ("BCEWithLogitsLoss", {"pos_weight": [1.0, 2.0, 0.5]}),
    ],
)
def test_a_loss_equals_pytorchs(name: str, settings: dict[str, Any]) -> None:
    import torch

    x, t = data((4, 3)), np.random.default_rng(1).random((4, 3)).astype(np.float32)
    if name in ("CrossEntropyLoss", "NLLLoss"):
        t = np.array([0, 1, 2, 2])
    elif name == "BCELoss":
        x = np.abs(x) / 3
    weights = {key: np.float32(value) for key, value in settings.items() if key.endswith("weight")}
    theirs = getattr(torch.nn, name)(**settings | {key: torch.tensor(w) for key, w in weights.items()})
    ours = getattr(nn, name)(**settings | weights)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert ours(x, t).item() == pytest.approx(theirs(torch.tensor(x), torch.tensor(t)).item(), rel=1e-5)
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize(
    ("name", "args"),
    [("Linear", (60, 300)), ("Conv2d", (12, 40, 5)), ("ConvTranspose2d", (12, 40, 5)), ("ConvTranspose1d", (8, 24, 9))],
)
def test_initial_values_have_pytorchs_distribution(name: str, args: tuple[int, ...]) -> None:
    import torch

    torch.manual_seed(0)
    manual_seed(0)
    theirs = getattr(torch.nn, name)(*args).state_dict()
    for key, t in getattr(nn, name)(*args).state_dict().items():
        peer = theirs[key].numpy()
        assert np.abs(t.data).max() == pytest.approx(np.abs(peer).max(), rel=0.12)
        assert t.data.std() == pytest.approx(peer.std(), rel=0.25 if key == "bias" else 0.05)


def test_output_size_ranges_equal_pytorchs() -> None:
    import torch

    theirs, ours = (lib.ConvTranspose2d(2, 3, 3, stride=3, padding=1, dilation=2) for lib in (torch.nn, nn))
    ours.load_state_dict(theirs.state_dict())
    x = data((2, 2, 4, 5))
    accepted = []
    for size in [(h, w) for h in range(10, 19) for w in (15, 16)]:
        try:
            expected = theirs(torch.tensor(x), output_size=size).detach().numpy()
        except ValueError:
            with pytest.raises(ValueError, match="valid sizes range from"):
                ours(x, output_size=size)
            continue
        accepted.append(size)
        np.testing.assert_allclose(ours(x, output_size=size).data, expected, rtol=1e-5, atol=1e-5)
    assert len(accepted) >= 3


def test_names_and_order_of_the_traversals_equal_pytorchs() -> None:
    import torch

    def build(lib: Any) -> Any:
        shared = lib.Linear(4, 4)
        return lib.Sequential(lib.Conv1d(1, 2, 3), lib.Sequential(shared, lib.ReLU(), shared), shared)

    theirs, ours = build(torch.nn), build(nn)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    assert [name for name, _ in ours.named_modules()] == [name for name, _ in theirs.named_modules()]
    assert [name for name, _ in ours.named_children()] == [name for name, _ in theirs.named_children()]
    assert repr(ours) == repr(theirs)


def test_lists_and_dictionaries_equal_pytorchs() -> None:
    import torch

    def build(lib: Any) -> Any:
        blocks = lib.ModuleList([lib.Linear(4, 4), lib.Linear(4, 4), lib.ReLU(), lib.Linear(4, 2)])
        blocks.insert(1, lib.Tanh())
        blocks += [lib.ModuleDict({"b": lib.Linear(2, 2), "a": blocks[:2]})]
        del blocks[2]
        return lib.ModuleDict([("x", blocks), ("y", lib.Sequential(lib.Linear(2, 2)) * 2)])

    theirs, ours = build(torch.nn), build(nn)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    assert [name for name, _ in ours.named_modules()] == [name for name, _ in theirs.named_modules()]
    ours.load_state_dict(theirs.state_dict())
    x = data((3, 2))
    expected = theirs["x"][-1]["b"](torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(ours["x"][-1]["b"](x).data, expected, rtol=1e-6)


def test_gains_equal_pytorchs() -> None:
    import torch

    for name in ["linear", "conv3d", "conv_transpose1d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]:
        assert nn.init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name), rel=1e-15)
