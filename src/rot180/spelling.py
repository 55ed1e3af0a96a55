"""The error message for an unknown name: it suggests similar names and lists the known ones.

All commands and functions that take names use this file, so a misspelt name gets the same help everywhere. Any module
may import it.
"""

from __future__ import annotations

from collections.abc import Iterable

ENOUGH = 0.6  # similarity, from 0 to 1, above which a name is suggested
TIE = 0.05  # names that are this close to the best one are suggested with it
MAX_SUGGESTED = 3


def unknown_name(kind: str, name: object, known: Iterable[str], begin: str | None = None) -> str:
    """A message for an unknown name, e.g. "unknown model 'resnet2': did you mean 'resnet20'? The models are ...".

    Args:
        kind: the kind of thing that has the name, in the singular, for example "model".
        name: as the user wrote it.
        known: all names.
        begin: the first words of the message (default: for example "unknown model 'resnet2'").
    """
    names = list(known)
    begin = begin or f"unknown {kind} {name!r:.80}"
    suggested = suggestions(str(name), names)
    question = f": {did_you_mean(suggested)} The" if suggested else "; the"
    return f"{begin}{question} {kind}s are {', '.join(names)}"


def did_you_mean(suggested: list[str]) -> str:
    """The question that suggests names, e.g. "did you mean 'conv1d', 'conv2d' or 'conv3d'?"."""
    quoted = [repr(name) for name in suggested]
    return f"did you mean {' or '.join(filter(None, [', '.join(quoted[:-1]), quoted[-1]]))}?"


def suggestions(name: str, known: Iterable[str]) -> list[str]:
    """The known names that are most similar to `name`, best first; case, dashes and underscores are ignored."""
    from difflib import SequenceMatcher  # imported here: only a misspelt name needs it

    canonical = _canonical(name)
    similarity = {other: SequenceMatcher(None, _canonical(other), canonical).ratio() for other in known}
    best = max(similarity.values(), default=0.0)
    close = [other for other, ratio in similarity.items() if ratio >= max(ENOUGH, best - TIE)]
    return sorted(close, key=lambda other: -similarity[other])[:MAX_SUGGESTED]


def _canonical(name: str) -> str:
    return name[:80].lower().replace("_", "-")
