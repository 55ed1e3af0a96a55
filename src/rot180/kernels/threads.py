"""The number of threads: of NumPy's BLAS, through threadpoolctl, and of the native engine's thread pool."""

from __future__ import annotations

import operator
import os
import sys
from typing import Any

MAX_THREADS = 1024  # a larger number is probably a typing error, and the system would run out of threads
_number: int | None = None  # None until the program or an environment variable sets it


def set_num_threads(n: int) -> None:
    """Let all kernels of this process use `n` threads from now on.

    Args:
        n: an integer from 1 to 1024.

    Raises TypeError if n is not an integer, and ValueError if it is out of range.
    """
    global _number
    if not hasattr(n, "__index__"):
        raise TypeError(f"set_num_threads: the number of threads must be an integer; got {n!r}")
    if isinstance(n, bool) or not 1 <= operator.index(n) <= MAX_THREADS:
        raise ValueError(f"set_num_threads: the number of threads must be from 1 to {MAX_THREADS}; got {n}")
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=int(n), user_api="blas")
    _number = int(n)
    native = sys.modules.get("rot180._native")  # if the extension is not loaded yet, it gets the number when it is
    if native is not None:
        native.set_num_threads(_number)


def get_num_threads() -> int:
    """The number of threads that kernels use: from set_num_threads, ROT180_NUM_THREADS, or NumPy's BLAS."""
    apply_environment()
    if _number is not None:
        return _number
    pools = blas_pools()
    return max((pool["num_threads"] for pool in pools), default=os.cpu_count() or 1)


def blas_pools() -> list[dict[str, Any]]:
    """The loaded BLAS libraries, as threadpoolctl describes them."""
    import numpy  # noqa: F401  (threadpoolctl sees only libraries that are loaded)
    from threadpoolctl import threadpool_info

    return [pool for pool in threadpool_info() if pool["user_api"] == "blas"]


def apply_environment() -> None:
    """Apply ROT180_NUM_THREADS, unless the program has set a number itself."""
    text = os.environ.get("ROT180_NUM_THREADS")
    if not text or _number is not None:
        return
    if not text.isdecimal() or not 1 <= int(text) <= MAX_THREADS:
        raise ValueError(
            f"ROT180_NUM_THREADS: the number of threads must be an integer from 1 to {MAX_THREADS}; got {text!r}"
        )
    set_num_threads(int(text))
