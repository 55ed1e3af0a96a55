"""A layer that the user has made is judged as one of its kind, with the settings that it has."""

import numpy as np
import pytest

from rot180 import check
from rot180.check import operations
from rot180.check.adapter.classes.instances import factory_of, is_instance
from rot180.check.adapter.classes.methods import ClassError

LINEAR, POOLING = operations.find("linear"), operations.find("max_pool1d")


class Dense:
    def __init__(self, n_in, n_out, scale=1.0):
        self.scale = scale
        self.W, self.b = np.zeros((n_in, n_out)), np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dy):
        self.dW, self.db = self.x.T @ dy * self.scale, dy.sum(0)
        return dy @ self.W.T


class Flavoured(Dense):
    def __init__(self, n_in, n_out, flavour):
        super().__init__(n_in, n_out)
        self.flavour = flavour


class Windows:
    def __init__(self, pool_size, stride):
        self.pool_size, self.stride = pool_size, stride

    def forward(self, x):
        return x

    def backward(self, dy):
        return dy


def test_an_object_is_judged_with_its_own_values():
    assert check.layer(Dense(4, 6), op="linear").ok
    report = check.layer(Dense(4, 6, scale=2.0), op="linear")
    assert [(found.slug, found.argument) for found in report.diagnoses] == [("scaled", "dw")]


def test_the_factory_takes_the_sizes_only():
    made = factory_of(Dense(4, 6, scale=3.0), LINEAR)(2, 5)
    assert made.W.shape == (2, 5)
    assert made.scale == 3.0


def test_the_windows_of_a_pooling_are_kept():
    made = factory_of(Windows(3, 2), POOLING)()
    assert (made.pool_size, made.stride) == (3, 2)


@pytest.mark.parametrize("target", [Dense, Dense(1, 1).forward, lambda x: x, np.zeros(2), None])
def test_classes_functions_and_arrays_are_not_layers(target):
    assert not is_instance(target, LINEAR)


def test_a_parameter_may_have_any_name_if_the_layer_keeps_its_value():
    assert check.layer(Flavoured(4, 6, "sweet"), op="linear").ok


def test_a_value_that_the_layer_does_not_keep_is_named():
    layer = Windows(3, 2)
    del layer.stride
    with pytest.raises(ClassError, match=r"the Windows object has no attribute 'stride'.*pass the class Windows"):
        factory_of(layer, POOLING)
