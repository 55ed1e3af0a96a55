"""Load the user's file as a module, and find its functions, classes and methods by name."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

MAX_NAMES = 2000
MAX_NAME = 200  # the maximum length of a name
PREFIX = "submission_"  # prefix for a file whose name is that of another module


class Library:
    """The module that a file defines.

    Each class is instantiated once, so that a backward finds the attributes that a forward has set.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.instances: dict[type, Any] = {}
        self.module = load(path)

    def contents(self) -> list[dict[str, Any]]:
        """Describe the contents of the file in order: name, kind, names of methods, and whether it is defined here.

        The kinds are "function", "class", and "object" for a layer object that the file has created.
        """
        return [
            {"name": name, "kind": kind, "own": self._is_own(value), "methods": _names_of_methods(value, kind)}
            for name, value in list(vars(self.module).items())[:MAX_NAMES]
            if isinstance(name, str) and len(name) <= MAX_NAME and (kind := self._kind_of(value))
        ]

    def _kind_of(self, value: Any) -> str:
        """The kind of an entry; "" for values that are not listed."""
        if isinstance(value, type):
            return "class"
        if self._is_own(type(value)):
            return "object"
        return "function" if callable(value) else ""

    def find(self, name: str) -> Any:
        """Return the function, class or object with this name, or None. `Layer.forward` is a method of Layer()."""
        owner, _, method = name.rpartition(".")
        target: Any = self.module
        for part in owner.split(".") if owner else []:
            target = getattr(target, part, None)
        if isinstance(target, type):
            if target not in self.instances:
                self.instances[target] = target()
            target = self.instances[target]
        target = getattr(target, method, None)
        return target if self._kind_of(target) or callable(target) else None

    def _is_own(self, value: Any) -> bool:
        """True if a function or class is defined in this file, or in another file of its folder."""
        module = sys.modules.get(str(getattr(value, "__module__", "")))
        file = getattr(module, "__file__", None)
        return isinstance(file, str) and os.path.dirname(file) == os.path.dirname(self.path)


def load(path: str) -> ModuleType:
    """Load a file as a module that can import the other files of its folder.

    Its folder is the last entry of sys.path, so that a file numpy.py or random.py there does not replace the real
    module.
    """
    name = os.path.splitext(os.path.basename(path))[0]
    if not name.isidentifier() or name in sys.modules or importlib.util.find_spec(name) is not None:
        name = f"{PREFIX}{name}"
    sys.path.append(os.path.dirname(path))
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _names_of_methods(value: Any, kind: str) -> list[str]:
    if kind == "function":
        return []
    return list(_methods(value if kind == "class" else type(value)))


def _methods(kind: type) -> Iterator[str]:
    """The names of the methods of a class, including those of its base classes."""
    found = set[str]()
    for base in kind.__mro__[:-1]:
        for name, value in list(vars(base).items())[:MAX_NAMES]:
            is_method = callable(value) or isinstance(value, staticmethod | classmethod)
            if is_method and isinstance(name, str) and len(name) <= MAX_NAME and name not in found:
                found.add(name)
                yield name
