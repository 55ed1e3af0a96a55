"""How the user's functions want to be called, from the names of their parameters.

    forward(x, w, b)                            or other names of theirs; a missing b means a layer without bias
    forward(x, w, b, stride=2, padding=1)       settings by keyword, under any of their usual names
    forward(x, w, b, conv_param)                or in a dict, as in CS231n: {"stride": 2, "pad": 1}
    backward(dy, cache)                         where forward returns (y, cache)
    backward(dy, x, w, b)                       in any order, by name

What the names do not say is asked for: `forward_arguments` and `backward_arguments` list them in order.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import Rot180Error

ALIASES = {
    "x": "x input inputs inp image images img data a_prev aprev prev a z_in feature features act layer_input",
    "w": "w weight weights kernel kernels kern filter filters filt f k theta",
    "b": "b bias biases",
    "dy": "dy dout dz dout_ gy g grad grad_output grad_out upstream delta d_out dl_dy dldy dl_dout dl_dz douts doutput "
    "output_gradient out_grad output_grad gradient error dupstream",
    "cache": "cache ctx context saved cached memory tape",
    "stride": "stride strides s step",
    "padding": "padding pad pads p",
    "dilation": "dilation dilations dil rate dilation_rate",
    "groups": "groups group n_groups num_groups feature_group_count",
    "output_padding": "output_padding out_pad outpad out_padding adj",
    "kernel_size": "kernel_size ksize pool_size window size",
}
DICTS = "conv_param conv_params pool_param param params hparameters hparams hyperparameters options config cfg settings"
DICT_KEYS = {"padding": ("pad", "padding"), "stride": ("stride",), "dilation": ("dilation",), "groups": ("groups",)}
_NAMED = {alias: name for name, aliases in ALIASES.items() for alias in aliases.split()}


class CallingError(Rot180Error, TypeError):
    """Functions whose parameters do not say what they take."""


@dataclass(frozen=True)
class Call:
    """How to call one function: its positional parameters by meaning, and the names under which it takes settings."""

    names: tuple[str, ...]  # of its parameters that are passed in order: "x", "dy", "cache", "settings" or a setting's
    keywords: Mapping[str, str]  # the setting's name -> the parameter's
    everything: bool  # whether it takes any keyword

    @property
    def settings(self) -> tuple[str, ...]:
        """Those it can be told."""
        return (*self.keywords, *[name for name in self.names if name in _SETTINGS])


_SETTINGS = ("stride", "padding", "dilation", "groups", "output_padding", "kernel_size")


def read(function: Callable[..., Any], given: Sequence[str] | None, role: str, known: Sequence[str]) -> Call:
    """From the signature, or from the names that were `given` in order; `known` are the arguments of the operation."""
    if given is not None:
        unknown = [name for name in given if name not in (*known, *_SETTINGS, "dy", "cache", "settings")]
        if unknown:
            raise CallingError(
                f"check.layer: {role}_arguments names {', '.join(map(repr, unknown))}; it may name "
                f"{', '.join((*known, 'dy', 'cache', 'settings', *_SETTINGS))}"
            )
        return Call(tuple(given), {}, False)
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise CallingError(
            f"check.layer: the signature of the {role} cannot be read; say its arguments in order, for example "
            f"{role}_arguments={('dy', *known) if role == 'backward' else tuple(known)!r}"
        ) from None
    names, keywords, everything = [], {}, False
    for parameter in parameters:
        if parameter.kind is parameter.VAR_KEYWORD:
            everything = True
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            continue
        meaning = meaning_of(parameter.name, known, role)
        required = parameter.default is parameter.empty
        if meaning is None and required:
            raise CallingError(_unknown(function, parameter.name, parameters, role, known))
        if meaning in _SETTINGS and (parameter.kind is parameter.KEYWORD_ONLY or not required):
            keywords[meaning] = parameter.name
        elif meaning is not None and (required or meaning in (*known, "settings")):
            names.append(meaning)
    return Call(tuple(names), keywords, everything)


def meaning_of(name: str, known: Sequence[str], role: str) -> str | None:
    """What a parameter of this name takes; None if it does not say."""
    lower = name.lower().strip("_")
    if lower in DICTS.split():
        return "settings"
    found = _NAMED.get(lower)
    if found in ("dy", "cache") and role == "forward":
        return None
    return found if found in (*known, *_SETTINGS, "dy", "cache") else None


def _unknown(function: Any, name: str, parameters: Sequence[Any], role: str, known: Sequence[str]) -> str:
    shown = ", ".join(p.name for p in parameters)
    example = ("dy", *known) if role == "backward" else tuple(known)
    return (
        f"check.layer: {getattr(function, '__name__', role)}({shown}): what {name!r} takes cannot be told from its "
        f"name; "
        f"list all in order, for example {role}_arguments={example!r}"
    )
