"""Every public name resolves, and type checkers see the same names as the interpreter."""

import ast
from pathlib import Path
from pkgutil import iter_modules

import pytest

import rot180


def test_every_public_name_resolves():
    for name in dir(rot180):
        value = getattr(rot180, name)
        assert value is not None, name
        if hasattr(value, "__doc__") and name != "__version__":
            assert value.__doc__, f"{name} has no docstring"


def test_every_subpackage_is_a_public_name():
    packages = {module.name for module in iter_modules(rot180.__path__)}
    assert packages - {"cli", "__main__", "_native", "pytest_plugin", "spelling"} == set(rot180._FLOORS)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'rot180' has no attribute 'deconv'"):
        _ = rot180.deconv
    with pytest.raises(ImportError):
        exec("from rot180 import deconv")


def test_type_checkers_see_the_names_that_are_loaded():
    tree = ast.parse(Path(rot180.__file__).read_text())
    (block,) = [
        node for node in tree.body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    ]  # fmt: skip
    places, packages = {}, set()
    for node in block.body:
        assert isinstance(node, ast.ImportFrom) and node.level == 1
        (alias,) = node.names
        assert alias.asname == alias.name  # the form that re-exports
        if node.module is None:
            packages.add(alias.name)
        else:
            places[alias.name] = node.module
    assert places == rot180._PLACES
    assert packages <= set(rot180._FLOORS)


def test_a_name_is_defined_in_one_place():
    names = " ".join(rot180._NAMES.values()).split()
    assert len(names) == len(set(names)) and not set(names) & set(rot180._FLOORS)


@pytest.mark.parametrize("package", ["functional", "tape", "nn", "optim", "data"])
def test_every_name_in_all_exists_and_has_a_docstring(package):
    module = getattr(rot180, package)
    assert sorted(set(module.__all__)) == sorted(module.__all__)
    for name in module.__all__:
        assert getattr(module, name).__doc__, f"{package}.{name}"
