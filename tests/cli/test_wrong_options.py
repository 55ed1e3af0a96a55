"""A wrong option is refused before anything is read, and a misspelt name gets a suggestion."""

from __future__ import annotations

from pathlib import Path

import pytest

from rot180 import data
from rot180.cli import ExitStatus, main


def complaint(capsys: pytest.CaptureFixture[str], words: list[str]) -> str:
    """The one-line usage error."""
    assert main(words) == ExitStatus.USAGE
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("rot180: ") and err.count("\n") == 1
    return err


@pytest.mark.parametrize("source", ["digits", "nowhere"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "resnet2"], "--model: unknown model 'resnet2': did you mean 'resnet20'?"),
        (["--optimizer", "adm"], "fit: unknown optimizer 'adm': did you mean 'adam'"),
        (["--schedule", "cosin"], "fit: unknown schedule 'cosin': did you mean 'cosine'?"),
        (["--schedule", "plateau", "--warm-up", "0.1"], "fit: the schedule 'plateau' cannot be combined with warm_up"),
        (["--augment", "afine"], "--augment: unknown augmentation 'afine': did you mean 'affine'?"),
        (["--augment", "flip", "--no-augment"], "--no-augment: not allowed with argument --augment"),
        (["--threads", "2000"], "the number of threads must be from 1 to 1024; got 2000"),
        (["--mirror", "http://localhost"], "--mirror needs --download"),
        (["--size", "0"], "--size: must be one side, e.g. 32, or height and width, e.g. 32x48; got '0'"),
        (["--batch-size", "0"], "--batch-size: must be an integer of at least 1; got '0'"),
        (["--lr", "-1"], "argument --lr: "),
        (["--held-out", "1"], "--held-out: must be a fraction above 0 and below 1; got '1'"),
        (["--layout", "NCWH"], "--layout: unknown choice 'NCWH': did you mean 'NCHW'? The choices are NCHW, NHWC"),
        (["--epoch", "3"], "unknown option --epoch: did you mean '--epochs'? (see rot180 train --help)"),
        (["--out", "thesis"], "train: thesis exists and is not a rot180 run; nothing was written"),
    ],
)
def test_train_reads_no_data_for_a_wrong_option(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    source: str,
    options: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.tex").write_text("years of work")

    def read(*_: object, **__: object) -> None:
        pytest.fail("data were read")

    monkeypatch.setattr(data, "load_parts", read)
    assert message in complaint(capsys, ["train", source, *options])
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["thesis", "thesis.tex"]


def test_train_refuses_a_place_that_cannot_be_written_before_reading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "run"
    assert main(["train", "nowhere", "--out", str(out)]) == ExitStatus.FAILED
    assert capsys.readouterr().err == f"rot180: cannot write {out}: Not a directory; no file was changed\n"


@pytest.mark.parametrize("command", ["evaluate", "report"])
def test_a_place_of_images_that_does_not_exist_is_refused_before_the_run_is_loaded(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert complaint(capsys, [command, "no-run", "--data", "nowhere"]) == (
        "rot180: --data: there is no file or folder nowhere\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["trian", "digits"], "unknown command 'trian': did you mean 'train'?"),
        (["train", "digts"], "'digts' is neither a data set nor an existing folder or file: did you mean 'digits'?"),
        (["predict", "no-run", "7.png", "--modle", "x"], "unknown option --modle (see rot180 predict --help)"),
        (["evaluate", "no-run", "another"], "unexpected argument 'another' (see rot180 evaluate --help)"),
        (["summary", "resnet2"], "'resnet2' is neither a run nor a model: did you mean 'resnet20'?"),
        (["summary", ".", "--classes", "3"], "--input and --classes need the name of a built-in model; . is a folder"),
        (["check", "no.py", "--op", "conv2"], "check: unknown operation 'conv2': did you mean 'conv2d'?"),
        (
            ["check", "no.py", "--layout", "channel_last"],
            "unknown layout 'channel_last': did you mean 'channels_last'?",
        ),
        (["check", "no.py", "--eps", "1"], "check: conv2d has no setting --eps"),
        (["explain", "conv2", "--x", "no.csv"], "unknown operation 'conv2': did you mean 'conv2d'?"),
        (
            ["explain", "conv2d", "--x", "no.csv", "--json", "a.txt"],
            "--json: the file name must end in .json; got a.txt",
        ),
        (["explain", "no.json", "--html", "none/a.html"], "--html: there is no folder "),
        (["vectors", "exprt", "cases"], "argument action: unknown choice 'exprt': did you mean 'export'?"),
        (
            ["vectors", "export", "none", "--op", "conv2"],
            "rot180: vectors: unknown operation 'conv2': did you mean",
        ),
        (["vectors", "export", "none", "--only", "y"], "vectors export has no option --only"),
        (["vectors", "verify", "none", "--without-results"], "vectors verify has no option --without-results"),
        (["vectors", "verify", "none", "--op", "conv2"], "rot180: vectors: unknown operation 'conv2': did you mean"),
    ],
)
def test_a_wrong_word_is_reported_before_a_file_that_does_not_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in complaint(capsys, words)
    assert not list(tmp_path.iterdir())
