"""A small number inside the logarithm of a cross entropy is recognised; its gradient may contain it or not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180.check import LayerReport, layer


def checked(eps: float, factor: Any = 1.0, dtype: Any = np.float64, *, exact: bool = False) -> LayerReport:
    """Check a cross entropy with eps inside the logarithm, whose gradient is multiplied by a factor."""

    def loss(x: Any, t: Any) -> Any:
        x = x.astype(dtype)
        shifted, n = np.exp(x - x.max(1, keepdims=True)), np.arange(len(t))
        p = shifted / shifted.sum(1, keepdims=True)
        value = -np.log(p[n, t] + eps).mean()
        share = (p[n, t] / (p[n, t] + eps))[:, None] if exact else 1.0
        dx = p.copy()
        dx[n, t] -= 1
        return value, factor * share * dx / len(t)

    return layer(loss, None, op="softmax_cross_entropy")


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("eps", [1e-12, 1e-9, 1e-8, 1e-7, 1e-5])
def test_eps_is_recognised(eps: float, exact: bool) -> None:
    report = checked(eps, exact=exact)
    assert report.ok, report.render()
    assert not report.notes, report.render()
    assert any(f"The forward uses eps {eps} instead of 0.0" in remark for remark in report.remarks)


def test_a_mistake_beside_eps_is_named() -> None:
    report = checked(1e-7, factor=2.0)
    assert [(d.slug, d.argument) for d in report.diagnoses] == [("scaled", "dx")], report.render()
    assert not report.unexplained


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rounding_is_not_an_eps(dtype: Any) -> None:
    report = checked(0.0, dtype=dtype)
    assert report.ok, report.render()
    assert not any("eps" in remark for remark in report.remarks), report.render()
