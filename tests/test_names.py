"""Every function has a name of its own, because tracebacks and profiles show it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def unnamed_functions(folder: Path) -> list[str]:
    """The functions named `_` below a folder, as `file:line`."""
    return [
        f"{path.relative_to(folder).as_posix()}:{node.lineno}"
        for path in sorted(folder.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.strip("_")
    ]


@pytest.mark.parametrize("folder", ["src/rot180", "benchmarks", "examples"])
def test_every_function_has_a_name(folder: str) -> None:
    assert unnamed_functions(ROOT / folder) == []


def test_a_function_without_a_name_is_found(tmp_path: Path) -> None:
    (tmp_path / "ops.py").write_text("@relu.vjp\ndef _(g):\n    return g\n\ndef relu_vjp(g):\n    return g\n")
    assert unnamed_functions(tmp_path) == ["ops.py:2"]
