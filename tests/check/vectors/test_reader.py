"""The index and the answers of a folder: only those of a set are accepted, and the reason of a refusal is named."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from rot180.check import vectors
from rot180.check.vectors.cases import VectorSet, convolution
from rot180.check.vectors.reader import changed_files, read_answer, read_set
from rot180.errors import FormatError

INDEX = "rot180-vectors.json"
LINEAR = convolution("linear")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Vectors of a linear layer: two cases, 000 and 001."""
    vectors.export(tmp_path / "cases", "linear", "tiny")
    return tmp_path / "cases"


# ---- the index ----


def test_set_of_an_index(folder: Path) -> None:
    assert read_set(folder) == VectorSet(LINEAR, "tiny", 0)
    assert read_set(folder, "linear", "tiny", 0) == read_set(folder, seed=0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"format": "vectors"},
            r"rot180-vectors.json is not an index of vectors; write one with rot180 vectors export",
        ),
        ({"version": 1}, "has format version 1; this version of rot180 reads version 2; export the vectors again"),
        ({"version": "9" * 1000}, r"has format version '9{79}; this"),
        ({"op": "conv2"}, "op must be one of conv1d, .*, linear; got 'conv2'; export the vectors again"),
        ({"op": "max_pool2d"}, "op must be one of conv1d, .*; got 'max_pool2d'"),
        ({"op": ["linear"]}, "op must be one of"),
        ({"set": "easy"}, "the set must be one of tiny, standard, exhaustive; got 'easy'; export the vectors again"),
        ({"set": {}}, "the set must be one of"),
        ({"seed": -1}, "the seed must be an integer from 0 to 9223372036854775807; got -1; export the vectors again"),
        ({"seed": 1.0}, "the seed must be an integer"),
        ({"seed": True}, "the seed must be an integer"),
        ({"seed": 10**30}, "the seed must be an integer"),
        ({"seed": None}, "the seed must be an integer"),
        (
            {"cases": ["000"]},
            "set tiny, seed 0: it lists 1 case, but the set has 2; export the vectors again with",
        ),
        ({"cases": ["000", "001", "002"]}, "it lists 3 cases, but the set has 2"),
        ({"cases": []}, "it lists 0 cases"),
        ({"cases": ["000", "000"]}, "it lists '000' instead of '001'"),
        ({"cases": ["../x", "001"]}, r"it lists '\.\./x' instead of '000'"),
        ({"cases": ["000", "/etc"]}, "it lists '/etc' instead of '001'"),
        ({"cases": ["000", None]}, "it lists None instead of '001'"),
        ({"cases": "000"}, "'cases' must be a list of names"),
        ({"op": "conv1d"}, "does not list the cases of conv1d, set tiny, seed 0: it lists 2 cases, but"),
    ],
)
def test_index_that_was_changed(folder: Path, changes: dict[str, object], message: str) -> None:
    record = json.loads((folder / INDEX).read_text())
    (folder / INDEX).write_text(json.dumps({**record, **changes}))
    with pytest.raises(FormatError, match=rf"vectors\.verify: {re.escape(str(folder))}.*{message}"):
        read_set(folder)


@pytest.mark.parametrize("name", ["op", "set", "seed", "cases"])
def test_index_that_lacks_something(folder: Path, name: str) -> None:
    record = json.loads((folder / INDEX).read_text())
    del record[name]
    (folder / INDEX).write_text(json.dumps(record))
    with pytest.raises(FormatError, match=f"rot180-vectors.json does not contain {name}; export the vectors again"):
        read_set(folder)


@pytest.mark.parametrize("text", ["[]", "3", '"rot180-vectors"', "null"])
def test_index_that_is_not_an_object(folder: Path, text: str) -> None:
    (folder / INDEX).write_text(text)
    with pytest.raises(FormatError, match=r"is not an index of vectors; write one with rot180 vectors export"):
        read_set(folder)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"op": "conv2d"}, "has op 'linear'; 'conv2d' is required"),
        ({"which": "exhaustive"}, "has set 'tiny'; 'exhaustive' is required"),
        ({"seed": 8153}, "has seed 0; 8153 is required"),
        ({"op": "linear", "which": "tiny", "seed": 1}, "has seed 0; 1 is required"),
    ],
)
def test_index_that_differs_from_the_required_values(folder: Path, given: dict[str, object], message: str) -> None:
    with pytest.raises(FormatError, match=f"{INDEX} {message}"):
        read_set(folder, **given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"op": "conv2"}, "unknown operation 'conv2': did you mean 'conv2d'"),
        ({"op": "relu"}, "vectors: 'relu' has no vectors; the operations with vectors are conv1d"),
        ({"which": "easy"}, "vectors: the set must be one of tiny, standard, exhaustive; got 'easy'"),
        ({"seed": -1}, "vectors: the seed must be an integer from 0 to 9223372036854775807; got -1"),
    ],
)
def test_values_that_are_unknown(folder: Path, given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_set(folder, **given)


def test_folder_without_an_index(tmp_path: Path) -> None:
    with pytest.raises(
        FormatError, match=rf"{INDEX} does not exist; write vectors with rot180 vectors export, or pass"
    ):
        read_set(tmp_path, op="linear", which="tiny")
    assert read_set(tmp_path, "linear", "tiny", 3) == VectorSet(LINEAR, "tiny", 3)
    with pytest.raises(FormatError, match="nowhere does not exist; pass a folder with vectors"):
        read_set(tmp_path / "nowhere", "linear", "tiny", 3)
    (tmp_path / "file").touch()
    with pytest.raises(FormatError, match="file is not a folder; pass a folder with vectors"):
        read_set(tmp_path / "file")
    with pytest.raises(FormatError, match="does not exist; pass a folder with vectors"):
        read_set(Path("a\0b"))
    (tmp_path / INDEX).symlink_to("/dev/zero")
    with pytest.raises(FormatError, match=rf"{INDEX} is a symbolic link"):
        read_set(tmp_path, "linear", "tiny", 3)


# ---- the answers ----


@pytest.fixture
def answer(folder: Path) -> Path:
    """An answer as .npy files."""
    (folder / "000" / "answer").mkdir()
    np.save(folder / "000" / "answer" / "y.npy", np.ones((2, 3)))
    return folder / "000" / "answer"


def test_answer_as_files(answer: Path) -> None:
    (answer / "notes.txt").write_text("other files are not read")
    assert list(read_answer(answer.parent, LINEAR)) == ["y"]
    np.save(answer / "db.npy", np.ones(3))
    assert list(read_answer(answer.parent, LINEAR)) == ["y", "db"]


def test_answer_as_json(folder: Path) -> None:
    (folder / "000" / "answer.json").write_text('{"dx": {"shape": [1], "data": [2]}, "time": "3 ms"}')
    assert {name: a.tolist() for name, a in read_answer(folder / "000", LINEAR).items()} == {"dx": [2]}


def test_answer_that_is_missing(folder: Path) -> None:
    assert read_answer(folder / "000", LINEAR) == {} == read_answer(folder / "nowhere", LINEAR)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", r"answer\.json must contain a JSON object"),
        ("{", r"answer\.json is not valid JSON"),
        ("[" * 100_000, r"answer\.json has more than 100 lists and objects"),
        ('{"y": null}', r"answer\.json: y must be an object with 'shape' and as many numbers in 'data'"),
    ],
)
def test_json_that_is_not_an_answer(folder: Path, text: str, message: str) -> None:
    (folder / "000" / "answer.json").write_text(text)
    with pytest.raises(FormatError, match=rf"vectors\.verify: .*000/{message}"):
        read_answer(folder / "000", LINEAR)


def test_answers_in_both_formats(answer: Path) -> None:
    (answer.parent / "answer.json").write_text("{}")
    with pytest.raises(FormatError, match=r"000 has both answer\.json and a folder answer; remove one of them"):
        read_answer(answer.parent, LINEAR)


@pytest.mark.parametrize("name", ["answer.json", "answer", "answer/y.npy", "../001"])
@pytest.mark.parametrize(
    ("replace", "message"),
    [
        (os.mkfifo, "is a named pipe"),
        (lambda path: path.symlink_to("/dev/zero"), "is a symbolic link, which is not followed"),
        (lambda path: path.symlink_to("nowhere"), "is a symbolic link, which is not followed"),
    ],
    ids=["pipe", "link to a device", "broken link"],
)
def test_answers_that_are_not_files(folder: Path, name: str, replace, message: str) -> None:
    """A broken link is an error too. Otherwise the report would say that the case has no answer."""
    path = folder / "000" / name
    path.parent.mkdir(exist_ok=True)
    if path.is_dir():
        path.rename(folder / "moved")
    replace(path)
    with pytest.raises(FormatError, match=rf"vectors\.verify: .*{path.name} {message}"):
        read_answer(folder / "001" if path.name == "001" else folder / "000", LINEAR)


def test_files_instead_of_folders(answer: Path, folder: Path) -> None:
    (answer / "dx.npy").mkdir()
    with pytest.raises(FormatError, match=r"dx\.npy is a folder; a regular file is needed"):
        read_answer(answer.parent, LINEAR)
    (folder / "001" / "answer").touch()
    with pytest.raises(FormatError, match=r"001/answer is a regular file; a folder is needed"):
        read_answer(folder / "001", LINEAR)


def test_answer_with_a_lying_header(answer: Path) -> None:
    data = (answer / "y.npy").read_bytes()
    (answer / "y.npy").write_bytes(data.replace(b"(2, 3)", b"(9, 3)"))
    with pytest.raises(
        FormatError, match=r"000/answer/y\.npy declares shape \(9, 3\) of float64, 216 bytes, but has 48"
    ):
        read_answer(answer.parent, LINEAR)


# ---- the inputs ----


@pytest.mark.parametrize("results", [True, False])
def test_files_as_they_were_exported(tmp_path: Path, results: bool) -> None:
    problems = VectorSet(convolution("conv_transpose2d"), "tiny", 3).problems()
    for name in vectors.export(tmp_path, "conv_transpose2d", "tiny", 3, results=results):
        text = (tmp_path / name / "settings.txt").read_bytes().replace(b"\n", b"\r\n")
        (tmp_path / name / "settings.txt").write_bytes(text)
        assert changed_files(tmp_path / name, convolution("conv_transpose2d"), problems[name]) == []


@pytest.mark.parametrize("name", ["case.json", "settings.txt", "x.npy", "dy.npy", "y.npy", "db.npy"])
@pytest.mark.parametrize("content", ["", "changed", "pipe", "link", "removed", "of the other case"])
def test_files_that_were_changed(folder: Path, name: str, content: str) -> None:
    path = folder / "000" / name
    data = path.read_bytes()
    path.unlink()
    if content == "pipe":
        os.mkfifo(path)
    elif content == "link":
        path.symlink_to(folder / "001" / name)
    elif content == "of the other case":
        path.write_bytes((folder / "001" / name).read_bytes())
    elif content != "removed":
        path.write_bytes(data.replace(b"0", b"7", 1)[:-1] + b"7" if content else b"")
    changed = changed_files(folder / "000", LINEAR, read_set(folder).problems()["000"])
    same = content == "removed" or (content, name) == ("of the other case", "settings.txt")
    assert changed == ([] if same else [name])
