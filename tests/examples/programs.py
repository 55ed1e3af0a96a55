"""Loads the programs of `examples/origins/` the way Python runs them: from their own folder."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

ORIGINS = Path(__file__).resolve().parents[2] / "examples" / "origins"


def load(name: str) -> ModuleType:
    if str(ORIGINS) not in sys.path:
        sys.path.insert(0, str(ORIGINS))
    return import_module(name)
