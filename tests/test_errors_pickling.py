"""Every exception of the package can be pickled, as `multiprocessing` does with those that a worker raises.

An exception that cannot be unpickled makes the parent of a `multiprocessing.Pool` wait for ever.
"""

from __future__ import annotations

import copy
import importlib
import multiprocessing
import pickle
import pkgutil
from pathlib import Path

import pytest

import rot180
from rot180.formats import WriteError, atomic

ARGUMENTS: dict[str, tuple[object, ...]] = {  # of exceptions with an __init__ of their own
    "WriteError": (Path("a", "b"), PermissionError(13, "Permission denied"), False),
    "Refused": ("it raises", "forward", "x (2, 3)"),
    "RemoteError": ("it raises", "line 3"),
}
LEFT_OUT = ("rot180.__main__", "rot180._native")


def exceptions() -> list[type[BaseException]]:
    """The exception classes that the package defines."""
    names = [module.name for module in pkgutil.walk_packages(rot180.__path__, "rot180.")]
    found = {}
    for name in names:
        if name not in LEFT_OUT and not name.endswith("pytest_plugin"):
            for value in vars(importlib.import_module(name)).values():
                if isinstance(value, type) and issubclass(value, BaseException) and value.__module__ == name:
                    found[value.__qualname__] = value
    return [found[name] for name in sorted(found)]


@pytest.mark.parametrize("kind", exceptions(), ids=lambda kind: kind.__name__)
def test_an_exception_survives_pickling(kind: type[BaseException]) -> None:
    assert ("__init__" in vars(kind)) == (kind.__name__ in ARGUMENTS), "add its arguments above"
    error = kind(*ARGUMENTS.get(kind.__name__, ("a message",)))
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is kind and str(again) == str(error) and again.args == error.args
        assert str(vars(again)) == str(vars(error))


def test_attributes_of_a_write_error_survive_pickling() -> None:
    error = pickle.loads(pickle.dumps(WriteError("a/b", PermissionError(13, "Permission denied"))))
    assert error.errno == 13 and str(error) == "cannot write a/b: Permission denied; no file was changed"
    error = pickle.loads(pickle.dumps(WriteError("a/b", OSError("it is full"), unchanged=False)))
    assert error.errno is None and str(error) == "cannot write a/b: it is full"


def write(path: str) -> None:
    """The work of a worker."""
    atomic.write_text(path, "text")


def test_a_worker_reports_a_file_that_it_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "file"
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        result = pool.apply_async(write, (str(path),))
        with pytest.raises(WriteError, match=f"cannot write {path}: No such file or directory; no file was changed"):
            result.get(timeout=60)
