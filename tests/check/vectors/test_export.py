"""Exported vectors are small, exact and agree with the library; folders with other files are left alone."""

import json

import numpy as np
import pytest

import rot180.functional as F
from rot180.check import vectors
from rot180.check.vectors.arrays import array_of
from rot180.check.vectors.cases import MAX_SEED
from rot180.errors import FormatError

OPS = ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "linear"]


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("which", ["tiny", "standard"])
def test_every_case_is_small_exact_and_right(tmp_path, op, which):
    names = vectors.export(tmp_path, op, which)
    assert json.loads((tmp_path / "rot180-vectors.json").read_text())["cases"] == names
    for name in names:
        folder = tmp_path / name
        record = json.loads((folder / "case.json").read_text())
        arrays = {k: np.load(folder / f"{k}.npy", allow_pickle=False) for k in record["arrays"]}
        assert set(arrays) == {"x", "w", "b", "dy", "y", "dx", "dw", "db"}
        for key, a in arrays.items():
            assert a.dtype == np.float32 and np.array_equal(a, np.rint(a)) and np.abs(a).max() < 2**24
            assert np.array_equal(array_of(record["arrays"][key], key), a)
        settings = {k: tuple(v) if isinstance(v, list) else v for k, v in record["settings"].items()}
        y = getattr(F, op)(arrays["x"], arrays["w"], arrays["b"], **settings)
        assert np.array_equal(y, arrays["y"])
        assert sum(len((folder / f).read_bytes()) for f in ("case.json", "x.npy", "w.npy", "y.npy")) < 300_000
        if op != "linear":
            found = getattr(F, f"{op}_backward")(arrays["dy"], arrays["x"], arrays["w"], **settings)
            assert all(np.array_equal(g, arrays[f"d{k}"]) for k, g in zip("xwb", found, strict=True))


def test_standard_set_has_the_sizes_that_bugs_hide_behind(tmp_path):
    names = vectors.export(tmp_path, "conv2d")
    shapes = [np.load(tmp_path / name / f"{key}.npy").shape for key in "xw" for name in names]
    x, w = shapes[: len(names)], shapes[len(names) :]
    assert {1, 2, 4} <= {shape[0] for shape in x} and any(shape[2] == shape[3] for shape in x)
    assert {(1, 1), (2, 2), (3, 3), (5, 5)} <= {shape[2:] for shape in w}
    stride = {(tmp_path / name / "settings.txt").read_text().splitlines()[1] for name in names}
    assert {"stride 1 1", "stride 4 4", "stride 2 1"} <= stride


def test_exhaustive_set_has_all_combinations(tmp_path):
    names = vectors.export(tmp_path, "conv_transpose2d", "exhaustive")
    combinations = set()
    for name in names[:66]:
        settings = json.loads((tmp_path / name / "case.json").read_text())["settings"]
        combinations.add(tuple(sorted(settings.items())))
        lines = dict(line.split(" ", 1) for line in (tmp_path / name / "settings.txt").read_text().splitlines())
        assert lines["stride"] == f"{settings['stride']} {settings['stride']}"
        assert lines["groups"] == str(settings["groups"])
    assert len(combinations) == 66 < len(names) == len(set(names))


def test_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("three years")
    with pytest.raises(FormatError, match=r"vectors\.export: .* is not empty; choose an empty or new folder"):
        vectors.export(tmp_path, "conv2d")
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(ValueError, match="the set must be one of tiny, standard, exhaustive; got 'huge'"):
        vectors.export(tmp_path / "new", "conv2d", "huge")


def test_folder_with_vectors_is_left_alone(tmp_path):
    """Its answers would be judged as answers to the new cases."""
    folder = tmp_path / "cases"
    vectors.export(folder, "linear")
    (folder / "000" / "answer.json").write_text("{}")
    before = sorted(folder.rglob("*"))
    for op in ("linear", "conv2d"):
        with pytest.raises(
            FormatError, match=r"vectors\.export: .*cases already holds vectors, .* remove this one first"
        ):
            vectors.export(folder, op)
    assert sorted(folder.rglob("*")) == before
    (tmp_path / "file").write_text("")
    with pytest.raises(FormatError, match=r"vectors\.export: .*file is not a folder"):
        vectors.export(tmp_path / "file", "linear")


def test_index_determines_the_cases(tmp_path):
    names = vectors.export(tmp_path / "a", "conv1d", "tiny", 12)
    index = json.loads((tmp_path / "a" / "rot180-vectors.json").read_text())
    assert index == {
        "format": "rot180-vectors", "version": 2, "op": "conv1d", "set": "tiny", "seed": 12, "cases": names,
    }  # fmt: skip
    assert vectors.export(tmp_path / "b", "conv1d", "tiny", 13) == names
    x = [np.load(tmp_path / folder / names[0] / "x.npy") for folder in "ab"]
    assert x[0].shape == x[1].shape and not np.array_equal(*x)


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1, 1.0, True])
def test_a_seed_that_the_index_could_not_hold(tmp_path, seed):
    with pytest.raises(ValueError, match=r"vectors: the seed must be an integer from 0 to 9223372036854775807; got"):
        vectors.export(tmp_path, "linear", seed=seed)
    assert not list(tmp_path.iterdir())


def test_results_can_be_left_out(tmp_path):
    for name in vectors.export(tmp_path, "conv2d", "tiny", results=False):
        files = {path.name for path in (tmp_path / name).iterdir()}
        assert files == {"case.json", "settings.txt", "x.npy", "w.npy", "b.npy", "dy.npy"}
        assert set(json.loads((tmp_path / name / "case.json").read_text())["arrays"]) == {"x", "w", "b", "dy"}


def test_there_are_vectors_of_convolutions_only(tmp_path):
    with pytest.raises(ValueError, match="vectors: 'max_pool2d' has no vectors; the operations with"):
        vectors.export(tmp_path, "max_pool2d")
    assert not list(tmp_path.iterdir())
