"""report.write: the numbers and pictures on the page equal values that are computed here independently."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import data, models, nn, train
from rot180 import functional as F
from rot180.train import report
from rot180.train.report.feature_maps import trace_image
from rot180.train.report.predictions import predict

from .report_html import Element, cells, read, section

pytest.importorskip("matplotlib", reason="matplotlib is not installed (the extra report)")

DIGITS, TEST = data.digits(), data.digits("test")
FEW = data.LabelledImages(DIGITS.images[:400], DIGITS.labels[:400], DIGITS.classes, DIGITS.about)
HELD_OUT = data.LabelledImages(TEST.images[:120], TEST.labels[:120], TEST.classes, TEST.about)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was stopped early, so that some predictions are wrong. Tests only read it."""
    rot180.manual_seed(0)
    folder = tmp_path_factory.mktemp("runs") / "half"
    net = models.build("small", (1, 8, 8), 10)
    train.fit(net, FEW, validation=HELD_OUT, epochs=3, out=folder, log=None, seed=7)
    return folder


@pytest.fixture(scope="module")
def page(run: Path) -> Element:
    return read(report.write(run, HELD_OUT, command="rot180 train digits --epochs 3").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def net(run: Path) -> nn.Module:
    return train.load_run(run)[0]


@pytest.fixture(scope="module")
def probabilities(net: nn.Module) -> Any:
    scores = net(HELD_OUT.images).data.astype(np.float64)
    e = np.exp(scores - scores.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def history(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def figures(element: Element, kind: str) -> dict[str, str]:
    (box,) = element.all("dl", class_=kind)
    return {d.all("dt")[0].text: d.all("dd")[0].text for d in box.all("div")}


def test_the_header_names_the_run_and_its_result(run: Path, page: Element, net: nn.Module) -> None:
    result = train.evaluate(net, HELD_OUT)
    assert page.all("title")[0].text == f"half: {result.accuracy:.1%} accuracy on the test set"
    assert [h.text for h in page.all("h1")] == [f"half: {result.accuracy:.1%} accuracy on the test set"]
    assert page.all("p", class_="kicker")[0].text == "Training report: small on digits"
    shown = figures(page, "figures")
    assert shown == {
        "test accuracy": f"{result.accuracy:.2%}",
        "test loss": f"{result.loss:.4f}",
        "training time": f"{sum(m['seconds'] for m in history(run)):.1f} s",
        "parameters": "58,314",
        "epochs": "3",
        "seed": "7",
    }
    lead = page.all("p", class_="lead")[0].text
    assert lead.startswith(
        "The network “small” has 58,314 parameters and was trained for 3 epochs on 400 images of the data set “digits”."
    )
    assert f"It classifies {result.confusion.trace()} of 120 test images correctly ({result.accuracy:.2%})" in lead
    assert f"most frequent class would be correct for {np.bincount(HELD_OUT.labels).max() / 120:.1%}" in lead
    assert page.all("code")[0].text == "rot180 train digits --epochs 3"
    settings = figures(page, "settings")
    assert settings["optimizer"] == "Adam"
    assert settings["batch size"] == "32"
    assert settings["numpy"] == np.__version__
    assert "augment" not in settings


def test_the_confidence_interval_is_wilsons() -> None:
    result = predict(Scores(np.eye(2)[[0] * 81 + [1] * 19]), data.TensorDataset(np.arange(100), np.zeros(100, int)))
    assert result.confidence_interval() == pytest.approx(
        (0.7222, 0.8749), abs=1e-4
    )  # his formula for 81 of 100, by hand


class Scores(nn.Module):
    """Returns given scores, by the number of the image."""

    def __init__(self, scores: Any) -> None:
        super().__init__()
        self.scores = np.asarray(scores, np.float32)

    def forward(self, x: Any) -> Any:
        return self.scores[x.data.astype(int).reshape(len(x.data), -1)[:, 0]]


def test_the_curves_show_the_metrics(run: Path, page: Element) -> None:
    part, metrics = section(page, "curves"), history(run)
    assert [f.all("b")[0].text for f in part.all("figure")] == ["Loss", "Accuracy", "Learning rate"]
    accuracy = part.all("figure")[1]
    paths = [p.attributes["d"] for g in accuracy.all("g") for p in g.children if is_curve(p)]
    points = [np.array(re.findall(r"[ML] (\S+) (\S+)", d), float) for d in paths]
    assert [p.shape for p in points] == [(3, 2), (3, 2)]
    x, y = np.concatenate(points).T
    epochs = [m["epoch"] for m in metrics] * 2
    values = [m[key] for key in ("accuracy", "validation_accuracy") for m in metrics]
    for places, expected, sign in ((x, epochs, 1), (y, values, -1)):  # SVG's y points down
        slope, offset = np.polyfit(expected, places, 1)
        np.testing.assert_allclose(places, slope * np.array(expected) + offset, atol=1e-3)
        assert np.sign(slope) == sign


def is_curve(child: Any) -> bool:
    style = child.attributes.get("style", "") if isinstance(child, Element) and child.tag == "path" else ""
    return "fill: none" in style and ("--blue" in style or "--orange" in style)


def test_a_table_lists_the_values_of_the_curves(run: Path, page: Element) -> None:
    assert section(page, "curves").rows() == [
        [
            str(m["epoch"]), f"{m['loss']:.4f}", f"{m['accuracy']:.2%}", f"{m['validation_loss']:.4f}",
            f"{m['validation_accuracy']:.2%}", f"{m['lr']:.2g}", f"{m['seconds']:.2f}",
        ]
        for m in history(run)
    ]  # fmt: skip


def test_the_confusion_matrix_equals_that_of_evaluate(page: Element, net: nn.Module) -> None:
    confusion = train.evaluate(net, HELD_OUT).confusion
    rows = section(page, "confusions").rows()
    assert [row[0] for row in rows] == list("0123456789")
    assert [[int(n.replace("·", "0")) for n in row[1:-1]] for row in rows] == confusion.tolist()
    assert [int(row[-1]) for row in rows] == confusion.sum(1).tolist()
    cells = section(page, "confusions").all("tbody")[0].all("td")
    for place, cell in enumerate(c for c in cells if not c.has("class_", "total")):
        row, column = divmod(place, 10)
        kind = "none" if not confusion[row, column] else "right" if row == column else "wrong"
        assert cell.has("class_", kind)


def test_precision_and_recall_of_every_class(page: Element, probabilities: Any) -> None:
    answers, labels = probabilities.argmax(1), HELD_OUT.labels
    for k, row in enumerate(section(page, "classes").rows()):
        predicted, true = answers[labels == k], labels[answers == k]
        assert row[0] == str(k)
        assert row[1] == (f"{(true == k).mean():.1%}" if len(true) else "–")
        assert row[2] == f"{(predicted == k).mean():.1%}"
        assert row[3:6] == [str(len(predicted)), str((predicted == k).sum()), str(len(true))]
        wrong = np.bincount(predicted[predicted != k], minlength=10)
        assert row[6] == (str(wrong.argmax()) if wrong.any() else "–")


def test_the_worst_mistakes_have_the_highest_losses(page: Element, probabilities: Any) -> None:
    labels, answers = HELD_OUT.labels, probabilities.argmax(1)
    losses = -np.log(probabilities[np.arange(120), labels])
    wrong = np.flatnonzero(answers != labels)
    assert len(wrong) > 3  # otherwise the order is hardly tested
    order = wrong[np.argsort(-losses[wrong])][:24]
    cards = section(page, "mistakes").all("li")
    assert len(cards) == len(order)
    for card, i in zip(cards, order, strict=True):
        true, answer = probabilities[i, labels[i]], probabilities[i, answers[i]]
        assert [p.text for p in card.all("p")] == [
            f"true: {labels[i]} {true:.1%}",
            f"predicted: {answers[i]} {answer:.1%}",
            f"test image {i} · loss {losses[i]:.2f}",
        ]
        grey = np.rint(HELD_OUT.images[i, 0] * 255)
        shown = cells(card.all("img")[0])
        np.testing.assert_array_equal(shown[..., :3], np.repeat(grey[..., None], 3, 2))


def check_signed(image: Element, values: Any, reach: float) -> None:
    """Blue if positive, orange if negative, with an opacity proportional to the absolute value."""
    shown = cells(image).astype(int)
    np.testing.assert_array_equal(shown[..., 3], np.rint(np.abs(values.astype(np.float64)) / reach * 255))
    visible = shown[..., 3] > 0
    np.testing.assert_array_equal((shown[..., 2] > shown[..., 0])[visible], (values > 0)[visible])


def test_filters_show_the_first_weights(page: Element, net: nn.Module) -> None:
    weight = net[0].weight.data[:, 0]
    images = section(page, "filters").all("img")
    assert len(images) == 32
    for image, w in zip(images, weight, strict=True):
        check_signed(image, w, np.abs(weight).max())
    assert f"−{np.abs(weight).max():.3g}" in section(page, "filters").text


def chosen(probabilities: Any) -> int:
    """The correctly classified image whose class has the smallest probability."""
    labels = HELD_OUT.labels
    right = np.flatnonzero(probabilities.argmax(1) == labels)
    return int(right[probabilities[right, labels[right]].argmin()])


def test_the_feature_maps_are_those_of_the_correct_image_with_the_lowest_confidence(
    page: Element, net: nn.Module, probabilities: Any
) -> None:
    part, i = section(page, "maps"), chosen(probabilities)
    label = HELD_OUT.labels[i]
    assert f"This is test image {i}, of class {label}: the correctly classified image" in part.text
    assert f"({label} {probabilities[i, label]:.1%}," in part.text
    stages = part.all("figure")
    assert [s.all("b")[0].text for s in stages] == [
        "the image", "0 Conv2d → 1 ReLU", "2 Conv2d → 3 ReLU", "4 MaxPool2d", "5 Conv2d → 6 ReLU", "7 MaxPool2d",
    ]  # fmt: skip
    maps = F.relu(F.conv2d(HELD_OUT.images[i : i + 1], net[0].weight.data, net[0].bias.data, padding=1))[0]
    assert "32 × 8 × 8, the first 16 channels" in stages[1].text
    for image, values in zip(stages[1].all("img"), maps[:16], strict=True):
        check_signed(image, values, maps.max())


def test_the_gradient_equals_finite_differences(run: Path, page: Element, probabilities: Any) -> None:
    net = train.load_run(run)[0].double()
    i = chosen(probabilities)
    image, label = HELD_OUT.images[i].astype(np.float64), HELD_OUT.labels[i : i + 1]
    images = data.TensorDataset(image[None], label)
    result = trace_image(net, images, predict(net, images))
    eps, differences = 1e-6, np.zeros((8, 8))
    for r, c in np.ndindex(8, 8):
        step = np.zeros((1, 8, 8))
        step[0, r, c] = eps
        up, down = (F.cross_entropy(net((image + s)[None]), label).item() for s in (step, -step))
        differences[r, c] = (up - down) / (2 * eps)
    np.testing.assert_allclose(result.gradient[0], differences, atol=1e-6)
    shown = cells(section(page, "gradient").all("img")[1])
    reach = np.abs(differences).max()
    np.testing.assert_allclose(shown[..., 3], np.abs(differences) / reach * 255, atol=1)
    assert f"+{reach:.3g}" in section(page, "gradient").text


def test_the_table_of_layers_equals_the_summary(page: Element, net: nn.Module) -> None:
    *rows, last = section(page, "layers").rows()
    expected = train.summary(net, (1, 8, 8))
    total = sum(row.multiply_adds for row in expected)
    assert last[0] == "total"
    assert last[3:5] == ["58,314", f"{total:,}"]
    for row, want in zip(rows, expected, strict=True):
        assert row[0] == f"{want.name} {want.kind}"
        assert row[2] == " × ".join(map(str, want.output_shape or ()))
        assert row[3:5] == [f"{n:,}" if n else "·" for n in (want.parameters, want.multiply_adds)]
        assert row[5] == (f"{want.multiply_adds / total:.1%}" if want.multiply_adds else "·")
