"""Floor 5: training. `fit` is the loop, `evaluate` measures, `load_run` brings a saved run back.

from rot180 import data, models, train
model = models.build("small", (1, 8, 8), 10)
train.fit(model, data.digits("train"), epochs=10, out="runs/mine")
print(train.evaluate(model, data.digits("test")).accuracy)
"""

from .loop import DivergedError, fit
from .measure import Metrics, evaluate
from .run import NotARunError, is_free, is_run, load_run

__all__ = ["DivergedError", "Metrics", "NotARunError", "evaluate", "fit", "is_free", "is_run", "load_run"]
