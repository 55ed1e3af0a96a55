"""Read how to call the user's functions from the names of their parameters.

    forward(x, w, b)                            or other names for these; without b, the layer has no bias
    forward(x, w, b, stride=1, padding=0)       settings by keyword, under any of their usual names; all of them are
                                                passed, whatever their defaults
    forward(x, w, b, conv_param)                or in a dict, as in CS231n: {"stride": 2, "pad": 1}
    backward(dy, cache)                         if forward returns (y, cache); the parameters can have any names
    backward(dy, x, w, b)                       in any order, by name
    backward(dy, y)                             y, out or probs is the result of the forward
    backward(x, t)                              the backward of a loss; also (x, t, dy), (dy, cache), (cache)

If the names are not enough, `forward_arguments` and `backward_arguments` list the meanings in order. settings.py
converts settings, forms.py converts arrays, and results.py splits the results.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...errors import Rot180Error

ALIASES = {  # if a name is in several rows, the first meaning that the operation has applies
    "stride": "stride strides s step",
    "padding": "padding pad pads p",
    "t": "t y target targets label labels y_true ytrue truth onehot one_hot",
    "y": "y out output outputs result p probs prob probabilities s a activation y_out yhat y_hat",
    "x": "x input inputs inp image images img data a_prev aprev prev a z z_in feature features act layer_input logits "
    "logit scores score pred preds prediction predictions predicted y_pred ypred y_hat yhat output outputs out s in "
    "input_data feature_map feature_maps signal batch input_array y_predict",
    "w": "w weight weights kernel kernels kern conv_w filter filters filt f k theta kernal",
    "b": "b bias biases w0",
    "dy": "dy dout dz dout_ gy g grad grad_output grad_out upstream delta d_out dl_dy dldy dl_dout dl_dz douts doutput "
    "output_gradient out_grad output_grad gradient error err dupstream da dloss "
    "grad_y dh dscores d_l_d_out dl_d_out d dldz dlda dl_da dvalues accum_grad top_grad top_diff next_dz da_curr de_dy "
    "prev_grad error_tensor upstream_grad upstream_gradient",
    "gamma": "gamma gammas weight weights w scale g",
    "beta": "beta betas bias b shift offset",
    "cache": "cache ctx context saved cached memory tape",
    "dilation": "dilation dilations dil rate dilation_rate",
    "groups": "groups group n_groups num_groups feature_group_count",
    "output_padding": "output_padding out_pad outpad out_padding adj",
    "kernel_size": "kernel_size kernel ksize pool_size pool window window_size size k f kernel_shape pool_shape "
    "filter_shape",
    "eps": "eps epsilon",
    "negative_slope": "negative_slope slope alpha leak",
    "reduction": "reduction",
    "normalized_shape": "normalized_shape",
}
DICTS = (
    "conv_param conv_params pool_param pool_params bn_param bn_params ln_param ln_params param params hparameters "
    "hparams hyperparameters options config cfg settings"
)
_MEANINGS: dict[str, list[str]] = {}
for _name, _aliases in ALIASES.items():
    for _alias in _aliases.split():
        _MEANINGS.setdefault(_alias, []).append(_name)


class CallingError(Rot180Error, TypeError):
    """The meanings of a function's parameters or results cannot be read from their names."""


@dataclass(frozen=True)
class Call:
    """How to call one function.

    Attributes:
        names: the meanings of its positional arguments: "x", "dy", "y" (the result), "cache", "settings" or a setting.
        keywords: maps each setting that is passed by keyword to the name of its parameter.
        by_name: maps each meaning in `names` that cannot be passed by position to the name of its parameter.
        defaults: maps each setting, and dy, to its default in the code.
        passed_over: maps each parameter whose meaning is unknown to its default, which it keeps.
        meanings: maps each parameter's name to its meaning.
    """

    names: tuple[str, ...]
    keywords: Mapping[str, str]
    by_name: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    passed_over: Mapping[str, Any] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)

    def accepted(self, settings: Sequence[str]) -> tuple[str, ...]:
        """The settings that can be passed one by one."""
        return tuple(name for name in settings if name in self.keywords or name in self.names)


@dataclass(frozen=True)
class Vocabulary:
    """The possible meanings of the parameters of a function: arguments of the operation, settings, and others."""

    role: str  # "forward" or "backward"
    arguments: tuple[str, ...]
    settings: tuple[str, ...]
    before: Mapping[str, str] = field(
        default_factory=dict
    )  # the meanings of names in the forward also apply to the backward

    @property
    def passed(self) -> tuple[str, ...]:
        """The meanings whose values the checker can pass, whether the function takes them or not."""
        if self.role == "forward":
            return (*self.arguments, "settings")
        result = () if "t" in self.arguments else ("y",)
        return (*self.arguments, "settings", "dy", "cache", *result)

    def meaning_of(self, name: str) -> str | None:
        """The meaning of a parameter of this name, or None."""
        lower = name.lower().strip("_")
        if lower in DICTS.split():
            return "settings"
        if name in self.before:
            return self.before[name]
        known = (*self.passed, *self.settings)
        return next((meaning for meaning in _MEANINGS.get(lower, ()) if meaning in known), None)

    def example(self, count: int = 0) -> tuple[str, ...]:
        """An example of `forward_arguments` or `backward_arguments`, for a function with `count` required
        parameters.
        """
        if self.role == "backward" and count == 2 and len(self.arguments) > 1:
            return ("dy", "cache")
        return ("dy", *self.arguments) if self.role == "backward" else self.arguments


def read_signature(function: Callable[..., Any], given: Sequence[str] | None, vocabulary: Vocabulary) -> Call:
    """Read how to call a function from its signature, or from the meanings `given` in order."""
    if given is not None:
        known = (*vocabulary.passed, *vocabulary.settings)
        unknown = [name for name in given if name not in known]
        if unknown:
            raise CallingError(
                f"check.layer: {vocabulary.role}_arguments contains {', '.join(map(repr, unknown))}; it can contain "
                f"{', '.join(known)}"
            )
        return Call(tuple(given), {})
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise CallingError(
            f"check.layer: cannot read the signature of the {vocabulary.role}; list its arguments in order, for "
            f"example {vocabulary.role}_arguments={vocabulary.example()!r}"
        ) from None
    parameters = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    reader, unknown = _read(parameters, vocabulary)
    if vocabulary.role == "backward" and (unknown or "dy" not in reader.names):
        pair = _dy_and_cache(parameters, vocabulary)
        if pair is not None:
            reader, unknown = _read(parameters, replace(vocabulary, before={**vocabulary.before, **pair}))
    if unknown:
        raise CallingError(_unknown_parameter(function, unknown[0], parameters, vocabulary))
    return reader.call


def _read(parameters: Sequence[inspect.Parameter], vocabulary: Vocabulary) -> tuple[_SignatureReader, list[str]]:
    """Read the parameters. Also return the names of required parameters whose meaning is unknown."""
    reader = _SignatureReader(vocabulary)
    return reader, [parameter.name for parameter in parameters if not reader.take(parameter)]


def _dy_and_cache(parameters: Sequence[inspect.Parameter], vocabulary: Vocabulary) -> Mapping[str, str] | None:
    """The meanings of the two required parameters of a backward, if their names are unknown; None if there are not two.

    They are dy and the cache. For an operation whose only argument is x, one of them can also be named x or y.
    """
    required = [parameter.name for parameter in parameters if parameter.default is parameter.empty]
    if len(required) != 2 or "t" in vocabulary.arguments:
        return None
    meanings = [vocabulary.meaning_of(name) for name in required]
    if len(vocabulary.arguments) == 1 and {"x", "y"} & set(meanings):
        named = [meaning for meaning in meanings if meaning is not None]
        if len(named) != 1:
            return None
        order = tuple(meaning or "dy" for meaning in meanings)
    else:
        order = ("cache", "dy") if meanings[1] == "dy" or meanings[0] == "cache" else ("dy", "cache")
    return dict(zip(required, order, strict=True))


class _SignatureReader:
    """Reads the parameters of one function one by one."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.names: list[str] = []
        self.keywords: dict[str, str] = {}
        self.by_name: dict[str, str] = {}
        self.defaults: dict[str, Any] = {}
        self.passed_over: dict[str, Any] = {}
        self.meanings: dict[str, str] = {}
        self.skipped = False  # True after a parameter that keeps its default, because later ones must be passed by name

    @property
    def call(self) -> Call:
        """How to call a function with the parameters read so far."""
        return Call(tuple(self.names), self.keywords, self.by_name, self.defaults, self.passed_over, self.meanings)

    def take(self, parameter: inspect.Parameter) -> bool:
        """Take one parameter. Returns False if it is required but its meaning is unknown."""
        name, required = parameter.name, parameter.default is parameter.empty
        meaning = self.vocabulary.meaning_of(name)
        if meaning == "y" and not required and {"x", "cache"} & set(self.names):
            self.skipped = True  # out=None, result=None: an output buffer, not the forward's result
            return True
        if meaning is None or meaning in self.names:
            self.skipped = True
            if not required:
                self.passed_over[name] = parameter.default
            return not required
        if parameter.kind is parameter.POSITIONAL_ONLY and self.skipped:
            self.passed_over[name] = parameter.default
            return not required
        self.meanings[name] = meaning
        keyword_only = parameter.kind is parameter.KEYWORD_ONLY
        setting = meaning in self.vocabulary.settings
        if (setting or meaning == "dy") and not required:
            self.defaults[meaning] = parameter.default
        if setting and (keyword_only or not required) and parameter.kind is not parameter.POSITIONAL_ONLY:
            self.keywords[meaning] = name
            self.skipped = True
        else:
            self.names.append(meaning)
            if keyword_only or self.skipped:
                self.by_name[meaning] = name
        return True


def _unknown_parameter(function: Any, name: str, parameters: Sequence[Any], vocabulary: Vocabulary) -> str:
    shown = ", ".join(p.name for p in parameters)
    needed = sum(p.default is p.empty for p in parameters)
    return (
        f"check.layer: {getattr(function, '__name__', vocabulary.role)}({shown}): the meaning of the parameter "
        f"{name!r} is unknown; list the meanings of all parameters in order, for example "
        f"{vocabulary.role}_arguments={vocabulary.example(needed)!r}"
    )
