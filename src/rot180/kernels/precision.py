"""The precision of 3x3 convolutions of float32 on the native engine: which Winograd tiles it may use.

"highest", the default, is about as accurate as plain sums in float32. "high" permits the tiles F(4x4, 3x3) in forward
passes and gradients of x: fewer multiplications, and errors about twenty times as large (docs/decisions/0013 has a
table). The numpy engine does not use these tiles and computes the same under both settings.
"""

from __future__ import annotations

import os

# The name that each precision passes to the extension if no algorithm is forced; see native/choice.h.
PRECISIONS = {"highest": "automatic", "high": "fast"}
algorithm = "automatic"  # the name that the native engine passes to the extension at each call
_precision: str | None = None  # None until the program or an environment variable sets it
_forced: str | None = None


def set_float32_conv_precision(precision: str) -> None:
    """Choose between accuracy and speed for 3x3 convolutions of float32, in the whole process, from now on.

    Args:
        precision: "highest" (the default), or "high" to permit Winograd's F(4x4, 3x3) in 3x3 layers of the native
            engine where it is faster. The numpy engine is not affected.

    Raises ValueError for any other value.
    """
    if not isinstance(precision, str) or precision not in PRECISIONS:
        raise ValueError(f"set_float32_conv_precision: {_refusal(precision)}")
    _set(precision)


def get_float32_conv_precision() -> str:
    """The precision from set_float32_conv_precision or ROT180_CONV_PRECISION: "highest" or "high"."""
    apply_environment()
    return _precision or "highest"


def apply_environment() -> None:
    """Apply ROT180_CONV_PRECISION, unless the program has set a precision itself."""
    text = os.environ.get("ROT180_CONV_PRECISION")
    if not text or _precision is not None:
        return
    if text not in PRECISIONS:
        raise ValueError(f"ROT180_CONV_PRECISION: {_refusal(text)}")
    _set(text)


def force_algorithm(name: str | None) -> str | None:
    """Let the native engine use this algorithm wherever it fits, and return the one forced before.

    If the algorithm is None, the precision decides.
    """
    global algorithm, _forced
    before, _forced = _forced, name
    algorithm = name or PRECISIONS[_precision or "highest"]
    return before


def description(engine: str) -> str:
    """One readable line: the current precision, and its effect on an engine."""
    precision = get_float32_conv_precision()
    if engine == "numpy":
        return f"{precision} for float32 convolutions; the numpy engine computes the same under each setting"
    return f"{precision} for float32 convolutions, {'with' if precision == 'high' else 'without'} winograd4"


def _set(precision: str) -> None:
    global _precision
    _precision = precision
    force_algorithm(_forced)


def _refusal(value: object) -> str:
    return f"the precision must be {' or '.join(map(repr, PRECISIONS))}; got {value!r}"
