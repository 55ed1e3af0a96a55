"""A step that is measured trains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180.bench import steps
from rot180.bench.library import Library, rot180_library


def watched() -> tuple[Library, list[Any]]:
    """The library, and the parameters that its optimisers will hold."""
    lib, held = rot180_library(), []

    class Optim:
        def __getattr__(self, name: str) -> Any:
            def make(parameters: Any, **settings: Any) -> Any:
                held.extend(parameters := list(parameters))
                return getattr(lib.optim, name)(parameters, **settings)

            return make

    return Library(lib.nn, lib.F, Optim(), lib.tensor), held


@pytest.mark.parametrize("name", steps.STEPS)
def test_a_step_changes_every_parameter(name: str) -> None:
    lib, held = watched()
    make = steps.STEPS[name]
    step = make(lib) if name == "toy" else make(lib, images=2)
    before = [p.data.copy() for p in held]
    step()
    step()
    assert held and not any(np.array_equal(p.data, old) for p, old in zip(held, before, strict=True))
    assert all(np.isfinite(p.data).all() for p in held)


def test_models_are_passed_to_the_compile_function() -> None:
    lib, calls = rot180_library(), []

    def compiled(model: Any) -> Any:
        def run(x: Any) -> Any:
            calls.append(x.shape)
            return model(x)

        return run

    steps.lenet(Library(lib.nn, lib.F, lib.optim, lib.tensor, compiled), images=2)()
    steps.toy(Library(lib.nn, lib.F, lib.optim, lib.tensor, compiled))()
    assert calls == [(2, 1, 28, 28), (1, 1, 3, 3)]
