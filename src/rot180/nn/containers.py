"""Modules and Parameters in a row: Sequential, ModuleList and ParameterList, which behave like lists.

Their members are named "0", "1", ..., and these numbers follow every change; a Sequential of a mapping has names of its
own. (By name alone: `named_containers.py`.)
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from itertools import count, groupby
from typing import Any, ClassVar, TypeVar, overload

import numpy as np

from ..tape.record import Variable
from .joining import joined
from .module import Module
from .parameter import Parameter

L = TypeVar("L", bound="_ListOf")


class _ListOf(Module):
    """What the three have in common: a registry of the Module, used as a list."""

    _registry: ClassVar[str] = "_modules"

    def _names(self) -> list[str]:
        return list(self.__dict__[self._registry])

    def _held(self) -> list[Any]:
        return [self.__dict__[name] for name in self.__dict__[self._registry]]

    def _checked(self, op: str, value: Any) -> Any:
        """`value`, if it may be held here."""
        if not isinstance(value, Module):
            raise TypeError(f"{type(self).__name__}.{op}: needs a Module; got {type(value).__name__}")
        return value

    def __len__(self) -> int:
        return len(self.__dict__[self._registry])

    def __iter__(self) -> Iterator[Any]:
        return (self.__dict__[name] for name in self.__dict__[self._registry])

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self: L, index: slice) -> L: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._part(self._names()[index])
        return self.__dict__[self._name(index)]

    def _part(self, names: list[str]) -> Any:
        """One of these with some of the members."""
        return type(self)([self.__dict__[name] for name in names])  # type: ignore[call-arg]

    def __setitem__(self, index: int, value: Any) -> None:
        name = self._name(index)
        setattr(self, name, self._checked("__setitem__", value))

    def __delitem__(self, index: int | slice) -> None:
        names = self._names()
        gone = names[index] if isinstance(index, slice) else [self._name(index)]
        self._replace({name: self.__dict__[name] for name in names if name not in gone})

    def append(self: L, value: Any) -> L:
        """Add one at the end; returns self."""
        names = self._names()
        name = next(str(i) for i in count(len(names)) if str(i) not in names)  # a slice has numbers of its own
        setattr(self, name, self._checked("append", value))
        return self

    def extend(self: L, values: Iterable[Any]) -> L:
        """Add some at the end; returns self."""
        if not isinstance(values, Iterable) or isinstance(values, Variable):
            raise TypeError(f"{type(self).__name__}.extend: needs an iterable; got {type(values).__name__}")
        for value in [self._checked("extend", value) for value in values]:
            self.append(value)
        return self

    def insert(self: L, index: int, value: Any) -> L:
        """Put one before place `index`, as list.insert does; the numbers after it move up. Returns self."""
        held, names = self._held(), self._names()
        if operator.index(index) >= len(held):
            return self.append(value)
        if not self._numbered():
            raise ValueError(f"{type(self).__name__}.insert: its members have names; make a new one of a mapping")
        held.insert(index, self._checked("insert", value))
        self._replace(dict(zip([*names, str(len(names))], held, strict=True)))
        return self

    def pop(self, index: int | slice) -> Any:
        """Take the one at this place out and return it (of a slice: one of these with all of them)."""
        value = self[index]
        del self[index]
        return value

    def __iadd__(self: L, values: Iterable[Any]) -> L:
        return self.extend(values)

    def _name(self, index: int) -> str:
        """The name at this place, counted from the end if negative."""
        place, names = operator.index(index), self._names()
        if not -len(names) <= place < len(names):
            raise IndexError(f"{type(self).__name__}: index {place} is out of range; its length is {len(names)}")
        return names[place]

    def _numbered(self) -> bool:
        return self._names() == [str(i) for i in range(len(self))]

    def _replace(self, members: dict[str, Any]) -> None:
        """Hold these: numbered anew if they were numbers, else under their names."""
        if self._numbered():
            members = {str(i): value for i, value in enumerate(members.values())}
        for name in self._names():
            delattr(self, name)
        for name, value in members.items():
            setattr(self, name, value)


class Sequential(_ListOf):
    """Each module gets what the one before it returned.

    Args:
        modules: the modules, which are named "0", "1", ...; or one mapping (an OrderedDict) of names to modules.

    It can be indexed, sliced (a Sequential that shares the modules), measured, iterated and changed like a list; `+`
    joins two and `* n` repeats one, with the same modules.
    """

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            for number, item in enumerate(modules):
                self.add_module(str(number), item)  # type: ignore[arg-type]

    def forward(self, input: Any) -> Any:
        modules = self._held()
        i, count = 0, len(modules)
        while i < count:
            both = joined(modules[i], modules[i + 1], input) if i + 1 < count else None
            input = (both or modules[i])(input)
            i += 2 if both else 1
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
            raise ValueError(f"{type(self).__name__}: can be repeated once or more; got * {times}")
        return self._held() * operator.index(times)


class ModuleList(_ListOf):
    """Modules in a list, whose parameters belong to the Module that the list is an attribute of.

    Args:
        modules: an iterable of modules.

    It has no forward: call its modules. It can be indexed, sliced, iterated, joined with `+` and changed like a list.
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
        """Equal neighbours are shown once, with their count."""
        lines, start = [], 0
        for shown, group in groupby(map(repr, self)):
            stop = start + len(list(group))
            several = stop - start > 1
            line = f"({start}-{stop - 1}): {stop - start} x {shown}" if several else f"({start}): {shown}"
            lines.append(line.replace("\n", "\n  "))
            start = stop
        return "\n  ".join([f"{type(self).__name__}(", *lines]) + "\n)" if lines else f"{type(self).__name__}()"


class ParameterList(_ListOf):
    """Parameters in a list, which belong to the Module that the list is an attribute of.

    Args:
        values: an iterable of Parameters; Tensors and arrays become Parameters that share their memory.

    It can be indexed, sliced, iterated and changed like a list.
    """

    _registry = "_parameters"

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        if values is not None:
            self.extend(values)

    def _checked(self, op: str, value: Any) -> Any:
        return parameter_of(f"{type(self).__name__}.{op}", value)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward: use its parameters in a forward of your own")

    def __repr__(self) -> str:
        return shown_parameters(self, enumerate(self))


def parameter_of(op: str, value: Any) -> Parameter:
    """A Parameter as it is; a Tensor or an array as a Parameter that shares its memory."""
    if isinstance(value, Parameter):
        return value
    if not isinstance(value, Variable | np.ndarray):
        raise TypeError(f"{op}: needs a Parameter, a Tensor or an array; got {type(value).__name__}")
    return Parameter(value)


def shown_parameters(holder: Module, items: Iterable[tuple[Any, Parameter]]) -> str:
    """The repr of what holds these Parameters: their names, dtypes and sizes."""
    lines = [
        f"  ({name}): Parameter containing: [{p.dtype} of size {'x'.join(map(str, p.shape))}]" for name, p in items
    ]
    return "\n  ".join([f"{type(holder).__name__}(", *lines]) + "\n)" if lines else f"{type(holder).__name__}()"
