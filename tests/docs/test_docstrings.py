"""The examples in docstrings (lines with `>>>`) print the output shown below them."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "rot180"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_examples_in_docstrings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    output: list[str] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if ">>> " not in path.read_text(encoding="utf-8"):
            continue  # importing all modules would take longer than running all examples
        tried = 0
        for test in doctest.DocTestFinder(exclude_empty=True).find(import_module(module_of(path))):
            tried += doctest.DocTestRunner(verbose=False, optionflags=FLAGS).run(test, out=output.append).attempted
        assert tried, f"{path.name} has lines with >>> that doctest does not find: move them into a docstring"
    assert not output, "".join(output)


def test_a_wrong_example_is_found() -> None:
    output: list[str] = []
    test = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    doctest.DocTestRunner(verbose=False).run(test, out=output.append)
    assert "Expected:" in "".join(output)
