"""The implementations of the gallery with a common interface, and versions of them that compute in float32."""

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
    """A forward and a backward.

    Attributes:
        slugs: the mistakes in them.
        options: the arguments of `check.layer`.
    """

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any] | None
    op: str
    slugs: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


def subjects():
    """All subjects, in the same order in every process."""
    subjects_in_order = [Subject(e.name, e.forward, e.backward, e.op, e.slugs, dict(e.check)) for e in gallery.ENTRIES]
    subjects_in_order += [Subject(*entry[:4], (), entry[4]) for entry in operations_right.RIGHT]
    for slug, _, name, forward, backward, op, options in operations_wrong.WRONG:
        bound = backward().backward if isinstance(backward, type) else backward
        subjects_in_order.append(Subject(name, forward, bound, op, (slug,), options))
    return subjects_in_order


def implementation(subject, returns=None, layout=None):
    """The subject as an Implementation. `returns` and `layout` are the order of its gradients and axes, if known."""
    options = subject.options
    return Implementation(
        subject.forward, subject.backward, operations.find(subject.op),
        layout or options.get("layout", "channels_first"),
        returns=returns or options.get("returns"),
    )  # fmt: skip


def single(subject):
    """The same implementation, with arguments and results converted to float32."""
    backward = subject.backward and _single(subject.backward)
    return Subject(subject.name, _single(subject.forward), backward, subject.op, subject.slugs, subject.options)


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
