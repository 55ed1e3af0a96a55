"""Screenshots of browser tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def keep_picture() -> Callable[[Any, str], None]:
    """Save a screenshot if ROT180_SCREENSHOTS names a folder."""

    def keep(page: Any, name: str) -> None:
        folder = os.environ.get("ROT180_SCREENSHOTS")
        if folder:
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    return keep
