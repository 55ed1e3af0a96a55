"""The data sets that commands know by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .arguments import UsageError

if TYPE_CHECKING:
    from ..data import LabelledImages

NAMES = ("digits",)


def load(name: str, split: str) -> LabelledImages:
    """The "train" or "test" part of a data set; UsageError for a name that is not known."""
    from ..data import digits

    if name not in NAMES:
        raise UsageError(f"there is no data set {name!r}; there is {', '.join(NAMES)}")
    return digits(split)


def held_out(config: dict[str, Any], run: str) -> LabelledImages:
    """The test part of the data that a run was trained on; UsageError if it is not one of ours."""
    about = config.get("data")
    if about is None or about.get("name") not in NAMES:
        name = "data of its own" if about is None else repr(about.get("name"))
        raise UsageError(f"{run} was trained on {name}; only runs on {', '.join(NAMES)} can be evaluated by name")
    found = load(about["name"], "test")
    if found.about["split_seed"] != about.get("split_seed"):
        raise UsageError(f"{run} was trained on another split of {about['name']}: its test images may be in ours")
    return found
