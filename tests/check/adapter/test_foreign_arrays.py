"""Arrays of other libraries are taken as NumPy arrays."""

import numpy as np
import pytest

from rot180 import check
from rot180.check.adapter.foreign_arrays import as_numpy, like, to_numpy


class Exporting:
    """An array of another library, which converts by one protocol."""

    def __init__(self, array):
        self._array = array


class ByArray(Exporting):
    def __array__(self, dtype=None, copy=None):
        return self._array


class ByDLPack(Exporting):
    def __dlpack__(self, **options):
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


class LikeTorch(Exporting):
    """A tensor that refuses `__array__` because it requires a gradient."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("call detach() first")

    def detach(self):
        return self

    def cpu(self):
        return ByArray(self._array)


class LikeCuPy(Exporting):
    """An array in the memory of a GPU, which refuses to convert by itself."""

    __cuda_array_interface__ = ()

    def __array__(self, dtype=None, copy=None):
        raise TypeError("use .get()")

    def get(self):
        return self._array


KINDS = [ByArray, ByDLPack, LikeTorch, LikeCuPy]


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_of_other_libraries_become_numpy_arrays(kind):
    array = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(as_numpy(kind(array)), array)


@pytest.mark.parametrize("kind", KINDS)
def test_results_and_gradients_can_be_arrays_of_other_libraries(kind):
    def forward(x, w, b):
        return kind(x @ w.T + b), (x, w)

    def backward(dy, cache):
        x, w = cache
        return kind(dy @ w), kind(dy.T @ x), kind(dy.sum(0))

    assert check.layer(forward, backward, op="linear").ok


def test_nested_lists_of_numbers_are_arrays():
    np.testing.assert_array_equal(as_numpy([[1.0, 2.0], [3.0, 4.0]]), [[1, 2], [3, 4]])


@pytest.mark.parametrize("value", [[], [[1.0], [2.0, 3.0]], ["a"], [np.zeros(2)], "text", None, float, [True]])
def test_other_values_are_not_arrays(value):
    assert as_numpy(value) is None
    assert to_numpy(value) is value


def test_a_list_gets_a_list_and_an_array_an_array():
    assert like([[0.0]], np.ones((1, 2))) == [[1.0, 1.0]]
    assert like(np.zeros(2), np.ones(2)).tolist() == [1.0, 1.0]


def test_the_memory_of_a_tensor_is_overwritten():
    memory = np.zeros(2)
    tensor = LikeTorch(memory)
    assert like(tensor, np.ones(2)) is tensor
    assert memory.tolist() == [1.0, 1.0]
