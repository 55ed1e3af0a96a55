"""`rot180.show_config()`: versions, the engine in use and the reason for it, fallbacks, threads, BLAS."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from . import extension, precision, threads
from .dispatch import current_engine, engine_origin, fallbacks, not_implemented


def show_config() -> str:
    """Print and return a description of this installation and of the settings in force.

    The description lists the versions, the engine and the reason for it, the precision, the threads and the BLAS. For
    the native engine it also lists the instruction set, the algorithms, the memory that it keeps, and all fallbacks to
    numpy: the kernels that it does not implement, and the calls of this process that ran on numpy instead, with their
    number and the reason.
    """
    text = "\n".join(f"{name + ':':<13}{value}" for name, value in config().items())
    print(text)
    return text


def config() -> dict[str, str]:
    """The text of each line of `show_config`, by label; a label with leading spaces details the line above it."""
    engine = current_engine().name
    reason = extension.unavailable()
    pools = threads.blas_pools()
    blas = ", ".join(f"{p['internal_api']} {p['version']} ({p.get('architecture', '?')})" for p in pools)
    return {
        "rot180": package_version("rot180"),
        "engine": engine_origin(),
        **({"native": reason} if reason else extension.description()),
        **(_fallback_lines(engine) if engine != "numpy" else {}),
        "precision": precision.description(engine),
        "threads": str(threads.get_num_threads()),
        "blas": blas or "unknown",
        "numpy": package_version("numpy"),
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "place": str(Path(__file__).resolve().parents[1]),
    }


def _fallback_lines(engine: str) -> dict[str, str]:
    """The kernels that always run on numpy under another engine, and the calls that fell back to numpy."""
    missing = ", ".join(not_implemented(engine))
    lines = {"fallbacks": f"{missing or 'no kernels'} always run on numpy"}
    for (kernel, reason), calls in sorted(fallbacks().items()):
        name = f"  {kernel}"
        line = f"{calls} call{'s' * (calls > 1)} on numpy: {reason}"
        lines[name] = f"{lines[name]}; {line}" if name in lines else line
    return lines


def package_version(package: str) -> str:
    """The version of an installed package, or a note that it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return f"not installed as a package ({sys.executable})"
