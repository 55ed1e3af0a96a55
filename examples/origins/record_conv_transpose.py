"""Writes `conv_transpose.json`: what torch.nn.ConvTranspose2d makes of one small matrix, forward and backward.

All inputs are integers, so every number in the file is exact. Needs PyTorch; the recorded file is for those without.

    python examples/origins/record_conv_transpose.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

RECORD = Path(__file__).with_name("conv_transpose.json")


def inputs() -> dict[str, np.ndarray]:
    """x (4, 5), kernel (3, 3) and the cotangent dz (6, 7) of the output: integers from -4 to 4."""
    rng = np.random.default_rng(2)
    shapes = {"x": (4, 5), "kernel": (3, 3), "dz": (6, 7)}
    return {name: rng.integers(-4, 5, shape).astype(float) for name, shape in shapes.items()}


def torchs_numbers() -> dict[str, Any]:
    """The inputs and PyTorch's answers to them: z, dx, dw; and who answered. Raises ImportError without PyTorch."""
    import torch

    given = inputs()
    layer = torch.nn.ConvTranspose2d(1, 1, 3, bias=False, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(given["kernel"][None, None]))
    x = torch.from_numpy(given["x"][None, None]).requires_grad_()
    z = layer(x)
    z.backward(torch.from_numpy(given["dz"][None, None]))
    answers = {"z": z.detach(), "dx": x.grad, "dw": layer.weight.grad}
    version = torch.__version__.split("+")[0]
    return {"by": f"torch {version}", **given, **{name: a.numpy()[0, 0] for name, a in answers.items()}}


def recorded() -> dict[str, Any]:
    """The same from the file."""
    numbers = json.loads(RECORD.read_text(encoding="utf-8"))
    return {name: value if name == "by" else np.array(value, float) for name, value in numbers.items()}


def main() -> None:
    lines = [
        f'  "{name}": {json.dumps(value.astype(int).tolist() if isinstance(value, np.ndarray) else value)}'
        for name, value in torchs_numbers().items()
    ]
    RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"wrote {RECORD.name}")


if __name__ == "__main__":
    main()
