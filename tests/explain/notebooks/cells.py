"""The layer that the notebook tests show, and notebooks made of lines of code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

LAYER: dict[str, Any] = {
    "op": "conv_transpose2d",
    "input": 3,
    "kernel_size": 3,
    "stride": 2,
    "padding": 1,
    "bias": True,
}
MADE = f"explain.trace({', '.join(f'{name}={value!r}' for name, value in LAYER.items())})"


def write(file: Path, cells: list[str]) -> None:
    """Write a Jupyter notebook with these cells."""
    import nbformat

    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(text) for text in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}},
    )
    nbformat.write(made, file)
