"""The exceptions have one base class, and each also derives from a built-in exception."""

import pickle

import pytest

import rot180
from rot180 import errors

BUILT_IN = {
    "ShapeError": ValueError,
    "DtypeError": TypeError,
    "EngineError": RuntimeError,
    "GradientError": RuntimeError,
    "FormatError": ValueError,
    "MissingExtraError": ImportError,
}


def test_all_exceptions_are_public():
    found = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert found == {*BUILT_IN, "Rot180Error"}
    assert all(getattr(rot180, name) is getattr(errors, name) for name in found)


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_can_be_caught_as_rot180_error_and_as_the_built_in(name):
    kind = getattr(errors, name)
    for caught in (kind, errors.Rot180Error, BUILT_IN[name]):
        with pytest.raises(caught, match="op: what"):
            raise kind("op: what")
    assert kind.__doc__ and str(pickle.loads(pickle.dumps(kind("op: what")))) == "op: what"
