"""report.html as a file: self-contained, reproducible, safe from hostile names, and useful for incomplete runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import FormatError, ShapeError, data, models, nn, train
from rot180.formats import WriteError
from rot180.train import report

from .report_html import Element, addresses, cells, read, section

pytest.importorskip("matplotlib", reason="matplotlib is not installed (the extra report)")

DIGITS = data.digits("test")
FEW = data.LabelledImages(DIGITS.images[:96], DIGITS.labels[:96], DIGITS.classes, DIGITS.about)
KEYS = ["curves", "confusions", "classes", "mistakes", "filters", "maps", "gradient", "layers"]


def fitted(folder: Path, net: nn.Module, images: Any = FEW, **settings: Any) -> Path:
    train.fit(net, images, out=folder, log=None, **({"epochs": 1} | settings))
    return folder


@pytest.fixture(scope="module")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rot180.manual_seed(0)
    folder = tmp_path_factory.mktemp("runs") / "r"
    return fitted(folder, models.build("lenet", (1, 8, 8), 10), validation=FEW, epochs=2)


@pytest.fixture
def run(finished_run: Path, tmp_path: Path) -> Path:
    """A copy of a run that a test may damage."""
    return Path(shutil.copytree(finished_run, tmp_path / "r"))


def change(run: Path, **values: Any) -> None:
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps(config | values))


def written(run: Path, held_out: Any = FEW, **settings: Any) -> Element:
    """Write a report, check that it is well formed, complete and self-contained, and return its tree."""
    html = report.write(run, held_out, **settings).read_text(encoding="utf-8")
    page = read(html)
    assert [s.attributes["id"] for s in page.all("section")] == KEYS
    assert all(s.all("h2")[0].text for s in page.all("section"))
    check_self_contained(page)
    return page


def check_self_contained(page: Element) -> None:
    for address in addresses(page):
        assert address.startswith(("data:image/png;base64,", "#")), address[:80]
    targets = {
        e.attributes["id"] for tag in ("section", "path", "g", "defs") for e in page.all(tag) if "id" in e.attributes
    }
    assert {a[1:] for a in addresses(page) if a.startswith("#")} <= targets
    for tag in ("script", "iframe", "object", "embed", "base", "form"):
        assert not page.all(tag)
    for style in page.all("style"):
        assert not re.search(r"@import|url\(", style.text)
    policies = [m.attributes["content"] for m in page.all("meta") if "http-equiv" in m.attributes]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def line(page: Element, key: str) -> str:
    """The reason that a section gives for having no content."""
    (missing,) = section(page, key).all("span", class_="missing")
    return missing.text.removeprefix("Not shown: ")


def test_it_holds_no_external_address(run: Path) -> None:
    written(run)
    assert "http" not in (run / "report.html").read_text().replace("http-equiv", "")


def test_ids_are_unique(run: Path) -> None:
    ids = re.findall(r' id="([^"]*)"', report.write(run, FEW).read_text(encoding="utf-8"))
    assert len(ids) == len(set(ids))


def test_the_same_run_gives_the_same_bytes(run: Path) -> None:
    before = report.write(run, FEW).read_bytes()
    assert report.write(run, FEW).read_bytes() == before
    code = (
        "import sys; from rot180 import data; from rot180.train import report\n"
        "d = data.digits('test'); report.write(sys.argv[1], data.Subset(d, range(96)))\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(run)], check=True)
    assert (run / "report.html").read_bytes() == before


def test_the_callers_matplotlib_settings_and_random_state_do_not_change(run: Path) -> None:
    import matplotlib

    before = report.write(run, FEW).read_bytes()
    with matplotlib.rc_context({"lines.linewidth": 17, "font.family": "serif", "axes.facecolor": "red"}):
        settings, state = dict(matplotlib.rcParams), repr(rot180.get_rng_state())
        assert report.write(run, FEW).read_bytes() == before
        assert dict(matplotlib.rcParams) == settings
        assert repr(rot180.get_rng_state()) == state


def test_the_files_of_the_run_do_not_change_and_training_again_replaces_it(run: Path) -> None:
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    written(run)
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.name != "report.html"} == before
    fitted(run, models.build("linear", (1, 8, 8), 10))
    assert "linear on digits" in written(run).all("p", class_="kicker")[0].text


HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&amp;", "\u202eesrever", "\ud800",
           "x" * 5000, "", "\x00\x1b[31m", "</style></svg>", "'--><!--"]  # fmt: skip


def test_hostile_names_are_shown_as_text(run: Path) -> None:
    change(
        run,
        class_names=HOSTILE,
        data={"name": "<script>alert(2)</script>"},
        training={
            "optimizer": "<script>",
            "<script>": 1,
            "seed": "</dd><script>",
            "augment": {"name": "<i>", "<u>": []},
        },
        versions={"rot180": "<script>alert(3)</script>", "x": {"y": "<script>"}},
        command="rot180 train '</code><script>alert(4)</script>' " + "y" * 3000,
        engine=["<script>"],
    )
    held_out = data.LabelledImages(FEW.images, FEW.labels, HOSTILE)
    held_out.files = tuple(f"{HOSTILE[i % 10]}/{HOSTILE[i // 10]}.png" for i in range(96))
    page = written(Path(shutil.copytree(run, run.parent / "<b>&folder")), held_out)
    assert not page.all("script")
    assert [img.attributes["src"][:5] for img in page.all("img")] == ["data:"] * len(page.all("img"))
    assert page.all("h1")[0].text.startswith("<b>&folder: ")
    assert page.all("title")[0].text.startswith("<b>&folder: ")
    assert page.all("p", class_="kicker")[0].text == "Training report: lenet on <script>alert(2)</script>"
    names = [row[0] for row in section(page, "classes").rows()]
    assert names[0] == "<script>alert(1)</script>"
    assert names[1] == '"><img src=x onerror=alert(1)>'
    assert names[2] == "&lt;b&amp;"
    assert names[5] == "x" * 47 + "…"
    assert names[6] == "''"
    assert "</code><script>alert(4)</script>" in page.all("pre")[0].text


def test_without_matplotlib_there_are_tables_and_one_line(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = written(run)
    assert not page.all("img") and not page.all("svg")
    (note,) = page.all("header")[0].all("p", class_="note")
    assert note.text == (
        "This report has tables instead of pictures, because matplotlib is not installed. To add the pictures: pip "
        "install matplotlib (the extra report), then rot180 report RUN."
    )
    for key in KEYS:
        assert section(page, key).rows(), key
    assert len(section(page, "curves").rows()) == 2
    assert [row[0] for row in section(page, "filters").rows()] == [str(k) for k in range(6)]
    assert section(page, "gradient").rows()[0][0].startswith("row ")


def test_without_held_out_images_the_rest_is_there(run: Path) -> None:
    page = written(run, None)
    for key in ("confusions", "classes", "mistakes"):
        assert line(page, key) == "no test images were given."
    for key in ("maps", "gradient"):
        assert line(page, key) == "no test images were given."
    assert section(page, "filters").all("img") and section(page, "layers").rows()
    assert "The accuracy on a test set is unknown: no test images were given." in page.all("header")[0].text


def test_one_epoch_has_numbers_and_no_curves(tmp_path: Path) -> None:
    part = section(written(fitted(tmp_path / "r", models.build("linear", (1, 8, 8), 10))), "curves")
    assert "There was no validation during training." in part.text
    assert "Curves need at least two epochs; this run has one." in part.text
    assert not part.all("figure")
    assert not part.all("details")
    assert len(part.rows()) == 1
    measured = fitted(tmp_path / "m", models.build("linear", (1, 8, 8), 10), validation=FEW)
    assert "lowest in epoch" not in section(written(measured), "curves").text


def test_a_folder_of_images_is_named_after_the_folder_and_skipped_files_are_counted(run: Path) -> None:
    change(run, data={"name": "folder", "path": "/home/me/photo graphs", "skipped": 3})
    page = written(run)
    assert page.all("p", class_="kicker")[0].text == "Training report: lenet on photo graphs"
    assert "on 96 images of the data set “photo graphs”" in page.all("p", class_="lead")[0].text
    assert "unreadable files skipped3" in page.all("dl", class_="settings")[0].text
    change(run, data={"name": "npz", "path": 7, "skipped": 0})
    page = written(run)
    assert page.all("p", class_="kicker")[0].text == "Training report: lenet on npz"
    assert "skipped" not in page.all("dl", class_="settings")[0].text


def test_the_worst_mistakes_name_their_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = known(3, 9)
    held_out = data.LabelledImages(images, labels, ["cat", "dog", "red fox"])
    held_out.files = tuple(f"{held_out.classes[k]}/{'very/deep/' * 8}{i}.png" for i, k in enumerate(labels))
    net = Known(3, shift=1)
    fitted(tmp_path / "r", net, held_out)
    cards = section(written(tmp_path / "r", held_out, model=net), "mistakes").all("li")
    for card in cards:
        (file,) = card.all("p", class_="file")
        number = int(card.all("img")[0].attributes["alt"].removeprefix("test image "))
        assert len(file.text) == 48 and file.text.startswith("…") and file.text.endswith(f"very/deep/{number}.png")
        assert file.all("bdi")[0].attributes["title"] == held_out.files[number]
        assert card.all("p")[0].text.startswith(f"true: {held_out.classes[labels[number]]} ")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    rows = section(written(tmp_path / "r", data.Subset(held_out, range(2, 27)), model=net), "mistakes").rows()
    assert [row[-1][-5:] for row in rows[:3]] == ["2.png", "3.png", "4.png"]
    assert {row[1] for row in rows} == {"cat", "dog", "red fox"}


def test_composed_augmentations_are_listed_in_words(run: Path) -> None:
    parts = [{"name": "horizontal_flip", "p": 0.5}, {"name": "crop", "size": [8, 8], "padding": 1}]
    change(run, training={"augment": {"name": "compose", "transforms": parts}})
    shown = written(run).all("dl", class_="settings")[0].text
    assert "horizontal flip (p 0.5), then crop (size 8 × 8, padding 1)" in shown


def test_the_weights_of_a_linear_first_layer_are_shown_as_images(tmp_path: Path) -> None:
    page = written(fitted(tmp_path / "r", models.build("linear", (1, 8, 8), 10)))
    assert len(section(page, "filters").all("img")) == 10
    assert "one picture per output, as large as the input" in section(page, "filters").text
    assert line(page, "maps") == "no layer returns feature maps (channels, height, width)."


def test_the_filters_of_a_colour_network_are_shown_in_colour(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.random((20, 3, 6, 6)).astype(np.float32), np.arange(20) % 2
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 2))
    page = written(fitted(tmp_path / "r", net, (images, labels)), (images, labels), model=net)
    part, weight = section(page, "filters"), net[0].weight.data.astype(np.float64)
    limit = np.abs(weight).max()
    for image, w in zip(part.all("img"), weight, strict=True):
        expected = np.rint((w / limit + 1) / 2 * 255).transpose(1, 2, 0)  # mid-grey is zero
        np.testing.assert_allclose(cells(image)[..., :3], expected, atol=1)
    assert "mid-grey is zero in all three" in part.text
    assert f"−{limit:.3g}" in part.text and "mean" not in part.text


def test_a_custom_model_on_vectors_without_class_names(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    vectors, labels = rng.standard_normal((40, 5)).astype(np.float32), np.arange(40) % 3
    net = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3))
    fitted(tmp_path / "r", net, (vectors, labels))
    page = written(tmp_path / "r", (vectors, labels), model=net)
    assert page.all("p", class_="kicker")[0].text == "Training report: Sequential"
    assert "trained for 1 epoch on 40 images." in page.all("p", class_="lead")[0].text
    assert [row[0] for row in section(page, "classes").rows()] == ["0", "1", "2"]
    assert line(page, "filters") == "the inputs have shape (5,); only images (C, H, W) have filters that can be shown."
    assert line(page, "gradient") == "the input has shape (5,); a picture needs (C, H, W)."
    assert not page.all("pre")
    page = written(tmp_path / "r", None, model=net)
    assert line(page, "layers").startswith("the input shape is unknown:")


def test_a_first_layer_that_is_not_a_convolution_is_named(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.random((30, 2, 6, 6)).astype(np.float32), np.arange(30) % 2
    net = nn.Sequential(nn.ConvTranspose2d(2, 3, 2), nn.Flatten(), nn.Linear(3 * 49, 2))
    page = written(fitted(tmp_path / "r", net, (images, labels)), (images, labels), model=net)
    assert (
        line(page, "filters")
        == "the first layer with weights is 0 ConvTranspose2d; only a Conv2d has filters that can be shown."
    )
    assert "The picture shows the mean over 2 channels." in section(page, "gradient").text


class Known(nn.Module):
    """Predicts the class that is stored in the first pixel of the image, plus `shift`."""

    def __init__(self, classes: int, shift: int = 0) -> None:
        super().__init__()
        self.gain = nn.Parameter(np.full(1, 5, np.float32))
        self.classes, self.shift = classes, shift

    def forward(self, x: Any) -> Any:
        answers = (x.data[:, 0, 0, 0].astype(int) + self.shift) % self.classes
        return rot180.tensor(np.eye(self.classes, dtype=np.float32)[answers]) * self.gain


def known(classes: int, each: int) -> Any:
    labels = np.repeat(np.arange(classes), each)
    return np.broadcast_to(labels.astype(np.float32)[:, None, None, None], (len(labels), 1, 2, 2)).copy(), labels


def test_no_mistakes_and_a_zero_gradient(tmp_path: Path) -> None:
    images, net = known(3, 5), Known(3)
    page = written(fitted(tmp_path / "r", net, images), images, model=net)
    assert "There are no mistakes: all 15 test images are classified correctly." in section(page, "mistakes").text
    assert "It is zero everywhere for this image." in section(page, "gradient").text
    assert (
        line(page, "filters") == "the first layer with weights is Known; only a Conv2d has filters that can be shown."
    )


def test_a_model_that_is_always_wrong(tmp_path: Path) -> None:
    images, net = known(3, 9), Known(3, shift=1)
    page = written(fitted(tmp_path / "r", net, images), images, model=net)
    assert "0.00%" in page.all("dl", class_="figures")[0].text
    assert "24 of 27 mistakes are shown." in section(page, "mistakes").text
    assert len(section(page, "mistakes").all("img")) == 24


def test_of_many_classes_those_with_the_most_mistakes_are_shown(tmp_path: Path) -> None:
    classes = 150
    images, labels = known(classes, 2)
    images[2 * 40 : 2 * 55] = 7  # fifteen classes are predicted to be class 7
    net = Known(classes)
    page = written(fitted(tmp_path / "r", net, (images, labels)), (images, labels), model=net)
    part = section(page, "confusions")
    rows = part.rows()
    assert "The 20 classes with the most mistakes, of 150," in part.text
    assert len(rows) == 21 and rows[-1][0] == "130 others"
    assert {"7", *map(str, range(40, 55))} < {row[0] for row in rows}
    counts = np.array([[int(n.replace("·", "0").replace(",", "")) for n in row[1:]] for row in rows])
    assert counts[:, :-1].sum() == 300
    np.testing.assert_array_equal(counts[:, :-1].sum(1), counts[:, -1])
    assert "10 of 15 pairs of classes." in part.text
    assert "The 100 classes with the lowest recall, of 150, are shown" in section(page, "classes").text
    assert [row[2] for row in section(page, "classes").rows()[:16]] == ["0.0%"] * 15 + ["100.0%"]


def test_a_report_of_large_images_and_many_channels_stays_small(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.random((40, 3, 64, 64)).astype(np.float32), rng.integers(0, 60, 40)
    net = nn.Sequential(
        nn.Conv2d(3, 128, 17), nn.ReLU(), nn.Conv2d(128, 64, 1), nn.Tanh(), nn.MaxPool2d(2),
        nn.Conv2d(64, 96, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(96, 96, 3), nn.ReLU(), nn.AvgPool2d(9),
        nn.Flatten(), nn.Linear(96, 60),
    )  # fmt: skip
    fitted(tmp_path / "r", net, (images[:1], labels[:1]))
    one = json.loads((tmp_path / "r" / "metrics.jsonl").read_text())
    many = [json.dumps(one | {"epoch": i + 1, "loss": loss}) for i, loss in enumerate(rng.random(5000).tolist())]
    (tmp_path / "r" / "metrics.jsonl").write_text("\n".join(many))
    page = written(tmp_path / "r", (images, labels), model=net)
    assert (tmp_path / "r" / "report.html").stat().st_size < 1_500_000
    assert "64 of 128 filters are shown." in section(page, "filters").text
    assert "40 of 5,000 epochs, evenly spaced." in section(page, "curves").text


def write(text: str) -> Callable[[Path], None]:
    return lambda run: (run / "metrics.jsonl").write_text(text) and None


GOOD = '{"epoch": 1, "loss": 1.0, "accuracy": 0.5}\n'


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (lambda run: (run / "metrics.jsonl").unlink(), FileNotFoundError, r"there is no file .*metrics\.jsonl"),
        (write(""), FormatError, r"metrics\.jsonl is empty; one line per epoch is needed"),
        (write(GOOD + "{"), FormatError, r"metrics\.jsonl, line 2, does not hold the metrics of an epoch"),
        (write("[1]"), FormatError, "line 1, does not hold the metrics of an epoch"),
        (write("[" * 100_000), FormatError, "line 1, does not hold the metrics of an epoch"),
        (write('{"epoch": 1, "loss": 1}'), FormatError, "line 1, does not hold the metrics of an epoch: 'accuracy'"),
        (
            write(GOOD.replace("1.0", "NaN")),
            FormatError,
            "does not hold the metrics of an epoch: a value is not finite",
        ),
        (write(GOOD.replace("1.0", "1" + "0" * 400)), FormatError, "does not hold the metrics of an epoch"),
        (lambda run: (run / "model.safetensors").unlink(), FileNotFoundError, "load: there is no file"),
    ],
)
def test_a_damaged_run_raises_a_clear_error(
    run: Path, damage: Callable[[Path], None], error: type[Exception], message: str
) -> None:
    damage(run)
    with pytest.raises(error, match=message):
        report.write(run, FEW)
    assert not (run / "report.html").exists()


def test_data_that_does_not_fit_raises_a_clear_error(run: Path) -> None:
    with pytest.raises(ShapeError, match="report: data is empty"):
        report.write(run, (FEW.images[:0], FEW.labels[:0]))
    with pytest.raises(ShapeError, match="linear: input of shape"):
        report.write(run, (np.zeros((3, 1, 30, 30), np.float32), np.zeros(3, int)))
    with pytest.raises(ValueError, match="cross_entropy: target 11 is not a class"):
        report.write(run, (FEW.images, np.full(96, 11)))


def test_scores_of_a_wrong_shape_raise_an_error(tmp_path: Path) -> None:
    images, labels = FEW.images, FEW.labels
    fitted(tmp_path / "r", nn.Sequential(nn.Conv2d(1, 10, 8), nn.Flatten()), (images, labels))
    net = nn.Sequential(nn.Conv2d(1, 10, 8))
    with pytest.raises(
        ShapeError, match=r"report: the model returned scores of shape \(96, 10, 1, 1\); \(N, classes\)"
    ):
        report.write(tmp_path / "r", (images, labels), model=net)


def test_a_failed_write_leaves_the_previous_report(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (run / "report.html").write_text("before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match=r"report\.html: No space left on device; no file was changed"):
        report.write(run, FEW)
    assert (run / "report.html").read_text() == "before"
    assert sorted(p.name for p in run.iterdir()) == ["config.json", "metrics.jsonl", "model.safetensors", "report.html"]
