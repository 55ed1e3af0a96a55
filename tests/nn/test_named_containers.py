"""ModuleDict and ParameterDict behave like dictionaries."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from rot180 import Tensor, nn


def two() -> nn.ModuleDict:
    return nn.ModuleDict({"conv": nn.Conv1d(1, 1, 1), "act": nn.ReLU()})


def test_a_module_dict_behaves_like_a_dictionary() -> None:
    modules = two()
    conv = modules["conv"]
    assert len(modules) == 2 and list(modules) == list(modules.keys()) == ["conv", "act"] and "act" in modules
    assert next(iter(modules.values())) is conv and dict(modules.items())["conv"] is conv and modules.conv is conv
    assert list(reversed(modules)) == ["act", "conv"]
    modules["out"] = nn.Tanh()
    modules["conv"] = nn.Identity()  # keeps its position
    assert list(modules) == ["conv", "act", "out"]
    assert isinstance(modules.pop("act"), nn.ReLU)
    del modules["out"]
    assert list(modules) == ["conv"]
    modules.update([("a", nn.ReLU()), ("conv", conv)])
    modules.update(nn.ModuleDict({"b": nn.ReLU()}))
    assert list(modules) == ["conv", "a", "b"] and modules["conv"] is conv
    modules.clear()
    assert len(modules) == 0 and list(modules.parameters()) == []


def test_the_state_dict_contains_the_names() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.heads = nn.ModuleDict({"a": nn.Linear(2, 1), "b": nn.ModuleList([nn.Linear(2, 1, bias=False)])})
            self.scales = nn.ParameterDict({"z": np.ones(1, np.float32), "y": np.zeros(1, np.float32)})

    net = Net()
    keys = ["heads.a.weight", "heads.a.bias", "heads.b.0.weight", "scales.z", "scales.y"]
    assert list(net.state_dict()) == keys
    assert [name for name, _ in net.named_parameters()] == keys
    assert repr(net.heads).startswith(
        "ModuleDict(\n  (a): Linear(in_features=2, out_features=1, bias=True)\n  (b): Mod"
    )


def test_copies_and_pickles_are_complete_and_independent() -> None:
    modules = two()
    for other in (copy.deepcopy(modules), pickle.loads(pickle.dumps(modules)), copy.copy(modules)):
        assert list(other) == ["conv", "act"]
        assert np.array_equal(other["conv"].weight.data, modules["conv"].weight.data)
        del other["act"]
        assert "act" in modules


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m(1), NotImplementedError, "ModuleDict has no forward: call its modules by name"),
        (lambda m: m["relu"], KeyError, "ModuleDict: there is no 'relu'; the names are 'conv', 'act'"),
        (lambda m: m.pop("relu"), KeyError, "ModuleDict: there is no 'relu'"),
        (lambda m: m.__delitem__(0), KeyError, "ModuleDict: there is no 0"),
        (lambda m: m.update({"a": 3}), TypeError, r"ModuleDict\['a'\]: needs a Module; got int"),
        (lambda m: m.update({"items": nn.ReLU()}), KeyError, "'items' cannot name a module, because the class already"),
        (lambda m: m.update({"a.b": nn.ReLU()}), KeyError, "must be a non-empty string without dots; got 'a.b'"),
        (lambda m: m.update({1: nn.ReLU()}), KeyError, "must be a non-empty string without dots; got 1"),
        (lambda m: m.update(3), TypeError, r"ModuleDict\.update: needs a mapping or pairs; got int"),
        (lambda m: m.update([nn.ReLU()]), ValueError, r"ModuleDict\.update: entry 0 must be a pair \(name, value\)"),
        (lambda m: m.update([("a", nn.ReLU(), 1)]), ValueError, r"ModuleDict\.update: entry 0 must be a pair"),
    ],
)
def test_invalid_operations_leave_a_module_dict_unchanged(call: Any, error: type[Exception], message: str) -> None:
    modules = two()
    with pytest.raises(error, match=message):
        call(modules)
    assert list(modules) == ["conv", "act"]


def test_an_empty_module_dict() -> None:
    with pytest.raises(KeyError, match=r"there is no 'a'; the names are \(none\)"):
        nn.ModuleDict()["a"]
    assert repr(nn.ModuleDict()) == "ModuleDict()"


def test_a_parameter_dict_behaves_like_a_dictionary() -> None:
    a = np.zeros((2, 3), np.float32)
    p = nn.Parameter(np.ones(2, np.float32))
    values = nn.ParameterDict({"b": a, "a": p})
    assert type(values["b"]) is nn.Parameter and values["b"].data is a and values["a"] is p
    assert values.get("c") is None and values.get("a") is p
    assert values.setdefault("a", np.zeros(1)) is p
    assert values.setdefault("c", Tensor(np.zeros(4))).shape == (4,)
    assert values.popitem()[0] == "c"
    other = values.copy()
    other["d"] = np.ones(1)
    assert "d" not in values and other["a"] is p
    assert list(values | {"e": np.ones(1)}) == ["b", "a", "e"]
    values |= nn.ParameterDict({"f": np.ones(1)})
    assert list(values) == ["b", "a", "f"]
    assert repr(nn.ParameterDict({"b": a})) == "ParameterDict(\n    (b): Parameter containing: [float32 of size 2x3]\n)"
    with pytest.raises(TypeError, match=r"ParameterDict\['x'\]: needs a Parameter, a Tensor or an array; got float"):
        values["x"] = 1.0
    with pytest.raises(TypeError, match="unsupported operand"):
        values | 3
    with pytest.raises(KeyError, match=r"ParameterDict\.popitem: the dictionary is empty"):
        nn.ParameterDict().popitem()
    with pytest.raises(NotImplementedError, match="ParameterDict has no forward"):
        values(1)
