"""Floor 5: files. `safetensors` saves and loads named arrays; `atomic` is how every file is written.

from rot180.formats import safetensors
safetensors.save(model.state_dict(), "model.safetensors")
model.load_state_dict(safetensors.load("model.safetensors"))
"""

from . import atomic, safetensors
from .atomic import WriteError

__all__ = ["WriteError", "atomic", "safetensors"]
