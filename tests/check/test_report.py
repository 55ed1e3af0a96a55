"""The texts of a report: counts, small matrices, formulas, and texts that depend on the operation."""

from __future__ import annotations

import re

import numpy as np

from rot180.check import layer
from tests.mistakes import operations_right as right
from tests.mistakes.right_loops import conv, conv_backward
from tests.mistakes.right_small import linear, linear_backward


def judged(change, **settings):
    """The report on a right convolution whose gradients are changed before they are returned."""
    return layer(lambda x, w, b: conv(x, w, b), lambda dy, x, w, b: change(*conv_backward(dy, x, w, b)), **settings)


def test_text_for_a_single_problem():
    sums = {}

    def backward(dy, x, w, b):
        dx, dw, db = linear_backward(dy, x, w, b)
        sums[w.shape] = sums.get(w.shape, 0) + dw
        return dx, sums[w.shape], db

    text = str(layer(linear, backward, "linear"))
    assert "right on the one problem that was judged" in text
    assert "all 1 problems" not in text


def test_position_of_an_error_in_a_problem_with_several_cells():
    def change(dx, dw, db):
        dx[:, :, 0] = np.sin(dx[:, :, 0])
        return dx, dw, db

    (unknown,) = judged(change).unexplained
    assert (
        "cells are wrong, all of them in row 0 of 6. The case is x (2, 2, 6, 7), w (3, 2, 3, 2), b (3,)"
        in unknown.explanation
    )


def test_no_negative_zero_and_no_noise():
    report = judged(lambda dx, dw, db: (dx, dw, db * np.array([1, -0.0, 1])[: len(db)]))
    assert "-0" not in re.findall(r"-0(?![.\d])", str(report))
    wrong = layer(right.softmax, lambda dy, x: np.sin(dy + x), "softmax")
    assert not re.search(r"\de-1[3-9]", str(wrong)), str(wrong)


def test_long_formula_is_wrapped():
    report = judged(lambda dx, dw, db: (dx, dw + (abs(dw) > 30), db), kernel_size=2)
    lines = str(report).splitlines()
    assert any(line.lstrip().startswith("dw[") for line in lines)
    assert max(map(len, lines)) <= 120


def test_formula_is_of_a_cell_in_the_matrix():
    def forward(x, w, b):
        assert x.size > 150  # so that it stays as large as it is
        return conv(x, w, b)

    def backward(dy, x, w, b):
        dx, dw, db = conv_backward(dy, x, w, b)
        dx[0, 0, 0, 0] += 0.5
        dx[1:, 1:] = np.sin(dx[1:, 1:])
        return dx, dw, db

    (finding,) = layer(forward, backward).unexplained
    assert finding.picture.startswith("dx[1, 1]")
    assert finding.formula.startswith("dx[1, 1, ")


def test_texts_for_the_sign_of_a_layer_and_a_loss_differ():
    (finding,) = judged(lambda dx, dw, db: (-dx, dw, db)).diagnoses
    assert finding.slug == "sign-inverted"
    assert "label" not in finding.explanation + finding.fix
    (loss,) = layer(right.half_squares, lambda x, t: t - x, "half_squared_error").diagnoses
    assert "label - predicted" in loss.explanation and "predicted - label" in loss.fix


# ---- counts that add up ----


def listed(report, title):
    """The lines under a title, and the number of lines that are left out."""
    lines = report.render().splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip().startswith(title))
    found = []
    for line in lines[start + 1 :]:
        if not line.startswith("    "):
            break
        found.append(line.strip())
    more = [line for line in found if re.fullmatch(r"and \d+ more", line)]
    return lines[start], [line for line in found if line not in more], sum(int(line.split()[1]) for line in more)


def test_listed_problems_and_the_others_add_up():
    report = layer(conv, conv_backward)
    title, shown, more = listed(report, "tried")
    assert title == f"  tried {len(report.tried)} problems:"
    assert len(shown) + more == len(report.tried) == len(set(report.tried))
    assert sum("with fractions" in text for text in report.tried) == 2


def test_each_reason_of_a_refusal_is_listed_once():
    def forward(x, w, b, stride=1, padding=0):
        if stride > 1:
            raise NotImplementedError(f"stride {stride}")
        if len(x) == 4:
            raise ValueError("four images")
        return conv(x, w, b, stride, padding)

    report = layer(forward, lambda dy, x, w, b, stride=1, padding=0: conv_backward(dy, x, w, b, stride, padding))
    assert report.ok, report.render()
    reasons = [text for text in report.refused if "NotImplementedError" in text]
    assert len(reasons) == 1
    assert re.search(r"stride 2, padding 1 and \d+ others \(NotImplementedError: stride 2", reasons[0])
    assert sum("four images" in text for text in report.refused) == 1
    _, shown, more = listed(report, "refused by the code")
    assert len(shown) + more == len(report.refused) == 2
