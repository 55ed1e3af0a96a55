"""Module: registries, traversal, state, modes, hooks, copies."""

from __future__ import annotations

import copy
import gc
import pickle
import re
import weakref
from typing import Any

import numpy as np
import pytest

from rot180 import Tensor, nn, optim
from rot180.errors import GradientError


class Scale(nn.Module):
    """y = x * weight, with a buffer that counts the calls."""

    def __init__(self, size: int = 2) -> None:
        super().__init__()
        self.weight = nn.Parameter(np.full(size, 2, np.float32))
        self.register_buffer("calls", np.zeros((), np.int64))
        self.register_buffer("scratch", np.zeros(1, np.float32), persistent=False)
        self.register_buffer("absent", None)
        self.register_parameter("bias", None)

    def forward(self, x: Any, offset: Any = 0.0) -> Any:
        self.calls = self.calls.data + 1
        return x * self.weight + offset


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = Scale()
        self.again = self.first
        self.inner = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
        self.own = nn.Parameter([1.0])
        self.tied = self.own

    def forward(self, x: Any) -> Any:
        return self.inner(self.again(self.first(x))) * self.own


def array(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


# ---- attributes ----


@pytest.mark.parametrize(
    ("value", "kind"), [(nn.Parameter([1.0]), "parameter"), (nn.ReLU(), "module")], ids=["parameter", "module"]
)
def test_assigning_before_init_raises_a_clear_error(value: Any, kind: str) -> None:
    class Early(nn.Module):
        def __init__(self) -> None:
            self.width = 3  # an ordinary attribute may come first
            self.part = value

    with pytest.raises(AttributeError, match=rf"Early: call super\(\).__init__\(\) before assigning the {kind} 'part'"):
        Early()


def test_a_call_without_init_raises_a_clear_error() -> None:
    class Never(nn.Module):
        def __init__(self) -> None:
            pass

    with pytest.raises(AttributeError, match=r"Never: call super\(\).__init__\(\) before anything else"):
        Never()(array(1))


def test_missing_attributes_are_named() -> None:
    with pytest.raises(AttributeError, match="'Scale' object has no attribute 'wieght'"):
        _ = Scale().wieght
    with pytest.raises(AttributeError, match="wieght"):
        del Scale().wieght


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("weight", array(1), "Scale.weight is a Parameter; assign another Parameter or None, not a ndarray"),
        ("weight", Tensor(array(1)), "Scale.weight is a Parameter"),
        ("part", 3, "Scale.part is a Module; assign another Module or None, not a int"),
        ("calls", "many", "Scale: buffer 'calls' must be a Tensor, an array or None; got str"),
    ],
)
def test_registered_names_keep_their_kind(name: str, value: Any, message: str) -> None:
    module = Scale()
    module.part = nn.ReLU()
    with pytest.raises(TypeError, match=re.escape(message)):
        setattr(module, name, value)


def test_reassigning_a_name_moves_it_between_the_registries() -> None:
    module = Scale()
    module.weight = None
    assert list(module.parameters()) == []
    module.weight = nn.Parameter([3.0])
    assert [name for name, _ in module.named_parameters()] == ["weight"]
    module.weight = nn.ReLU()
    assert list(module.named_parameters()) == []
    assert [name for name, _ in module.named_children()] == ["weight"]
    del module.weight
    assert list(module.children()) == []
    module.weight = 3
    assert module.weight == 3
    assert list(module.children()) == []


def test_a_buffer_may_be_assigned_an_array() -> None:
    module = Scale()
    module(array(1, 1))
    assert type(module.calls) is Tensor
    assert module.calls.item() == 1


@pytest.mark.parametrize("name", ["forward", "training", "state_dict", "_modules", "a.b", "", 3])
def test_names_that_the_class_uses_are_rejected(name: Any) -> None:
    with pytest.raises(KeyError, match=r"cannot name a module|must be a non-empty string without dots"):
        nn.Module().add_module(name, nn.ReLU())


@pytest.mark.parametrize(
    ("method", "value", "message"),
    [
        ("register_parameter", Tensor(array(1)), "register_parameter: 'x' must be a Parameter or None; got Tensor"),
        ("add_module", 3, "add_module: 'x' must be a Module or None; got int"),
        ("register_buffer", [1.0], "buffer 'x' must be a Tensor, an array or None; got list"),
    ],
)
def test_registering_a_wrong_type_raises_an_error(method: str, value: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        getattr(nn.Module(), method)("x", value)


# ---- traversal ----


def test_shared_modules_appear_once_in_a_traversal() -> None:
    net = Net()
    assert [name for name, _ in net.named_parameters()] == ["own", "first.weight", "inner.0.weight", "inner.0.bias"]
    assert [name for name, _ in net.named_modules()] == ["", "first", "inner", "inner.0", "inner.1"]
    assert [name for name, _ in net.named_children()] == ["first", "inner"]
    assert [name for name, _ in net.named_buffers("net")] == ["net.first.calls", "net.first.scratch"]
    assert len(list(net.parameters())) == 4
    assert len(list(net.modules())) == 5
    assert len(list(net.buffers(recurse=False))) == 0
    assert [name for name, _ in net.named_parameters(recurse=False)] == ["own"]
    every = [name for name, _ in net.named_parameters(remove_duplicate=False)]
    assert every == ["own", "tied", "first.weight", "again.weight", "inner.0.weight", "inner.0.bias"]


def test_lookup_by_dotted_names() -> None:
    net = Net()
    assert net.get_submodule("inner.0") is net.inner[0]
    assert net.get_submodule("") is net
    assert net.get_parameter("inner.0.bias") is net.inner[0].bias
    assert net.get_buffer("first.calls") is net.first.calls
    with pytest.raises(AttributeError, match=re.escape("Sequential has no submodule '7' (in 'inner.7')")):
        net.get_submodule("inner.7")
    with pytest.raises(AttributeError, match=re.escape("Scale has no parameter 'bias' (in 'first.bias')")):
        net.get_parameter("first.bias")
    with pytest.raises(AttributeError, match="get_buffer: Scale has no buffer 'weight'"):
        net.get_buffer("first.weight")


def test_a_deep_chain_is_traversed() -> None:
    net: nn.Module = nn.Linear(1, 1)
    for _ in range(3000):
        net = nn.Sequential(net)
    assert len(list(net.parameters())) == 2
    assert len(net.state_dict()) == 2


# ---- the state dict ----


def test_the_state_dict_shares_memory_and_is_detached() -> None:
    net = Net()
    state = net.state_dict()
    assert list(state) == [
        "own", "tied", "first.weight", "first.calls", "again.weight", "again.calls", "inner.0.weight", "inner.0.bias",
    ]  # fmt: skip
    assert all(type(t) is Tensor and not t.requires_grad for t in state.values())
    assert state["own"].data is net.own.data
    assert net.state_dict(keep_vars=True)["own"] is net.own
    assert list(net.inner.state_dict(prefix="x.")) == ["x.0.weight", "x.0.bias"]


def test_loading_writes_in_place_and_bumps_the_version() -> None:
    net = Net()
    array_of_own = net.own.data
    loss = (net.own * net.own).sum()
    state = {name: t.data + 1 for name, t in net.state_dict().items()}
    assert str(net.load_state_dict(state)) == "<All keys matched successfully>"
    assert net.own.data is array_of_own
    assert array_of_own.tolist() == [2.0]
    with pytest.raises(GradientError, match="changed in place"):
        loss.backward()


# ---- modes, gradients, dtypes ----


def test_train_and_eval_apply_to_every_module() -> None:
    net = Net()
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    assert all(module.training for module in net.train().modules())
    with pytest.raises(ValueError, match="train: mode must be True or False; got 'yes'"):
        net.train("yes")  # type: ignore[arg-type]


def test_requires_grad_and_zero_grad() -> None:
    net = Net()
    net(array(1, 1)).sum().backward()
    assert net.own.grad is not None
    net.zero_grad(set_to_none=False)
    assert net.own.grad.tolist() == [0.0]
    net.zero_grad()
    assert [p.grad for p in net.parameters()] == [None] * 4
    assert not any(p.requires_grad for p in net.requires_grad_(False).parameters())
    assert not net(array(1, 1)).requires_grad


def test_apply_visits_children_first() -> None:
    events: list[str] = []
    net = Net()
    assert net.apply(lambda module: events.append(type(module).__name__)) is net
    assert events == ["Scale", "Linear", "ReLU", "Sequential", "Net"]


def test_double_and_float_convert_everything_but_integers() -> None:
    net = Net()
    net(array(1, 1)).sum().backward()
    parameters = list(net.parameters())
    assert net.double() is net
    assert list(map(id, net.parameters())) == list(map(id, parameters))
    assert {p.dtype.name for p in parameters} == {"float64"}
    assert all(p.grad is not None and p.grad.dtype == np.float64 for p in parameters)
    assert net.first.calls.dtype == np.int64
    assert net.first.scratch.dtype == np.float64
    assert net(np.ones(2)).dtype == np.float64
    assert {p.dtype.name for p in net.float().parameters()} == {"float32"}


# ---- calls and hooks ----


def test_a_call_wraps_arrays_and_returns_a_tensor() -> None:
    class Bare(nn.Module):
        def forward(self, x: Any, *, y: Any) -> Any:
            assert type(x) is type(y) is Tensor
            return x.data + y.data

    assert type(Scale()(array(1, 2), offset=array(1, 1))) is Tensor
    assert type(nn.Identity()(array(1))) is Tensor
    assert Bare()(array(1), y=array(2)).tolist() == [3.0]
    assert type(Bare()(array(1), y=array(2))) is Tensor


def test_forward_must_be_defined() -> None:
    with pytest.raises(NotImplementedError, match="Module has no forward; define one"):
        nn.Module()(1)


def test_hooks_run_in_order_and_may_replace_values() -> None:
    module, events = Scale(), []

    def pre(name: str) -> Any:
        return lambda m, inputs: events.append((name, m is module, inputs[0].tolist()))

    module.register_forward_pre_hook(pre("second"))
    module.register_forward_pre_hook(pre("first"), prepend=True)
    module.register_forward_pre_hook(lambda m, inputs: inputs[0] + 1.0)
    module.register_forward_pre_hook(lambda m, inputs, named: (inputs, {"offset": 10.0}), with_kwargs=True)
    module.register_forward_hook(lambda m, inputs, y: y * 2.0)
    module.register_forward_hook(lambda m, inputs, named, y: events.append((named, y.tolist())), with_kwargs=True)
    assert module(array(0, 1), offset=5.0).tolist() == [24.0, 28.0]
    assert events == [("first", True, [0, 1]), ("second", True, [0, 1]), ({"offset": 10.0}, [24.0, 28.0])]


def test_a_pre_hook_runs_without_any_other_hook() -> None:
    module = Scale()
    module.register_forward_pre_hook(lambda m, inputs: (inputs[0] + 1.0,))
    assert module(array(0, 1)).tolist() == [2.0, 4.0]


def test_a_handle_removes_only_its_own_hook() -> None:
    module, events = Scale(), []
    one = module.register_forward_hook(lambda *call: events.append(1))
    with module.register_forward_hook(lambda *call: events.append(2)):
        module(array(1, 1))
    one.remove()
    one.remove()
    module(array(1, 1))
    assert events == [1, 2]


# ---- copies ----


def test_a_deep_copy_is_independent_and_preserves_sharing() -> None:
    net = Net()
    twin = copy.deepcopy(net)
    assert twin.first is twin.again
    assert twin.own is twin.tied
    twin.own.data[...] = 9
    twin.extra = nn.ReLU()
    assert net.own.tolist() == [1.0]
    assert not hasattr(net, "extra")
    x = array(1, 2)
    optim.SGD(twin.parameters(), lr=1.0).zero_grad()
    assert net(x).tolist() == (twin(x) / 9.0).tolist()


def test_a_shallow_copy_has_its_own_registries() -> None:
    net = Net()
    twin = copy.copy(net)
    assert twin.own is net.own
    twin.extra = nn.Parameter([1.0])
    assert len(list(net.parameters())) == 4
    assert len(list(twin.parameters())) == 5


def test_pickle_round_trip() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2)).eval()
    twin = pickle.loads(pickle.dumps(net))
    x = np.random.default_rng(0).standard_normal((2, 1, 4, 4)).astype(np.float32)
    assert np.array_equal(net(x).data, twin(x).data)
    assert not twin.training
    assert repr(twin) == repr(net)
    assert all(type(p) is nn.Parameter and p.requires_grad for p in twin.parameters())


def test_a_training_step_makes_no_reference_cycles() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2, 2))
    optimizer = optim.Adam(net.parameters())

    def step(net: nn.Module, optimizer: optim.Optimizer) -> weakref.ref[Tensor]:
        optimizer.zero_grad()
        loss = nn.CrossEntropyLoss()(net(np.ones((3, 1, 4, 4), np.float32)), np.array([0, 1, 0]))
        loss.backward()
        optimizer.step()
        return weakref.ref(loss)

    step(net, optimizer)
    gc.collect()
    gc.disable()
    try:
        assert step(net, optimizer)() is None
        assert gc.collect() == 0
        network_ref = weakref.ref(net)
        del net, optimizer
        assert network_ref() is None
    finally:
        gc.enable()


# ---- repr ----


def test_repr_equals_pytorchs() -> None:
    assert repr(Net()) == (
        "Net(\n"
        "  (first): Scale()\n"
        "  (again): Scale()\n"
        "  (inner): Sequential(\n"
        "    (0): Linear(in_features=2, out_features=2, bias=True)\n"
        "    (1): ReLU()\n"
        "  )\n"
        ")"
    )


def test_a_method_of_a_subclass_cannot_be_hidden() -> None:
    with pytest.raises(KeyError, match="Sequential: 'append' cannot name a module"):
        nn.Sequential({"append": nn.ReLU()})


def test_a_class_attribute_may_be_a_default() -> None:
    class Net(nn.Module):
        activation: Any = None

        def __init__(self) -> None:
            super().__init__()
            self.activation = nn.ReLU()

    assert [name for name, _ in Net().named_children()] == ["activation"]


class Slotted(nn.Module):
    __slots__ = ("depth",)

    def __init__(self) -> None:
        super().__init__()
        self.depth = 3
        self.inner = nn.Linear(1, 1)


def test_a_subclass_with_slots_is_copied() -> None:
    module = Slotted()
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert other.depth == 3 and other.inner is not module.inner
