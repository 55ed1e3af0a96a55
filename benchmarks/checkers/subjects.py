"""The implementations of the galleries with a common interface, and versions of them that compute in float32."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from rot180 import check
from rot180.check import operations
from rot180.check.adapter.adapt import adapt
from tests.class_gallery import functions
from tests.class_gallery import gallery as class_gallery
from tests.mistakes import gallery, operations_right, operations_wrong

NO_NAME = "no name"  # the mistake of a class that is not in the list of known mistakes


@dataclass(frozen=True)
class Subject:
    """A forward and a backward.

    Attributes:
        slugs: the mistakes in the two functions.
        options: the arguments of `check.layer`.
        one_channel: True if the functions take images with a single channel.
    """

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any] | None
    op: str
    slugs: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    one_channel: bool = False

    @property
    def function_options(self):
        """The arguments of `check.layer` for the two functions."""
        return self.options

    def report(self):
        """The report of rot180."""
        return check.layer(self.forward, self.backward, op=self.op, **self.options)


@dataclass(frozen=True)
class ClassSubject(Subject):
    """A layer written as a class. rot180 gets the class; the other checkers get a forward and a backward that call it.

    Attributes:
        target: the class, or the function that builds the layer.
        lines: the number of lines that the two functions need.
        returns: the arguments whose gradients the functions return.
    """

    target: Callable[..., Any] | None = None
    lines: int = 0
    returns: tuple[str, ...] | None = None

    @property
    def function_options(self):
        """The arguments of `check.layer` for the two functions, which have PyTorch's layout."""
        return {**self.options, **({"returns": self.returns} if self.returns else {})}

    def report(self):
        """The report of rot180 on the class itself."""
        return check.layer(self.target, op=self.op, **self.options)


def subjects():
    """All subjects, in the same order in every process."""
    subjects_in_order = [Subject(e.name, e.forward, e.backward, e.op, e.slugs, dict(e.check)) for e in gallery.ENTRIES]
    subjects_in_order += [Subject(*entry[:4], (), entry[4]) for entry in operations_right.RIGHT]
    for slug, _, name, forward, backward, op, options in operations_wrong.WRONG:
        bound = backward().backward if isinstance(backward, type) else backward
        subjects_in_order.append(Subject(name, forward, bound, op, (slug,), options))
    return subjects_in_order + [class_subject(entry) for entry in class_gallery.GALLERY]


def class_subject(entry):
    """A layer of the class gallery."""
    forward, backward = functions.functions(entry)
    slugs = () if entry.right else (entry.slug or NO_NAME,)
    return ClassSubject(
        entry.name, forward, backward, entry.checker_op, slugs, dict(entry.said),
        one_channel=entry.layout == "grey_image", target=entry.target, lines=functions.adapter_lines(entry),
        returns=functions.returned(entry),
    )  # fmt: skip


def implementation(subject, returns=None, form=None):
    """The subject as an Adapter, with the order of gradients (`returns`) and the form of arrays if these are known."""
    options = subject.function_options
    settings = {name: value for name, value in options.items() if name not in ("layout", "convention", "returns")}
    adapter = adapt(
        subject.forward, subject.backward, operations.find(subject.op), settings,
        layout=options.get("layout", "channels_first"), returns=returns or options.get("returns"),
    )  # fmt: skip
    adapter = replace(adapter, one_channel=subject.one_channel)
    return adapter if form is None else adapter.in_form(form)


def single(subject):
    """The same subject, with arguments and results converted to float32."""
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
