"""The DATA argument of the commands: a named data set, or a path to the user's own images."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import Group, UsageError
from .output import one_line, say

if TYPE_CHECKING:
    from ..data import LabelledImages

MAX_NAMED = 5  # at most this many unreadable files are listed by name


def add_files_folder(group: Group) -> None:
    """Add --data to `train`: the folder that contains the files of a named data set."""
    group.add_argument(
        "--data", dest="root", metavar="DIR",
        help="folder with the files of a named data set (default: the download cache)",
    )  # fmt: skip


def add_moved_data(group: Group) -> None:
    """Add --data to commands that read the data of a training run again."""
    group.add_argument(
        "--data", dest="root", metavar="DIR",
        help="file or folder that now holds the images of the run (default: the path used for training)",
    )  # fmt: skip


def require_place(root: str | None) -> None:
    """Raise UsageError if --data names a path that does not exist."""
    if root is not None and not Path(root).exists():
        raise UsageError(f"--data: there is no file or folder {root}")


def check_download(source: str, download: bool, mirror: str | None) -> None:
    """Raise UsageError if --download or --mirror cannot be used with this data set. Nothing is downloaded."""
    if mirror is not None and not download:
        raise UsageError("--mirror needs --download")
    if download and Path(source).exists() and source not in _known():
        raise UsageError(f"--download is for named data sets; {source} is a path")


def fetch(source: str, root: str | None, mirror: str | None) -> None:
    """Download a named data set, unless its files are already there."""
    from .. import data

    folder = data.download(source, root, mirror)
    say(f"the files of {source} are in {folder}")


def load(source: str, root: str | None, options: dict[str, Any]) -> tuple[LabelledImages, LabelledImages]:
    """Read the training images and the held-out images; their attribute `about` records how to find the images again.

    Args:
        source: the name of a data set, or the path of the user's images.
        root: the folder that contains the files of a named data set.
        options: keyword arguments of `data.load_parts`; allowed only if `source` is a path.
    """
    from .. import data

    train, test = data.load_parts(source, root, **options)
    if len(train.classes) < 2:
        raise UsageError(f"{source} has only the class {train.classes[0]!r}; a classifier needs at least two")
    for part in (train, test):
        if root is not None:
            part.about["root"] = os.path.abspath(root)
    return train, test


def name_of(source: str) -> str:
    """The name of the data, as it is used in the name of the run's folder."""
    path = Path(source)
    if not path.exists() or source in _known():
        return source
    return path.resolve().name if path.is_dir() else path.stem


def skipped_line(images: LabelledImages) -> str | None:
    """One line that lists the first skipped files with the reasons, or None if no file was skipped."""
    skipped = images.skipped
    if not skipped:
        return None
    named = "; ".join(one_line(f"{file}: {reason}") for file, reason in skipped[:MAX_NAMED])
    more = f"; and {len(skipped) - MAX_NAMED} more" if len(skipped) > MAX_NAMED else ""
    files = "1 unreadable file" if len(skipped) == 1 else f"{len(skipped)} unreadable files"
    return f"skipped {files}: {named}{more}"


def held_out(config: dict[str, Any], run: str, root: str | None = None) -> LabelledImages:
    """Read the held-out images of a run again.

    Args:
        config: the config of the run.
        run: its folder, for messages.
        root: the path of the data now: the folder with the files of a named data set, or the path of the user's images
            (default: the path used for training).

    Raises UsageError if the config does not name the data, or if the data are not found or have changed.
    """
    about = config.get("data")
    if about is None:
        raise UsageError(f"{run} was trained on arrays, so its held-out images cannot be read again")
    name, path = about.get("name"), about.get("path")
    try:
        train, test = _find(config, about, root)
    except FileNotFoundError as error:
        raise UsageError(
            f"cannot find the images of {run}: {error.strerror}; pass their current path with --data"
        ) from error
    if train is None:
        raise UsageError(f"{run} was trained on {name!r}, which is neither a path nor one of {', '.join(_known())}")
    place = root or path or about.get("root") or name
    for key in ("sha256", "split_seed"):
        if train.about.get(key) != about.get(key):
            raise UsageError(
                f"the images in {place} are not those that {run} was trained on ({key} differs), so its training "
                "images may be among the held-out ones"
            )
    return test


def _find(config: dict[str, Any], about: dict[str, Any], root: str | None) -> Any:
    """The training and held-out images named in a config, or (None, None) if the data set is unknown."""
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

    return data.registry.names()
