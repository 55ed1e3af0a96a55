"""Record PyTorch's outputs and first-order gradients of every row as digests in recorded.json.

    python -m tests.battery.record        from the top of the checkout, with PyTorch (`recorded.py` names the release)

The inputs and cotangents come from seeds, so the file holds results only.
"""

from __future__ import annotations

import json

import torch

from . import peers
from .digest import digest
from .recorded import FILE
from .registry import CASES


def main() -> None:
    torch.set_num_threads(1)
    rows = {"torch": torch.__version__.split("+")[0]}
    for case in CASES:
        if case.peer is not None:
            rows[case.id] = [list(map(digest, arrays)) for arrays in peers.run(case, case.make())]
    lines = [f"{json.dumps(name)}: {json.dumps(row, separators=(',', ':'))}" for name, row in rows.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{len(rows) - 1} rows, {FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
