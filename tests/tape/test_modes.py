"""no_grad, enable_grad and set_grad_enabled: as blocks, as decorators, by thread."""

import threading

import pytest

from rot180 import enable_grad, is_grad_enabled, no_grad, set_grad_enabled, tensor

X = tensor([1.0, 2.0], requires_grad=True)


def records():
    assert (X * 2).requires_grad == is_grad_enabled()
    return is_grad_enabled()


def test_recording_is_on_by_default():
    assert records()


def test_blocks_nest():
    with no_grad():
        assert not records()
        with enable_grad():
            assert records()
            with no_grad():
                assert not records()
            assert records()
        assert not records()
    assert records()


def test_a_block_ends_with_an_error_too():
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert records()


def test_one_object_may_be_entered_twice():
    off = no_grad()
    with off:
        with off:
            assert not records()
        assert not records()
    assert records()


@pytest.mark.parametrize(("decorator", "expected"), [(no_grad(), False), (enable_grad(), True)])
def test_decorators(decorator, expected):
    @decorator
    def inside(a, *, b):
        """Documented."""
        return records(), a + b

    assert inside(1, b=2) == (expected, 3)
    with no_grad():
        assert inside(1, b=2) == (expected, 3)
    assert records() and inside.__doc__ == "Documented." and inside.__name__ == "inside"


def test_set_grad_enabled_as_a_block_and_as_a_function():
    with set_grad_enabled(False):
        assert not records()
        with set_grad_enabled(True):
            assert records()
        assert not records()
    assert records()
    set_grad_enabled(False)
    try:
        assert not records()
    finally:
        set_grad_enabled(True)
    assert records()


def test_set_grad_enabled_as_a_decorator():
    @set_grad_enabled(False)
    def inside():
        return records()

    assert records()  # decorating is not switching
    assert not inside()
    assert records()


def test_modes_belong_to_their_thread():
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append(records()))
        thread.start()
        thread.join()
        assert not records()
    assert seen == [True]


def test_leaves_stay_leaves_and_results_inside_are_detached():
    with no_grad():
        y = X * 2
        leaf = tensor([1.0], requires_grad=True)
    assert y.is_leaf and not y.requires_grad
    assert leaf.requires_grad
