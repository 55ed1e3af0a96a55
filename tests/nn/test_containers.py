"""Sequential, ModuleList and ParameterList behave like lists."""

from __future__ import annotations

import copy
import operator
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

from rot180 import Tensor, nn


def three() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))


def names(net: nn.Module) -> list[str]:
    return [f"{name} {type(module).__name__}" for name, module in net.named_children()]


def test_modules_run_in_order() -> None:
    net, x = three(), np.ones((4, 2), np.float32)
    assert np.array_equal(net(x).data, net[2](net[1](net[0](x))).data)
    assert nn.Sequential()(x).data is x


def test_index_slice_length_and_iteration() -> None:
    net = three()
    assert len(net) == 3
    assert net[-1] is net[2] is list(net)[2]
    part = net[1:]
    assert type(part) is nn.Sequential
    assert names(part) == ["1 Tanh", "2 Linear"]
    assert part[0] is net[1]
    with pytest.raises(IndexError, match="Sequential: index 3 is out of range; the length is 3"):
        net[3]


def test_modules_are_replaced_added_and_removed() -> None:
    net = three()
    net[1] = nn.ReLU()
    assert net.append(nn.Sigmoid()) is net
    assert net.insert(0, nn.Flatten()) is net
    assert names(net) == ["0 Flatten", "1 Linear", "2 ReLU", "3 Linear", "4 Sigmoid"]
    net.insert(-1, nn.Identity())
    assert names(net)[4:] == ["4 Identity", "5 Sigmoid"]
    assert isinstance(net.pop(4), nn.Identity)
    del net[0]
    assert names(net) == ["0 Linear", "1 ReLU", "2 Linear", "3 Sigmoid"]
    del net[1:3]
    assert names(net) == ["0 Linear", "1 Sigmoid"]
    assert names(net.extend([nn.Tanh(), nn.Tanh()])) == ["0 Linear", "1 Sigmoid", "2 Tanh", "3 Tanh"]


def test_a_mapping_gives_the_names() -> None:
    net = nn.Sequential(OrderedDict(conv=nn.Conv1d(1, 1, 1), act=nn.ReLU()))
    assert list(net.state_dict()) == ["conv.weight", "conv.bias"]
    assert net.conv is net[0]
    assert names(net[:1]) == ["conv Conv1d"]
    with pytest.raises(
        ValueError, match=r"Sequential\.insert: the members have names; make a new container from a mapping"
    ):
        net.insert(0, nn.ReLU())
    del net[0]
    assert names(net) == ["act ReLU"]


def test_only_modules_are_accepted() -> None:
    with pytest.raises(TypeError, match="add_module: '1' must be a Module or None; got function"):
        nn.Sequential(nn.ReLU(), lambda x: x)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"Sequential\.insert: needs a Module; got int"):
        three().insert(0, 3)  # type: ignore[arg-type]


def test_a_module_may_appear_twice() -> None:
    tanh = nn.Tanh()
    net = nn.Sequential(tanh, nn.Linear(2, 2), tanh)
    assert len(net) == 3
    assert np.array_equal(
        net(np.ones((1, 2), np.float32)).data, net[0](net[1](net[0](np.ones((1, 2), np.float32)))).data
    )


def test_concatenation_and_repetition() -> None:
    net = three()
    longer = net + nn.Sequential(nn.ReLU())
    assert names(longer) == ["0 Linear", "1 Tanh", "2 Linear", "3 ReLU"]
    assert longer[0] is net[0] and len(net) == 3
    twice = net * 2
    assert len(twice) == 6 and twice[3] is twice[0] is net[0]
    assert len(3 * net) == 9
    same = net
    same += nn.Sequential(nn.ReLU())
    same *= 2
    assert same is net and [type(m).__name__ for m in net] == ["Linear", "Tanh", "Linear", "ReLU"] * 2
    assert len(list(net.parameters())) == 4


def test_invalid_operands_of_plus_and_times() -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        operator.add(three(), [nn.ReLU()])
    with pytest.raises(TypeError, match="unsupported operand"):
        three() * 1.5  # type: ignore[operator]
    with pytest.raises(ValueError, match=r"Sequential: the factor must be at least 1; got \* 0"):
        three() * 0


def test_appending_to_a_slice_keeps_its_members() -> None:
    part = three()[1:]  # named "1" and "2"
    part.append(nn.ReLU())
    assert names(part) == ["1 Tanh", "2 Linear", "3 ReLU"]


def test_dir_does_not_list_the_numbers() -> None:
    assert not [name for name in dir(three()) if name.isdigit()]
    assert "append" in dir(three())


# ---- ModuleList ----


def listed() -> nn.ModuleList:
    return nn.ModuleList([nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)])


class Net(nn.Module):
    """A Module with lists as attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(2, 2) for _ in range(3))
        self.scales = nn.ParameterList([np.ones(2, np.float32), np.full(2, 3, np.float32)])

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x * self.scales[0] * self.scales[1]


def test_the_members_are_registered_with_the_module() -> None:
    net = Net()
    expected = [f"layers.{i}.{name}" for i in range(3) for name in ("weight", "bias")]
    assert list(net.state_dict()) == [*expected, "scales.0", "scales.1"]
    assert len(list(net.parameters())) == 8
    net(np.ones((4, 2), np.float32)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    other = Net()
    other.load_state_dict(net.state_dict())
    x = np.ones((1, 2), np.float32)
    assert np.array_equal(other(x).data, net(x).data)
    assert net.get_submodule("layers.1") is net.layers[1]


def test_copies_and_pickles_are_complete_and_independent() -> None:
    net, x = Net(), np.ones((1, 2), np.float32)
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert np.array_equal(other(x).data, net(x).data)
        other.layers.append(nn.Linear(2, 2))
        other.layers[0].weight.data[...] = 0
        assert len(net.layers) == 3 and net.layers[0].weight.data.any()
    part = copy.copy(net.layers)
    part.append(nn.ReLU())
    assert len(net.layers) == 3 and len(part) == 4


def test_a_module_list_behaves_like_a_list() -> None:
    modules = listed()
    assert len(modules) == 3 and modules[-1] is modules[2] is list(modules)[2] and modules[1] in modules
    part = modules[1:]
    assert type(part) is nn.ModuleList and names(part) == ["0 Tanh", "1 Linear"] and part[0] is modules[1]
    modules[1] = nn.ReLU()
    modules.append(nn.Sigmoid()).insert(0, nn.Flatten())
    modules.insert(-1, nn.Identity())
    assert names(modules) == ["0 Flatten", "1 Linear", "2 ReLU", "3 Linear", "4 Identity", "5 Sigmoid"]
    assert isinstance(modules.pop(4), nn.Identity)
    del modules[1:3]
    assert names(modules) == ["0 Flatten", "1 Linear", "2 Sigmoid"]
    removed = modules.pop(slice(0, 2))
    assert names(removed) == ["0 Flatten", "1 Linear"] and names(modules) == ["0 Sigmoid"]
    modules += [nn.Tanh()]
    assert names(modules.extend([nn.Tanh()])) == ["0 Sigmoid", "1 Tanh", "2 Tanh"]
    longer = operator.add(modules, (nn.ReLU(),))
    assert type(longer) is nn.ModuleList and len(longer) == 4 and len(modules) == 3
    assert len(nn.ModuleList()) == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m(1), NotImplementedError, "ModuleList has no forward: call its modules, or make it a Sequential"),
        (lambda m: m[3], IndexError, "ModuleList: index 3 is out of range; the length is 3"),
        (lambda m: m["0"], TypeError, "'str' object cannot be interpreted as an integer"),
        (lambda m: m.append(None), TypeError, r"ModuleList\.append: needs a Module; got NoneType"),
        (lambda m: m.insert(0, 3), TypeError, r"ModuleList\.insert: needs a Module; got int"),
        (lambda m: m.__setitem__(0, 3), TypeError, r"ModuleList\.__setitem__: needs a Module; got int"),
        (lambda m: m.extend(nn.ReLU()), TypeError, r"ModuleList\.extend: needs an iterable; got ReLU"),
        (lambda m: m + 3, TypeError, "unsupported operand"),
    ],
)
def test_invalid_operations_leave_a_module_list_unchanged(call: Any, error: type[Exception], message: str) -> None:
    modules = listed()
    before = list(modules)
    with pytest.raises(error, match=message):
        call(modules)
    assert list(modules) == before


def test_extend_adds_nothing_if_one_value_is_invalid() -> None:
    modules = listed()
    with pytest.raises(TypeError, match=r"ModuleList\.extend: needs a Module; got str"):
        modules.extend([nn.ReLU(), "relu"])  # type: ignore[list-item]
    assert len(modules) == 3


def test_repr_shows_equal_consecutive_modules_once() -> None:
    inner = nn.ModuleList([nn.ReLU(), nn.ReLU()])
    assert repr(nn.ModuleList([nn.Tanh(), nn.Tanh(), inner])) == (
        "ModuleList(\n  (0-1): 2 x Tanh()\n  (2): ModuleList(\n    (0-1): 2 x ReLU()\n  )\n)"
    )
    assert repr(nn.ModuleList()) == "ModuleList()"


# ---- ParameterList ----


def test_a_parameter_list_wraps_arrays_and_tensors() -> None:
    a = np.zeros((2, 3), np.float32)
    p = nn.Parameter(np.ones(2, np.float32))
    values = nn.ParameterList([a, Tensor(np.zeros(4)), p])
    assert all(type(v) is nn.Parameter for v in values)
    assert values[0].data is a and values[-1] is p
    values[0] = np.ones(1)
    assert [v.shape for v in values[:2]] == [(1,), (4,)]
    values.append(np.ones(5))
    values += [np.ones(6)]
    del values[1]
    assert [v.shape for v in values] == [(1,), (2,), (5,), (6,)]
    assert list(values.state_dict()) == ["0", "1", "2", "3"]
    assert repr(nn.ParameterList([a, p])) == (
        "ParameterList(\n    (0): Parameter containing: [float32 of size 2x3]\n"
        "    (1): Parameter containing: [float32 of size 2]\n)"
    )
    with pytest.raises(TypeError, match=r"ParameterList\.append: needs a Parameter, a Tensor or an array; got list"):
        values.append([1.0])
    with pytest.raises(TypeError, match=r"ParameterList\.extend: needs an iterable; got Tensor"):
        values.extend(Tensor(np.ones(3)))  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError, match="ParameterList has no forward: use its parameters"):
        values(1)
