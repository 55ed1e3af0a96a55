"""Training: `fit` trains, `evaluate` measures, `load_run` loads a saved run, `report` writes its HTML page.

from rot180 import data, models, train
model = models.build("small", (1, 8, 8), 10)
train.fit(model, data.digits("train"), epochs=10, out="runs/mine")
print(train.evaluate(model, data.digits("test")).accuracy)
train.report.write("runs/mine", data.digits("test"))
"""

from . import report
from .evaluation import Metrics, evaluate
from .loop import DivergedError, fit
from .optimization import check_settings
from .run import NotARunError, check_out, is_free, is_run, load_run
from .summary import Row, summary

__all__ = [
    "DivergedError",
    "Metrics",
    "NotARunError",
    "Row",
    "check_out",
    "check_settings",
    "evaluate",
    "fit",
    "is_free",
    "is_run",
    "load_run",
    "report",
    "summary",
]
