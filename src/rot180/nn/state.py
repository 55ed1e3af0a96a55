"""Loading a state dict into the arrays of a Module: everything is checked before anything is written.

Only `module.py` imports this file. `formats` reads state dicts from files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..errors import FormatError
from ..tape import Tensor, mark_written
from ..tape.record import Array, Variable


class IncompatibleKeys(NamedTuple):
    """The keys that a state dict lacks, and the keys in it that the module does not have."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def load(module: str, targets: dict[str, Tensor], state: Mapping[str, Any], strict: bool) -> IncompatibleKeys:
    """Copy the values of `state` into the arrays of `targets`, by name.

    Raises TypeError if `state` is not a mapping. Raises one FormatError, before anything is written, that names every
    shape or dtype that does not fit and, with `strict`, every missing and every unexpected key.
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"load_state_dict: needs a mapping of names to Tensors or arrays; got {type(state).__name__}")
    keys = IncompatibleKeys([k for k in targets if k not in state], [k for k in state if k not in targets])
    faults = []
    if strict and keys.missing_keys:
        faults.append(f"missing keys: {', '.join(keys.missing_keys)}")
    if strict and keys.unexpected_keys:
        faults.append(f"unexpected keys: {', '.join(map(str, keys.unexpected_keys))}")
    values = {name: _array(state[name]) for name in targets if name in state}
    faults += [fault for name, a in values.items() if (fault := _mismatch(name, a, targets[name].data))]
    if faults:
        hint = "; strict=False ignores missing and unexpected keys" if strict and any(keys) else ""
        raise FormatError(f"load_state_dict: the state dict does not fit {module}{hint}\n  " + "\n  ".join(faults))
    for name, a in values.items():
        np.copyto(targets[name].data, a, casting="same_kind")
        mark_written(targets[name])
    return keys


def _array(value: Any) -> Array:
    return value.data if isinstance(value, Variable) else np.asarray(value)


def _mismatch(name: str, a: Array, b: Array) -> str | None:
    """The reason why `a` cannot be copied into `b`, or None."""
    if a.shape != b.shape:
        return f"{name}: has shape {a.shape}; {b.shape} is needed"
    if a.dtype.kind not in "iufb" or not np.can_cast(a.dtype, b.dtype, "same_kind"):
        return f"{name}: has dtype {a.dtype}; {b.dtype} is needed"
    return None
