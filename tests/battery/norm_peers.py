"""PyTorch's normalisations with their arguments in the order of the rows; for `peers.py`."""

from __future__ import annotations

import torch.nn.functional as TF

from .norm_rows import NAMES, factors_first

for _name in NAMES:
    _function = getattr(TF, _name)
    globals()[_name] = factors_first(_function)
    globals()[f"{_name}_and_statistics"] = factors_first(_function, lambda input, a: a.clone())
