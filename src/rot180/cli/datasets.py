"""What commands take as data: a set by its name, or the path of images of one's own."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import UsageError, one_line

if TYPE_CHECKING:
    from ..data import LabelledImages

SHOWN = 5  # files that could not be read are named up to this number


def add_place(parser: Any) -> None:
    """The option that says where the files of a named set lie, to train on."""
    parser.add_argument(
        "--data", dest="root", metavar="DIR", help="where the files of a named set lie; default: where downloads go"
    )


def add_new_place(parser: argparse.ArgumentParser) -> None:
    """The option that says where the images of a run are now."""
    parser.add_argument(
        "--data", dest="root", metavar="DIR", help="where the images are now; default: where they were when it trained"
    )


def fetch(source: str, root: str | None, mirror: str | None) -> None:
    """Download a named set, unless its files are there."""
    from .. import data

    if Path(source).exists() and source not in _known():
        raise UsageError(f"--download is for a data set with a name; {source} is a path")
    folder = data.download(source, root, mirror)
    print(f"the files of {source} are in {folder}", flush=True)


def load(source: str, root: str | None, options: dict[str, Any]) -> tuple[LabelledImages, LabelledImages]:
    """The images to train on and those held out, each with what is needed to find them again in `about`.

    `options` are those of `data.load_parts` for images of one's own; for a named set they must be empty.
    """
    from .. import data

    train, test = data.load_parts(source, root, **options)
    if len(train.classes) < 2:
        raise UsageError(f"{source} has only the class {train.classes[0]!r}; at least two are needed to tell apart")
    for part in (train, test):
        if root is not None:
            part.about["root"] = os.path.abspath(root)
    return train, test


def name_of(source: str) -> str:
    """What to call the data in a folder's name."""
    path = Path(source)
    if not path.exists() or source in _known():
        return source
    return path.resolve().name if path.is_dir() else path.stem


def say_skipped(images: LabelledImages) -> list[str]:
    """A line for the files that were left out, the first of them named."""
    skipped = images.skipped
    if not skipped:
        return []
    named = "; ".join(one_line(f"{file}: {reason}") for file, reason in skipped[:SHOWN])
    more = f"; and {len(skipped) - SHOWN} more" if len(skipped) > SHOWN else ""
    files = "1 file that cannot be read" if len(skipped) == 1 else f"{len(skipped)} files that cannot be read"
    return [f"left out {files}: {named}{more}"]


def held_out(config: dict[str, Any], run: str, root: str | None = None) -> LabelledImages:
    """The test part of the data that a run was trained on.

    Args:
        config: of the run.  run: its folder, for messages.
        root: where the data lie now: of a named set the folder of its files, else the images themselves; by default
            where they were.

    Raises UsageError if the run does not say what its data were, if they are not there, or if what is found is not what
    it was trained on.
    """
    about = config.get("data")
    if about is None:
        raise UsageError(f"{run} was trained on data of its own, which cannot be found by name")
    name, path = about.get("name"), about.get("path")
    try:
        train, test = _find(config, about, root)
    except FileNotFoundError as error:
        raise UsageError(
            f"the images that {run} was trained on are not found: {error.strerror}; --data says where they are now"
        ) from error
    if train is None:
        raise UsageError(f"{run} was trained on {name!r}, which is neither a path nor one of {', '.join(_known())}")
    place = root or path or about.get("root") or name
    for key in ("sha256", "split_seed"):
        if train.about.get(key) != about.get(key):
            raise UsageError(
                f"{run} was trained on other images than those found now in {place} ({key} differs): "
                "among the held-out ones may be some that it was trained on"
            )
    return test


def _find(config: dict[str, Any], about: dict[str, Any], root: str | None) -> Any:
    """The parts that a run's config tells of, trained on and held out; (None, None) if it tells of none."""
    from .. import data

    name, path, recipe = about.get("name"), about.get("path"), config.get("model")
    if isinstance(path, str) and recipe is not None:
        options = {"share": about["held_out"], "seed": about["split_seed"]} if "held_out" in about else {}
        if name == "folder":
            channels, height, width = recipe["input_shape"]
            options |= {"size": (height, width), "channels": channels}
        elif "layout" in about:
            options["layout"] = about["layout"]
        return data.load_parts(root or path, **options)
    if name in _known():
        return data.load_parts(name, root or about.get("root"))
    return None, None


def _known() -> list[str]:
    from .. import data

    return data.named.names()
