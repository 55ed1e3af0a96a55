"""What a record says in Markdown."""

from __future__ import annotations

import pytest

from benchmarks import plots, tables
from tests.benchmarks.record import record


def rows(text: str) -> list[list[str]]:
    """The cells of all lines of tables."""
    return [[c.strip() for c in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def test_a_page_has_every_part_and_shows_its_pictures() -> None:
    names = [f"x-{name}.png" for name in plots.DRAWN]
    page = tables.page(record(), names)
    assert page.startswith("# Measured on 2026-11-21, Some(R) Xeon(R) CPU @ 3.00GHz\n")
    assert [line[3:] for line in page.splitlines() if line.startswith("## ")] == [row[1] for row in tables.SECTIONS]
    assert [name for name in names if f"]({name})" not in page] == []
    for circumstance in (
        "0.25 to 1.50",
        "0.1.0 (abcdef0), engine native on avx512",
        "`python -m benchmarks`",
        "5 rounds",
    ):
        assert circumstance in page


def test_missing_parts_are_left_out_and_failures_are_listed() -> None:
    page = tables.page({"about": record()["about"], "failed": ["steps: DCGAN"], "steps": record()["steps"]}, [])
    assert page.count("## ") == 1
    assert "**These measurements failed and are missing below**: steps: DCGAN." in page


@pytest.mark.parametrize(("load", "said"), [(0.25, False), (1.5, True), (None, False)])
def test_a_busy_machine_is_reported(load: float | None, said: bool) -> None:
    busy = record()
    busy["about"]["load"] = load
    assert ("**The machine was busy" in tables.page(busy, [])) == said == ("busy" in tables.readme(busy))


def test_means_are_geometric_and_by_network() -> None:
    _, _, many, vgg, every = rows(tables.means(record()["layers"]))
    assert many == ["13 of many kinds", "1", "8.00", "2.00", "4.00", "4.00"]
    assert vgg == ["VGG-16", "2", "1.00", "0.25", "0.50", "0.25"]
    assert every == ["**all**", "3", "2.00", "0.50", "1.00", "0.25"]


def test_a_layer_has_times_ratios_errors_and_algorithms() -> None:
    (line,) = (row for row in rows(tables.layers(record()["layers"])) if row[0] == "lenet1 k5 p2")
    assert line[1:3] == ["0.5 / 1.5", "150 / 2"]
    assert line[3:] == ["8.00", "2.00", "4.00", "1.2e-06 / 2.5e-06", "winograd, winograd, direct"]


def test_a_step_that_was_not_compiled_has_a_dash() -> None:
    _, _, lenet, toy = rows(tables.steps(record()["steps"]))
    assert lenet == ["LeNet-5", "2.00", "5.00", "2.50", "2.00", "7.00", "3.50"]
    assert toy[-2:] == ["-", "-"]


def test_memory_growth_threads_footprint() -> None:
    made = record()
    assert rows(tables.memory(made["memory"]))[-1] == ["toy", "40 (30)", "320 (200)", "0.12"]
    assert rows(tables.growth(made["growth"]))[2] == ["3x3", "batch, 1 to 4", "2.00", "5.00", "0.66"]
    head, _, line = rows(tables.threads(made["threads"]))
    assert head[2:] == ["2 threads, times as fast (target: 1.8)", "4 threads, times as fast"]
    assert line == ["64-64 32x32 k3", "9.00", "1.80", "3.00"]
    found = {row[0]: row[1:] for row in rows(tables.footprint(made["footprint"]))}
    assert found["`import rot180`"] == ["60.0 ms, 1.20 times numpy's", "1.5 times"]
    assert found["`import rot180._native`"] == ["1.25 ms", "5 ms"]
    assert found["a 2x2 kernel on a 3x3 image: the binding"] == ["1.50 us", "3 us"]


def test_the_table_of_the_readme() -> None:
    text = tables.readme(record())
    assert text.startswith("Some(R) Xeon(R) CPU @ 3.00GHz, 2 cores, 2 threads, 2026-11-21; PyTorch 2.13.0. ")
    assert "[every layer](benchmarks/results/2026-11-21-some-xeon.md)" in text
    lines = rows(text)
    assert ["toy", "2.00", "5.00", "4.00", "-", "40 / 320"] in lines
    assert ["LeNet-5", "2.00", "2.50", "2.00", "3.50", "-"] in lines  # its memory was not measured
    assert lines[-1][0] == "**all**"
