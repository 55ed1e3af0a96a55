"""A small trained run that the commands' tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from rot180.cli import main


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Only read from."""
    out = tmp_path_factory.mktemp("runs") / "linear"
    assert main(["train", "digits", "--model", "linear", "--epochs", "4", "--out", str(out)]) == 0
    return out
