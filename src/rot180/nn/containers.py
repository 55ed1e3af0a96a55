"""Sequential: modules in a row."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, overload

from .module import Module


class Sequential(Module):
    """Each module gets what the one before it returned.

    Args:
        modules: the modules, which are named "0", "1", ...; or one mapping (an OrderedDict) of names to modules.

    It can be indexed, sliced (a Sequential that shares the modules), measured, iterated and changed like a list.
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
        found = self.__dict__
        for name in self._modules:
            input = found[name](input)
        return input

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return (self.__dict__[name] for name in self._modules)

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Module:
        if isinstance(index, slice):
            return type(self)({name: self.__dict__[name] for name in list(self._modules)[index]})
        module: Module = self.__dict__[self._name(index)]
        return module

    def __setitem__(self, index: int, module: Module) -> None:
        self.add_module(self._name(index), module)

    def __delitem__(self, index: int | slice) -> None:
        names = list(self._modules)
        gone = names[index] if isinstance(index, slice) else [self._name(index)]
        self._replace([self.__dict__[name] for name in names if name not in gone], "del", [*names], gone)

    def append(self, module: Module) -> Sequential:
        """Add a module at the end; returns self."""
        return self.insert(len(self), module)

    def extend(self, modules: Iterable[Module]) -> Sequential:
        """Add modules at the end; returns self."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Sequential:
        """Put a module before place `index`, as list.insert does; the numbers after it move up. Returns self."""
        names = list(self._modules)
        modules = [self.__dict__[name] for name in names]
        if operator.index(index) >= len(names):
            self.add_module(str(len(names)), module)
            return self
        if not isinstance(module, Module):
            raise TypeError(f"Sequential.insert: needs a Module; got {type(module).__name__}")
        modules.insert(index, module)
        self._replace(modules, "insert", names, [])
        return self

    def pop(self, index: int) -> Module:
        """Take the module at this place out and return it."""
        module = self[index]
        del self[index]
        return module

    def _name(self, index: int) -> str:
        """The name of the module at this place, counted from the end if negative."""
        names = list(self._modules)
        place = operator.index(index)
        if not -len(names) <= place < len(names):
            raise IndexError(f"Sequential: index {place} is out of range; there are {len(names)} modules")
        return names[place]

    def _replace(self, modules: list[Module], op: str, names: list[str], gone: list[str]) -> None:
        """Hold these modules: numbered anew if they were numbers, else under the names that they had."""
        numbered = names == [str(i) for i in range(len(names))]
        if not numbered and op == "insert":
            raise ValueError("Sequential.insert: these modules have names; make a new Sequential of a mapping")
        kept = [str(i) for i in range(len(modules))] if numbered else [name for name in names if name not in gone]
        for name in names:
            delattr(self, name)
        for name, module in zip(kept, modules, strict=True):
            self.add_module(name, module)
