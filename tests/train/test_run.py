"""Runs on disk: three files of one epoch, loading them, and errors that name the missing or damaged file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import FormatError, data, models, nn, train
from rot180.formats import WriteError, safetensors

FILES = ["config.json", "metrics.jsonl", "model.safetensors"]
DIGITS = data.digits()
FEW = data.LabelledImages(DIGITS.images[:64], DIGITS.labels[:64], DIGITS.classes, DIGITS.about)


def trained(out: Path, name: str = "linear", **settings: Any) -> nn.Module:
    rot180.manual_seed(0)
    net = models.build(name, (1, 8, 8), 10)
    train.fit(net, FEW, out=out, log=None, **({"epochs": 2} | settings))
    return net


class Interrupted(nn.Module):
    """Raises KeyboardInterrupt in the first batch."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(np.ones(1, np.float32))

    def forward(self, x: Any) -> Any:
        raise KeyboardInterrupt


@pytest.fixture
def run(tmp_path: Path) -> Path:
    trained(tmp_path / "run")
    return tmp_path / "run"


def change(path: Path, **values: Any) -> None:
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(config | values))


def test_a_loaded_run_has_the_same_bits(tmp_path: Path) -> None:
    net = trained(tmp_path / "a" / "b", "lenet")
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == FILES
    again, config = train.load_run(tmp_path / "a" / "b")
    assert not again.training
    for (name, t), (other, u) in zip(net.state_dict().items(), again.state_dict().items(), strict=True):
        assert name == other
        np.testing.assert_array_equal(t.data, u.data)
    assert config["model"] == {"name": "lenet", "input_shape": [1, 8, 8], "classes": 10}
    assert config["class_names"] == list("0123456789")
    assert config["data"]["split_seed"] == 0
    assert config["training"]["optimizer"] == "Adam"
    assert config["images"] == {"train": 64, "validation": 0}
    assert config["versions"]["numpy"] == np.__version__


def test_the_files_belong_to_the_last_epoch(run: Path) -> None:
    lines = (run / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2]
    assert safetensors.load_metadata(run / "model.safetensors") == {"epoch": "2"}


def test_the_same_seed_writes_the_same_weights(run: Path, tmp_path: Path) -> None:
    trained(tmp_path / "again")
    assert (tmp_path / "again" / "model.safetensors").read_bytes() == (run / "model.safetensors").read_bytes()


def test_a_run_is_replaced_and_other_files_are_kept(run: Path) -> None:
    (run / "notes.txt").write_text("mine")
    trained(run, "lenet", epochs=1)
    assert train.load_run(run)[1]["model"]["name"] == "lenet"
    assert (run / "notes.txt").read_text() == "mine"


def test_the_report_of_a_replaced_run_is_deleted(run: Path) -> None:
    (run / "report.html").write_text("of the previous run")
    rot180.manual_seed(0)
    with pytest.raises(KeyboardInterrupt):  # before the first file of the new run is written
        train.fit(Interrupted(), FEW, out=run, log=None)
    assert (run / "report.html").exists()
    trained(run)
    assert sorted(path.name for path in run.iterdir()) == FILES


def test_a_folder_with_other_files_is_not_written_to(tmp_path: Path) -> None:
    for name, text in (("thesis.tex", "years of work"), ("config.json", '{"kind": "other"}'), ("config.json", "[")):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        (folder / name).write_text(text)
        with pytest.raises(train.NotARunError, match="exists and is not a rot180 run; nothing was written"):
            trained(folder)
        assert [path.name for path in folder.iterdir()] == [name]
    (tmp_path / "file").write_text("")
    with pytest.raises(train.NotARunError, match="file exists and is not a rot180 run"):
        trained(tmp_path / "file")


def test_an_empty_folder_is_free(tmp_path: Path) -> None:
    assert train.is_free(tmp_path)
    assert train.is_free(tmp_path / "absent")
    trained(tmp_path, epochs=1)
    assert train.is_run(tmp_path)
    assert not train.is_free(tmp_path)


def test_temporary_files_of_a_killed_run_are_deleted(tmp_path: Path) -> None:
    left = tmp_path / ".model.safetensors.0123456789abcdef.tmp"
    left.write_bytes(b"half a mod")
    assert train.is_free(tmp_path)
    trained(tmp_path, epochs=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES


@pytest.mark.parametrize("name", [".notes.0123456789abcdef.tmp", ".model.safetensors.tmp", "model.safetensors"])
def test_files_that_resemble_temporary_files_are_kept(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    assert not train.is_free(tmp_path)
    with pytest.raises(train.NotARunError, match="nothing was written"):
        trained(tmp_path)


def test_a_folder_that_cannot_be_created_is_detected_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match=r"cannot write .*file.run: Not a directory"):
        trained(tmp_path / "file" / "run")


def test_a_custom_model_is_saved_and_must_be_passed_for_loading(tmp_path: Path) -> None:
    def custom() -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    net = custom()
    train.fit(net, FEW, epochs=1, out=tmp_path / "r", log=None)
    with pytest.raises(
        FormatError, match=r"does not name a model, because models.build did not make it; pass .* model="
    ):
        train.load_run(tmp_path / "r")
    again, _ = train.load_run(tmp_path / "r", custom())
    np.testing.assert_array_equal(again.state_dict()["1.weight"].data, net.state_dict()["1.weight"].data)


def remove(name: str) -> Callable[[Path], None]:
    return lambda run: (run / name).unlink()


def write(name: str, text: str) -> Callable[[Path], None]:
    return lambda run: (run / name).write_text(text) and None


def nan(name: str) -> Callable[[Path], None]:
    def damage(run: Path) -> None:
        weights = safetensors.load(run / "model.safetensors")
        weights[name].flat[1] = np.nan
        safetensors.save(weights, run / "model.safetensors")

    return damage


def config(**values: Any) -> Callable[[Path], None]:
    return lambda run: change(run, **values)


def recipe(name: Any = "linear", shape: Any = (1, 8, 8), classes: Any = 10) -> Callable[[Path], None]:
    return config(model={"name": name, "input_shape": shape, "classes": classes})


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (remove("config.json"), FileNotFoundError, "run is not a run: it has no config.json"),
        (remove("model.safetensors"), FileNotFoundError, r"there is no file .*model\.safetensors"),
        (write("config.json", "{"), FormatError, "config.json is not JSON"),
        (write("config.json", "[" * 100_000), FormatError, "config.json is not JSON"),
        (write("config.json", "[1]"), FormatError, "config.json holds a list; an object is needed"),
        (write("config.json", "{}"), FormatError, "config.json is not the config of a rot180 run"),
        (write("model.safetensors", "w"), FormatError, "model.safetensors is not a safetensors file"),
        (nan("1.bias"), FormatError, r"model\.safetensors: 1\.bias holds NaN or infinite values"),
        (config(version=2), FormatError, "has version 2; this rot180 reads 1"),
        (config(data=[1]), FormatError, r"has data \[1\]; an object or null is needed"),
        (config(model=3), FormatError, "does not describe a model"),
        (config(model={"name": "linear"}), FormatError, "does not describe a model: 'input_shape'"),
        (config(class_names=["a"]), FormatError, r"has class_names \['a'\]; its model needs a list of 10 strings"),
        (config(class_names=[None] * 10), FormatError, "needs a list of 10 strings"),
        (recipe(name="large"), FormatError, "unknown model 'large'"),
        (recipe(name=["small"]), FormatError, "does not describe a model"),
        (recipe(shape="abc"), FormatError, "are not all integers"),
        (recipe(shape=[1, 8, 8.5]), FormatError, "are not all integers"),
        (recipe(shape=[1, -8, 8]), FormatError, "at least 1"),
        (recipe(shape=[1, 10**9, 10**9]), FormatError, "is too large"),
        (recipe(classes=10**12), FormatError, "is too large"),
        (recipe(shape=[1, 9, 9]), FormatError, r"does not fit .*config.json: .*1\.weight: has shape \(10, 64\)"),
        (recipe(name="lenet"), FormatError, "does not fit .*missing keys"),
    ],
)
def test_a_damaged_run_raises_a_clear_error(
    run: Path, damage: Callable[[Path], None], error: type[Exception], message: str
) -> None:
    damage(run)
    with pytest.raises(error, match=rf"(?s)load(_run)?: .*{message}"):
        train.load_run(run)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"load_run: there is no folder .*absent; train one with: rot180 train"):
        train.load_run(tmp_path / "absent")


FULL_DISK = """
import resource, signal, sys
from rot180 import data, models, train
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
digits = data.digits("test")
linear = models.build("linear", (1, 8, 8), 10)
train.fit(linear, digits, epochs=1, out=sys.argv[1], log=None)
try:
    train.fit(models.build("lenet", (1, 8, 8), 10), digits, epochs=1, out=sys.argv[1], log=None)
except OSError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="RLIMIT_FSIZE needs POSIX")
def test_a_full_disk_leaves_the_previous_run_complete(tmp_path: Path) -> None:
    call = [sys.executable, "-c", FULL_DISK, str(tmp_path / "r")]
    out = subprocess.run(call, capture_output=True, text=True, check=True).stdout
    assert out.endswith("model.safetensors: File too large; no file was changed\n"), out
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == FILES
    assert train.load_run(tmp_path / "r")[1]["model"]["name"] == "linear"
