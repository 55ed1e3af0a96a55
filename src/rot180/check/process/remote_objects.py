"""The child process's descriptions of functions, errors and objects of the user's code.

The descriptions are not trusted, so names, parameters and errors are checked and truncated here.
"""

from __future__ import annotations

import dataclasses
import inspect
import keyword
from collections.abc import Callable, Mapping
from typing import Any

from ..adapter.descriptions import one_line
from .failure import ChildFailure
from .protocol import Fields

MAX_NAME = 80  # the maximum length of a name
MAX_PARAMETERS = 100
MALFORMED = "sent a message that cannot be read ({reason}), so its code could not be checked"


class RemoteError(Exception):
    """An exception that the user's function raised. Subclasses have the name of its type.

    Attributes:
        place: the line of the user's file where it was raised, for example "line 3 of mine.py", or "".
    """

    def __init__(self, text: str, place: str = "") -> None:
        super().__init__(text)
        self.place = place


class RemoteObject:
    """An object of the user's code that stays in the child process. Subclasses have the name of its type."""


@dataclasses.dataclass(frozen=True)
class RemoteFunction:
    """The description of a function of the user's file.

    Attributes:
        number: the number that identifies it in the child.
        name: the name of the function.
        plain: True for a function that is not a method and has no attributes.
        signature: its signature, or None.
    """

    number: int
    name: str
    plain: bool
    signature: inspect.Signature | None


class RemoteMethod:
    """A proxy of a method or of another callable object with attributes."""

    def __init__(self, remote: Callable[..., Any]) -> None:
        self._remote = remote

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._remote(*arguments, **keywords)


def read_function(reply: Mapping[str, Any]) -> RemoteFunction:
    """Read the description of a function."""
    number, name = reply.get("function"), reply.get("name")
    if type(number) is not int or not isinstance(name, str):
        raise ChildFailure(MALFORMED.format(reason="a function without a name"))
    signature = None
    if isinstance(reply.get("parameters"), list):
        try:
            signature = inspect.Signature([read_parameter(part) for part in reply["parameters"][:MAX_PARAMETERS]])
        except (TypeError, ValueError, IndexError):
            raise ChildFailure(MALFORMED.format(reason="a signature that no function can have")) from None
    return RemoteFunction(number, one_line(name, MAX_NAME), reply.get("plain") is True, signature)


def read_parameter(part: Any) -> inspect.Parameter:
    """Read the description of a parameter: [name, kind, has_default, default]. Raises ValueError or TypeError."""
    name, kind, has_default, default = part
    if not isinstance(name, str) or len(name) > MAX_NAME or type(kind) is not int:
        raise ValueError("a parameter without a name and a kind")
    kinds = [
        inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.VAR_POSITIONAL,
        inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD,
    ]  # fmt: skip
    if has_default is not True:
        return inspect.Parameter(name, kinds[kind])
    if isinstance(default, str):
        default = one_line(default, MAX_NAME)
    return inspect.Parameter(name, kinds[kind], default=default)


def texts_of(value: Any) -> list[str]:
    """The strings in a list. Other values are left out."""
    return [part for part in value if isinstance(part, str)] if isinstance(value, list | tuple) else []


def type_name(name: Any, otherwise: str) -> str:
    """The name that the child sent, if it is a valid name for a type; otherwise `otherwise`."""
    is_name = isinstance(name, str) and len(name) <= MAX_NAME and name.isidentifier() and not keyword.iskeyword(name)
    return str(name) if is_name else otherwise


def error_type(error: Any) -> type[RemoteError]:
    """A subclass of RemoteError with the name of the type that was raised."""
    name = error.get("kind") if isinstance(error, dict) else None
    return type(type_name(name, "Exception"), (RemoteError,), {})


def with_fields(value: Fields) -> Any:
    """An object with these fields: a dataclass if all names are valid attribute names, otherwise a dict."""
    names = list(value.fields)
    if not all(type_name(name, "") and not name.startswith("__") for name in names):
        return dict(value.fields)
    kind = dataclasses.make_dataclass(type_name(value.kind, "Fields"), names, eq=False)
    return kind(**value.fields)
