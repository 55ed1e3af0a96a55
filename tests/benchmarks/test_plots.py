"""The pictures of a record: PNG, 1280 pixels wide, with what they must show."""

from __future__ import annotations

import struct

import pytest

from benchmarks import plots
from tests.benchmarks.record import layer, record

pytest.importorskip("matplotlib", reason="matplotlib is not installed (the extra report)")


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.fixture(scope="module")
def drawn() -> dict[str, bytes]:
    return plots.pictures(record())


def test_every_part_with_a_plot_has_a_picture(drawn: dict[str, bytes]) -> None:
    assert list(drawn) == ["layers", "steps", "growth", "threads"]
    assert {size(png)[0] for png in drawn.values()} == {1280}
    assert list(plots.pictures({"about": record()["about"], "threads": record()["threads"]})) == ["threads"]


def test_the_same_record_gives_the_same_bytes(drawn: dict[str, bytes]) -> None:
    assert plots.pictures(record()) == drawn


def test_many_layers_make_a_higher_picture(drawn: dict[str, bytes]) -> None:
    many = [*record()["layers"], *(layer(f"DCGAN {i}", 1 + i / 10) for i in range(50))]
    picture = plots.pictures({"about": record()["about"], "layers": many})["layers"]
    assert size(picture)[1] == size(drawn["layers"])[1] + 50 * 18


def test_bars_begin_at_one_and_are_sorted() -> None:
    (axes,) = plots.layers(record()).axes
    bars = [bar for bar in axes.patches if bar.get_height() == 0.75]
    assert [bar.get_x() for bar in bars] == [1] * 3
    assert [bar.get_width() for bar in bars] == [-0.75, 0, 3]
    assert [text.get_text() for text in axes.get_yticklabels()][-1] == "lenet1 k5 p2"
    assert [line.get_xdata()[0] for line in axes.lines] == [1, pytest.approx(1)]  # 1 and the geometric mean


def test_growth_has_points_and_a_line_of_slope_one_through_the_largest() -> None:
    batch, pixels = plots.growth(record()).axes
    assert len(batch.lines) == 4 and len(pixels.lines) == 2
    line, points = batch.lines[:2]
    assert list(points.get_ydata()) == [2, 3, 5] and list(line.get_ydata()) == [1.25, 2.5, 5]
    assert batch.get_xscale() == batch.get_yscale() == "log"
    assert "3x3: slope 0.66" in [text.get_text() for text in batch.get_legend().get_texts()]


def test_steps_without_memory_leave_the_other_half_empty() -> None:
    alone = record()
    del alone["memory"]
    assert [axes.axison for axes in plots.steps(record()).axes] == [True, True]
    assert [axes.axison for axes in plots.steps(alone).axes] == [True, False]
