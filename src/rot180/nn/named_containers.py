"""Modules and Parameters by name: ModuleDict and ParameterDict, which behave like dictionaries and keep their order."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, ClassVar, TypeAlias

from .containers import parameter_of, shown_parameters
from .module import Module
from .parameter import Parameter

Named: TypeAlias = Mapping[str, Any] | Iterable[tuple[str, Any]]


class _DictOf(Module):
    """What the two have in common: a registry of the Module, used as a dictionary."""

    _registry: ClassVar[str] = "_modules"

    def _checked(self, op: str, value: Any) -> Any:
        """`value`, if it may be held here."""
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
        if key not in self:
            raise KeyError(
                f"{type(self).__name__}: there is no {key!r}; it has {', '.join(map(repr, self)) or 'nothing'}"
            )
        return key

    def keys(self) -> KeysView[str]:
        """The names, in the order in which they came."""
        return self._mapping().keys()

    def values(self) -> ValuesView[Any]:
        """What the names stand for."""
        return self._mapping().values()

    def items(self) -> ItemsView[str, Any]:
        """The pairs of both."""
        return self._mapping().items()

    def clear(self) -> None:
        """Take all out."""
        for key in list(self):
            del self[key]

    def pop(self, key: str) -> Any:
        """Take one out and return it."""
        value = self[key]
        del self[key]
        return value

    def update(self, values: _DictOf | Named) -> None:
        """Put in what a mapping or an iterable of (name, value) holds; a name that is there keeps its place."""
        if not isinstance(values, Iterable):
            raise TypeError(f"{type(self).__name__}.update: needs a mapping or pairs; got {type(values).__name__}")
        pairs = values.items() if isinstance(values, _DictOf | Mapping) else values
        for place, pair in enumerate(list(pairs)):
            if not isinstance(pair, list | tuple) or len(pair) != 2:
                raise ValueError(
                    f"{type(self).__name__}.update: entry {place} must be a pair (name, value); got {pair!r}"
                )
            self[pair[0]] = pair[1]


class ModuleDict(_DictOf):
    """Modules by name, whose parameters belong to the Module that the dictionary is an attribute of.

    Args:
        modules: a mapping of names to modules, or pairs of these. Names are strings without dots, and none of the names
            that a Module or a dictionary has itself, such as "train" or "items".

    It has no forward: call its modules. It iterates over the names, in the order in which they came.
    """

    def __init__(self, modules: _DictOf | Named | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward: call its modules by name")


class ParameterDict(_DictOf):
    """Parameters by name, which belong to the Module that the dictionary is an attribute of.

    Args:
        parameters: a mapping of names to Parameters, or pairs of these; Tensors and arrays become Parameters that share
            their memory.

    It iterates over the names, in the order in which they came.
    """

    _registry = "_parameters"

    def __init__(self, parameters: _DictOf | Named | None = None) -> None:
        super().__init__()
        if parameters is not None:
            self.update(parameters)

    def _checked(self, op: str, value: Any) -> Any:
        return parameter_of(f"{type(self).__name__}{op}", value)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward: use its parameters in a forward of your own")

    def get(self, key: str, default: Any = None) -> Any:
        """The parameter of this name, or the default."""
        return self[key] if key in self else default

    def setdefault(self, key: str, default: Any) -> Parameter:
        """The parameter of this name, which is the default if there was none."""
        if key not in self:
            self[key] = default
        return self[key]

    def popitem(self) -> tuple[str, Parameter]:
        """Take the last one out and return it with its name."""
        key = next(reversed(self), None)
        if key is None:
            raise KeyError(f"{type(self).__name__}.popitem: it is empty")
        return key, self.pop(key)

    def copy(self) -> ParameterDict:
        """Another one with the same Parameters."""
        return ParameterDict(self.items())

    def __or__(self, other: Any) -> ParameterDict:
        if not isinstance(other, _DictOf | Mapping):
            return NotImplemented
        joined = self.copy()
        joined.update(other)
        return joined

    def __ior__(self, other: Any) -> ParameterDict:
        self.update(other)
        return self

    def __repr__(self) -> str:
        return shown_parameters(self, self.items())
