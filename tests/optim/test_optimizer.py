"""The base class of the optimisers: groups, errors, the state dict, in-place updates without allocations."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import numpy as np
import pytest

from rot180 import Tensor, nn, optim
from rot180.errors import DtypeError, FormatError, GradientError, ShapeError
from rot180.optim import Optimizer


def parameter(*shape: int, dtype: Any = np.float32) -> Tensor:
    return Tensor(np.ones(shape, dtype), requires_grad=True)


def with_gradient(*shape: int, value: float = 1.0, dtype: Any = np.float32) -> Tensor:
    p = parameter(*shape, dtype=dtype)
    p.grad = Tensor(np.full(shape, value, dtype))
    return p


# ---- errors ----


@pytest.mark.parametrize("make", [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop])
@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ([], ValueError, "got an empty parameter list; pass model.parameters()"),
        ([{"params": []}], ValueError, "got a group with an empty parameter list"),
        ([parameter(2), parameter(2) * 2.0], ValueError, "parameter 1 was computed by an op; only leaves"),
        ([np.ones(2)], TypeError, "parameter 0 is a ndarray; a Tensor is needed"),
        (parameter(2), TypeError, "params must be a list of Tensors or of dicts; got a single Tensor"),
        (nn.Linear(2, 2), TypeError, "params must be a list of Tensors or of dicts; got Linear; pass its parameters()"),
        (None, TypeError, "params must be a list of Tensors or of dicts; got NoneType"),
        ([{"lr": 1.0}], ValueError, "a parameter group needs an entry 'params'; got ['lr']"),
        ([{"params": {parameter(2)}}], TypeError, "params is a set, which has no order; pass a list"),
        ([{"params": [parameter(2)]}, parameter(2)], TypeError, "a parameter group must be a dict; got Tensor"),
    ],
)
def test_invalid_parameters_raise_an_error(make: Any, params: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(f"{make.__name__}: {message}")):
        make(params)


@pytest.mark.parametrize(
    ("make", "option"),
    [
        (optim.SGD, "lr"), (optim.SGD, "momentum"), (optim.SGD, "dampening"), (optim.Adam, "eps"),
        (optim.AdamW, "weight_decay"), (optim.RMSprop, "alpha"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", ["1", None])
def test_options_must_be_numbers(make: Any, option: str, value: Any) -> None:
    with pytest.raises(DtypeError, match=f"^{make.__name__}: {option} must be a number; got {value!r}"):
        make([parameter(2)], **{option: value})


def test_a_parameter_may_occur_only_once() -> None:
    p, q = parameter(2), parameter(2)
    with pytest.raises(ValueError, match="SGD: a parameter occurs more than once"):
        optim.SGD([p, p])
    with pytest.raises(ValueError, match="SGD: a parameter occurs more than once"):
        optim.SGD([{"params": [p]}, {"params": [q, p]}])
    optimizer = optim.SGD([p])
    with pytest.raises(ValueError, match="occurs more than once"):
        optimizer.add_param_group({"params": p})
    assert len(optimizer.param_groups) == 1


@pytest.mark.parametrize("make", [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop])
def test_options_of_a_group_are_checked(make: Any) -> None:
    with pytest.raises(ValueError, match=r"lr must be at least 0; got -0\.1"):
        make([parameter(2)], lr=-0.1)
    with pytest.raises(ValueError, match="weight_decay must be at least 0; got nan"):
        make([{"params": [parameter(2)], "weight_decay": float("nan")}])


@pytest.mark.parametrize("make", [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop])
def test_a_gradient_must_have_the_shape_and_dtype_of_its_parameter(make: Any) -> None:
    p = with_gradient(3)
    p.grad = Tensor(np.ones(3, np.float64))
    with pytest.raises(DtypeError, match="a gradient is float64 but its parameter is float32"):
        make([p]).step()
    p = with_gradient(3)
    p.data = np.ones((2, 3), np.float32)
    with pytest.raises(ShapeError, match=re.escape("a gradient has shape (3,) but its parameter has (2, 3)")):
        make([p]).step()


# ---- groups and steps ----


def test_groups_have_their_own_options_and_may_change_them() -> None:
    p, q = with_gradient(1), with_gradient(1)
    optimizer = optim.SGD([{"params": [p]}, {"params": q, "lr": 0.5}], lr=0.25)
    optimizer.step()
    assert (p.item(), q.item()) == (0.75, 0.5)
    optimizer.param_groups[0]["lr"] = 0.5
    optimizer.step()
    assert (p.item(), q.item()) == (0.25, 0.0)


def test_float32_and_float64_may_be_in_one_group() -> None:
    p, q = with_gradient(2), with_gradient(3, dtype=np.float64)
    optim.SGD([p, q], lr=0.5).step()
    assert p.dtype == np.float32
    assert q.dtype == np.float64
    assert p.tolist() + q.tolist() == [0.5] * 5


def test_parameters_without_a_gradient_are_not_updated() -> None:
    p, q = with_gradient(2), parameter(2)
    optimizer = optim.Adam([p, q])
    optimizer.step()
    assert q.tolist() == [1.0, 1.0]
    assert q not in optimizer.state
    p.requires_grad_(False)  # frozen after the backward pass
    before = p.tolist()
    optimizer.step()
    assert p.tolist() == before


def test_frozen_parameters_are_accepted_and_not_updated() -> None:
    frozen, head = Tensor(np.ones(2, np.float32)), with_gradient(2)
    optim.SGD([frozen, head], lr=0.5).step()  # PyTorch's SGD(model.parameters()) with frozen layers
    assert frozen.tolist() == [1.0, 1.0]
    assert head.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("make", [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop])
def test_the_update_is_in_place_and_does_not_change_the_gradient(make: Any) -> None:
    p = with_gradient(2, 3)
    array, gradient = p.data, p.grad
    make([p], lr=0.1, weight_decay=0.1, maximize=True).step()
    assert p.data is array
    assert p.grad is gradient
    assert not np.array_equal(array, np.ones((2, 3)))
    assert gradient is not None and np.array_equal(gradient.data, np.ones((2, 3)))


def test_a_strided_parameter_is_updated_in_place() -> None:
    base = np.ones((4, 6), np.float32)
    p = Tensor(base[:, ::2], requires_grad=True)
    p.grad = Tensor(np.ones((4, 3), np.float32))
    optim.SGD([p], lr=0.5, momentum=0.5).step()
    assert np.array_equal(base, np.tile(np.float32([0.5, 1.0]), (4, 3)))


def test_a_step_invalidates_existing_graphs() -> None:
    p = parameter(2)
    loss = (p * p).sum()
    p.grad = Tensor(np.ones(2, np.float32))
    optim.SGD([p]).step()
    with pytest.raises(GradientError, match="changed in place"):
        loss.backward()


def test_the_closure_runs_with_recording_and_its_loss_is_returned() -> None:
    from rot180 import no_grad

    p = parameter(1)
    optimizer = optim.SGD([p], lr=0.25)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with no_grad():
        assert optimizer.step(closure).item() == 1.0
    assert p.item() == 0.5
    assert optimizer.step() is None


def test_zero_grad() -> None:
    p = with_gradient(2)
    optimizer = optim.SGD([p])
    optimizer.zero_grad(set_to_none=False)
    assert p.grad is not None and p.grad.tolist() == [0.0, 0.0]
    optimizer.zero_grad()
    assert p.grad is None


def test_scratch_memory_is_shared_by_parameters() -> None:
    params = [with_gradient(n) for n in (3, 50, 7)]
    optimizer = optim.SGD(params)
    optimizer.step()
    assert {p.tolist()[0] for p in params} == {float(np.float32(1) - np.float32(1e-3))}
    scratch = [array for pair in optimizer._scratch.values() for array in pair]
    owners = {id(a.base if a.base.base is None else a.base.base) for a in scratch}
    assert len(owners) == 2


@pytest.mark.parametrize("make", [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop])
def test_a_model_may_be_converted_to_double_between_steps(make: Any) -> None:
    options = {"lr": 0.1, **({"momentum": 0.9} if make is optim.SGD else {})}
    model = nn.Linear(2, 2)
    optimizer = make(model.parameters(), **options)
    for p in model.parameters():
        p.grad = Tensor(np.ones_like(p.data))
    optimizer.step()
    model.double()
    optimizer.step()
    for p in model.parameters():
        copied = [v for v in optimizer.state[p].values() if isinstance(v, np.ndarray)]
        assert copied and all(v.dtype == np.float64 for v in copied)


# ---- the state dict ----


def trained(make: Any, **options: Any) -> tuple[list[Tensor], Optimizer]:
    params = [with_gradient(2), with_gradient(3, value=2.0)]
    optimizer = make([{"params": [params[0]], "lr": 0.5}, {"params": [params[1]]}], **options)
    optimizer.step()
    return params, optimizer


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (optim.SGD, {"momentum": 0.9}),
        (optim.Adam, {}),
        (optim.Adam, {"amsgrad": True}),
        (optim.AdamW, {"weight_decay": 0.1}),
        (optim.RMSprop, {"momentum": 0.9, "centered": True}),
    ],
)
def test_training_continues_from_a_state_dict(make: Any, options: dict[str, Any]) -> None:
    params, optimizer = trained(make, **options)
    saved = pickle.loads(pickle.dumps(optimizer.state_dict()))
    copies = [Tensor(p.data.copy(), requires_grad=True) for p in params]
    other = make([{"params": [copies[0]]}, {"params": [copies[1]]}])
    other.load_state_dict(saved)
    for p, q in zip(params, copies, strict=True):
        q.grad = p.grad
    optimizer.step()
    other.step()
    assert other.param_groups[0]["lr"] == 0.5
    assert all(np.array_equal(p.data, q.data) for p, q in zip(params, copies, strict=True))


def test_the_contents_of_a_state_dict() -> None:
    _, optimizer = trained(optim.Adam)
    saved = optimizer.state_dict()
    assert list(saved) == ["state", "param_groups"]
    assert [group["params"] for group in saved["param_groups"]] == [[0], [1]]
    assert list(saved["state"]) == [0, 1]
    assert list(saved["state"][0]) == ["step", "exp_avg", "exp_avg_sq"]
    assert saved["state"][1]["step"] == 1
    assert saved["param_groups"][0]["betas"] == (0.9, 0.999)


def test_a_state_dict_is_a_copy_in_both_directions() -> None:
    params, optimizer = trained(optim.SGD, momentum=0.9)
    saved = optimizer.state_dict()
    copied = copy.deepcopy(saved)
    optimizer.step()
    assert np.array_equal(saved["state"][0]["momentum_buffer"], copied["state"][0]["momentum_buffer"])
    optimizer.load_state_dict(saved)
    optimizer.step()
    assert np.array_equal(saved["state"][0]["momentum_buffer"], copied["state"][0]["momentum_buffer"])
    assert not np.array_equal(optimizer.state[params[0]]["momentum_buffer"], copied["state"][0]["momentum_buffer"])


def test_a_state_of_tensors_is_accepted() -> None:
    params, optimizer = trained(optim.Adam)
    saved = optimizer.state_dict()
    saved["state"][0]["step"] = np.asarray(7.0, np.float32)
    saved["state"][0]["exp_avg"] = Tensor(np.full(2, 3.0, np.float64))
    optimizer.load_state_dict(saved)
    state = optimizer.state[params[0]]
    assert state["step"] == 7 and isinstance(state["step"], int)
    assert state["exp_avg"].dtype == np.float32
    assert state["exp_avg"].tolist() == [3.0, 3.0]


def test_a_state_dict_that_does_not_fit_raises_an_error() -> None:
    _, optimizer = trained(optim.SGD, momentum=0.9)
    before = optimizer.state_dict()
    with pytest.raises(FormatError, match=re.escape("the groups have [2] parameters; [1, 1] are needed")):
        optimizer.load_state_dict(optim.SGD([parameter(1), parameter(1)]).state_dict())
    wrong = optimizer.state_dict()
    wrong["state"][1]["momentum_buffer"] = np.ones(5, np.float32)
    with pytest.raises(FormatError, match=re.escape("momentum_buffer of parameter 1 has shape (5,); (3,) is needed")):
        optimizer.load_state_dict(wrong)
    wrong = optimizer.state_dict()
    wrong["param_groups"][1]["lr"] = -1
    with pytest.raises(ValueError, match="lr must be at least 0"):
        optimizer.load_state_dict(wrong)
    assert repr(optimizer.state_dict()) == repr(before)


@pytest.mark.parametrize("saved", [{}, None, {"state": {}}])
def test_a_value_that_is_not_a_state_dict_raises_an_error(saved: Any) -> None:
    _, optimizer = trained(optim.SGD)
    with pytest.raises(FormatError, match=r"^SGD\.load_state_dict: a dict with 'state' and 'param_groups' is needed"):
        optimizer.load_state_dict(saved)


@pytest.mark.parametrize(
    ("make", "lacks"), [(optim.Adam, "exp_avg, exp_avg_sq, step"), (optim.RMSprop, "square_avg, step")]
)
def test_the_state_of_another_optimizer_raises_an_error(make: Any, lacks: str) -> None:
    _, optimizer = trained(make)
    before = repr(optimizer.state_dict())
    _, other = trained(optim.SGD, momentum=0.9)
    with pytest.raises(FormatError, match=f"parameter 0 lacks {lacks}; is it the state of another optimizer"):
        optimizer.load_state_dict(other.state_dict())
    assert repr(optimizer.state_dict()) == before


def test_deep_copies_and_pickles_are_independent() -> None:
    params, optimizer = trained(optim.SGD, momentum=0.9)
    for twin in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        (p,) = twin.param_groups[0]["params"]
        p.grad = params[0].grad
        before = params[0].data.copy()
        twin.step()
        assert np.array_equal(params[0].data, before)
        assert p.data[0] == pytest.approx(before[0] - 0.5 * 1.9)


def test_a_pickle_does_not_contain_the_scratch_memory() -> None:
    p = with_gradient(10_000)
    optimizer = optim.SGD([p])
    optimizer.step()
    assert len(pickle.dumps(optimizer)) < 1.5 * p.data.nbytes


def test_repr_shows_the_options() -> None:
    assert "Parameter Group 0\n    dampening: 0\n    lr: 0.5\n" in repr(optim.SGD([parameter(1)], lr=0.5))


def test_a_custom_optimizer_must_define_update() -> None:
    with pytest.raises(NotImplementedError, match="Optimizer has no _update"):
        Optimizer([parameter(1)], {}).step()


def test_str_shows_the_groups() -> None:
    assert "lr: 0.25" in str(optim.SGD([parameter(1)], lr=0.25))
