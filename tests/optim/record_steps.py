"""Record the steps of PyTorch's optimisers on the cases: `python -m tests.optim.record_steps` (needs torch)."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from tests.optim.cases import CASES, STEPS, gradient, start


def steps(name: str, options: dict) -> list[list[list[float]]]:
    """The parameters, flattened, after each step."""
    params = [torch.nn.Parameter(torch.from_numpy(a)) for a in start()]
    optimizer = getattr(torch.optim, name)(params, **options)
    rows = []
    for step in range(STEPS):
        for p in params:
            p.grad = torch.from_numpy(gradient(step, p.detach().numpy()))
        optimizer.step()
        rows.append([p.detach().flatten().tolist() for p in params])
    return rows


if __name__ == "__main__":
    recorded = {case: steps(*how) for case, how in CASES.items()}
    lines = ",\n".join(f"{json.dumps(case)}: {json.dumps(rows)}" for case, rows in recorded.items())
    text = f'{{"torch": "{torch.__version__.split("+")[0]}", "steps": {{\n{lines}\n}}}}\n'
    Path(__file__).with_name("recorded_steps.json").write_text(text, encoding="utf-8")
