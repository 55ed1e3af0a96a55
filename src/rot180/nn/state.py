"""Loading a state dict into the arrays of a Module: everything is checked before anything is written.

Who may import it: `module.py`. Deliberately absent: files (formats/).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..errors import FormatError
from ..tape import Tensor, wrote
from ..tape.record import Array, Variable


class IncompatibleKeys(NamedTuple):
    """The keys that a state dict lacked, and those that the module has no place for."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def load(module: str, own: dict[str, Tensor], given: Mapping[str, Any], strict: bool) -> IncompatibleKeys:
    """Copy the values of `given` into the arrays of `own`, name by name.

    Raises TypeError if `given` is no mapping, and one FormatError that names every shape or dtype that does not fit
    and, if `strict`, every missing and every unexpected key; then nothing has been written.
    """
    if not isinstance(given, Mapping):
        raise TypeError(f"load_state_dict: needs a mapping of names to Tensors or arrays; got {type(given).__name__}")
    keys = IncompatibleKeys([k for k in own if k not in given], [k for k in given if k not in own])
    faults = []
    if strict and keys.missing_keys:
        faults.append(f"missing keys: {', '.join(keys.missing_keys)}")
    if strict and keys.unexpected_keys:
        faults.append(f"unexpected keys: {', '.join(map(str, keys.unexpected_keys))}")
    values = {name: _array(given[name]) for name in own if name in given}
    faults += [fault for name, a in values.items() if (fault := _misfit(name, a, own[name].data))]
    if faults:
        hint = "; strict=False passes over missing and unexpected keys" if strict and any(keys) else ""
        raise FormatError(f"load_state_dict: the state dict does not fit {module}{hint}\n  " + "\n  ".join(faults))
    for name, a in values.items():
        np.copyto(own[name].data, a, casting="same_kind")
        wrote(own[name])
    return keys


def _array(value: Any) -> Array:
    return value.data if isinstance(value, Variable) else np.asarray(value)


def _misfit(name: str, a: Array, b: Array) -> str | None:
    """What keeps `a` from being copied into `b`, or None."""
    if a.shape != b.shape:
        return f"{name}: has shape {a.shape}; {b.shape} is needed"
    if a.dtype.kind not in "iufb" or not np.can_cast(a.dtype, b.dtype, "same_kind"):
        return f"{name}: has dtype {a.dtype}; {b.dtype} is needed"
    return None
