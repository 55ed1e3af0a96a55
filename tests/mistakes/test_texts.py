"""The texts of mistakes say what the code does."""

from __future__ import annotations

import pytest

from rot180.check import layer
from tests.mistakes.right_loops import conv, conv_backward
from tests.mistakes.wrong_texts import WRONG


@pytest.mark.parametrize(
    ("slug", "argument", "name", "forward", "backward", "op", "settings", "words"),
    WRONG,
    ids=[entry[2] for entry in WRONG],
)
def test_mistake_is_named_and_explained(slug, argument, name, forward, backward, op, settings, words):
    for seed in range(2):
        report = layer(forward, backward, op, seed=seed, **settings)
        assert not report.ok
        assert not report.unexplained, report.render()
        first = next((found for found in report.diagnoses if found.argument == argument), None)
        assert first is not None, report.render()
        assert first.slug == slug, report.render()
        assert words in first.explanation, report.render()


def test_verdict_on_few_problems_has_a_remark():
    def backward(dy, x, w, b, stride=1, padding=0):
        if stride > 1 or padding or len(x) > 2:
            raise NotImplementedError("one day")
        dx, dw, db = conv_backward(dy, x, w, b)
        return dx, dw[..., ::-1, ::-1], db

    report = layer(conv, backward)
    assert [d.slug for d in report.diagnoses] == ["dw-rotated"]
    assert any("refused" in remark and "rests on few problems" in remark for remark in report.remarks), report.render()


def test_fix_of_a_flipped_axis_names_the_axis():
    def backward(dy, x, w, b, stride=1, padding=0):
        dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
        return dx, dw[:, :, ::-1], db

    (found,) = layer(conv, backward).diagnoses
    assert "np.flip(dw, (2,))" in found.fix
