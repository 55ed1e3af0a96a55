"""The class Tensor: its array, flags, protocols and errors."""

import copy
import pickle

import numpy as np
import pytest

import rot180
from rot180 import Tensor, from_dlpack, from_numpy, tensor
from rot180.errors import DtypeError, GradientError, Rot180Error, ShapeError


def leaf(values, dtype=np.float32):
    return tensor(values, dtype=dtype, requires_grad=True)


def test_numbers_and_lists_become_float32():
    for data in (1, 1.5, [1, 2], [[1.0], [2.0]], (1, 2.5)):
        assert tensor(data).dtype == np.float32 == Tensor(data).dtype
    assert tensor([True, False]).dtype == np.bool_
    assert tensor([1, 2], dtype=np.int64).dtype == np.int64
    assert tensor(np.float64(2)).dtype == np.float64  # NumPy scalars keep their dtype
    assert tensor(np.array([1, 2])).dtype == np.int64


def test_tensor_copies_and_the_class_and_from_numpy_share():
    a = np.ones(3, np.float32)
    assert not np.shares_memory(tensor(a).data, a)
    assert Tensor(a).data is a and from_numpy(a).data is a and Tensor(Tensor(a)).data is a
    assert tensor(tensor(a)).tolist() == [1, 1, 1]


@pytest.mark.parametrize("data", [np.ones(2, np.complex64), np.ones(2, np.float16), np.array(["a"]), np.array([None])])
def test_other_dtypes_are_refused(data):
    with pytest.raises(DtypeError, match=f"tensor: takes float32, float64, integers or booleans, got {data.dtype}"):
        Tensor(data)


def test_integers_have_no_gradient():
    with pytest.raises(DtypeError, match=r"requires_grad_: only float32 and float64 have gradients, not int64"):
        tensor(np.array([1, 2]), requires_grad=True)


def test_foreign_byte_order_becomes_native():
    t = Tensor(np.array([1, 2], ">f4"))
    assert t.dtype == np.float32 and t.dtype.isnative and t.tolist() == [1, 2]


def test_shape_and_size():
    t = tensor(np.zeros((2, 3)))
    assert t.shape == t.size() == (2, 3) and t.size(1) == 3 and t.ndim == t.dim() == 2 and t.numel() == 6
    assert len(t) == 2 and [row.shape for row in t] == [(3,), (3,)]


def test_conversion_to_python_numbers():
    t = tensor(2.5)
    assert t.item() == float(t) == t.tolist() == 2.5 and int(t) == 2 and type(t.item()) is float
    assert [10, 20, 30][tensor(np.array(1))] == 20
    with pytest.raises(TypeError):
        [10, 20, 30][t]
    with pytest.raises(ValueError):
        tensor([1.0, 2.0]).item()


def test_a_zero_dimensional_tensor_has_no_length():
    with pytest.raises(TypeError, match="len: a 0-d Tensor has no length"):
        len(tensor(1.0))
    with pytest.raises(TypeError, match="0-d"):
        iter(tensor(1.0))


def test_truth_value():
    assert tensor(1.0) and not tensor([0.0])
    with pytest.raises(ValueError, match=r"bool: a Tensor of shape \(2,\) has no truth value; use \.data\.any\(\) or"):
        bool(tensor([1.0, 2.0]))


def test_comparisons_give_boolean_tensors_without_history():
    x, y = leaf([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0], np.float32)
    for found, expected in [
        (x == y, [False, True, False]), (x != y, [True, False, True]), (x < y, [True, False, False]),
        (x <= y, [True, True, False]), (x > y, [False, False, True]), (x >= y, [False, True, True]),
        (y < x, [False, False, True]), (x == 2, [False, True, False]), (x > tensor(1.5), [False, True, True]),
    ]:  # fmt: skip
        assert type(found) is Tensor and found.dtype == np.bool_ and not found.requires_grad
        assert found.tolist() == expected
    assert 2.0 in x and 5.0 not in x


def test_tensors_are_hashed_by_identity():
    a, b = tensor([1.0]), tensor([1.0])
    assert len({a, b, a}) == 2 and {a: 1}[a] == 1


def test_item_assignment_is_refused():
    t = tensor([1.0, 2.0])
    with pytest.raises(Rot180Error, match=r"item assignment: a Tensor cannot be changed in place; use rot180\.where"):
        t[0] = 5
    assert t.tolist() == [1, 2]


def test_augmented_assignment_rebinds():
    x = leaf([1.0, 2.0])
    y = x
    y += 1
    y *= 2
    assert y is not x and x.tolist() == [1, 2] and y.tolist() == [4, 6]
    y.backward(np.ones(2))
    assert x.grad.tolist() == [2, 2]
    a = np.ones(2, np.float32)
    with pytest.raises(TypeError):  # it would write into the array
        a += x
    assert a.tolist() == [1, 1]


def test_arrays_on_the_left_go_to_the_tensor():
    x, a = leaf([1.0, 2.0]), np.array([3.0, 4.0], np.float32)
    for found, expected in [(a + x, [4, 6]), (a - x, [2, 2]), (a * x, [3, 8]), (a / x, [3, 2]), (a**x, [3, 16])]:
        assert type(found) is Tensor and found.tolist() == expected
    assert (np.eye(2, dtype=np.float32) @ x).tolist() == [1, 2]
    with pytest.raises(TypeError):
        np.exp(x)


# ---- flags ----


def test_requires_grad_is_switched_on_leaves_only():
    t = tensor([1.0])
    assert not t.requires_grad and t.is_leaf
    assert t.requires_grad_() is t and t.requires_grad and t.is_leaf
    y = t * 2
    assert y.requires_grad and not y.is_leaf
    with pytest.raises(GradientError, match=r"requires_grad_: only a leaf can stop requiring a gradient; use"):
        y.requires_grad_(False)
    assert y.requires_grad_() is y
    t.requires_grad = False
    assert not t.requires_grad and t.grad is None
    assert y.requires_grad  # recorded results are not affected


def test_detach_shares_the_array_and_drops_the_history():
    x = leaf([1.0])
    y = (x * 2).detach()
    assert not y.requires_grad and y.is_leaf
    assert x.detach().data is x.data


def test_grad_can_be_cleared_and_set():
    x = leaf([1.0, 2.0])
    x.grad = tensor([3.0, 4.0])
    (x * 2).backward(np.ones(2))
    assert x.grad.tolist() == [5, 6]
    x.grad = None
    assert x.grad is None
    with pytest.raises(GradientError, match=r"grad: must be None or a Tensor of shape \(2,\)"):
        x.grad = tensor([1.0])
    with pytest.raises(GradientError, match="grad: must be None or a Tensor"):
        x.grad = np.ones(2)
    with pytest.raises(GradientError, match="grad: only a leaf that requires a gradient has one"):
        (x * 2).grad = None
    assert (x * 2).grad is None


# ---- protocols ----


def test_numpy_gets_the_array_of_a_tensor_without_history():
    t = tensor([1.0, 2.0])
    assert np.asarray(t) is t.data or np.shares_memory(np.asarray(t), t.data)
    assert t.numpy() is t.data
    assert np.asarray(t, np.float64).dtype == np.float64
    copied = np.array(t)
    copied[0] = 9
    assert t.tolist() == [1, 2]
    with pytest.raises(ValueError):
        np.asarray(t, np.float64, copy=False)


@pytest.mark.parametrize("call", [np.asarray, np.array, Tensor.numpy], ids=["asarray", "array", "numpy"])
def test_numpy_does_not_get_the_array_of_a_tensor_that_requires_a_gradient(call):
    with pytest.raises(GradientError, match=r"this Tensor requires a gradient; use \.detach\(\)\.numpy\(\)"):
        call(leaf([1.0, 2.0]))
    assert call(leaf([1.0, 1.0]).detach()).sum() == 2


def test_dlpack_both_ways_without_a_copy():
    t = tensor([1.0, 2.0, 3.0])
    out = np.from_dlpack(t)
    assert np.shares_memory(out, t.data) and t.__dlpack_device__() == (1, 0)
    back = from_dlpack(t)
    assert type(back) is Tensor and np.shares_memory(back.data, t.data)
    a = np.arange(4.0)
    assert np.shares_memory(from_dlpack(a).data, a)
    with pytest.raises(GradientError, match=r"__dlpack__: this Tensor requires a gradient; use \.detach\(\)"):
        np.from_dlpack(leaf([1.0]))


def test_a_deep_copy_is_another_leaf_with_a_copy_of_the_gradient():
    x = leaf([1.0, 2.0])
    (x * x).backward(np.ones(2))
    y = copy.deepcopy(x)
    assert y.requires_grad and y.tolist() == [1, 2] and y.grad.tolist() == [2, 4]
    assert not np.shares_memory(y.data, x.data) and not np.shares_memory(y.grad.data, x.grad.data)
    pair = copy.deepcopy([x, x])
    assert pair[0] is pair[1]
    assert not copy.deepcopy(tensor([1.0])).requires_grad
    with pytest.raises(GradientError, match=r"deepcopy: only leaves can be copied; use \.detach\(\) first"):
        copy.deepcopy(x * 2)


def test_pickling_leaves():
    for t in (leaf([1.0, 2.0]), tensor([1.0]), tensor(np.array([1, 2]))):
        back = pickle.loads(pickle.dumps(t))
        assert back.requires_grad == t.requires_grad and back.tolist() == t.tolist() and back.dtype == t.dtype
    with pytest.raises(GradientError, match="pickle: only leaves can be pickled"):
        pickle.dumps(leaf([1.0]) * 2)


def test_repr():
    assert repr(tensor([1.0, 2.0])) == "tensor([1., 2.])"
    assert repr(leaf([1.0], np.float64)) == "tensor([1.], dtype=float64, requires_grad=True)"
    assert repr(leaf(1.0) * 2) == "tensor(2., made_by=mul)"
    assert repr(tensor(np.array([1, 2]))) == "tensor([1, 2])"


# ---- dtypes ----


def test_astype_is_differentiable_between_floats():
    x = leaf([1.0, 2.0])
    assert x.astype(np.float32) is x and x.float() is x
    y = x.double()
    assert y.dtype == np.float64 and y.requires_grad
    (y * y).backward(np.ones(2))
    assert x.grad.dtype == np.float32 and x.grad.tolist() == [2, 4]
    n = x.astype(np.int64)
    assert n.dtype == np.int64 and not n.requires_grad


def test_clone_copies_and_passes_the_gradient():
    x = leaf([1.0, 2.0])
    y = x.clone()
    assert not np.shares_memory(x.data, y.data)
    (y * 3).backward(np.ones(2))
    assert x.grad.tolist() == [3, 3]
    n = tensor(np.array([1, 2]))
    assert not np.shares_memory(n.clone().data, n.data)


def test_methods_of_shape():
    x = leaf(np.arange(6.0).reshape(2, 3))
    assert x.T.shape == (3, 2) == x.transpose(0, 1).shape == x.transpose().shape == x.permute(1, 0).shape
    assert (
        x.permute((1, 0)).shape == (3, 2) == x.reshape(3, 2).shape == x.view((3, -1)).shape == x.transpose((1, 0)).shape
    )
    with pytest.raises(ShapeError, match=r"reshape: \(2, 3\) cannot become \(4, 2\); the numbers of elements must"):
        x.reshape(4, 2)


def test_from_dlpack_refuses_lists():
    with pytest.raises((TypeError, AttributeError)):
        rot180.from_dlpack([1, 2])


def test_unpickled_arrays_get_the_dtype_object_of_numpy():
    a = pickle.loads(pickle.dumps(np.ones(3, np.float32)))
    assert a.dtype is not np.dtype(np.float32)  # a copy, which the fast paths do not recognise
    for t in (tensor(a), Tensor(a), pickle.loads(pickle.dumps(tensor(a, requires_grad=True)))):
        assert t.dtype is np.dtype(np.float32)
    assert np.shares_memory(Tensor(a).data, a)
