"""How exactly the native engine computes 3x3 convolutions of float32: by which of Winograd's tiles, if by any.

"highest", the default, is about as exact as plain sums in float32. "high" lets forwards and gradients of x take
F(4x4, 3x3): fewer multiplications, and errors about twenty times as large; docs/decisions/0013 has a table. The numpy
engine knows no such tiles and computes the same under both.
"""

from __future__ import annotations

import os

from . import native

PRECISIONS = {"highest": False, "high": True}  # whether the large tiles are allowed
_asked: str | None = None


def set_float32_conv_precision(precision: str) -> None:
    """Let 3x3 convolutions of float32 be a little less exact and faster, or not, from here on, in the whole process.

    Args:
        precision: "highest" (the default), or "high" for Winograd's F(4x4, 3x3) in 3x3 layers of the native engine
            where it pays. The numpy engine is not affected.
    """
    if not isinstance(precision, str) or precision not in PRECISIONS:
        raise ValueError(f"set_float32_conv_precision: {_refused(precision)}")
    _set(precision)


def get_float32_conv_precision() -> str:
    """The precision that was set here or in ROT180_CONV_PRECISION: "highest" or "high"."""
    from_environment()
    return _asked or "highest"


def from_environment() -> None:
    """Apply ROT180_CONV_PRECISION, unless the program has set a precision itself."""
    text = os.environ.get("ROT180_CONV_PRECISION")
    if not text or _asked is not None:
        return
    if text not in PRECISIONS:
        raise ValueError(f"ROT180_CONV_PRECISION: {_refused(text)}")
    _set(text)


def in_words(engine: str) -> str:
    """The precision in force, and what it means for this engine."""
    found = get_float32_conv_precision()
    if engine == "numpy":
        return f"{found} of float32 convolutions; numpy computes the same under each"
    return f"{found} of float32 convolutions, {'with' if PRECISIONS[found] else 'without'} winograd4"


def _set(precision: str) -> None:
    global _asked
    native.allow_large_tiles(PRECISIONS[precision])
    _asked = precision


def _refused(value: object) -> str:
    return f"the precision must be {' or '.join(map(repr, PRECISIONS))}; got {value!r}"
