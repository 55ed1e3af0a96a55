"""Write `conv_transpose.json`: the results of torch.nn.ConvTranspose2d for one small matrix, forward and backward.

All inputs are integers, so every number in the file is exact. Only this script needs PyTorch.

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


def torch_numbers() -> dict[str, Any]:
    """The inputs and PyTorch's z, dx and dw, with the version as "by". Raises ImportError if PyTorch is missing."""
    import torch

    arrays = inputs()
    layer = torch.nn.ConvTranspose2d(1, 1, 3, bias=False, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(arrays["kernel"][None, None]))
    x = torch.from_numpy(arrays["x"][None, None]).requires_grad_()
    z = layer(x)
    z.backward(torch.from_numpy(arrays["dz"][None, None]))
    results = {"z": z.detach(), "dx": x.grad, "dw": layer.weight.grad}
    version = torch.__version__.split("+")[0]
    return {"by": f"torch {version}", **arrays, **{name: a.numpy()[0, 0] for name, a in results.items()}}


def recorded_numbers() -> dict[str, Any]:
    """The numbers that `torch_numbers` computed, read from the file."""
    numbers = json.loads(RECORD.read_text(encoding="utf-8"))
    return {name: value if name == "by" else np.array(value, float) for name, value in numbers.items()}


def main() -> None:
    lines = [
        f'  "{name}": {json.dumps(value.astype(int).tolist() if isinstance(value, np.ndarray) else value)}'
        for name, value in torch_numbers().items()
    ]
    RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"wrote {RECORD.name}")


if __name__ == "__main__":
    main()
