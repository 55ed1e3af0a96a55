"""The site is complete: every link and anchor resolves, nothing comes from another host, every page is reachable."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.site.markup import STYLE_ADDRESS, Markup, broken, is_external, markup

DOCS = Path(__file__).parents[3] / "docs"
MADE_BY_SPHINX = {"genindex", "search"}


def documents(site: Path) -> list[Path]:
    return [file for file in sorted(site.rglob("*.html")) if file.parent.name != "layers"]


@pytest.mark.slow
def test_every_link_and_anchor_resolves(site: Path) -> None:
    found = []
    for file in documents(site):
        page = markup(file)
        local = [one for one in page.links + page.loaded if not is_external(one) and not one.startswith("data:")]
        found += [f"{file.relative_to(site)}: {one}" for one in local if broken(file, one)]
    assert found == []


@pytest.mark.slow
def test_nothing_is_loaded_from_another_host(site: Path) -> None:
    found = [
        f"{file}: {one}" for file in sorted(site.rglob("*.html")) for one in markup(file).loaded if is_external(one)
    ]
    for file in site.rglob("*.css"):
        found += [f"{file}: {one}" for one in STYLE_ADDRESS.findall(file.read_text("utf-8")) if is_external(one)]
    assert found == []


@pytest.mark.slow
def test_every_page_is_reachable_from_the_home_page(site: Path) -> None:
    home = site / "index.html"
    reached, waiting = {home}, [home]
    while waiting:
        file = waiting.pop()
        for link in markup(file).links:
            target = (file.parent / link.split("#")[0]).resolve()
            if not is_external(link) and target.suffix == ".html" and target.is_file() and target not in reached:
                reached.add(target)
                waiting.append(target)
    lost = [file for file in documents(site) if file not in reached and file.stem not in MADE_BY_SPHINX]
    lost.remove(site / "reference" / "index.html")  # leads to the first page
    assert lost == []


@pytest.mark.slow
def test_every_markdown_file_is_a_page(site: Path) -> None:
    names = {file.relative_to(DOCS).with_suffix(".html") for file in DOCS.rglob("*.md")}
    assert {name.as_posix() for name in names if not (site / name).is_file()} == set()
    assert len(names) > 30


@pytest.mark.slow
def test_a_page_links_to_itself_in_the_other_language(site: Path) -> None:
    chinese = [file.relative_to(site / "zh") for file in documents(site / "zh") if file.stem not in MADE_BY_SPHINX]
    assert Path("tutorials/origins.html") in chinese
    for name in chinese:
        for here, there in ((site / name, site / "zh" / name), (site / "zh" / name, site / name)):
            assert there in [(here.parent / link).resolve() for link in markup(here).links], name


@pytest.mark.slow
def test_the_site_is_under_10_megabytes(site: Path) -> None:
    assert sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) < 10_000_000
    assert not (site / ".buildinfo").exists()


@pytest.mark.slow
def test_chinese_words_can_be_found(site: Path) -> None:
    index = (site / "zh" / "searchindex.js").read_text("utf-8")
    for word in ("梯度", "卷积"):
        assert word.encode("ascii", "backslashreplace").decode() in index


def test_a_broken_link_and_a_foreign_host_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a id="there">', "utf-8")
    here = tmp_path / "b.html"
    assert [broken(here, one) for one in ("a.html", "a.html#there", "a.html#here", "c.html")] == [
        False,
        False,
        True,
        True,
    ]
    text = '<script src="//host/x.js"></script><a href="https://host/">x</a><p style="background: url(http://host/y)">'
    page = Markup(text + '<link rel="stylesheet" href="site.css"><link rel="author" href="https://host/me">')
    assert [one for one in page.loaded if is_external(one)] == ["//host/x.js", "http://host/y"]
    assert page.links == ["https://host/"]
