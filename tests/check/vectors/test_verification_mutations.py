"""Folders of vectors that were changed at random: only a verdict or a FormatError comes out, and no wrong one."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rot180.check import LayerReport, vectors
from rot180.check.vectors.verification import verify
from rot180.errors import FormatError, GradientError

RESULTS = ("y", "dx", "dw", "db")
COUNT = 25  # mutations per test; thousands were tried when this was written


def answer(folder: Path, change: Callable[[str, np.ndarray], np.ndarray], *, as_json: bool) -> None:
    """Answer every case of an exported folder with its results, changed."""
    for case in sorted(path for path in folder.iterdir() if path.is_dir()):
        arrays = {name: change(name, np.load(case / f"{name}.npy")) for name in RESULTS}
        if as_json:
            record = {name: {"shape": a.shape, "data": a.ravel().tolist()} for name, a in arrays.items()}
            (case / "answer.json").write_text(json.dumps(record))
        else:
            (case / "answer").mkdir()
            for name, a in arrays.items():
                np.save(case / "answer" / f"{name}.npy", a)


def rotated_dw(name: str, a: np.ndarray) -> np.ndarray:
    """A mistake: dw is rotated."""
    return a[..., ::-1] if name == "dw" else a


def export_answered(root: Path) -> dict[str, Path]:
    """Small folders with answers: right ones as .npy, right ones as JSON, and wrong ones."""
    folders = {kind: root / kind for kind in ("npy", "json", "wrong")}
    for kind, folder in folders.items():
        vectors.export(folder, "linear" if kind == "json" else "conv1d", "tiny", 7)
        answer(folder, rotated_dw if kind == "wrong" else lambda name, a: a, as_json=kind == "json")
    return folders


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders that are mutated."""
    return export_answered(tmp_path_factory.mktemp("vectors"))


def mutate(folder: Path, rng: np.random.Generator, *, answers: bool) -> None:
    """Change one file or folder at random; if `answers`, one of the answers, else one of the others."""
    paths = sorted(path for path in folder.rglob("*") if ("answer" in str(path.relative_to(folder))) == answers)
    path = paths[rng.integers(len(paths))]
    kind = int(rng.integers(8))
    if path.is_symlink() or not path.is_file() or kind == 0:
        replace_entry(path, rng)
    elif kind == 1:
        other = paths[rng.integers(len(paths))]
        path.write_bytes(other.read_bytes() if other.is_file() and not other.is_symlink() else b"")
    elif path.suffix == ".json" and kind < 6:
        path.write_text(mutated_json(path.read_text(errors="replace"), rng))
    elif path.suffix == ".npy" and kind < 6:
        rewrite_array(path, rng)
    else:
        path.write_bytes(mutated_bytes(path.read_bytes(), rng))


def replace_entry(path: Path, rng: np.random.Generator) -> None:
    """Remove a file or a folder, or put something else in its place."""
    kind = int(rng.integers(5))
    outside = path.parent / f"moved-{rng.integers(1 << 40)}"
    path.rename(outside)
    if kind == 0:
        path.symlink_to(outside.name)
    elif kind == 1:
        path.symlink_to("/dev/zero")
    elif kind == 2:
        os.mkfifo(path)
    elif kind == 3:
        path.mkdir()
    if outside.is_dir() and not outside.is_symlink() and kind:
        shutil.rmtree(outside)


def rewrite_array(path: Path, rng: np.random.Generator) -> None:
    """Change the numbers, the shape, the order of the axes or the dtype of an array that can be read."""
    try:
        array = np.load(path)
    except Exception:  # NumPy's reader raises many kinds, for example TokenError
        return
    kind = int(rng.integers(6))
    if kind == 0 and array.size:
        values = (np.nan, np.inf, -np.inf, 0, 1e38, 1e-45, 0.1, array.flat[0] * (1 + 1e-6))
        array.flat[rng.integers(array.size)] = values[rng.integers(len(values))]
    elif kind == 1:
        with np.errstate(all="ignore"):
            array = array.astype(rng.choice(["f2", ">f4", "f8", "i1", ">i8", "u8"]))
    elif kind == 2:
        array = array.reshape([(-1,), (1, *array.shape), array.shape[::-1], (*array.shape, 1)][rng.integers(4)])
    elif kind == 3:
        array = array[tuple(slice(int(rng.integers(2)), size) for size in array.shape)]
    elif kind == 4:
        array = np.asfortranarray(array.T)
    else:
        array = np.ones(rng.integers(0, 9, rng.integers(6)))
    np.save(path, array)


def mutated_bytes(data: bytes, rng: np.random.Generator) -> bytes:
    """Change, cut, repeat or insert some bytes; half of the time near the beginning, where the headers are."""
    data = bytearray(data or b"\0")
    for _ in range(rng.integers(1, 4)):
        place = int(rng.integers(min(len(data), 128) if rng.random() < 0.5 else len(data)))
        kind = int(rng.integers(5))
        if kind == 0:
            data[place] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            data[place] = int(rng.integers(256))
        elif kind == 2:
            del data[place:]
            data += b"\0" * (not data)
        elif kind == 3:
            data[place:place] = data[place : place + int(rng.integers(1, 40))]
        else:
            data[place:place] = (b"9", b"'", b"(", b"999999999999", b"[" * 50, b"1e999,")[rng.integers(6)]
    return bytes(data)


def mutated_json(text: str, rng: np.random.Generator) -> str:
    """Replace one value, at any depth, by another one."""
    try:
        record = json.loads(text)
    except ValueError:
        return text
    places = list(places_of(record))
    if not places:
        return json.dumps([record])
    holder, key = places[rng.integers(len(places))]
    values = (
        None, True, -1, 0, 1.5, 10**30, 1 << 70, float("nan"), float("inf"), "", "../x", "conv2d", [], {}, [[1]],
        [0], [1, 1], {"shape": [0], "data": []}, {"shape": [1 << 40, 0], "data": []}, [9] * 9,
    )  # fmt: skip
    holder[key] = values[rng.integers(len(values))]
    return json.dumps(record)


def places_of(record: object):
    """Yield every list or object with each of its keys."""
    for key in list(record) if isinstance(record, dict) else range(len(record)) if isinstance(record, list) else ():
        yield record, key
        yield from places_of(record[key])


def outcome(folder: Path) -> LayerReport | None:
    """The verdict, or None if there is an error that names its reason in one line."""
    try:
        report = verify(folder)
    except (FormatError, GradientError) as error:
        assert str(error).startswith("vectors.verify: ") and len(str(error)) < 1000
        return None
    assert report.render() and json.dumps(report.as_dict())
    return report


def equal_answers(folder: Path, original: Path) -> bool:
    """True if all answers hold the original numbers, as another reader sees them."""
    return all(
        np.allclose(np.load(folder / path.relative_to(original)), np.load(path), rtol=2e-3, atol=2e-3)
        for path in original.rglob("answer/*.npy")
    )


def run_mutations(original: Path, place: Path, seeds: range, *, answers: bool) -> list[bool | None]:
    """Verify a mutated copy for every seed; return the verdicts."""
    verdicts: list[bool | None] = []
    for seed in seeds:
        folder = place / str(seed)
        shutil.copytree(original, folder)
        rng = np.random.default_rng(seed)
        for _ in range(rng.integers(1, 3)):
            mutate(folder, rng, answers=answers)
        report = outcome(folder)
        if report and answers and original.name == "npy":
            assert equal_answers(folder, original), f"seed {seed}"
        verdicts.append(None if report is None else report.ok)
        shutil.rmtree(folder)
    return verdicts


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["npy", "json"])
def test_mutated_answers(originals: dict[str, Path], tmp_path: Path, kind: str) -> None:
    verdicts = run_mutations(originals[kind], tmp_path, range(COUNT), answers=True)
    assert None in verdicts and False in verdicts, "the mutations do not reach the readers and the verdict"


@pytest.mark.filterwarnings("error")
def test_mutated_inputs_never_make_wrong_answers_right(originals: dict[str, Path], tmp_path: Path) -> None:
    verdicts = run_mutations(originals["wrong"], tmp_path, range(COUNT), answers=False)
    assert True not in verdicts and False in verdicts


@pytest.mark.filterwarnings("error")
def test_mutated_inputs_never_make_right_answers_wrong(originals: dict[str, Path], tmp_path: Path) -> None:
    """Unless a mutation of the index chooses another seed."""
    verdicts = run_mutations(originals["npy"], tmp_path, range(COUNT), answers=False)
    assert True in verdicts
