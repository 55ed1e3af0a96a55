"""The training loop: learning, reproducibility, progress output, and errors such as a loss that becomes NaN."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import ShapeError, data, models, nn, optim, train

SHAPE = (1, 8, 8)
DIGITS = data.digits()
IMAGES, LABELS = DIGITS.images[:96], DIGITS.labels[:96]


def model(name: str = "lenet", seed: int = 0) -> nn.Module:
    rot180.manual_seed(seed)
    return models.build(name, SHAPE, 10)


def fit(net: nn.Module, **settings: Any) -> list[dict[str, float]]:
    settings = {"epochs": 2, "batch_size": 32, "lr": 0.01, "log": None} | settings
    return train.fit(net, (IMAGES, LABELS), **settings)


def state(net: nn.Module) -> dict[str, bytes]:
    return {name: t.data.tobytes() for name, t in net.state_dict().items()}


def test_it_learns() -> None:
    net = model("small")
    history = fit(net, epochs=12, batch_size=16, lr=0.003)
    assert history[-1]["loss"] < history[0]["loss"] / 4
    assert train.evaluate(net, (IMAGES, LABELS)).accuracy > 0.9


def test_the_same_seed_gives_the_same_bits() -> None:
    def run(seed: int, draws: int) -> tuple[dict[str, bytes], list[float]]:
        net = nn.Sequential(model(), nn.Dropout(0.2))
        rot180.random.generator().random(draws)  # the library's random state must not matter
        history = fit(net, seed=seed, augment=data.Affine(), validation=(IMAGES, LABELS))
        return state(net), [metrics["validation_loss"] for metrics in history]

    assert run(3, draws=0) == run(3, draws=5)
    assert run(3, draws=0) != run(4, draws=0)


def test_the_librarys_random_state_does_not_change() -> None:
    net = model()
    rot180.manual_seed(9)
    expected = rot180.random.generator().random(3)
    rot180.manual_seed(9)
    fit(net, epochs=1)
    np.testing.assert_array_equal(rot180.random.generator().random(3), expected)


def test_the_learning_rate_follows_half_a_cosine_and_is_restored() -> None:
    net = model("linear")
    optimizer = optim.SGD(net.parameters(), lr=0.5)
    rates = []

    def loss(scores: Any, labels: Any) -> Any:
        rates.append(optimizer.param_groups[0]["lr"])
        return rot180.functional.cross_entropy(scores, labels)

    fit(net, optimizer=optimizer, lr=None, loss=loss, epochs=2)  # 3 steps each
    np.testing.assert_allclose(rates, 0.25 * (1 + np.cos(np.pi * np.arange(6) / 6)))
    assert optimizer.param_groups[0]["lr"] == 0.5


def test_the_metrics_count_every_image_once_per_epoch() -> None:
    history = fit(model("linear"), batch_size=40, validation=data.Subset(DIGITS, range(10)))
    assert [metrics["epoch"] for metrics in history] == [1, 2]
    for metrics in history:
        assert (metrics["accuracy"] * 96) % 1 == pytest.approx(0, abs=1e-9)
        assert (metrics["validation_accuracy"] * 10) % 1 == pytest.approx(0, abs=1e-9)
        assert metrics["seconds"] >= 0
        assert metrics["images_per_second"] > 0


def test_one_step_equals_that_of_the_optimizer() -> None:
    net, same = model("linear"), model("linear")
    fit(net, epochs=1, batch_size=96, optimizer="sgd", lr=0.1)
    rot180.functional.cross_entropy(same(IMAGES), LABELS).backward()
    for p, q in zip(net.parameters(), same.parameters(), strict=True):
        assert q.grad is not None
        np.testing.assert_allclose(p.data, q.data - 0.1 * q.grad.data, atol=1e-6)


def test_a_frozen_parameter_does_not_change() -> None:
    net = model("lenet")
    first = next(iter(net.parameters()))
    first.requires_grad_(False)
    before = first.data.copy()
    fit(net, epochs=1)
    np.testing.assert_array_equal(first.data, before)


def test_one_line_is_logged_per_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    fit(model("linear"), log=print, validation=(IMAGES, LABELS))
    out, err = capsys.readouterr()
    number = r"\d+\.\d{4}, accuracy \d+\.\d\d%"
    for line, epoch in zip(out.splitlines(), (1, 2), strict=True):
        expected = rf"epoch {epoch}/2: loss {number} \| validation: loss {number} \| [\d,]+ images/s, \d+:\d\d left"
        assert re.fullmatch(expected, line), line
    assert err == ""  # no bar, because stderr is not a terminal


def test_the_progress_bar_goes_to_stderr_and_the_lines_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    fit(model("linear"), log=print, bar=True)
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert "96/192" in err or "192/192" in err or "0/192" in err
    fit(model("linear"), log=None)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (61, "1:01"), (3599.6, "1:00:00"), (3723, "1:02:03")]
)
def test_durations(seconds: float, text: str) -> None:
    from rot180.train.progress import duration

    assert duration(seconds) == text


# ---- errors ----


def test_a_loss_of_nan_stops_the_run_and_keeps_the_previous_one(tmp_path: Path) -> None:
    fit(model("linear"), out=tmp_path / "r")
    before = {path.name: path.read_bytes() for path in (tmp_path / "r").iterdir()}
    damaged = IMAGES.copy()
    damaged[50, 0, 3, 3] = np.nan
    with pytest.raises(train.DivergedError, match=r"the loss became nan in epoch 1, batch \d of 3; try a smaller"):
        train.fit(model("linear"), (damaged, LABELS), epochs=1, out=tmp_path / "r", log=None)
    assert {path.name: path.read_bytes() for path in (tmp_path / "r").iterdir()} == before


def test_a_learning_rate_that_is_far_too_high_raises_a_clear_error() -> None:
    with pytest.raises(train.DivergedError, match="try a smaller learning rate"):
        fit(model("lenet"), lr=1e30, epochs=3)


def test_a_last_step_that_makes_weights_infinite_is_detected() -> None:
    with pytest.raises(train.DivergedError, match=r"1\.weight holds NaN or infinite values after epoch 1"):
        fit(model("linear"), optimizer="sgd", lr=1e39, epochs=1, batch_size=96)


def test_an_interrupt_keeps_the_finished_epochs(tmp_path: Path) -> None:
    lines: list[str] = []

    def interrupt_after_two(line: str) -> None:
        lines.append(line)
        if len(lines) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(model("linear"), epochs=5, out=tmp_path / "r", log=interrupt_after_two)
    train.load_run(tmp_path / "r")
    metrics = (tmp_path / "r" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in metrics] == [1, 2]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"epochs": 0}, ValueError, "fit: epochs must be at least 1; got 0"),
        ({"seed": -1}, ValueError, "fit: seed must be a non-negative int; got -1"),
        ({"lr": 0.0}, ValueError, "fit: lr must be a positive number; got 0.0"),
        ({"lr": float("nan")}, ValueError, "fit: lr must be a positive number; got nan"),
        ({"batch_size": 0}, ValueError, "DataLoader: batch_size must be at least 1; got 0"),
        ({"optimizer": "adm"}, ValueError, "fit: unknown optimizer 'adm': did you mean 'adam'."),
        ({"optimizer": object()}, ValueError, "fit: got both lr and an optimizer object"),
        ({"validation": (IMAGES[:0], LABELS[:0])}, ShapeError, "fit: data is empty; at least one image is needed"),
        ({"validation": 3}, ShapeError, "fit: data is a int; a dataset of .image, label. or a tuple"),
        ({"validation": data.TensorDataset(IMAGES)}, ShapeError, "fit: the samples of data are not pairs"),
    ],
)
def test_invalid_arguments_raise_an_error_and_leave_the_model_unchanged(
    settings: Any, error: type[Exception], message: str
) -> None:
    net = model("linear")
    before = state(net)
    with pytest.raises(error, match=message):
        fit(net, **settings)
    assert state(net) == before
