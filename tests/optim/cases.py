"""The options that are compared with PyTorch, and the toy problem."""

from __future__ import annotations

from typing import Any

import numpy as np

STEPS = 5

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {"lr": 0.1}),
    "sgd default lr": ("SGD", {}),
    "sgd weight decay": ("SGD", {"lr": 0.1, "weight_decay": 0.3}),
    "sgd maximize": ("SGD", {"lr": 0.1, "maximize": True}),
    "sgd maximize weight decay": ("SGD", {"lr": 0.1, "maximize": True, "weight_decay": 0.3}),
    "sgd momentum": ("SGD", {"lr": 0.1, "momentum": 0.9}),
    "sgd dampening": ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.4}),
    "sgd nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    "sgd everything": ("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.2, "maximize": True}),
    "sgd dampening decay": ("SGD", {"lr": 0.1, "momentum": 0.8, "dampening": 0.3, "weight_decay": 0.2}),
    "adam": ("Adam", {"lr": 0.1}),
    "adam default lr": ("Adam", {}),
    "adam betas": ("Adam", {"lr": 0.1, "betas": (0.7, 0.8), "eps": 1e-3}),
    "adam weight decay": ("Adam", {"lr": 0.1, "weight_decay": 0.3}),
    "adam amsgrad": ("Adam", {"lr": 0.1, "amsgrad": True, "betas": (0.5, 0.6)}),
    "adam everything": ("Adam", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.2, "maximize": True}),
    "adamw": ("AdamW", {"lr": 0.1}),
    "adamw default lr": ("AdamW", {}),
    "adamw no decay": ("AdamW", {"lr": 0.1, "weight_decay": 0}),
    "adamw maximize": ("AdamW", {"lr": 0.1, "weight_decay": 0.3, "maximize": True}),
    "adamw everything": ("AdamW", {
        "lr": 0.1, "betas": (0.7, 0.8), "eps": 1e-3, "amsgrad": True, "weight_decay": 0.2, "maximize": True,
    }),
    "rmsprop": ("RMSprop", {"lr": 0.1}),
    "rmsprop default lr": ("RMSprop", {}),
    "rmsprop alpha": ("RMSprop", {"lr": 0.1, "alpha": 0.5, "eps": 1e-3}),
    "rmsprop weight decay": ("RMSprop", {"lr": 0.1, "weight_decay": 0.3}),
    "rmsprop momentum": ("RMSprop", {"lr": 0.1, "momentum": 0.9}),
    "rmsprop centered": ("RMSprop", {"lr": 0.1, "centered": True, "alpha": 0.9}),
    "rmsprop maximize": ("RMSprop", {"lr": 0.1, "maximize": True}),
    "rmsprop everything": ("RMSprop", {
        "lr": 0.1, "alpha": 0.7, "weight_decay": 0.2, "momentum": 0.5, "centered": True, "maximize": True,
    }),
}  # fmt: skip


def start() -> list[np.ndarray]:
    """Two parameters, float64."""
    return [np.linspace(-1, 2, 6).reshape(2, 3), np.linspace(0.5, -0.5, 4)]


def gradient(step: int, p: np.ndarray) -> np.ndarray:
    """The gradient of the toy problem at `step` (from 0) and parameter p; it depends on both and decreases."""
    return (0.5 * p + np.cos(3.0 * step + np.arange(p.size)).reshape(p.shape)) / (1 + step)
