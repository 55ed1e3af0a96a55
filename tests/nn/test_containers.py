"""Sequential behaves like a list of modules."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest

from rot180 import nn


def three() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))


def names(net: nn.Sequential) -> list[str]:
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
    with pytest.raises(IndexError, match="Sequential: index 3 is out of range; there are 3 modules"):
        net[3]


def test_modules_are_replaced_added_and_taken_out() -> None:
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
    with pytest.raises(ValueError, match="these modules have names; make a new Sequential of a mapping"):
        net.insert(0, nn.ReLU())
    del net[0]
    assert names(net) == ["act ReLU"]


def test_only_modules_are_held() -> None:
    with pytest.raises(TypeError, match="add_module: '1' must be a Module or None; got function"):
        nn.Sequential(nn.ReLU(), lambda x: x)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"Sequential\.insert: needs a Module; got int"):
        three().insert(0, 3)  # type: ignore[arg-type]


def test_one_module_may_stand_twice() -> None:
    tanh = nn.Tanh()
    net = nn.Sequential(tanh, nn.Linear(2, 2), tanh)
    assert len(net) == 3
    assert np.array_equal(
        net(np.ones((1, 2), np.float32)).data, net[0](net[1](net[0](np.ones((1, 2), np.float32)))).data
    )
