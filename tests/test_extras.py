"""Every extra that a message, a help text or a page names is declared in pyproject.toml."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"""\bextra\s+[`'"]?([a-z]+)[`'"]|rot180\[([a-z,]+)\]|install '\.\[([a-z,]+)\]'""")


def declared() -> dict[str, str]:
    """The extras of pyproject.toml, each with the text of its list."""
    section = (ROOT / "pyproject.toml").read_text().split("[project.optional-dependencies]")[1].split("\n[")[0]
    return dict(re.findall(r"^([\w-]+) = \[([^\]]*)\]$", section, re.MULTILINE))


def mentioned() -> dict[str, list[str]]:
    """The extras that texts for users name, each with the files that name it."""
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]
    mentions: dict[str, list[str]] = {}
    for file in files:
        for groups in NAMED.findall(file.read_text()):
            for name in "".join(groups).split(","):
                mentions.setdefault(name, []).append(str(file.relative_to(ROOT)))
    return mentions


def test_every_extra_that_a_text_names_is_declared() -> None:
    assert {"image", "report", "download"} <= set(mentioned())
    assert {name: files for name, files in mentioned().items() if name not in declared()} == {}


def test_the_extra_test_contains_the_extras_of_users() -> None:
    tests = declared()["test"]
    for extra in ("image", "report", "download"):
        assert declared()[extra] in tests, extra
