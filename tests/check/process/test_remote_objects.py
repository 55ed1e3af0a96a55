"""Descriptions of functions, errors and objects are checked before they are used."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from rot180.check.process.failure import ChildFailure
from rot180.check.process.protocol import Fields
from rot180.check.process.remote_objects import error_type, read_function, type_name, with_fields


def function(**given: Any) -> dict[str, Any]:
    return {"function": 0, "name": "f", "plain": True, "parameters": [["x", 1, False, None]], **given}


def test_a_function_is_described() -> None:
    parts = [["x", 0, False, None], ["stride", 1, True, (1, 2)], ["rest", 2, False, None], ["mode", 3, True, "a\nb"]]
    found = read_function(function(parameters=parts))
    assert str(found.signature) == "(x, /, stride=(1, 2), *rest, mode='a\\\\nb')" and found.plain
    assert read_function(function(parameters=None)).signature is None
    assert read_function(function(name="a\n\x1b")).name == "a\\n\\x1b"


@pytest.mark.parametrize(
    "given",
    [
        {"function": "0"}, {"function": None}, {"name": 1}, {"parameters": [["x", 7, False, None]]},
        {"parameters": [["x"]]}, {"parameters": ["x"]}, {"parameters": [["a b", 1, False, None]]},
        {"parameters": [["x", 1, True, 1], ["y", 1, False, None]]}, {"parameters": [["x", 1, False, None]] * 2},
        {"parameters": [["x" * 200, 1, False, None]]}, {"parameters": [["x", "1", False, None]]},
    ],
)  # fmt: skip
def test_a_function_that_cannot_be_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ChildFailure, match="sent a message that cannot be read"):
        read_function(function(**given))


def test_names_of_types() -> None:
    assert type_name("KeyError", "Exception") == "KeyError"
    for name in ("a b", "class", "", "x" * 100, "a\n", 5, None):
        assert type_name(name, "Exception") == "Exception"
    assert error_type({"kind": "KeyError"}).__name__ == "KeyError" and error_type(None).__name__ == "Exception"


def test_fields_become_a_dataclass_or_a_dict() -> None:
    found = with_fields(Fields("Cache", {"x": 1, "w": 2}))
    assert dataclasses.is_dataclass(found) and type(found).__name__ == "Cache" and found.w == 2
    assert with_fields(Fields("Cache", {"a b": 1})) == {"a b": 1}
    assert with_fields(Fields("Cache", {"__class__": 1})) == {"__class__": 1}
