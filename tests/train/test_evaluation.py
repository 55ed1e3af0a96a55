"""evaluate: loss, accuracy and confusion matrix, compared with values counted by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180 import ShapeError, nn, train
from rot180.tape import is_grad_enabled


class Scores(nn.Module):
    """Returns its input and records the mode in which it was called."""

    def forward(self, x: Any) -> Any:
        self.called_in = (self.training, is_grad_enabled(), x.shape[0])
        return x


SCORES = np.array([[3, 1, 0], [0, 2, 1], [9, 0, 0], [0, 1, 5], [0, 4, 1]], np.float32)
LABELS = np.array([0, 1, 1, 2, 2])


def test_the_metrics_equal_those_counted_by_hand() -> None:
    metrics = train.evaluate(Scores(), (SCORES, LABELS), batch_size=2)
    assert metrics.confusion.tolist() == [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    assert metrics.accuracy == 3 / 5
    assert metrics.count == 5
    losses = [np.log(np.exp(row).sum()) - row[label] for row, label in zip(SCORES, LABELS, strict=True)]
    assert metrics.loss == pytest.approx(np.mean(losses), rel=1e-6)


def test_the_result_does_not_depend_on_the_batch_size() -> None:
    all_at_once = train.evaluate(Scores(), (SCORES, LABELS))
    one_by_one = train.evaluate(Scores(), (SCORES, LABELS), batch_size=1)
    assert all_at_once.loss == pytest.approx(one_by_one.loss, rel=1e-6)
    np.testing.assert_array_equal(all_at_once.confusion, one_by_one.confusion)


def test_it_runs_in_evaluation_mode_without_recording_and_restores_the_modes() -> None:
    net = nn.Sequential(Scores(), nn.Dropout(0.9))
    net[1].eval()
    train.evaluate(net, (SCORES, LABELS))
    assert net[0].called_in == (False, False, 5)
    assert [module.training for module in net.modules()] == [True, True, False]


def test_wrong_scores_and_empty_data_raise_an_error() -> None:
    with pytest.raises(ShapeError, match=r"evaluate: the model returned scores of shape \(5, 3, 1\); \(N, classes\)"):
        train.evaluate(Scores(), (SCORES[:, :, None], LABELS), loss=lambda scores, labels: scores.sum())
    with pytest.raises(ShapeError, match="evaluate: data is empty"):
        train.evaluate(Scores(), (SCORES[:0], LABELS[:0]))
