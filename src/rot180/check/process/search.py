"""Choose the functions of a file to check: by the names that the user gave, or by the operation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..adapter.classes.words import BACKWARDS, FORWARDS
from .failure import ChildFailure, CouldNotCheckError

MAX_NAME = 200  # characters
MAX_LISTED = 12  # names in a message
LOSSES = ("softmax_cross_entropy", "mse_loss", "half_squared_error")


@dataclass(frozen=True)
class Entry:
    """A function, a class or an object of a file.

    Attributes:
        name: the name in the module.
        kind: "function", "class" or "object".
        own: True if it is defined in the file, False if it is imported.
        methods: the names of the methods of a class or an object.
    """

    name: str
    kind: str
    own: bool
    methods: tuple[str, ...] = ()


def read_contents(contents: Any) -> list[Entry]:
    """Read the child's description of the contents of the file."""
    entries = []
    for part in contents if isinstance(contents, list) else ():
        if not isinstance(part, dict) or not _is_name(part.get("name")):
            raise ChildFailure("sent a list of its functions that cannot be read, so its code could not be checked")
        methods = part.get("methods")
        names = tuple(name for name in methods if _is_name(name)) if isinstance(methods, list) else ()
        kind = part.get("kind")
        entries.append(Entry(part["name"], kind if isinstance(kind, str) else "", part.get("own") is True, names))
    return entries


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and name.isidentifier() and len(name) <= MAX_NAME


@dataclass(frozen=True)
class FunctionNames:
    """The names of a forward and its backward.

    `backward` is "" for a class, or for a function that computes both. `forward` is "" if there is only a backward.
    """

    forward: str
    backward: str
    words: tuple[str, ...]  # the words in their names, without the words for forward and backward

    @property
    def target(self) -> str:
        """The names as the user types them after the colon."""
        return ",".join(name for name in (self.forward, self.backward) if name)


FORWARD_WORDS = {"forward", "fwd", "fprop", "fw", "forwards"}
BACKWARD_WORDS = {"backward", "bwd", "bprop", "bw", "backwards", "backprop", "grad", "gradient", "back", "vjp"}
WORDS = {  # by operation: alternatives separated by semicolons; a name must have all words of one alternative
    "conv": "conv; convolution; convolve; convolutional; correlate",
    "conv_transpose": "conv transpose; conv transposed; transposed conv; deconv; deconvolution; tconv; convtranspose; "
    "transpose convolution; upconv",
    "linear": "linear; affine; dense; fc; fully connected; matmul",
    "max_pool": "max pool; maxpool; max pooling; maxpooling; pool; pooling; pool max",
    "avg_pool": "avg pool; average pool; mean pool; avgpool; average pooling; avg pooling; meanpool; pool; pooling",
    "batch_norm": "batch norm; batchnorm; bn; batch normalization; batchnormalization",
    "layer_norm": "layer norm; layernorm; ln; layer normalization; layernormalization",
    "relu": "relu",
    "leaky_relu": "leaky relu; leakyrelu; lrelu; leaky",
    "sigmoid": "sigmoid; logistic",
    "tanh": "tanh",
    "softmax": "softmax",
    "softmax_cross_entropy": "softmax cross entropy; cross entropy; crossentropy; softmax loss; xent; ce; softmax",
    "mse_loss": "mse; mean squared error; squared; l2; mse loss",
    "half_squared_error": "squared error; half squared; mse; l2; squared",
}


def choose(entries: Sequence[Entry], names: Sequence[str] | None, op: str, file: str) -> FunctionNames:
    """Return the functions to check. Raises CouldNotCheckError with the names in the file if no choice is clear.

    Args:
        entries: the contents of the file.
        names: one or two names that the user gave, or None.
        op: the name of the operation.
        file: the name of the file, for messages.
    """
    pairs = find_pairs(entries)
    if names is None:
        return _choose_by_operation(pairs, entries, op, file)
    if len(names) == 2:
        return FunctionNames(names[0], names[1], ())
    (name,) = names
    lone = [pair for pair in _lone_backwards(entries) if pair.backward == name and op not in LOSSES]
    found = [pair for pair in pairs if name in (pair.forward, pair.backward)] or lone
    return found[0] if found else FunctionNames(name, "", ())


def find_pairs(entries: Sequence[Entry]) -> list[FunctionNames]:
    """The pairs of functions and the classes, in the order of the file. Imported ones are used only if there are no
    others.
    """
    for own in (True, False):
        chosen = [entry for entry in entries if entry.own or not own]
        found = [*_function_pairs([e.name for e in chosen if e.kind == "function"]), *_class_pairs(chosen)]
        if found:
            return found
    return []


def split_words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: ("conv", "forward", "naive") for conv_forward_naive and convForwardNaive."""
    return tuple(word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+[dD]?", name))


def _function_pairs(names: Sequence[str]) -> list[FunctionNames]:
    """Pairs of functions whose names differ only in words such as forward and backward. A forward may omit the word."""
    backwards: dict[tuple[str, ...], str] = {}
    forwards: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        words = split_words(name)
        rest = tuple(word for word in words if word not in FORWARD_WORDS | BACKWARD_WORDS)
        if set(words) & BACKWARD_WORDS:
            backwards.setdefault(rest, name)
        elif set(words) & FORWARD_WORDS:
            forwards.setdefault(rest, []).insert(0, name)
        else:
            forwards.setdefault(rest, []).append(name)
    return [FunctionNames(named[0], backwards[words], words) for words, named in forwards.items() if words in backwards]


def _lone_backwards(entries: Sequence[Entry]) -> list[FunctionNames]:
    """The functions of the file whose names say that they are a backward, each without a forward."""
    names = [entry.name for entry in entries if entry.kind == "function" and entry.own]
    words = {name: split_words(name) for name in names}
    return [
        FunctionNames("", name, tuple(word for word in words[name] if word not in BACKWARD_WORDS))
        for name in names
        if set(words[name]) & BACKWARD_WORDS
    ]


def _class_pairs(entries: Sequence[Entry]) -> list[FunctionNames]:
    """The classes with a forward and a backward method. If there are none, the objects with such methods.

    Each is checked as it is.
    """
    layers = [entry for entry in entries if _has(entry, FORWARDS) and _has(entry, BACKWARDS)]
    classes = [entry for entry in layers if entry.kind == "class"]
    return [FunctionNames(entry.name, "", split_words(entry.name)) for entry in classes or layers]


def _has(entry: Entry, names: Sequence[str]) -> bool:
    """True if the entry has a method with one of these names, with or without a leading underscore."""
    return any(name in entry.methods or f"_{name}" in entry.methods for name in names)


def _choose_by_operation(pairs: Sequence[FunctionNames], entries: Sequence[Entry], op: str, file: str) -> FunctionNames:
    """The pair whose name matches the operation best, or the only pair."""
    singles = [FunctionNames(e.name, "", split_words(e.name)) for e in entries if e.own and e.kind == "function"]
    for candidates in (pairs, singles if op in LOSSES else ()):
        fits = {pair: fit(pair.words, op) for pair in candidates}
        best = [pair for pair, value in fits.items() if value and value == max(fits.values())]
        if len(best) == 1:
            return best[0]
        if best:
            break
    if len(pairs) == 1:
        return pairs[0]
    lone = [] if pairs or op in LOSSES else _lone_backwards(entries)
    if len(lone) == 1:
        return lone[0]
    names = [entry.name for entry in entries if entry.own]
    why = (
        f"has {len(pairs)} pairs: {_listed([pair.target for pair in pairs])}"
        if pairs
        else "has no pair of functions named forward and backward"
    )
    there = "" if pairs else f" (it has {_listed(names) or 'no functions'})"
    raise CouldNotCheckError(f"check: {file} {why}; choose two functions: {file}:FORWARD,BACKWARD{there}")


def fit(words: Sequence[str], op: str) -> float:
    """How well the words of a name match an operation: 0 for no match, otherwise higher for fewer additional words."""
    base, dimension = _base(op)
    text = " ".join(words).replace(" 1d", "1d").replace(" 2d", "2d").replace(" 3d", "3d")
    plain = [word[:-2] if re.fullmatch(r".+[123]d", word) else word for word in text.split()]
    found = {*plain, *map("".join, pairwise(plain))}  # "relu" is found in ReLU, whose words are Re and LU
    other = re.search(r"([123])d\b", text)
    if dimension and other and other[1] != dimension:
        return 0.0
    best = 0.0
    for meaning in WORDS[base].split("; "):
        needed = set(meaning.split())
        if needed <= found:
            best = max(best, len(needed) - 0.1 * max(0, len(plain) - len(needed)) + 0.01 * len(meaning))
    return max(best, 0.05) if best else 0.0


def _base(op: str) -> tuple[str, str]:
    """Split the name of an operation into the name without the number of axes, and this number."""
    match = re.fullmatch(r"(.+)([123])d", op)
    return (match[1], match[2]) if match else (op, "")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MAX_LISTED])
    return f"{shown} and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else shown
