"""A notebook converted to HTML: the frame is included and works without Python."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rot180.explain import trace
from tests.explain.notebooks import hovering
from tests.explain.notebooks.cells import LAYER, MADE, write
from tests.explain.notebooks.servers import environment

pytest.importorskip("nbconvert", reason="nbconvert is not installed (the extra notebook-test)")


def test_the_frame_is_in_the_html(
    tmp_path: Path, open_page: Callable[[str], Any], frame_of: Any, keep_picture: Any
) -> None:
    write(tmp_path / "frame.ipynb", ["from rot180 import explain", MADE])
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html", "frame.ipynb"]
    subprocess.run(command, cwd=tmp_path, env=environment(tmp_path), check=True, timeout=120, capture_output=True)
    page = open_page((tmp_path / "frame.html").as_uri())
    hovering.check(frame_of(page), trace(**LAYER))
    keep_picture(page, "nbconvert")
