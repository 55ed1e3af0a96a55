"""Module: what layers and networks have in common, under PyTorch's names.

A Module's parameters, buffers and submodules are ordinary attributes, each held in one place, the instance's __dict__;
three registries hold their names in the order in which they came. So `self.weight` costs what any attribute costs.

Who may import it: nn and the floors above. Deliberately absent: what a layer computes; devices; backward hooks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from inspect import isfunction
from typing import Any, TypeVar

import numpy as np

from ..tape import Tensor, wrote, zero_grad
from ..tape.record import Variable
from .hooks import Hook, RemovableHandle
from .parameter import Parameter
from .state import IncompatibleKeys, load

M = TypeVar("M", bound="Module")
_REGISTRIES = ("_parameters", "_buffers", "_modules", "_forward_hooks", "_forward_pre_hooks")
_RESERVED = (*_REGISTRIES, "training")


class Module:
    """Base of all layers and networks: assign Parameters and Modules to attributes, write `forward`, call the object.

    A call wraps NumPy arrays among its arguments as Tensors, runs the hooks and returns what `forward` returns,
    a Tensor. A subclass calls `super().__init__()` before it assigns the first Parameter or Module; AttributeError
    otherwise.
    """

    training: bool
    _parameters: dict[str, None]  # names; the values are attributes
    _buffers: dict[str, bool]  # name: whether it belongs to the state dict
    _modules: dict[str, None]
    _forward_hooks: dict[int, Hook]
    _forward_pre_hooks: dict[int, Hook]

    def __init__(self) -> None:
        for registry in _REGISTRIES:
            object.__setattr__(self, registry, {})
        self.training = True

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """What the Module computes; every subclass writes its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward; write one")

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        for x in inputs:
            if isinstance(x, np.ndarray):
                inputs = tuple([_as_tensor(x) for x in inputs])
                break
        if named:
            named = {name: _as_tensor(x) for name, x in named.items()}
        if self._forward_pre_hooks or self._forward_hooks:
            return self._call_with_hooks(inputs, named)
        y = self.forward(*inputs, **named)
        return y if isinstance(y, Variable) else _as_tensor(y)

    def _call_with_hooks(self, inputs: tuple[Any, ...], named: dict[str, Any]) -> Any:
        for hook, with_kwargs in tuple(self._forward_pre_hooks.values()):
            changed = hook(self, inputs, named) if with_kwargs else hook(self, inputs)
            if changed is not None and with_kwargs:
                inputs, named = changed
            elif changed is not None:
                inputs = changed if isinstance(changed, tuple) else (changed,)
        y = _as_tensor(self.forward(*inputs, **named))
        for hook, with_kwargs in tuple(self._forward_hooks.values()):
            changed = hook(self, inputs, named, y) if with_kwargs else hook(self, inputs, y)
            y = y if changed is None else _as_tensor(changed)
        return y

    # ---- attributes ----

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            self.add_module(name, value)
        else:
            known = self.__dict__
            if value is not None:
                if name in known.get("_parameters", ()) or name in known.get("_modules", ()):
                    kind = "Parameter" if name in self._parameters else "Module"
                    raise TypeError(
                        f"{type(self).__name__}.{name} is a {kind}; it may become another one or None, "
                        f"not a {type(value).__name__} (del it first)"
                    )
                if name in known.get("_buffers", ()):
                    value = _buffer(type(self).__name__, name, value)
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        for registry in (self._parameters, self._buffers, self._modules):
            registry.pop(name, None)

    def __getattr__(self, name: str) -> Any:  # reached only when there is no such attribute
        if name in _REGISTRIES:
            raise AttributeError(f"{type(self).__name__}: call super().__init__() first, before this can be used")
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, tuple):  # of a subclass with __slots__
            state, slots = state
            for name, value in slots.items():
                object.__setattr__(self, name, value)
        self.__dict__.update(state)
        for registry in _REGISTRIES:  # a copy.copy must not add its attributes to the original's registries
            self.__dict__[registry] = dict(state[registry])

    def _register(self, registry: str, name: str, value: Any, entry: Any = None) -> None:
        """Put `value` into an attribute and its name into one registry."""
        kind = registry.strip("_").rstrip("s")
        owner = type(self).__name__
        if registry not in self.__dict__:
            raise AttributeError(f"{owner}: call super().__init__() before assigning the {kind} {name!r}")
        if not isinstance(name, str) or not name or "." in name:
            raise KeyError(f"{owner}: the name of a {kind} must be a string without dots and not empty; got {name!r}")
        ours = getattr(type(self), name, None)  # methods, properties and slots; other class attributes are defaults
        if name in _RESERVED or hasattr(Module, name) or isfunction(ours) or hasattr(ours, "__set__"):
            raise KeyError(f"{owner}: {name!r} cannot name a {kind}: {owner}.{name} has a meaning of its own")
        for other in ("_parameters", "_buffers", "_modules"):
            if other != registry:
                self.__dict__[other].pop(name, None)
        self.__dict__[registry][name] = entry
        self.__dict__[name] = value

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Make `param` the parameter `name`; None stands for one that this Module does without."""
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"register_parameter: {name!r} must be a Parameter or None; got {type(param).__name__}")
        if param is not None and not param.is_leaf:
            raise ValueError(f"register_parameter: {name!r} was computed by an op; wrap a new Parameter of its .data")
        self._register("_parameters", name, param)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Make `tensor` (a Tensor, an array or None) part of the state that is not trained, such as a running mean.

        A persistent buffer belongs to the state dict.
        """
        value = None if tensor is None else _buffer(type(self).__name__, name, tensor)
        self._register("_buffers", name, value, persistent)

    def add_module(self, name: str, module: Module | None) -> None:
        """Make `module` the submodule `name`."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"add_module: {name!r} must be a Module or None; got {type(module).__name__}")
        self._register("_modules", name, module)

    register_module = add_module

    # ---- going through it ----

    def named_modules(self, prefix: str = "", remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """This Module and all below it with their dotted names, a parent before its children."""
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            name, module = stack.pop()
            if remove_duplicate:
                if id(module) in seen:
                    continue
                seen.add(id(module))
            yield name, module
            dot = f"{name}." if name else ""
            children = [(dot + child, module.__dict__[child]) for child in module._modules]
            stack += [(child, m) for child, m in reversed(children) if m is not None]

    def modules(self) -> Iterator[Module]:
        """This Module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The direct submodules with their names, each once."""
        seen: set[int] = set()
        for name in self._modules:
            module = self.__dict__[name]
            if module is not None and id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self) -> Iterator[Module]:
        """The direct submodules, each once."""
        return (module for _, module in self.named_children())

    def _members(self, registry: str, prefix: str, recurse: bool, once: bool) -> Iterator[tuple[str, Tensor]]:
        """The Tensors of one registry with their dotted names."""
        seen: set[int] = set()
        for path, module in self.named_modules(prefix, once) if recurse else [(prefix, self)]:
            dot = f"{path}." if path else ""
            for name in module.__dict__[registry]:
                t = module.__dict__[name]
                if t is None or (once and id(t) in seen):
                    continue
                seen.add(id(t))
                yield dot + name, t

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with their dotted names; a shared one appears once, under its first name."""
        return self._members("_parameters", prefix, recurse, remove_duplicate)  # type: ignore[return-value]

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters, each once: what an optimiser is given."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers with their dotted names."""
        return self._members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The Module of a dotted name; "" is this one. AttributeError if there is none."""
        module = self
        for name in target.split(".") if target else []:
            if name not in module._modules or module.__dict__[name] is None:
                raise AttributeError(
                    f"get_submodule: {type(module).__name__} has no submodule {name!r} (in {target!r})"
                )
            module = module.__dict__[name]
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of a dotted name. AttributeError if there is none."""
        return self._member("get_parameter", "_parameters", target)  # type: ignore[return-value]

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of a dotted name. AttributeError if there is none."""
        return self._member("get_buffer", "_buffers", target)

    def _member(self, op: str, registry: str, target: str) -> Tensor:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if module.__dict__.get(name) is None or name not in module.__dict__[registry]:
            raise AttributeError(f"{op}: {type(module).__name__} has no {op[4:]} {name!r} (in {target!r})")
        member: Tensor = module.__dict__[name]
        return member

    # ---- the state dict ----

    def _state(self) -> dict[str, Tensor]:
        """Parameters and persistent buffers under every name that they have."""
        state = {}
        for path, module in self.named_modules(remove_duplicate=False):
            dot = f"{path}." if path else ""
            persistent = [name for name, kept in module._buffers.items() if kept]
            for name in (*module._parameters, *persistent):
                if module.__dict__[name] is not None:
                    state[dot + name] = module.__dict__[name]
        return state

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """Parameters and persistent buffers by dotted name, as detached Tensors that share their memory.

        So a state dict follows the training; copy.deepcopy it to keep a moment. With `keep_vars` the Parameters
        themselves are returned. `prefix` goes before every name (end it with a dot, as in PyTorch).
        """
        state = {prefix + name: t for name, t in self._state().items()}
        return state if keep_vars else {name: t.detach() for name, t in state.items()}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Copy Tensors or arrays, by name, into the parameters and buffers, in place, in the dtype that these have.

        Returns the missing and the unexpected keys. Raises FormatError, before anything is written, if a shape or dtype
        does not fit or, with `strict`, if there are such keys; the message names them all.
        """
        return load(type(self).__name__, self._state(), state_dict, strict)

    # ---- changing it as a whole ----

    def train(self: M, mode: bool = True) -> M:
        """Switch this Module and all below it to training (or, with False, to evaluation); returns self."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode must be True or False; got {mode!r}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: M) -> M:
        """Switch to evaluation: dropout passes everything on; returns self."""
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Train all parameters, or (False) freeze them; returns self."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zeros."""
        zero_grad(self.parameters(), set_to_none)

    def apply(self: M, fn: Callable[[Module], Any]) -> M:
        """Call `fn` on every Module below this one, children first, then on this one; returns self."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def _cast(self, dtype: Any) -> None:
        for t in (*self.parameters(), *self.buffers()):
            if t.data.dtype.kind == "f" and t.data.dtype != dtype:
                t.data = t.data.astype(dtype)
                wrote(t)
                if t.grad is not None:
                    t.grad = Tensor(t.grad.data.astype(dtype))

    def float(self: M) -> M:
        """Turn float parameters, their gradients and float buffers to float32, in the same Tensors; returns self."""
        self._cast(np.float32)
        return self

    def double(self: M) -> M:
        """The same to float64."""
        self._cast(np.float64)
        return self

    # ---- hooks ----

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, inputs)` before every forward; what it returns, if not None, takes the inputs' place.

        With `with_kwargs` it is called as hook(module, inputs, named) and returns (inputs, named) or None; with
        `prepend` it runs before the hooks that are there.
        """
        return RemovableHandle(self._forward_pre_hooks, (hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, inputs, output)` after every forward; what it returns, if not None, replaces the output.

        With `with_kwargs` it is called as hook(module, inputs, named, output).
        """
        return RemovableHandle(self._forward_hooks, (hook, with_kwargs), prepend)

    # ---- on paper ----

    def extra_repr(self) -> str:
        """The settings that repr shows; a layer writes its own."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = [f"({name}): {self.__dict__[name]!r}".replace("\n", "\n  ") for name in self._modules]
        if not lines:
            return f"{type(self).__name__}({extra})"
        body = "\n  ".join([*extra.split("\n"), *lines] if extra else lines)
        return f"{type(self).__name__}(\n  {body}\n)"


def _as_tensor(x: Any) -> Any:
    return Tensor(x) if isinstance(x, np.ndarray) else x


def _buffer(owner: str, name: str, value: Any) -> Tensor:
    if isinstance(value, np.ndarray | np.generic):
        return Tensor(value)
    if not isinstance(value, Tensor):
        raise TypeError(f"{owner}: buffer {name!r} must be a Tensor, an array or None; got {type(value).__name__}")
    return value
