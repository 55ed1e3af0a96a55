"""Every extra that a message, a help text or a page names can be installed under that name."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"""\bextra\s+[`'"]?([a-z]+)[`'"]|rot180\[([a-z,]+)\]|install '\.\[([a-z,]+)\]'""")


def declared() -> dict[str, str]:
    """The extras of pyproject.toml with the text of their lists."""
    section = (ROOT / "pyproject.toml").read_text().split("[project.optional-dependencies]")[1].split("\n[")[0]
    return dict(re.findall(r"^([\w-]+) = \[(.*)\]$", section, re.MULTILINE))


def named() -> dict[str, list[str]]:
    """The extras that texts for users name, with the files in which they do."""
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]
    found: dict[str, list[str]] = {}
    for file in files:
        for groups in NAMED.findall(file.read_text()):
            for name in "".join(groups).split(","):
                found.setdefault(name, []).append(str(file.relative_to(ROOT)))
    return found


def test_every_extra_that_is_named_is_there() -> None:
    assert {"image", "report", "download"} <= set(named())
    assert {name: files for name, files in named().items() if name not in declared()} == {}


def test_the_tests_install_what_users_may() -> None:
    tests = declared()["test"]
    for extra in ("image", "report", "download"):
        assert declared()[extra] in tests, extra
