"""Imports run downwards only, optional packages are imported inside functions, modules are named after their content.

The rules are checked on the sources; the package is not imported.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "rot180"

FLOORS = [
    {"window", "errors", "random", "spelling"},
    {"kernels"},
    {"tape"},
    {"functional"},
    {"nn", "optim", "data"},
    {"train", "bench", "check", "explain", "formats", "models", "cluster"},
    {"cli", "pytest_plugin"},
]
SIBLINGS = {  # the imports that are allowed within one floor
    "window": {"errors"},
    "train": {"formats", "models", "cluster"},
    "check": {"explain", "formats"},  # formats: docs/decisions/0015
    "explain": {"formats", "models"},
}
EXTENSION = "_native"  # compiled from native/; only kernels/ may import it
ROOT = "rot180"  # rot180/__init__.py, which loads everything lazily: only the commands may import it
AT_THE_TOP = sys.stdlib_module_names | {"numpy", "rot180"}  # all other packages: inside functions
LOADED_BY = {"pytest_plugin": "pytest"}  # the package that loads a module can be imported at its top
STAR_IMPORTS = {"rot180.kernels", "rot180.kernels.reference"}  # they take the registered kernels: docs/decisions/0017
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc"}
PYTORCH_NAMES = {"nn/utils.py"}  # PyTorch's code does `from torch.nn.utils import clip_grad_norm_`

FLOOR = {place: floor for floor, places in enumerate(FLOORS) for place in places}


def may_use(user: str, used: str) -> bool:
    if user == used or used in SIBLINGS.get(user, ()):
        return True
    if used == ROOT:
        return user == "cli"
    if used == EXTENSION:
        return user == "kernels"
    return FLOOR[used] < FLOOR[user]


def place_of(module: str) -> str:
    """The part of the package that holds a module: nn for rot180.nn.conv, rot180 for rot180 itself."""
    return module.split(".")[1] if "." in module else ROOT


def resolve(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    """The absolute form of the name between `from` and `import`."""
    if node.level == 0:
        return node.module or ""
    parts = module.split(".")
    base = parts[: len(parts) - node.level + is_package]
    return ".".join([*base, *([node.module] if node.module else [])])


def imported(node: ast.AST, module: str, is_package: bool) -> Iterator[str]:
    """The absolute names of the modules that one node imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        source = resolve(node, module, is_package)
        for alias in node.names:
            # `from rot180 import nn` imports rot180.nn; `from rot180 import grad` imports rot180
            is_place = source == ROOT and (alias.name in FLOOR or alias.name == EXTENSION)
            yield f"{ROOT}.{alias.name}" if is_place else source
    elif isinstance(node, ast.Call) and node.args:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        name = node.args[0]
        if called in ("import_module", "__import__") and isinstance(name, ast.Constant):
            yield str(name.value)


def is_type_checking(node: ast.AST) -> bool:
    if not isinstance(node, ast.If):
        return False
    test = node.test
    return getattr(test, "id", None) == "TYPE_CHECKING" or getattr(test, "attr", None) == "TYPE_CHECKING"


def run_on_import(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below that run on import, which excludes functions and `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if is_type_checking(child):
            for other in child.orelse:
                yield other
                yield from run_on_import(other)
            continue
        yield child
        yield from run_on_import(child)


def faults_of(path: Path, package: Path) -> Iterator[str]:
    """The violations of the rules in one file, as `file:line: violation`."""
    parts = path.relative_to(package).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    module = ".".join([ROOT, *(parts[:-1] if is_package else parts)])
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    shown = path.relative_to(package.parent).as_posix()

    if path.stem in NAMELESS and path.relative_to(package).as_posix() not in PYTORCH_NAMES:
        yield f"{shown}:1: name the module after what it holds"

    for node in run_on_import(tree):
        for name in imported(node, module, is_package):
            if name.split(".")[0] not in (*AT_THE_TOP, LOADED_BY.get(path.stem)):
                yield f"{shown}:{node.lineno}: {name} must be imported inside the function that uses it"

    for node in ast.walk(tree):
        star = isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
        if star and module not in STAR_IMPORTS:
            yield f"{shown}:{node.lineno}: import * hides where names come from"

    user = place_of(module)
    if user in (ROOT, "__main__"):  # rot180 imports lazily; `python -m rot180` starts the commands
        return
    if user not in FLOOR:
        yield f"{shown}:1: {user} has no floor: add it to FLOORS"
        return
    for node in ast.walk(tree):
        for name in dict.fromkeys(imported(node, module, is_package)):
            if name.split(".")[0] != ROOT:
                continue
            used = place_of(name)
            if used not in FLOOR and used not in (ROOT, EXTENSION):
                yield f"{shown}:{node.lineno}: {user} imports {name}, which has no floor"
            elif not may_use(user, used):
                yield f"{shown}:{node.lineno}: {user} may not import {name}"


def faults(package: Path) -> list[str]:
    return [fault for path in sorted(package.rglob("*.py")) for fault in faults_of(path, package)]


def name_of(path: Path, package: Path) -> str:
    """The name of the module in a file."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join([ROOT, *(parts[:-1] if parts[-1] == "__init__" else parts)])


def dependencies(package: Path) -> dict[str, set[str]]:
    """The modules that each module imports, at the top or inside a function, but not under TYPE_CHECKING.

    `from . import a` is an import of the module a, if there is one, and not of the package.
    """
    paths = {name_of(path, package): path for path in package.rglob("*.py")}
    graph = {}
    for module, path in paths.items():
        used = set()
        for node in unless_type_checking(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                source = resolve(node, module, path.stem == "__init__")
                used |= {f"{source}.{a.name}" if f"{source}.{a.name}" in paths else source for a in node.names}
            else:
                used |= set(imported(node, module, path.stem == "__init__"))
        graph[module] = (used & paths.keys()) - {ROOT}
    return graph


def unless_type_checking(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below that is not under TYPE_CHECKING."""
    for child in ast.iter_child_nodes(node):
        if not is_type_checking(child):
            yield child
            yield from unless_type_checking(child)
        else:
            yield from (other for part in child.orelse for other in (part, *unless_type_checking(part)))


def circles(graph: dict[str, set[str]]) -> list[str]:
    """Groups of modules that import each other, each group once."""
    reached = {}
    for start in graph:
        reached[start], queue = set(), list(graph[start])
        while queue:
            module = queue.pop()
            if module not in reached[start]:
                reached[start].add(module)
                queue += graph[module]
    groups = {frozenset(b for b in reached[a] if a in reached[b]) for a in graph if a in reached[a]}
    return sorted(" <-> ".join(sorted(group)) for group in groups)


def test_no_modules_import_each_other() -> None:
    found = circles(dependencies(PACKAGE))
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("sources", "group"),
    [
        ({"a.py": "from . import b", "b.py": "def f():\n    from .a import x"}, "a <-> rot180.b"),
        ({"a.py": "from .p import c", "p/__init__.py": "", "p/c.py": "import rot180.a"}, "a <-> rot180.p.c"),
        ({f"{a}.py": f"from .{b} import x" for a, b in ("ab", "bc", "ca")}, "a <-> rot180.b <-> rot180.c"),
        ({"a.py": "from . import b", "b.py": "if TYPE_CHECKING:\n    from . import a"}, None),
        ({"p/__init__.py": "from .c import x", "p/c.py": "from . import d", "p/d.py": ""}, None),
    ],
)  # fmt: skip
def test_a_circle_is_found(tmp_path: Path, sources: dict[str, str], group: str | None) -> None:
    for file, source in sources.items():
        path = tmp_path / "rot180" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source + "\n", encoding="utf-8")
    assert circles(dependencies(tmp_path / "rot180")) == ([] if group is None else [f"rot180.{group}"])


def test_the_package_follows_the_rules() -> None:
    assert PACKAGE.is_dir()
    found = faults(PACKAGE)
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("file", "source", "fault"),
    [
        ("kernels/conv.py", "import rot180.tape.sweep", "kernels may not import rot180.tape.sweep"),
        ("kernels/conv.py", "from ..tape import Tensor", "kernels may not import rot180.tape"),
        ("kernels/__init__.py", "from ..nn import conv", "kernels may not import rot180.nn"),
        ("tape/sweep.py", "def f():\n    from rot180 import functional", "sweep.py:2: tape may not import"),
        ("tape/sweep.py", "if TYPE_CHECKING:\n    from ..nn import Module", "tape may not import rot180.nn"),
        ("tape/sweep.py", "importlib.import_module('rot180.cli')", "tape may not import rot180.cli"),
        ("functional/pool.py", "from rot180 import Tensor", "functional may not import rot180"),
        ("optim/sgd.py", "from rot180.nn import Module", "optim may not import rot180.nn"),
        ("formats/onnx.py", "from ..train import fit", "formats may not import rot180.train"),
        ("explain/page.py", "from rot180.check import layer", "explain may not import rot180.check"),
        ("errors.py", "from .window import Window", "errors may not import rot180.window"),
        ("nn/conv.py", "from rot180.extra import x", "nn imports rot180.extra, which has no floor"),
        ("functional/conv.py", "from .. import _native", "functional may not import rot180._native"),
        ("extra.py", "", "extra.py:1: extra has no floor"),
        ("optim/utils.py", "", "name the module after what it holds"),
        ("nn/lazy/utils.py", "", "name the module after what it holds"),
        ("nn/conv.py", "from numpy import *", "import * hides"),
        ("kernels/reference/conv.py", "from .pool import *", "import * hides"),
        ("__init__.py", "import torch", "torch must be imported inside"),
        ("formats/onnx.py", "try:\n    import onnx\nexcept ImportError:\n    pass", "onnx must be"),
        ("formats/weights.py", "from safetensors.numpy import save", "safetensors.numpy must be"),
        ("train/loop.py", "class A:\n    import tqdm", "tqdm must be imported inside"),
        ("train/loop.py", "if TYPE_CHECKING:\n    pass\nelse:\n    import tqdm", "loop.py:4: tqdm must"),
    ],
)
def test_a_violation_is_found(tmp_path: Path, file: str, source: str, fault: str) -> None:
    path = tmp_path / "rot180" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source + "\n", encoding="utf-8")
    found = faults(tmp_path / "rot180")
    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("kernels/conv.py", "import numpy as np\nfrom ..window import Window\nfrom .. import errors"),
        ("kernels/conv.py", "from . import pool\nfrom .pool import max_pool"),
        ("kernels/reference/__init__.py", "from .pool import *"),
        ("kernels/native/avx.py", "from ..conv import conv_y\nfrom ...window import Window"),
        ("kernels/native.py", "def load():\n    from rot180 import _native"),
        ("window.py", "from .errors import ShapeError"),
        ("nn/conv.py", "from rot180 import functional as F"),
        ("nn/conv.py", "from .. import functional as F"),
        ("train/fit.py", "from rot180.models import small\nfrom rot180.nn import Module"),
        ("nn/utils.py", "from .clip_grad import clip_grad_norm_"),
        ("train/fit.py", "def fit():\n    import tqdm"),
        ("formats/torch.py", "if TYPE_CHECKING:\n    import torch"),
        ("cli/info.py", "import rot180"),
        ("__init__.py", "from rot180.nn import conv"),
        ("__main__.py", "from rot180.cli import main"),
    ],
)
def test_an_allowed_import_is_not_a_violation(tmp_path: Path, file: str, source: str) -> None:
    path = tmp_path / "rot180" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source + "\n", encoding="utf-8")
    assert faults(tmp_path / "rot180") == []
