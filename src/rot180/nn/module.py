"""Module: the base class of all layers and networks, with PyTorch's interface except for devices and backward hooks.

Parameters, buffers and submodules are ordinary attributes in the instance's __dict__; three registries hold their names
in the order of assignment. So reading `self.weight` costs no more than reading any other attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from inspect import isfunction
from typing import Any, TypeVar

import numpy as np

from ..tape import Tensor, mark_written, zero_grad
from ..tape.record import Array, Variable
from .hooks import Hook, RemovableHandle
from .parameter import Parameter
from .state import IncompatibleKeys, load

M = TypeVar("M", bound="Module")
_REGISTRIES = ("_parameters", "_buffers", "_modules", "_forward_hooks", "_forward_pre_hooks")
_RESERVED = (*_REGISTRIES, "training")


class Module:
    """Base class of layers and networks. Assign Parameters and Modules to attributes, and define `forward`.

    Calling a Module wraps NumPy arrays among the arguments as Tensors, runs the hooks and returns the result of
    `forward` as a Tensor. A subclass must call `super().__init__()` before it assigns the first Parameter or Module;
    otherwise the assignment raises AttributeError.
    """

    training: bool
    _parameters: dict[str, None]  # names; the values are attributes
    _buffers: dict[str, bool]  # names of buffers; True if the buffer belongs to the state dict
    _modules: dict[str, None]
    _forward_hooks: dict[int, Hook]
    _forward_pre_hooks: dict[int, Hook]

    def __init__(self) -> None:
        for registry in _REGISTRIES:
            object.__setattr__(self, registry, {})
        self.training = True

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """Compute the output; every subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} has no forward; define one")

    def __call__(self, *inputs: Any, **named: Any) -> Tensor:
        for x in inputs:
            if isinstance(x, np.ndarray):
                inputs = tuple([_as_tensor(x) for x in inputs])
                break
        if named:
            named = {name: _as_tensor(x) for name, x in named.items()}
        if self._forward_pre_hooks or self._forward_hooks:
            return self._call_with_hooks(inputs, named)
        y = self.forward(*inputs, **named)
        return y if isinstance(y, Variable) else _as_tensor(y)  # type: ignore[return-value]

    def _call_with_hooks(self, inputs: tuple[Any, ...], named: dict[str, Any]) -> Tensor:
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
                        f"{type(self).__name__}.{name} is a {kind}; assign another {kind} or None, "
                        f"not a {type(value).__name__} (or del it first)"
                    )
                if name in known.get("_buffers", ()):
                    value = _buffer(type(self).__name__, name, value)
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        for registry in (self._parameters, self._buffers, self._modules):
            registry.pop(name, None)

    def __getattr__(self, name: str) -> Any:  # called only if there is no such attribute
        if name in _REGISTRIES:
            raise AttributeError(f"{type(self).__name__}: call super().__init__() before anything else in __init__")
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, tuple):  # a subclass with __slots__
            state, slots = state
            for name, value in slots.items():
                object.__setattr__(self, name, value)
        self.__dict__.update(state)
        for registry in _REGISTRIES:  # a copy.copy must not share the original's registries
            self.__dict__[registry] = dict(state[registry])

    def _register(self, registry: str, name: str, value: Any, entry: Any = None) -> None:
        """Set the attribute `name` to `value` and add the name to one registry."""
        kind = registry.strip("_").rstrip("s")
        owner = type(self).__name__
        if registry not in self.__dict__:
            raise AttributeError(f"{owner}: call super().__init__() before assigning the {kind} {name!r}")
        if not isinstance(name, str) or not name or "." in name:
            raise KeyError(f"{owner}: the name of a {kind} must be a non-empty string without dots; got {name!r}")
        existing = getattr(type(self), name, None)  # methods, properties and slots must not be hidden
        if name in _RESERVED or hasattr(Module, name) or isfunction(existing) or hasattr(existing, "__set__"):
            raise KeyError(f"{owner}: {name!r} cannot name a {kind}, because the class already defines {owner}.{name}")
        for other in ("_parameters", "_buffers", "_modules"):
            if other != registry:
                self.__dict__[other].pop(name, None)
        self.__dict__[registry][name] = entry
        self.__dict__[name] = value

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Register `param` as the parameter `name`. If `param` is None, this Module does not use the parameter."""
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"register_parameter: {name!r} must be a Parameter or None; got {type(param).__name__}")
        if param is not None and not param.is_leaf:
            raise ValueError(f"register_parameter: {name!r} was computed by an op; wrap a new Parameter of its .data")
        self._register("_parameters", name, param)

    def register_buffer(self, name: str, tensor: Tensor | Array | None, persistent: bool = True) -> None:
        """Register state that is not trained, such as a running mean.

        Args:
            name: the attribute.
            tensor: a Tensor, an array or None.
            persistent: include the buffer in the state dict (default: True).
        """
        value = None if tensor is None else _buffer(type(self).__name__, name, tensor)
        self._register("_buffers", name, value, persistent)

    def add_module(self, name: str, module: Module | None) -> None:
        """Register `module` as the submodule `name`."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"add_module: {name!r} must be a Module or None; got {type(module).__name__}")
        self._register("_modules", name, module)

    register_module = add_module

    # ---- traversal ----

    def named_modules(self, prefix: str = "", remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """This Module and all its descendants with their dotted names, parents before children."""
        visited: set[int] = set()
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            name, module = stack.pop()
            if remove_duplicate:
                if id(module) in visited:
                    continue
                visited.add(id(module))
            yield name, module
            dot = f"{name}." if name else ""
            children = [(dot + child, module.__dict__[child]) for child in module._modules]
            stack += [(child, m) for child, m in reversed(children) if m is not None]

    def modules(self) -> Iterator[Module]:
        """This Module and all its descendants, each once."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The direct submodules with their names, each once."""
        visited: set[int] = set()
        for name in self._modules:
            module = self.__dict__[name]
            if module is not None and id(module) not in visited:
                visited.add(id(module))
                yield name, module

    def children(self) -> Iterator[Module]:
        """The direct submodules, each once."""
        return (module for _, module in self.named_children())

    def _named_members(self, registry: str, prefix: str, recurse: bool, once: bool) -> Iterator[tuple[str, Tensor]]:
        """The Tensors of one registry with their dotted names."""
        visited: set[int] = set()
        for path, module in self.named_modules(prefix, once) if recurse else [(prefix, self)]:
            dot = f"{path}." if path else ""
            for name in module.__dict__[registry]:
                t = module.__dict__[name]
                if t is None or (once and id(t) in visited):
                    continue
                visited.add(id(t))
                yield dot + name, t

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with their dotted names; a shared one appears once, under its first name."""
        return self._named_members("_parameters", prefix, recurse, remove_duplicate)  # type: ignore[return-value]

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters, each once, for example for an optimizer."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers with their dotted names."""
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The Module with a dotted name; "" is this one. Raises AttributeError if there is none."""
        module = self
        for name in target.split(".") if target else []:
            if name not in module._modules or module.__dict__[name] is None:
                raise AttributeError(
                    f"get_submodule: {type(module).__name__} has no submodule {name!r} (in {target!r})"
                )
            module = module.__dict__[name]
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter with a dotted name. Raises AttributeError if there is none."""
        return self._member("get_parameter", "_parameters", target)  # type: ignore[return-value]

    def get_buffer(self, target: str) -> Tensor:
        """The buffer with a dotted name. Raises AttributeError if there is none."""
        return self._member("get_buffer", "_buffers", target)

    def _member(self, op: str, registry: str, target: str) -> Tensor:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if module.__dict__.get(name) is None or name not in module.__dict__[registry]:
            raise AttributeError(f"{op}: {type(module).__name__} has no {op[4:]} {name!r} (in {target!r})")
        member: Tensor = module.__dict__[name]
        return member

    # ---- state dict ----

    def _state(self) -> dict[str, Tensor]:
        """Parameters and persistent buffers by dotted name; shared ones appear under each of their names."""
        state = {}
        for path, module in self.named_modules(remove_duplicate=False):
            dot = f"{path}." if path else ""
            persistent = [name for name, is_persistent in module._buffers.items() if is_persistent]
            for name in (*module._parameters, *persistent):
                if module.__dict__[name] is not None:
                    state[dot + name] = module.__dict__[name]
        return state

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """Return parameters and persistent buffers by dotted name, as detached Tensors that share their memory.

        Training therefore changes an existing state dict; use copy.deepcopy for a snapshot.

        Args:
            prefix: put before every name; end it with a dot, as in PyTorch.
            keep_vars: return the Parameters themselves.
        """
        state = {prefix + name: t for name, t in self._state().items()}
        return state if keep_vars else {name: t.detach() for name, t in state.items()}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Copy Tensors or arrays, by name, in place into the parameters and buffers, which keep their dtypes.

        Returns the missing and the unexpected keys. Raises FormatError, before anything is written, if a shape or dtype
        does not fit or, with `strict`, if keys are missing or unexpected; the message names them all.
        """
        return load(type(self).__name__, self._state(), state_dict, strict)

    # ---- modes, gradients, dtypes ----

    def train(self: M, mode: bool = True) -> M:
        """Set training mode (evaluation mode if False) for this Module and all its descendants; return self."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode must be True or False; got {mode!r}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: M) -> M:
        """Set evaluation mode, in which for example dropout does nothing; return self."""
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Make all parameters require gradients (with False: freeze them); return self."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set the gradients of all parameters to None, or to zeros if `set_to_none` is False."""
        zero_grad(self.parameters(), set_to_none)

    def apply(self: M, fn: Callable[[Module], object]) -> M:
        """Call `fn` on all descendants, children before parents, then on this Module; return self."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def _cast(self, dtype: Any) -> None:
        for t in (*self.parameters(), *self.buffers()):
            if t.data.dtype.kind == "f" and t.data.dtype != dtype:
                t.data = t.data.astype(dtype)
                mark_written(t)
                if t.grad is not None:
                    t.grad = Tensor(t.grad.data.astype(dtype))

    def float(self: M) -> M:
        """Convert float parameters, their gradients and float buffers to float32, in the same Tensors; return self."""
        self._cast(np.float32)
        return self

    def double(self: M) -> M:
        """Convert float parameters, their gradients and float buffers to float64, in the same Tensors; return self."""
        self._cast(np.float64)
        return self

    # ---- hooks ----

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, inputs)` before every forward; a result other than None replaces the inputs.

        Args:
            hook: the function.
            prepend: run it before the hooks that are already registered.
            with_kwargs: call it as hook(module, inputs, named); it returns (inputs, named) or None.
        """
        return RemovableHandle(self._forward_pre_hooks, (hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, inputs, output)` after every forward; a result other than None replaces the output.

        Args:
            hook: the function.
            prepend: run it before the hooks that are already registered.
            with_kwargs: call it as hook(module, inputs, named, output).
        """
        return RemovableHandle(self._forward_hooks, (hook, with_kwargs), prepend)

    # ---- repr ----

    def extra_repr(self) -> str:
        """The settings that repr shows; layers override it."""
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
