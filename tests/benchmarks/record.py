"""A small record, as `python -m benchmarks` makes it: made-up figures, two to a part."""

from __future__ import annotations

from typing import Any

ABOUT = {
    "date": "2026-11-21", "processor": "Some(R) Xeon(R) CPU @ 3.00GHz", "system": "Linux x86_64", "cores": 2,
    "threads": 2, "rounds": 5, "seconds": 0.1, "load": 0.25, "load_at_the_end": 1.5, "engine": "native",
    "isa": "avx512", "rot180": "0.1.0 (abcdef0)", "PyTorch": "2.13.0", "NumPy": "2.4.6", "Python": "3.11.7",
    "command": "python -m benchmarks", "whole": True,
}  # fmt: skip


def layer(name: str, both: float) -> dict[str, Any]:
    return {
        "name": name,
        "ms": {"rot180": [0.5, 1.5], "PyTorch": [150.0, 2.0]},
        "ratios": [2 * both, both / 2, both],
        "algorithms": ["winograd", "winograd", "direct"],
        "errors": {"rot180": 1.2e-6, "PyTorch": 2.5e-6},
    }


def step(name: str, eager: float, **compiled: float) -> dict[str, Any]:
    ms = {"rot180": 2.0, "PyTorch": 2 * eager} | {other: 2 * ratio for other, ratio in compiled.items()}
    return {"name": name, "ms": ms, "ratios": {"PyTorch": eager, **compiled}}


def held(imported: float, peak: float) -> dict[str, float]:
    return {"imported": imported, "peak": peak}


def growth(what: str, kind: str) -> dict[str, Any]:
    sizes = {"sizes": ["1", "2", "4"], "multiply_adds": [10, 20, 40], "seconds": [0.002, 0.003, 0.005]}
    return {"grows": what, "kind": kind, **sizes, "slope": 0.66}


def record() -> dict[str, Any]:
    """A new one at each call: tests change it."""
    return {
        "about": dict(ABOUT),
        "failed": [],
        "layers": [layer("lenet1 k5 p2", 4.0), layer("VGG-16 3-64 224x224 k3", 0.25), layer("VGG-16 64-64 k3", 1.0)],
        "steps": [step("LeNet-5", 2.5, compiled=3.5), step("toy", 5.0)],
        "memory": [{"name": "toy", "rot180": held(30.0, 40.0), "PyTorch": held(200.0, 320.0)}],
        "growth": [growth("batch", "3x3"), growth("batch", "depthwise"), growth("pixels", "3x3")],
        "threads": [{"name": "64-64 32x32 k3", "ms": {"1": 9.0, "2": 5.0, "4": 3.0}, "ratios": {"2": 1.8, "4": 3.0}}],
        "footprint": [
            {"name": "wheel", "file": "rot180-0.1.0.whl", "MB": 0.75},
            {"name": "imports", "ms": {"import numpy": 50.0, "import rot180": 60.0}, "extension_ms": 1.25},
            {"name": "call", "us": {"the binding": 1.5, "F.conv2d on arrays": 3.25}},
        ],
        "tape": [{"us": {"by hand": 20.0, "PyTorch": 80.0}, "ratios": {"by hand": 4.0, "PyTorch": 1.0}}],
        "numpy": [{"name": "lenet1", "ms": {"engine": [1.0, 2.0], "im2col": [2.0, 2.0]}, "ratios": [2.0, 1.0, 1.33]}],
    }  # fmt: skip
