"""Pages with mistakes stop the build of the site, with a message that names the mistake."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SETTINGS = Path(__file__).parents[3] / "docs" / "site"


def build(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """Build a site of one page."""
    pytest.importorskip("furo", reason="Sphinx, MyST and furo are not installed (the extra docs)")
    pages = folder / "pages"
    pages.mkdir()
    (pages / "index.md").write_text(f"# A page\n\n{text}\n", "utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", "-c", SETTINGS, pages, folder / "site"]
    return subprocess.run([str(one) for one in command], capture_output=True, text=True, timeout=120)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('```{explainer}\nexplain.trace("conv2d")\n```', "explainer: the frame needs a title"),
        ('```{explainer}\n:title: A layer\nexplain.trace("conv9d")\n```', "is not a trace: "),
        ('```{explainer} dx[9,9,9,9]\n:title: A layer\nexplain.trace("conv2d")\n```', "dx[9,9,9,9]"),
        ("[a page](nowhere.md)", "index.md: the target nowhere.md of a link does not exist; correct the path"),
    ],
)
def test_a_mistake_stops_the_build(text: str, message: str, tmp_path: Path) -> None:
    done = build(tmp_path, text)
    assert done.returncode != 0
    assert message in done.stderr


@pytest.mark.slow
def test_the_frame_has_the_title_and_leads_to_the_page(tmp_path: Path) -> None:
    done = build(tmp_path, '```{explainer}\n:title: A "small" layer\nexplain.trace("conv2d")\n```')
    assert done.returncode == 0, done.stderr
    (layer,) = (tmp_path / "site" / "layers").iterdir()
    text = (tmp_path / "site" / "index.html").read_text("utf-8")
    assert f'<iframe src="layers/{layer.name}?embed" title="A &quot;small&quot; layer" loading="lazy"' in text
    assert f'<a href="layers/{layer.name}">' in text
