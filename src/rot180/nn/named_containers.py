"""Containers that behave like dictionaries: ModuleDict and ParameterDict, in insertion order."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, ClassVar, TypeAlias

from .containers import as_parameter, repr_with_parameters
from .module import Module
from .parameter import Parameter

NamedItems: TypeAlias = Mapping[str, Any] | Iterable[tuple[str, Any]]


class _DictOf(Module):
    """Base of both containers: a registry of the Module with the interface of a dictionary."""

    _registry: ClassVar[str] = "_modules"

    def _checked(self, op: str, value: Any) -> Any:
        """Return `value`; raise TypeError if the container cannot hold it."""
        if not isinstance(value, Module):
            raise TypeError(f"{type(self).__name__}{op}: needs a Module; got {type(value).__name__}")
        return value

    def _mapping(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in self.__dict__[self._registry]}

    def __len__(self) -> int:
        return len(self.__dict__[self._registry])

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__[self._registry])

    def __reversed__(self) -> Iterator[str]:
        return reversed(self.__dict__[self._registry])

    def __contains__(self, key: object) -> bool:
        return key in self.__dict__[self._registry]

    def __getitem__(self, key: str) -> Any:
        return self.__dict__[self._known(key)]

    def __setitem__(self, key: str, value: Any) -> None:
        value = self._checked(f"[{key!r}]", value)
        (self.add_module if isinstance(value, Module) else self.register_parameter)(key, value)

    def __delitem__(self, key: str) -> None:
        delattr(self, self._known(key))

    def _known(self, key: str) -> str:
        """Return `key`; raise KeyError if it is missing."""
        if key not in self:
            raise KeyError(
                f"{type(self).__name__}: there is no {key!r}; the names are {', '.join(map(repr, self)) or '(none)'}"
            )
        return key

    def keys(self) -> KeysView[str]:
        """The names, in insertion order."""
        return self._mapping().keys()

    def values(self) -> ValuesView[Any]:
        """The members, in insertion order."""
        return self._mapping().values()

    def items(self) -> ItemsView[str, Any]:
        """The pairs (name, member), in insertion order."""
        return self._mapping().items()

    def clear(self) -> None:
        """Remove all members."""
        for key in list(self):
            del self[key]

    def pop(self, key: str) -> Any:
        """Remove a member and return it."""
        value = self[key]
        del self[key]
        return value

    def update(self, values: _DictOf | NamedItems) -> None:
        """Add or replace members from a mapping or from pairs (name, value); replaced names keep their position."""
        if not isinstance(values, Iterable):
            raise TypeError(f"{type(self).__name__}.update: needs a mapping or pairs; got {type(values).__name__}")
        pairs = values.items() if isinstance(values, _DictOf | Mapping) else values
        for i, pair in enumerate(list(pairs)):
            if not isinstance(pair, list | tuple) or len(pair) != 2:
                raise ValueError(f"{type(self).__name__}.update: entry {i} must be a pair (name, value); got {pair!r}")
            self[pair[0]] = pair[1]


class ModuleDict(_DictOf):
    """A dictionary of modules; its parameters are registered with the Module that has it as an attribute.

    Args:
        modules: a mapping of names to modules, or pairs (name, module). Names are strings without dots; names of
            attributes of a Module or a dictionary, such as "train" or "items", are not allowed.

    A ModuleDict has no forward: call its modules. Iteration yields the names in insertion order.
    """

    def __init__(self, modules: _DictOf | NamedItems | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward: call its modules by name")


class ParameterDict(_DictOf):
    """A dictionary of Parameters, registered with the Module that has it as an attribute.

    Args:
        parameters: a mapping of names to Parameters, or pairs (name, Parameter); Tensors and arrays are wrapped as
            Parameters that share their memory.

    Iteration yields the names in insertion order.
    """

    _registry = "_parameters"

    def __init__(self, parameters: _DictOf | NamedItems | None = None) -> None:
        super().__init__()
        if parameters is not None:
            self.update(parameters)

    def _checked(self, op: str, value: Any) -> Any:
        return as_parameter(f"{type(self).__name__}{op}", value)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} has no forward: use its parameters in the forward of your Module"
        )

    def get(self, key: str, default: Any = None) -> Any:
        """The parameter with this name, or `default`."""
        return self[key] if key in self else default

    def setdefault(self, key: str, default: Any) -> Parameter:
        """The parameter with this name; if there is none, add `default` under this name first."""
        if key not in self:
            self[key] = default
        return self[key]

    def popitem(self) -> tuple[str, Parameter]:
        """Remove the last parameter and return (name, parameter)."""
        key = next(reversed(self), None)
        if key is None:
            raise KeyError(f"{type(self).__name__}.popitem: the dictionary is empty")
        return key, self.pop(key)

    def copy(self) -> ParameterDict:
        """A new ParameterDict with the same Parameters."""
        return ParameterDict(self.items())

    def __or__(self, other: Any) -> ParameterDict:
        if not isinstance(other, _DictOf | Mapping):
            return NotImplemented
        merged = self.copy()
        merged.update(other)
        return merged

    def __ior__(self, other: Any) -> ParameterDict:
        self.update(other)
        return self

    def __repr__(self) -> str:
        return repr_with_parameters(self, self.items())
