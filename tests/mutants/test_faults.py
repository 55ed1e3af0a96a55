"""Every fault of the mutation script fits the source that it is to break."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from .faults import FAULTS, Fault

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "rot180"


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.description)
def test_the_text_occurs_once_and_its_replacement_is_python(fault: Fault) -> None:
    text = (PACKAGE / fault.file).read_text(encoding="utf-8")
    assert text.count(fault.old) == 1, "the source was rewritten: write the same mistake for it in faults.py"
    broken = ast.dump(ast.parse(text.replace(fault.old, fault.new)))
    assert broken != ast.dump(ast.parse(text))


def test_there_are_at_least_thirty_faults() -> None:
    assert len(FAULTS) >= 30
    assert len({fault.description for fault in FAULTS}) == len(FAULTS)
