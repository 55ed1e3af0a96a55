"""`make pages`: a page for each program, whose numbers are the program's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from rot180.explain import Trace
from tests.examples.programs import ORIGINS, load

pages = load("pages")


def test_every_program_has_its_page_and_says_where(tmp_path: Path) -> None:
    pages.write(tmp_path / "pages")
    assert sorted(path.stem for path in (tmp_path / "pages").iterdir()) == sorted(pages.PAGES)
    readme = (ORIGINS.parent / "README.md").read_text("utf-8")
    for name, layer in pages.PAGES.items():
        text = (tmp_path / "pages" / f"{name}.html").read_text("utf-8")
        data = json.loads(re.search(r'type="application/json">(.*?)</script>', text)[1])
        assert Trace.from_json(json.dumps(data["trace"])).to_json() == layer().to_json()
        assert f"build/pages/{name}.html" in (ORIGINS / f"{name}.py").read_text("utf-8")
        assert f"build/pages/{name}.html" in readme


def test_the_numbers_are_the_programs() -> None:
    tiny = load("tiny_cnn")
    w1, w2 = tiny.initial_weights()
    t = pages.tiny()
    np.testing.assert_allclose(t.arrays["y"], tiny.convolve(tiny.images()[2], w1), rtol=1e-14)
    step = 1e-6
    for cell in np.ndindex(2, 2):
        moved = [w1.copy(), w1.copy()]
        moved[0][cell] += step
        moved[1][cell] -= step
        costs = [tiny.cost(tiny.forward(tiny.images()[2], w, w2), tiny.TARGETS[2]) for w in moved]
        assert abs(((costs[0] - costs[1]) / (2 * step)).item() - tiny.rotate180(t.arrays["dw"])[0, 0][cell]) < 1e-8

    two = load("two_layer_cnn")
    images, labels = two.zeros_and_ones("train")
    found = two.gradients_of_the_tape(images[1:2], labels[1:2], *two.start())
    np.testing.assert_allclose(two.rotate180(pages.two_layers().arrays["dw"])[0, 0], found[1], rtol=1e-12)
