"""no_grad, enable_grad and set_grad_enabled: as blocks, as decorators, by thread."""

import threading
from contextvars import copy_context

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

    assert records()  # the decorator itself does not switch
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


@pytest.mark.parametrize(("decorator", "expected"), [(no_grad, False), (enable_grad, True)])
def test_decorators_need_no_parentheses(decorator, expected):
    @decorator
    def inside():
        return records()

    with set_grad_enabled(not expected):
        assert inside() is expected and records() is not expected


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [(no_grad, False), (no_grad(), False), (enable_grad(), True), (lambda f: set_grad_enabled(False)(f), False)],
)
def test_a_decorated_generator_runs_inside_and_its_caller_does_not(decorator, expected):

    @decorator
    def steps():
        sent = yield records()
        yield records(), sent
        return "end"

    with set_grad_enabled(not expected):
        walk = steps()
        assert next(walk) is expected and records() is not expected
        assert walk.send(3) == (expected, 3) and records() is not expected
        with pytest.raises(StopIteration, match="end"):
            next(walk)


def test_a_decorated_generator_is_closed_with_its_caller():
    closed = []

    @no_grad()
    def steps():
        try:
            yield 1
        finally:
            closed.append(records())

    walk = steps()
    next(walk)
    walk.close()
    assert len(closed) == 1 and records()


def test_set_grad_enabled_may_be_entered_again():
    off = set_grad_enabled(False)
    for _ in range(2):
        with off:
            assert not records()
        assert records()


def test_a_block_may_be_left_in_another_context():
    def steps():
        with no_grad():
            yield

    walk = steps()
    copy_context().run(next, walk)
    copy_context().run(walk.close)  # the garbage collector does this, too
    assert records()
