"""Tests mirror sources by name: tests/<folder>/test_<name>.py tests src/rot180/<folder>/<name>.py or .../<name>/.

Part of a large test may have its own file, whose name continues that of the source: test_<name>_<part>.py. In any
folder, test_peers.py compares with PyTorch. All other test files are listed here with their subjects.
"""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
CHECKOUT = TESTS.parent
PLACES = {"benchmarks": CHECKOUT / "benchmarks", "mutants": TESTS / "mutants"}  # sources outside src/rot180
SUBJECTS = {
    "battery": "all ops and layers",
    "docs": "the pages and docstrings",
    "examples": "the programs of examples/, which the tests name",
    "explain/browser": "the explainer's page in Chromium",
    "explain/notebooks": "the explainer in notebooks",
    "class_gallery": "the checker on layers written as classes",
    "mistakes": "the checker on a gallery of right and wrong layers",
}
OTHER_FILES = {
    "benchmarks/test_main.py": "benchmarks/__main__.py",
    "cli/test_special_files.py": "devices and pipes, in all commands that write files",
    "cli/test_wrong_options.py": "wrong options, in all commands",
    "data/test_hostile_files.py": "damaged files, in all readers",
    "functional/test_activation.py": "piecewise_activation.py and smooth_activation.py",
    "functional/test_activation_peers.py": "both beside PyTorch's",
    "functional/test_loss_peers.py": "all losses beside PyTorch's",
    "nn/test_training.py": "layers, tape and optimiser together",
    "test_extras.py": "the extras in pyproject.toml",
    "test_footprint.py": "the cost of importing the package",
    "test_imports.py": "which floor may import which",
    "test_mirrors.py": "the names of the tests",
    "test_names.py": "the names of functions",
    "test_public_names.py": "the names in rot180/__init__.py",
    "test_tiny.py": "a first check in seconds",
    "test_types.py": "the types that mypy reveals",
    "train/test_fork.py": "training before and after a fork",
}


def mirrors(test: Path) -> bool:
    """True if the name of a source is that of the test file, or a part of it that ends at an underscore."""
    if test.name == "test_peers.py":
        return True
    folder = test.relative_to(TESTS).parent
    place = PLACES.get(folder.as_posix(), CHECKOUT / "src" / "rot180" / folder)
    words = test.stem.split("_")[1:]
    names = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
    return any((place / f"{name}.py").is_file() or (place / name).is_dir() for name in names)


def has_a_subject(test: Path) -> bool:
    name = test.relative_to(TESTS).as_posix()
    return name in OTHER_FILES or any(name.startswith(f"{folder}/") for folder in SUBJECTS)


@pytest.mark.parametrize("test", sorted(TESTS.rglob("test_*.py")), ids=lambda test: test.relative_to(TESTS).as_posix())
def test_a_test_file_mirrors_a_source_or_is_listed(test: Path) -> None:
    assert mirrors(test) or has_a_subject(test), "rename it after the source that it tests, or list it here"


def test_every_listed_file_is_there_and_mirrors_no_source() -> None:
    for name in OTHER_FILES:
        assert (TESTS / name).is_file() and not mirrors(TESTS / name), name
    assert all((TESTS / folder).is_dir() for folder in SUBJECTS)
