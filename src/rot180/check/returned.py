"""What a forward and a backward returned, taken apart: y and the cache, and the gradients in their order.

    y; (y, cache); [y, cache]; (loss, dx)
    (dx, dw, db), a list of them, a dict {"dx": ..}; of one gradient also dx itself, an array or rows of numbers

Who may import it: the parts of check/. Deliberately absent: whether any of it is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def parts(found: Any) -> tuple[Any, Any]:
    """What a forward returned: y, and the cache, which is what comes after it in a tuple."""
    if isinstance(found, tuple) and len(found) > 1:
        return found[0], found[1] if len(found) == 2 else found[1:]
    return found, None


def gradients(found: Any, returns: Sequence[str], shape: tuple[int, ...]) -> list[Any]:
    """The gradients that a backward returned, in the order of `returns`, as they are.

    Args:
        shape: of the first of `returns`, as the functions have it: one gradient may come as rows of numbers.
    """
    if isinstance(found, Mapping):
        by_name = {str(key).lower().removeprefix("d"): value for key, value in found.items()}
        return [by_name.get(name) for name in returns]
    if not isinstance(found, tuple | list) or (len(returns) == 1 and _is_one(found, shape)):
        return [found]
    return list(found)[: len(returns)]


def _is_one(found: Sequence[Any], shape: tuple[int, ...]) -> bool:
    """Whether a tuple or list is one gradient in rows, and no sequence that holds it."""
    if _shape(found) == shape:
        return True
    if isinstance(found, tuple) or not found or _shape(found[0]) == shape:
        return False
    return isinstance(found[0], list | int | float | np.number)


def _shape(value: Any) -> tuple[int, ...] | None:
    """None where the rows are not equally long."""
    try:
        return np.shape(value)
    except ValueError:
        return None
