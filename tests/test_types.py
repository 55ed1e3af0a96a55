"""What a type checker infers: Tensors give Tensors, arrays give arrays. mypy answers `reveal_type` for each row."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

TENSOR, ARRAY = "Tensor", "ndarray"
ROWS = {
    "F.conv2d(t, t)": TENSOR,
    "F.conv2d(t, a)": TENSOR,
    "F.conv2d(a, t, None, 2)": TENSOR,
    "F.conv2d(a, a, t)": TENSOR,
    "F.conv2d(a, weight=a, bias=a, stride=2)": ARRAY,
    "F.conv_transpose1d(t, t)": TENSOR,
    "F.conv_transpose1d(a, a)": ARRAY,
    "F.conv2d_backward(a, a, a).dw": ARRAY,
    "F.conv2d_backward(t, a, a).db": TENSOR,
    "F.linear(a, p)": TENSOR,
    "F.linear(a, a)": ARRAY,
    "F.relu(t)": TENSOR,
    "F.relu(p)": TENSOR,
    "F.relu(a)": ARRAY,
    "F.relu([1.0, -1.0])": ARRAY,
    "F.softplus(t, beta=2.0)": TENSOR,
    "F.gelu(a)": ARRAY,
    "F.max_pool2d(t, 2)": TENSOR,
    "F.adaptive_max_pool2d(a, 2)": ARRAY,
    "F.adaptive_max_pool2d(t, 2, return_indices=True)[1]": TENSOR,
    "F.batch_norm(a, t, t)": ARRAY,
    "F.batch_norm(t, a, a, training=True)": TENSOR,
    "F.layer_norm(a, 3, weight=t)": TENSOR,
    "F.cross_entropy(t, a)": TENSOR,
    "F.mse_loss(a, t)": TENSOR,
    "F.mse_loss(a, a)": ARRAY,
    "F.binary_cross_entropy(a, a, weight=t)": ARRAY,
    "F.interpolate(t, scale_factor=2.0)": TENSOR,
    "F.pad(a, (1, 1))": ARRAY,
    "F.unfold(t, 3)": TENSOR,
    "F.softmax(a, 1)": ARRAY,
    "rot180.exp(t)": TENSOR,
    "rot180.exp(a)": ARRAY,
    "rot180.where(a, t, 0.0)": TENSOR,
    "rot180.maximum(a, 0.0)": ARRAY,
    "rot180.cat([t, t])": TENSOR,
    "rot180.tensor(a)": TENSOR,
    "rot180.grad(t, [t])": "tuple[Tensor, ...]",
    "rot180.grad(t, t, allow_unused=False)": "tuple[Tensor, ...]",
    "rot180.grad(t, t, a, allow_unused=True)": "tuple[Tensor | None, ...]",
    "t + 1.0": TENSOR,
    "t.exp()": TENSOR,
    "t @ a": TENSOR,
    "1.0 - p": TENSOR,
    "-t": TENSOR,
    "abs(t)": TENSOR,
    "p.exp()": TENSOR,
    "t.clamp(0.0, max=1.0)": TENSOR,
    "t.pow(2)": TENSOR,
    "t.maximum(a)": TENSOR,
    "t.sum((0, 1))": TENSOR,
    "t.mean(0, keepdims=True)": TENSOR,
    "t.amax([0], keepdim=True)": TENSOR,
    "t.max()": TENSOR,
    "t.max(0)": "tuple[Tensor, Tensor]",
    "t.min(0, keepdim=True).values": TENSOR,
    "t.argmax(1)": TENSOR,
    "t.squeeze(0).unsqueeze(-1).flatten(1)": TENSOR,
    "t.transpose(0, 1).permute((1, 0)).swapaxes(0, 1)": TENSOR,
    "t.broadcast_to([2, 3])": TENSOR,
    "t.view(1, 2)": TENSOR,
    "t.grad": "Tensor | None",
    "t.item()": "float | int",
    "t.tolist()": "list[Any] | Any",
    "reduction.max(t)": TENSOR,
    "reduction.max(a, 0).indices": ARRAY,
    "t.reshape(1, -1).T": TENSOR,
    "t == a": TENSOR,
    "t.size()": "tuple[int, ...]",
    "t.size(0)": "int",
}
SOURCE = """
import numpy as np
import rot180
import rot180.functional as F
from rot180 import nn
from rot180.tape import reduction

t = rot180.tensor([1.0])
p = nn.Parameter(t)
a = np.zeros(3, np.float32)
"""


REFUSED = [
    't.sum("0")',
    "t.sum(0, False, True)",
    "t.clamp(t)",
    't.max("0")',
    "t.flatten(start=1)",
    "t.exp(1)",
    "t.maximum(None)",
    "t.reshape(1.5)",
    "t.astype(dtype=np.float32).numpy(1)",
    "rot180.grad(t, [t], allow_unused=1.5)",
]


def mypy(path: Path) -> str:
    """The output of mypy for a file."""
    command = [sys.executable, "-m", "mypy", "--config-file=", "--strict", "--no-warn-return-any", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False).stdout


def without_modules(revealed: str) -> str:
    """A type as mypy prints it, without module names, the dtype of arrays and the class of named tuples."""
    short = re.sub(r"(\w+\.)+", "", revealed)
    return re.sub(r", fallback=.*", "]", short.replace("ndarray[Any, dtype[Any]]", ARRAY))


@pytest.mark.slow
@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")
def test_mypy_infers_the_type_of_the_result(tmp_path: Path) -> None:
    path = tmp_path / "rows.py"
    path.write_text(SOURCE + "".join(f"reveal_type({row})\n" for row in ROWS), encoding="utf-8")
    output = mypy(path)
    revealed = [without_modules(found) for found in re.findall(r'Revealed type is "(.*)"', output)]
    assert dict(zip(ROWS, revealed, strict=True)) == ROWS, output


@pytest.mark.slow
@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")
def test_mypy_refuses_wrong_arguments(tmp_path: Path) -> None:
    path = tmp_path / "refused.py"
    path.write_text(SOURCE + "".join(f"{row}\n" for row in REFUSED), encoding="utf-8")
    output = mypy(path)
    first = SOURCE.count("\n") + 1
    lines = {int(line) - first for line in re.findall(r"refused\.py:(\d+): error", output)}
    assert [row for i, row in enumerate(REFUSED) if i not in lines] == [], output
