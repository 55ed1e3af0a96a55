"""How many threads the kernels use: NumPy's BLAS, by way of threadpoolctl, and the native pool where there is one."""

from __future__ import annotations

import operator
import os
import sys
from typing import Any

MOST = 1024  # more is a slip of the keyboard, and the system would run out of threads
_asked: int | None = None


def set_num_threads(n: int) -> None:
    """Let the kernels use `n` threads, 1 to 1024, from here on, in the whole process."""
    global _asked
    if not hasattr(n, "__index__"):
        raise TypeError(f"set_num_threads: the number of threads must be an integer; got {n!r}")
    if isinstance(n, bool) or not 1 <= operator.index(n) <= MOST:
        raise ValueError(f"set_num_threads: the number of threads must be from 1 to {MOST}; got {n}")
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=int(n), user_api="blas")
    _asked = int(n)
    native = sys.modules.get("rot180._native")  # where it is not loaded yet, loading it asks for the number
    if native is not None:
        native.set_num_threads(_asked)


def get_num_threads() -> int:
    """How many threads the kernels use: what was set here or in ROT180_NUM_THREADS, or what NumPy's BLAS chose."""
    from_environment()
    if _asked is not None:
        return _asked
    pools = blas_pools()
    return max((pool["num_threads"] for pool in pools), default=os.cpu_count() or 1)


def blas_pools() -> list[dict[str, Any]]:
    """What threadpoolctl knows of the loaded BLAS libraries."""
    import numpy  # noqa: F401  (its BLAS must be loaded to be seen)
    from threadpoolctl import threadpool_info

    return [pool for pool in threadpool_info() if pool["user_api"] == "blas"]


def from_environment() -> None:
    """Apply ROT180_NUM_THREADS, unless the program has set a number itself."""
    text = os.environ.get("ROT180_NUM_THREADS")
    if not text or _asked is not None:
        return
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise ValueError(f"ROT180_NUM_THREADS: the number of threads must be an integer from 1 to {MOST}; got {text!r}")
    set_num_threads(int(text))
