"""`adapt`: reads the user's functions or class, and describes how to call them.

Internal to check/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..operations import Definition
from . import layouts, signature
from .adapter import Adapter
from .classes.pair import is_class, pair_of
from .settings import SettingsAdapter
from .signature import Call, CallingError, Vocabulary


def adapt(
    forward: Callable[..., Any], backward: Callable[..., Any] | None, definition: Definition,
    settings: Mapping[str, Any] | None = None, *, layout: str = "channels_first",
    forward_arguments: Sequence[str] | None = None, backward_arguments: Sequence[str] | None = None,
    returns: Sequence[str] | None = None,
) -> Adapter:  # fmt: skip
    """Return the functions, or the methods of a class, with a description of how to call them.

    Args:
        settings: the fixed settings that the user states.
        layout, forward_arguments, backward_arguments, returns: as for `check.layer`.

    Raises CallingError if the names of the parameters do not say how to call the functions.
    """
    given, gradients = dict(settings or {}), definition.gradients_of
    if returns is not None and (len(set(returns)) < len(returns) or not set(returns) <= set(gradients)):
        raise ValueError(
            f"check.layer: returns is {', '.join(map(repr, returns))}; {definition.name} has gradients of "
            f"{', '.join(gradients)}, each at most once"
        )
    pair = pair_of(forward, definition, given) if is_class(forward, backward, definition) else None
    if pair is not None:
        forward, backward, returns = pair.forward, pair.backward, returns or pair.returns
        layout = "channels_first"  # of the pair; the layout of the class was found by trying it
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
    )  # fmt: skip


def _read(
    forward: Callable[..., Any], backward: Callable[..., Any] | None, definition: Definition,
    forward_arguments: Sequence[str] | None, backward_arguments: Sequence[str] | None,
) -> tuple[Call, Call | None]:  # fmt: skip
    """Read the signatures of both functions."""
    known, names = definition.arguments, definition.settings
    if definition.axes and "kernel_size" not in names:
        names = (*names, "kernel_size")
    on_forward = signature.read_signature(forward, forward_arguments, Vocabulary("forward", known, names))
    if backward is None:
        return on_forward, None
    vocabulary = Vocabulary("backward", known, names, on_forward.meanings)
    return on_forward, signature.read_signature(backward, backward_arguments, vocabulary)


def _require_parts(on_forward: Call, on_backward: Call | None, definition: Definition) -> None:
    """Raise CallingError if a required part is missing."""
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
