"""What the pages show is what the code does: every fenced block of Python in the READMEs and under docs/ is run.

The convention, by what stands after the three backticks:

    python          run, after the other blocks of the page, all in one namespace. A block with `>>>` prompts is a
                    doctest: its printed lines must be the page's (`...` stands for anything, and white space is free)
    python torch    the same, with PyTorch at hand: run by `make test-peers` only
    anything else   not run: text, sh, or `python no-run` for an outline

A page runs in an empty folder, from a fixed random state, with warnings as errors.
"""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import rot180

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    page
    for page in (ROOT / "README.md", ROOT / "examples" / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if page.is_file()
]  # README.md may not be there yet
FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<code>.*?)^(?P=indent)```[ ]*$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Block(NamedTuple):
    """One fenced block: what stands after the backticks, its text and the number of its first line."""

    info: str
    code: str
    line: int


def blocks(text: str) -> Iterator[Block]:
    for match in FENCE.finditer(text):
        indent = len(match["indent"])
        code = "".join(line[indent:] for line in match["code"].splitlines(keepends=True))
        yield Block(match["info"].strip(), code, text.count("\n", 0, match.start("code")) + 1)


def run_block(block: Block, page: str, namespace: dict[str, Any]) -> None:
    """Run one block; AssertionError with doctest's account if what it prints is not what the page says."""
    if ">>>" not in block.code:
        exec(compile("\n" * (block.line - 1) + block.code, page, "exec"), namespace)
        return
    test = doctest.DocTestParser().get_doctest(block.code, {}, page, page, block.line - 1)
    test.globs = namespace
    account: list[str] = []
    doctest.DocTestRunner(verbose=False, optionflags=FLAGS).run(test, out=account.append, clear_globs=False)
    assert not account, "".join(account)


def run_page(page: Path, kinds: tuple[str, ...]) -> None:
    namespace: dict[str, Any] = {"__name__": "page"}
    rot180.manual_seed(0)
    name = str(page.relative_to(ROOT) if page.is_relative_to(ROOT) else page)
    with np.printoptions():  # a page may set them
        for block in blocks(page.read_text(encoding="utf-8")):
            if block.info in kinds:
                run_block(block, name, namespace)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_page_says_what_the_code_does(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(page, ("python",))


@pytest.mark.peers
@pytest.mark.parametrize(
    "page", [page for page in PAGES if "```python torch\n" in page.read_text("utf-8")], ids=name_of
)
def test_the_page_is_right_about_pytorch(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(page, ("python", "python torch"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_fence_is_closed_and_named(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    fences = re.findall(r"^ *```.*$", text, re.MULTILINE)
    found = list(blocks(text))
    assert len(fences) == 2 * len(found), "a fence is not closed, or closed with another indentation"
    unnamed = [block.line for block in found if not block.info]
    assert not unnamed, f"blocks without a kind (python, text, sh, ...) at lines {unnamed}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    missing = [link for link in local if not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("```python\nx = 1\n```\n\n```python\n>>> x\n1\n```\n", False),
        ("```python\n>>> 1 + 1\n3\n```\n", True),
        ("```python\nassert False\n```\n", True),
        ("```text\n>>> 1 + 1\n3\n```\n", False),
        ("```python torch\nassert False\n```\n", False),
        ("1. a list\n\n   ```python\n   assert False\n   ```\n", True),
        ("```python\n>>> [1, 2, 3]\n[1, ..., 3]\n```\n", False),
    ],
)
def test_a_page_that_says_something_else_fails(tmp_path: Path, text: str, wrong: bool) -> None:
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    if wrong:
        with pytest.raises(AssertionError):
            run_page(page, ("python",))
    else:
        run_page(page, ("python",))


def test_the_checker_page_names_every_mistake() -> None:
    """Each slug that the sources of check.layer can report; gradient.py and report.py are of check.gradients."""
    paths = sorted((ROOT / "src/rot180/check").rglob("*.py"))
    sources = "".join(path.read_text() for path in paths if path.name not in ("gradient.py", "report.py"))
    first = (
        "forward dx dw db reshaped stride border overlap last sign clip output transposed channels wrong groups "
        "weights input gradients integer mask statistics softmax low at"
    ).replace(" ", "|")
    slug = rf'"((?:{first})-[a-z-]+|scaled|clipped)"'
    named = set(re.findall(slug, sources))
    page = (ROOT / "docs" / "tutorials" / "checker.md").read_text()
    assert len(named) > 25 and not [name for name in named if f"`{name}`" not in page]
