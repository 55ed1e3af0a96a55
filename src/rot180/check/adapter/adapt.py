"""`adapt`: reads the user's functions or class, and describes how to call them.

Internal to check/.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..operations import Definition
from . import layouts, signature
from .adapter import Adapter
from .classes.pair import is_class, pair_of
from .settings import SettingsAdapter
from .signature import Call, CallingError, Vocabulary


def adapt(
    forward: Callable[..., Any] | None, backward: Callable[..., Any] | None, definition: Definition,
    settings: Mapping[str, Any] | None = None, *, layout: str = "channels_first",
    forward_arguments: Sequence[str] | None = None, backward_arguments: Sequence[str] | None = None,
    returns: Sequence[str] | None = None,
) -> Adapter:  # fmt: skip
    """Return the functions, or the methods of a class, with a description of how to call them.

    Args:
        forward: None if only the backward is checked, against the gradients of the operation.
        settings: the fixed settings that the user states.
        layout, forward_arguments, backward_arguments, returns: as for `check.layer`.

    Raises CallingError if the parameter names do not show how to call the functions.
    """
    given, gradients = dict(settings or {}), definition.gradients_of
    if returns is not None and (len(set(returns)) < len(returns) or not set(returns) <= set(gradients)):
        raise ValueError(
            f"check.layer: returns is {', '.join(map(repr, returns))}, but {definition.name} has gradients of "
            f"{', '.join(gradients)}, each at most once"
        )
    has_forward = forward is not None
    if forward is None:
        forward = _operation_itself(backward, definition, backward_arguments)
    pair = pair_of(forward, definition, given) if is_class(forward, backward, definition) else None
    if pair is not None:
        forward, backward, returns = pair.forward, pair.backward, returns or pair.returns
        layout = "channels_first"  # the layout of the pair: the layout of the class was found by trying it
    form = layouts.form_of(layouts.find(layout, definition))
    on_forward, on_backward = _read(forward, backward, definition, forward_arguments, backward_arguments)
    _require_parts(on_forward, on_backward, definition)
    settings_adapter = SettingsAdapter(definition, on_forward, on_backward, backward)
    arguments = tuple(name for name in definition.arguments if name in on_forward.names)
    return Adapter(
        forward, backward, definition, on_forward, on_backward, settings_adapter, form, form, arguments,
        declared=tuple(returns or (name for name in gradients if name in arguments)),
        is_ordered=returns is not None or len(gradients) < 2,
        settings={**settings_adapter.code_settings(given), **given},
        assumptions=(*(pair.remarks if pair else ()), *settings_adapter.remarks(given)),
        one_sample=pair is not None and pair.one_sample,
        one_channel=pair is not None and pair.one_channel,
        has_forward=has_forward,
    )  # fmt: skip


def _operation_itself(
    backward: Callable[..., Any] | None, definition: Definition, backward_arguments: Sequence[str] | None
) -> Callable[..., Any]:
    """A placeholder for a forward that the user did not pass. It has the operation's arguments and is never called.

    Raises CallingError if the backward needs a cache, which only a real forward returns.
    """
    if backward is None:
        raise CallingError("check.layer: got neither a forward nor a backward; pass at least a backward")
    vocabulary = Vocabulary("backward", definition.arguments, _settings_of(definition))
    call = signature.read_signature(backward, backward_arguments, vocabulary)
    if "cache" in call.names:
        raise CallingError(
            "check.layer: the backward takes a cache, which only a forward returns; pass the forward too, or a "
            f"backward of {', '.join(('dy', *definition.arguments))}"
        )
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(name, kind) for name in definition.arguments]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None)
        for name in call.accepted(_settings_of(definition))
    ]

    def forward(*_: Any, **__: Any) -> Any:
        raise AssertionError("the operation itself is computed instead")

    forward.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return forward


def _settings_of(definition: Definition) -> tuple[str, ...]:
    """The settings that a function can take as parameters, including the kernel size."""
    known = definition.settings
    return (*known, "kernel_size") if definition.axes and "kernel_size" not in known else known


def _read(
    forward: Callable[..., Any], backward: Callable[..., Any] | None, definition: Definition,
    forward_arguments: Sequence[str] | None, backward_arguments: Sequence[str] | None,
) -> tuple[Call, Call | None]:  # fmt: skip
    """Read the signatures of both functions."""
    known, names = definition.arguments, _settings_of(definition)
    on_forward = signature.read_signature(forward, forward_arguments, Vocabulary("forward", known, names))
    if backward is None:
        return on_forward, None
    vocabulary = Vocabulary("backward", known, names, on_forward.meanings)
    return on_forward, signature.read_signature(backward, backward_arguments, vocabulary)


def _require_parts(on_forward: Call, on_backward: Call | None, definition: Definition) -> None:
    """Raise CallingError if a required parameter or the backward is missing."""
    missing = [a for a in definition.arguments if a not in on_forward.names and a not in definition.optional]
    if missing:
        raise CallingError(
            f"check.layer: the forward has no parameter for {' and '.join(missing)}; rename its parameters, or "
            "list their meanings in order with forward_arguments="
        )
    if on_backward is None and not definition.loss:
        raise CallingError(
            f"check.layer: {definition.name} needs a backward; only a loss can be a single function that "
            "returns (loss, dx)"
        )
    takes_dy = on_backward is not None and "dy" in on_backward.names
    if not takes_dy and not definition.loss:
        raise CallingError(
            "check.layer: the backward has no parameter for dy, the gradient of the result; name one dy, or list "
            "the meanings of its parameters in order with backward_arguments="
        )
