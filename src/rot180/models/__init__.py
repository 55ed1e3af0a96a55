"""Small networks by name; each file shows all layers of one network.

from rot180 import models
model = models.build("small", input_shape=(1, 8, 8), classes=10)
"""

from .registry import Recipe, build, default, names

__all__ = ["Recipe", "build", "default", "names"]
