"""Record PyTorch's rates of the cases: `python -m tests.optim.lr_scheduler.record_rates` (needs torch)."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from tests.optim.lr_scheduler.cases import CASES, Case, course, two_groups


def rates(case: Case) -> list[list[float]]:
    """The settings of an SGD with two groups."""
    optimizer = two_groups(torch.optim, lambda: torch.nn.Parameter(torch.zeros(1)))
    return course(case(torch.optim.lr_scheduler, optimizer))


if __name__ == "__main__":
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(rates(case))}" for name, case in CASES.items())
    text = f'{{"torch": "{torch.__version__.split("+")[0]}", "rates": {{\n{lines}\n}}}}\n'
    Path(__file__).with_name("recorded_rates.json").write_text(text, encoding="utf-8")
