"""PyTorch's side of a row: call the counterpart and differentiate it, for `record.py` and the tests marked peers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
import torch
import torch.nn.functional as TF

from .case import Case, Layer, is_float


def run(case: Case, inputs: Sequence[np.ndarray], order: int = 1) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """(outputs, gradients of the float inputs), as `Case.run`; of order 2, the gradients of <gradients, w>."""
    leaves = [torch.tensor(a, requires_grad=is_float(a)) for a in inputs]
    result = _function(case)(*leaves)
    outputs = [y for y in (result if isinstance(result, list | tuple) else [result])]
    shown = [y.detach().numpy() for y in outputs]
    v = [torch.tensor(w, requires_grad=order == 2) for w in case.cotangents(shown)]
    targets = [leaf for leaf in leaves if leaf.requires_grad]
    grads = _grad([y for y in outputs if y.is_floating_point()], targets, v, order == 2)
    if order == 2:
        weights = [torch.tensor(w) for w in second_weights(case, [g.detach().numpy(force=True) for g in grads])]
        targets = [*targets, *v]
        grads = _grad(grads, targets, weights, False)
    return shown, [g.detach().numpy(force=True) for g in grads]


def second_weights(case: Case, grads: Sequence[np.ndarray]) -> list[np.ndarray]:
    rng = np.random.default_rng(case.seed + 2)
    return [np.asarray(rng.uniform(0.5, 1.5, g.shape) * rng.choice((-1.0, 1.0), g.shape)) for g in grads]


def _grad(outputs: Any, targets: Any, v: Any, create_graph: bool) -> list[Any]:
    pairs = [(y, w) for y, w in zip(outputs, v, strict=True) if y.requires_grad]
    if not pairs:
        return [torch.zeros_like(x) for x in targets]
    tops, weights = zip(*pairs, strict=True)
    found = torch.autograd.grad(tops, targets, weights, create_graph=create_graph, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for g, x in zip(found, targets, strict=True)]


def _function(case: Case) -> Any:
    assert case.peer is not None
    module, _, name = case.peer.rpartition(".")
    found = getattr(import_module(module), name)
    if isinstance(case.ours, Layer) and isinstance(found, type):
        layer = found(*map(_tensor, case.ours.args), **{k: _tensor(v) for k, v in case.ours.named.items()}).double()
        names = [n for n, _ in layer.named_parameters()]

        def call(*tensors: Any) -> Any:
            count = len(tensors) - len(names)
            return torch.func.functional_call(layer, dict(zip(names, tensors[count:], strict=True)), tensors[:count])

        return call
    settings = case.settings if case.peer_settings is None else case.peer_settings
    return lambda *tensors: found(*tensors, **{k: _tensor(v) for k, v in settings.items()})


def _tensor(v: Any) -> Any:
    return torch.tensor(v) if is_float(v) else v


# ---- functions that PyTorch spells differently or lacks ----


def where(a: Any, b: Any, condition: np.ndarray) -> Any:
    return torch.where(torch.tensor(condition), a, b)


def astype_and_back(x: Any) -> Any:
    return x.float().double()


def cat(*xs: Any, dim: int) -> Any:
    return torch.cat(xs, dim)


def stack(*xs: Any, dim: int) -> Any:
    return torch.stack(xs, dim)


def hardsigmoid(x: Any) -> Any:
    return TF.relu6(x + 3) / 6  # PyTorch's own takes 1 / 6 from float32 for its gradient


def kl_div(x: Any, t: Any, **settings: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch remarks that "mean" is not the divergence
        return TF.kl_div(x, t, **settings)


def _each(value: Any, ndim: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,) * ndim


def _pads(
    padding: Any, size: Sequence[int], kernel: Sequence[int], stride: Any, dilation: Any
) -> list[tuple[int, int]]:
    """(before, after) per axis of the wide side; 'same' as TensorFlow defines it for a stride."""
    if padding == "valid":
        return [(0, 0)] * len(size)
    if padding != "same":
        return list(padding)
    pads = []
    for n, k, s, d in zip(size, kernel, _each(stride, len(size)), _each(dilation, len(size)), strict=True):
        total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
        pads.append((total // 2, total - total // 2))
    return pads


def _flat(pads: Sequence[tuple[int, int]]) -> list[int]:
    return [n for pair in reversed(pads) for n in pair]


def _padded(ndim: int) -> Any:
    function = getattr(TF, f"conv{ndim}d")

    def conv(x: Any, w: Any, b: Any = None, padding: Any = 0, **settings: Any) -> Any:
        pads = _pads(padding, x.shape[2:], w.shape[2:], settings.get("stride", 1), settings.get("dilation", 1))
        return function(TF.pad(x, _flat(pads)), w, b, **settings)

    return conv


def _cropped(ndim: int) -> Any:
    function = getattr(TF, f"conv_transpose{ndim}d")

    def conv_transpose(x: Any, w: Any, b: Any = None, padding: Any = 0, **settings: Any) -> Any:
        strides = _each(settings.get("stride", 1), ndim)
        wide = [n * s for n, s in zip(x.shape[2:], strides, strict=True)]
        y = function(x, w, None, **settings)
        pads = _pads(padding, wide, w.shape[2:], strides, settings.get("dilation", 1))
        ends = (
            wide
            if padding == "same"
            else [n - after - before for n, (before, after) in zip(y.shape[2:], pads, strict=True)]
        )
        crops = [(-before, end + before - n) for n, end, (before, _) in zip(y.shape[2:], ends, pads, strict=True)]
        y = TF.pad(y, _flat(crops))  # negative numbers crop; a kernel smaller than the stride leaves cells to add
        return y if b is None else y + b.reshape(-1, *(1,) * ndim)

    return conv_transpose


def _backward(name: str) -> Any:
    function = getattr(TF, name)

    def backward(dy: Any, x: Any, w: Any, **settings: Any) -> Any:
        out = w.shape[1] if "transpose" in name else w.shape[0]
        b = torch.zeros(out, dtype=x.dtype, requires_grad=True)
        return torch.autograd.grad(function(x, w, b, **settings), (x, w, b), dy, create_graph=True)

    return backward


conv1d, conv2d, conv3d = map(_padded, (1, 2, 3))
conv_transpose1d, conv_transpose2d, conv_transpose3d = map(_cropped, (1, 2, 3))
conv1d_backward, conv2d_backward, conv3d_backward = (_backward(f"conv{n}d") for n in (1, 2, 3))
conv_transpose1d_backward, conv_transpose2d_backward, conv_transpose3d_backward = (
    _backward(f"conv_transpose{n}d") for n in (1, 2, 3)
)


# ---- borders: PyTorch pads both sides equally, and has no padding_mode for transposed layers ----


def pad_last_axis(x: Any, pad: Any, mode: str) -> Any:
    return TF.pad(x.flatten(1, -2), pad, mode).unflatten(1, x.shape[1:-1])


def conv_with_border(x: Any, w: Any, b: Any = None, padding: Any = 0, padding_mode: str = "", **settings: Any) -> Any:
    pads = _pads(padding, x.shape[2:], w.shape[2:], settings.get("stride", 1), settings.get("dilation", 1))
    return getattr(TF, f"conv{x.ndim - 2}d")(TF.pad(x, _flat(pads), padding_mode), w, b, **settings)


def conv_transpose_with_border(
    y: Any, w: Any, b: Any = None, padding: Any = 0, output_padding: int = 0, **settings: Any
) -> Any:
    """The gradient, by autograd, of the plain layer that it is the adjoint of: linear, so at zeros as anywhere."""
    ndim = y.ndim - 2
    strides, spread = _each(settings.get("stride", 1), ndim), _each(settings.get("dilation", 1), ndim)
    size = [n * s for n, s in zip(y.shape[2:], strides, strict=True)]
    if padding != "same":
        pairs = padding if isinstance(padding, tuple) else ((padding, padding),) * ndim
        axes = zip(y.shape[2:], w.shape[2:], strides, spread, pairs, strict=True)
        size = [(n - 1) * s + d * (k - 1) + 1 - sum(pair) + output_padding for n, k, s, d, pair in axes]
        padding = pairs
    x = torch.zeros(y.shape[0], w.shape[1] * settings.get("groups", 1), *size, dtype=y.dtype, requires_grad=True)
    (found,) = torch.autograd.grad(conv_with_border(x, w, None, padding, **settings), x, y, create_graph=True)
    return found if b is None else found + b.reshape(-1, *(1,) * ndim)


def unfold(x: Any, padding: Any, **settings: Any) -> Any:
    return TF.unfold(TF.pad(x, _flat(padding)), **settings)


def fold(y: Any, output_size: Any, padding: Any, **settings: Any) -> Any:
    wide = [n + sum(pair) for n, pair in zip(output_size, padding, strict=True)]
    return TF.pad(TF.fold(y, wide, **settings), [-n for n in _flat(padding)])
