"""The implementations of the gallery in one form, and each of them as code that computes in float32."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rot180.check import operations
from rot180.check.adapter.implementation import Implementation
from tests.mistakes import gallery, operations_right, operations_wrong


@dataclass(frozen=True)
class Subject:
    """A forward and a backward; `slugs` are the mistakes in them, `told` is what a checker has to be told."""

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any] | None
    op: str
    slugs: tuple[str, ...] = ()
    told: dict[str, Any] = field(default_factory=dict)


def subjects():
    """All, in an order that is the same in every process."""
    found = [Subject(e.name, e.forward, e.backward, e.op, e.slugs, dict(e.check)) for e in gallery.ENTRIES]
    found += [Subject(*entry[:4], (), entry[4]) for entry in operations_right.RIGHT]
    for slug, _, name, forward, backward, op, told in operations_wrong.WRONG:
        made = backward().backward if isinstance(backward, type) else backward
        found.append(Subject(name, forward, made, op, (slug,), told))
    return found


def implementation(subject, returns=None, layout=None):
    """With the way to call it; `returns` and `layout`: the order of its gradients and axes, if they are known."""
    told = subject.told
    return Implementation(
        subject.forward, subject.backward, operations.find(subject.op),
        layout or told.get("layout", "channels_first"),
        returns=returns or told.get("returns"),
    )  # fmt: skip


def single(subject):
    """The same code, but all that it takes and all that it returns is float32."""
    backward = subject.backward and _single(subject.backward)
    return Subject(subject.name, _single(subject.forward), backward, subject.op, subject.slugs, subject.told)


def _single(function):
    @functools.wraps(function)  # the checkers read the names of the parameters
    def narrowed(*values, **settings):
        return _narrow(function(*map(_narrow, values), **settings))

    return narrowed


def _narrow(value):
    if isinstance(value, np.ndarray | np.floating):
        return value.astype(np.float32, copy=False) if value.dtype == np.float64 else value
    if isinstance(value, tuple | list):
        return type(value)(map(_narrow, value))
    return {key: _narrow(part) for key, part in value.items()} if type(value) is dict else value
