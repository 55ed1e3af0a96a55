"""The kernels, for example `kernels.conv_y(x, w, window)`; each call runs on the chosen engine.

    dispatch.py     the registry of kernels, the choice of the engine, the fallback rule
    reference/      every kernel in NumPy, the definition of what it computes
    native.py       the kernels that the compiled engine implements, and what it supports
    extension.py    loading the compiled extension; its windows and algorithms
    threads.py      the number of threads
    precision.py    the precision of float32 convolutions
    config.py       `show_config`

A kernel is added in two files: in reference/, under `@kernel`, and in native.py, under `@implements`.
"""

from . import native as native
from .reference import *  # noqa: F403
