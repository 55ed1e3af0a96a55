"""The random state is reproducible and can be restored; keyed generators do not depend on it."""

import copy
import pickle

import numpy as np
import pytest

import rot180
from rot180 import random


@pytest.fixture(autouse=True)
def restored():
    before = copy.deepcopy(rot180.get_rng_state())
    yield
    rot180.set_rng_state(before)


def test_the_same_seed_gives_the_same_numbers():
    rot180.manual_seed(7)
    first = random.generator().random(5)
    rot180.manual_seed(7)
    assert np.array_equal(first, random.generator().random(5))
    rot180.manual_seed(8)
    assert not np.array_equal(first, random.generator().random(5))


def test_manual_seed_returns_the_librarys_generator():
    assert rot180.manual_seed(3) is random.generator()
    assert isinstance(random.generator().bit_generator, np.random.Philox)


def test_a_restored_state_gives_the_same_numbers():
    rot180.manual_seed(1)
    random.generator().random(3)
    state = rot180.get_rng_state()
    first = random.generator().random(4)
    rot180.set_rng_state(state)
    assert np.array_equal(first, random.generator().random(4))
    rot180.set_rng_state(state)  # the state can be set again
    assert np.array_equal(first, random.generator().random(4))
    rot180.set_rng_state(pickle.loads(pickle.dumps(state)))
    assert np.array_equal(first, random.generator().random(4))


def test_a_state_is_not_changed_by_drawing():
    rot180.manual_seed(1)
    state = rot180.get_rng_state()
    before = pickle.dumps(state)
    random.generator().random(100)
    assert pickle.dumps(state) == before


def test_keyed_generators_are_independent_of_the_state():
    state = pickle.dumps(rot180.get_rng_state())
    a = random.generator_for(1, 2, 3).random(4)
    assert np.array_equal(a, random.generator_for(1, 2, 3).random(4))
    for other in ((1, 2), (1, 3, 2), (3, 2, 1), (123,), (1, 2, 4)):
        assert not np.array_equal(a, random.generator_for(*other).random(4))
    assert pickle.dumps(rot180.get_rng_state()) == state


def test_a_seed_must_be_a_non_negative_int():
    with pytest.raises(ValueError, match="manual_seed: a seed must be a non-negative int; got -1"):
        rot180.manual_seed(-1)
    with pytest.raises(TypeError):
        rot180.manual_seed(1.5)


def test_the_state_of_numpy_is_not_changed():
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    rot180.manual_seed(0)
    random.generator().random(10)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
