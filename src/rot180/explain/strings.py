"""What the page, its tour and the text mode say, in English and in Chinese: one table, `strings.json`."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from .errors import ExplainError

LANGUAGES = ("en", "zh")


@lru_cache(maxsize=1)
def table() -> dict[str, dict[str, str]]:
    """{key: {"en": ..., "zh": ...}}; `{name}` stands for what is filled in."""
    found: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("strings.json").read_text("utf-8"))
    return found


def language(name: Any) -> str:
    """The name, if it is of a language that is there; ExplainError otherwise."""
    if name not in LANGUAGES:
        raise ExplainError(f"explain: there is no language {name!r:.40}; there are {', '.join(LANGUAGES)}")
    return str(name)


def say(key: str, lang: str, **values: Any) -> str:
    """One text, filled in."""
    return table()[key][lang].format(**values)
