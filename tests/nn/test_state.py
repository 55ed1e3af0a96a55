"""Loading a state dict: one error names all mismatches, and then nothing is written."""

from __future__ import annotations

import re

import numpy as np
import pytest

from rot180 import Tensor, nn
from rot180.errors import FormatError


def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))


def state() -> dict[str, np.ndarray]:
    return {name: np.full(t.shape, 7, np.float32) for name, t in net().state_dict().items()}


def test_one_error_names_every_mismatch_and_nothing_is_written() -> None:
    model, values = net(), state()
    before = [p.data.copy() for p in model.parameters()]
    del values["0.bias"], values["1.weight"]
    values |= {
        "0.weight": np.ones((3, 4), np.float32),
        "1.bias": np.array(["x"]),
        "2.weight": np.ones(1),
        "z": np.ones(1),
    }
    with pytest.raises(FormatError) as caught:
        model.load_state_dict(values)
    assert str(caught.value) == (
        "load_state_dict: the state dict does not fit Sequential; "
        "strict=False ignores missing and unexpected keys\n"
        "  missing keys: 0.bias, 1.weight\n"
        "  unexpected keys: 2.weight, z\n"
        "  0.weight: has shape (3, 4); (3, 2) is needed\n"
        "  1.bias: has dtype <U1; float32 is needed"
    )
    assert all(np.array_equal(a, p.data) for a, p in zip(before, model.parameters(), strict=True))


def test_without_strict_matching_keys_are_loaded_and_the_others_returned() -> None:
    model, values = net(), state()
    del values["0.bias"]
    values["more"] = np.ones(1)
    keys = model.load_state_dict(values, strict=False)
    assert keys == (["0.bias"], ["more"])
    assert keys.missing_keys == ["0.bias"]
    assert repr(keys) == "IncompatibleKeys(missing_keys=['0.bias'], unexpected_keys=['more'])"
    assert model[1].weight.tolist() == [[7.0] * 3]


def test_without_strict_a_wrong_shape_is_still_an_error() -> None:
    with pytest.raises(FormatError, match=re.escape("0.bias: has shape (2,); (3,) is needed")):
        net().load_state_dict({"0.bias": np.ones(2)}, strict=False)


def test_tensors_arrays_and_other_float_dtypes_are_accepted() -> None:
    model, values = net(), state()
    values["0.weight"] = Tensor(values["0.weight"])  # type: ignore[assignment]
    values["0.bias"] = np.full(3, 0.1)
    values["1.bias"] = np.ones(1, np.float16)
    model.load_state_dict(values)
    assert {p.dtype.name for p in model.parameters()} == {"float32"}
    assert model[0].bias.data[0] == np.float32(0.1)


def test_loading_a_modules_own_state_changes_nothing() -> None:
    model = net()
    before = [p.data.copy() for p in model.parameters()]
    model.load_state_dict(model.state_dict())
    assert all(np.array_equal(a, p.data) for a, p in zip(before, model.parameters(), strict=True))


def test_a_float_for_an_integer_buffer_raises_an_error() -> None:
    module = nn.Module()
    module.register_buffer("count", np.zeros((), np.int64))
    with pytest.raises(FormatError, match="count: has dtype float64; int64 is needed"):
        module.load_state_dict({"count": np.zeros(())})


def test_only_a_mapping_is_accepted() -> None:
    with pytest.raises(TypeError, match="load_state_dict: needs a mapping of names to Tensors or arrays; got list"):
        net().load_state_dict([1])  # type: ignore[arg-type]
