"""Memory that a thread reuses between calls.

New arrays of several megabytes are returned to the system and paged in again at each call, which costs more than the
arithmetic of a LeNet.
"""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

from ....window import Sizes
from ...dispatch import Array

WORKSPACE = 32 << 20  # bytes: about as much as the numpy engine uses beside its inputs and results

_thread = threading.local()


def workspace(shape: Sizes, dtype: np.dtype[Any], slot: str) -> Array:
    """Return an uninitialised array in this thread's reused memory.

    The contents are valid until the next call with the same `slot`, the name of the buffer. If the array is larger than
    WORKSPACE, it is newly allocated instead.
    """
    size = math.prod(shape) * dtype.itemsize
    if size > WORKSPACE:
        return np.empty(shape, dtype)
    memory = _thread.__dict__.get(slot)
    if memory is None or memory.nbytes < size:
        memory = _thread.__dict__[slot] = np.empty(size, np.uint8)
    return np.ndarray(shape, dtype, memory)
