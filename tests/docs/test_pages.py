"""Run every fenced Python block of the READMEs and of docs/, and compare its output with the page.

The words after the three backticks decide:

    python          run the blocks of a page in order, in one namespace. A block with `>>>` prompts is a doctest: it
                    must print the lines on the page (`...` matches anything; white space does not matter)
    python torch    the same, but only in `make test-peers`, which installs PyTorch
    anything else   do not run: text, sh, or `python no-run` for an outline

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
PAGES = [ROOT / "README.md", ROOT / "examples" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<code>.*?)^(?P=indent)```[ ]*$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Block(NamedTuple):
    """One fenced block: the words after the backticks, the code, and the number of its first line."""

    info: str
    code: str
    line: int


def blocks(text: str) -> Iterator[Block]:
    for match in FENCE.finditer(text):
        indent = len(match["indent"])
        code = "".join(line[indent:] for line in match["code"].splitlines(keepends=True))
        yield Block(match["info"].strip(), code, text.count("\n", 0, match.start("code")) + 1)


def run_block(block: Block, page: str, namespace: dict[str, Any]) -> None:
    """Run one block. Raise AssertionError with doctest's output if it prints something other than the page."""
    if ">>>" not in block.code:
        exec(compile("\n" * (block.line - 1) + block.code, page, "exec"), namespace)
        return
    test = doctest.DocTestParser().get_doctest(block.code, {}, page, page, block.line - 1)
    test.globs = namespace
    output: list[str] = []
    doctest.DocTestRunner(verbose=False, optionflags=FLAGS).run(test, out=output.append, clear_globs=False)
    assert not output, "".join(output)


def run_page(page: Path, kinds: tuple[str, ...]) -> None:
    namespace: dict[str, Any] = {"__name__": "page"}
    rot180.manual_seed(0)
    name = str(page.relative_to(ROOT) if page.is_relative_to(ROOT) else page)
    with np.printoptions():  # restores the options that a page sets
        for block in blocks(page.read_text(encoding="utf-8")):
            if block.info in kinds:
                run_block(block, name, namespace)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_code_prints_what_the_page_shows(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(page, ("python",))


@pytest.mark.peers
@pytest.mark.parametrize(
    "page", [page for page in PAGES if "```python torch\n" in page.read_text("utf-8")], ids=name_of
)
def test_statements_about_pytorch_are_right(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(page, ("python", "python torch"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_is_closed_and_has_a_kind(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    fences = re.findall(r"^ *```.*$", text, re.MULTILINE)
    found = list(blocks(text))
    assert len(fences) == 2 * len(found), "a fence is not closed, or closed with another indentation"
    unnamed = [block.line for block in found if not block.info]
    assert not unnamed, f"blocks without a kind (python, text, sh, ...) at lines {unnamed}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_to_files_are_not_broken(page: Path) -> None:
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
def test_a_page_with_other_output_fails(tmp_path: Path, text: str, wrong: bool) -> None:
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    if wrong:
        with pytest.raises(AssertionError):
            run_page(page, ("python",))
    else:
        run_page(page, ("python",))


def test_the_checker_page_names_every_mistake() -> None:
    """Every slug that check.layer can report is on the page; those in check/gradients/ are of check.gradients."""
    folder = ROOT / "src" / "rot180" / "check"
    paths = [path for path in sorted(folder.rglob("*.py")) if path.relative_to(folder).parts[0] != "gradients"]
    sources = "".join(path.read_text() for path in paths)
    first = (
        "forward dx dw db reshaped stride border overlap last sign clip output transposed channels wrong groups "
        "weights input gradients integer mask statistics softmax low at"
    ).replace(" ", "|")
    slug = rf'"((?:{first})-[a-z-]+|scaled|clipped)"'
    named = set(re.findall(slug, sources))
    page = (ROOT / "docs" / "tutorials" / "checker.md").read_text()
    assert len(named) > 25 and not [name for name in named if f"`{name}`" not in page]
