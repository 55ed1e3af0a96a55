"""The texts of the page, its tour and the output in a terminal, in English and Chinese, from `strings.json`."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..spelling import unknown_name
from .errors import ExplainError

LANGUAGES = ("en", "zh")


@lru_cache(maxsize=1)
def table() -> dict[str, dict[str, str]]:
    """All texts, {key: {"en": ..., "zh": ...}}, with placeholders such as {count}."""
    texts: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("strings.json").read_text("utf-8"))
    return texts


def language(name: Any) -> str:
    """Return the name of a known language. Raises ExplainError for any other."""
    if name not in LANGUAGES:
        raise ExplainError(f"explain: {unknown_name('language', name, LANGUAGES)}")
    return str(name)


def say(key: str, lang: str, **values: Any) -> str:
    """The text of a key in a language, with its placeholders filled in."""
    return table()[key][lang].format(**values)
