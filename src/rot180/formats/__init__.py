"""File formats. `safetensors` saves and loads named arrays; `atomic` writes files completely or not at all.

from rot180.formats import safetensors
safetensors.save(model.state_dict(), "model.safetensors")
model.load_state_dict(safetensors.load("model.safetensors"))
"""

from . import atomic, safetensors
from .atomic import WriteError

__all__ = ["WriteError", "atomic", "safetensors"]
