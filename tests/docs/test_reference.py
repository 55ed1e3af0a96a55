"""The API reference describes every public name and builds without warnings."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("functional", "nn", "optim", "data", "models", "train", "check", "explain", "formats", "tape")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("pdoc", reason="pdoc is not installed (the extra docs)")
    folder = tmp_path_factory.mktemp("reference")
    command = [sys.executable, "-W", "error", str(ROOT / "docs" / "reference.py"), str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_described(pages: Path, package: str) -> None:
    found = set(re.findall(r'id="([\w.]+)"', (pages / "rot180" / f"{package}.html").read_text(encoding="utf-8")))
    module = import_module(f"rot180.{package}")
    modules = {name for name in module.__all__ if isinstance(getattr(module, name), ModuleType)}
    assert set(module.__all__) - modules <= found
    for name in modules:
        path = getattr(module, name).__name__.replace(".", "/")
        assert (pages / f"{path}.html").exists(), name


def test_the_front_page_has_the_names_of_the_package(pages: Path) -> None:
    text = (pages / "rot180.html").read_text(encoding="utf-8")
    for name in ("Tensor", "manual_seed", "no_grad", "set_num_threads", "primitive"):
        assert f'id="{name}"' in text, name


def test_inner_modules_have_no_pages(pages: Path) -> None:
    assert not (pages / "rot180" / "cli.html").exists()
    assert not (pages / "rot180" / "functional").exists()


def test_without_an_argument_it_prints_one_line_of_usage() -> None:
    pytest.importorskip("pdoc", reason="pdoc is not installed (the extra docs)")
    command = [sys.executable, str(ROOT / "docs" / "reference.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stderr.startswith("usage: python ")
