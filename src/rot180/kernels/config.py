"""`rot180.show_config()`: what runs here, and why."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from . import engines, native, precision, threads


def show_config() -> str:
    """Print, and return, the versions, the engine in use and why, its detours, the precision, the threads and the BLAS.

    Of the compiled engine also the instruction set, which algorithm computes what, and the memory it keeps.
    """
    text = "\n".join(f"{name + ':':<13}{value}" for name, value in config().items())
    print(text)
    return text


def config() -> dict[str, str]:
    """The lines of `show_config` as a dictionary."""
    engine = engines.current()
    blas = ", ".join(
        f"{pool['internal_api']} {pool['version']} ({pool.get('architecture', '?')})" for pool in threads.blas_pools()
    )
    lines = {
        "rot180": package_version("rot180"),
        "engine": engines.why(),
        **({"native": missing} if (missing := native.unavailable()) else native.summary()),
        "on numpy": ", ".join(engine.detours) or "nothing beyond the choice of engine",
        "precision": precision.in_words(engine.name),
        "threads": str(threads.get_num_threads()),
        "blas": blas or "unknown",
        "numpy": package_version("numpy"),
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "place": str(Path(__file__).resolve().parents[1]),
    }
    if engine.name == "numpy":
        del lines["on numpy"]
    return lines


def package_version(package: str) -> str:
    """The version of an installed package, or that it is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return f"not installed as a package ({sys.executable})"
