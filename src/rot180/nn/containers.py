"""Containers that behave like lists: Sequential, ModuleList and ParameterList.

The members of a container are named "0", "1", ... and renumbered after every change. A Sequential made from a mapping
keeps the mapping's names. Containers that behave like dictionaries are in `named_containers.py`.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from itertools import count, groupby
from typing import Any, ClassVar, Generic, TypeVar, overload

import numpy as np

from ..tape import Tensor
from ..tape.record import Variable
from .fusion import fuse_relu
from .module import Module
from .parameter import Parameter

L = TypeVar("L", bound="_ListOf[Any]")
V = TypeVar("V")


class _ListOf(Module, Generic[V]):
    """Base of the containers in this file: a registry of the Module with the interface of a list."""

    _registry: ClassVar[str] = "_modules"

    def _names(self) -> list[str]:
        return list(self.__dict__[self._registry])

    def _items(self) -> list[Any]:
        return [self.__dict__[name] for name in self.__dict__[self._registry]]

    def _checked(self, op: str, value: Any) -> Any:
        """Return `value`; raise TypeError if the container cannot hold it."""
        if not isinstance(value, Module):
            raise TypeError(f"{type(self).__name__}.{op}: needs a Module; got {type(value).__name__}")
        return value

    def __len__(self) -> int:
        return len(self.__dict__[self._registry])

    def __iter__(self) -> Iterator[V]:
        return (self.__dict__[name] for name in self.__dict__[self._registry])

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    @overload
    def __getitem__(self, index: int) -> V: ...
    @overload
    def __getitem__(self: L, index: slice) -> L: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._part(self._names()[index])
        return self.__dict__[self._name(index)]

    def _part(self, names: list[str]) -> Any:
        """A new container with some of the members."""
        return type(self)([self.__dict__[name] for name in names])  # type: ignore[call-arg]

    def __setitem__(self, index: int, value: Any) -> None:
        name = self._name(index)
        setattr(self, name, self._checked("__setitem__", value))

    def __delitem__(self, index: int | slice) -> None:
        names = self._names()
        deleted = names[index] if isinstance(index, slice) else [self._name(index)]
        self._replace({name: self.__dict__[name] for name in names if name not in deleted})

    def append(self: L, value: Any) -> L:
        """Append a member and return self."""
        names = self._names()
        # A slice of a Sequential keeps the members' names, such as "2" and "3", so the length may be taken.
        name = next(str(i) for i in count(len(names)) if str(i) not in names)
        setattr(self, name, self._checked("append", value))
        return self

    def extend(self: L, values: Iterable[Any]) -> L:
        """Append several members and return self."""
        if not isinstance(values, Iterable) or isinstance(values, Variable):
            raise TypeError(f"{type(self).__name__}.extend: needs an iterable; got {type(values).__name__}")
        for value in [self._checked("extend", value) for value in values]:
            self.append(value)
        return self

    def insert(self: L, index: int, value: Any) -> L:
        """Insert a member before `index`, as list.insert does, renumber those after it, and return self."""
        items, names = self._items(), self._names()
        if operator.index(index) >= len(items):
            return self.append(value)
        if not self._is_numbered():
            raise ValueError(
                f"{type(self).__name__}.insert: the members have names; make a new container from a mapping"
            )
        items.insert(index, self._checked("insert", value))
        self._replace(dict(zip([*names, str(len(names))], items, strict=True)))
        return self

    @overload
    def pop(self, index: int) -> V: ...
    @overload
    def pop(self: L, index: slice) -> L: ...
    def pop(self, index: int | slice) -> Any:
        """Remove a member and return it; for a slice, return a container with the removed members."""
        value = self[index]
        del self[index]
        return value

    def __iadd__(self: L, values: Iterable[Any]) -> L:
        return self.extend(values)

    def _name(self, index: int) -> str:
        """The name of the member at `index`, which counts from the end if negative."""
        i, names = operator.index(index), self._names()
        if not -len(names) <= i < len(names):
            raise IndexError(f"{type(self).__name__}: index {i} is out of range; the length is {len(names)}")
        return names[i]

    def _is_numbered(self) -> bool:
        return self._names() == [str(i) for i in range(len(self))]

    def _replace(self, members: dict[str, Any]) -> None:
        """Replace all members; numbered names are renumbered, other names are kept."""
        if self._is_numbered():
            members = {str(i): value for i, value in enumerate(members.values())}
        for name in self._names():
            delattr(self, name)
        for name, value in members.items():
            setattr(self, name, value)


class Sequential(_ListOf[Module]):
    """Apply modules one after the other, each to the output of the previous one.

    Args:
        modules: the modules, which are named "0", "1", ...; or one mapping (an OrderedDict) of names to modules.

    A Sequential can be indexed, sliced (into a Sequential that shares the modules), iterated and changed like a list.
    `+` concatenates two, and `* n` repeats the same modules n times.
    """

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            for number, item in enumerate(modules):
                self.add_module(str(number), item)  # type: ignore[arg-type]

    def forward(self, input: Tensor) -> Tensor:
        modules = self._items()
        i, count = 0, len(modules)
        while i < count:
            fused = fuse_relu(modules[i], modules[i + 1], input) if i + 1 < count else None
            input = (fused or modules[i])(input)
            i += 2 if fused else 1
        return input

    def _part(self, names: list[str]) -> Any:
        return type(self)({name: self.__dict__[name] for name in names})

    def __add__(self, other: Sequential) -> Sequential:
        return Sequential(*self, *other) if isinstance(other, Sequential) else NotImplemented

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*self._repeated(times)) if hasattr(times, "__index__") else NotImplemented

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Sequential:
        return self.extend(self._repeated(times)[len(self) :]) if hasattr(times, "__index__") else NotImplemented

    def _repeated(self, times: int) -> list[Any]:
        if operator.index(times) < 1:
            raise ValueError(f"{type(self).__name__}: the factor must be at least 1; got * {times}")
        return self._items() * operator.index(times)


class ModuleList(_ListOf[Module]):
    """A list of modules; its parameters are registered with the Module that has the list as an attribute.

    Args:
        modules: an iterable of modules.

    A ModuleList has no forward: call its modules. It can be indexed, sliced, iterated, concatenated with `+` and
    changed like a list.
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward: call its modules, or make it a Sequential")

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other]) if isinstance(other, Iterable) else NotImplemented

    def __repr__(self) -> str:
        """Show equal consecutive modules once, with their number."""
        lines, start = [], 0
        for text, group in groupby(map(repr, self)):
            stop = start + len(list(group))
            repeated = stop - start > 1
            line = f"({start}-{stop - 1}): {stop - start} x {text}" if repeated else f"({start}): {text}"
            lines.append(line.replace("\n", "\n  "))
            start = stop
        return "\n  ".join([f"{type(self).__name__}(", *lines]) + "\n)" if lines else f"{type(self).__name__}()"


class ParameterList(_ListOf[Parameter]):
    """A list of Parameters, registered with the Module that has the list as an attribute.

    Args:
        values: an iterable of Parameters; Tensors and arrays are wrapped as Parameters that share their memory.

    A ParameterList can be indexed, sliced, iterated and changed like a list.
    """

    _registry = "_parameters"

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        if values is not None:
            self.extend(values)

    def _checked(self, op: str, value: Any) -> Any:
        return as_parameter(f"{type(self).__name__}.{op}", value)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} has no forward: use its parameters in the forward of your Module"
        )

    def __repr__(self) -> str:
        return repr_with_parameters(self, enumerate(self))


def as_parameter(op: str, value: Any) -> Parameter:
    """Return a Parameter unchanged; wrap a Tensor or an array as a Parameter that shares its memory."""
    if isinstance(value, Parameter):
        return value
    if not isinstance(value, Variable | np.ndarray):
        raise TypeError(f"{op}: needs a Parameter, a Tensor or an array; got {type(value).__name__}")
    return Parameter(value)


def repr_with_parameters(holder: Module, items: Iterable[tuple[Any, Parameter]]) -> str:
    """The repr of a container of Parameters: their names, dtypes and sizes."""
    lines = [
        f"  ({name}): Parameter containing: [{p.dtype} of size {'x'.join(map(str, p.shape))}]" for name, p in items
    ]
    return "\n  ".join([f"{type(holder).__name__}(", *lines]) + "\n)" if lines else f"{type(holder).__name__}()"
