"""`rot180 explain`: text mode, files out and in, runs, and every wrong usage."""

import json
import re

import numpy as np
import pytest

from rot180.cli import main
from rot180.explain import Trace

WHOLE = ["explain", "conv-transpose2d", "--input", "2x2", "--kernel", "3x3", "--stride", "2"]


def said(capsys, *words):
    status = main(["explain", *map(str, words)])
    found = capsys.readouterr()
    assert status == 0, found.err
    return found.out


def complaint(capsys, *words):
    assert main(["explain", *map(str, words)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "Traceback" not in err
    return err


def test_a_cell_as_text(capsys):
    assert main([*WHOLE, "--cell", "dx[0,0,1,1]"]) == 0
    out = capsys.readouterr().out
    assert "dx[0,0,1,1] = -23, the sum of these terms (9):" in out and "dx as a correlation at stride 1" in out
    assert main([*WHOLE, "--output-padding", "1", "--cell", "y[0,0,2,1]", "--lang", "zh"]) == 0
    assert "旋转 180 度" in capsys.readouterr().out


def test_settings_in_all_their_forms(capsys):
    out = said(capsys, "conv2d", "--input", "6x7", "--kernel", "2,3", "--padding", "1:0x2:1", "--cell", "dw[0,0,0,0]")
    assert "conv2d (padding=[[1, 0], [2, 1]]):  x 1x1x6x7,  w 1x1x2x3,  y 1x1x6x8" in out
    out = said(
        capsys, "conv1d", "--padding", "same", "--dilation", 2, "--groups", 2, "--images", 2, "--bias", "--values",
        "random", "--seed", 3, "--channels", 4, "--outputs", 2, "--cell", "y[1,1,0]",
    )  # fmt: skip
    assert "padding=same" in out and "b[1]" in out
    out = said(capsys, "avg_pool1d", "--ceil-mode", "--no-count-include-pad", "--padding", 1, "--cell", "y[0,0,0]")
    assert "output = ceil(" in out and "/ 1" in out


def test_arrays_from_files(capsys, tmp_path):
    (tmp_path / "x.csv").write_text("1,2\n3,4\n\n5,6\n7,8\n")
    (tmp_path / "w.csv").write_text("1 0\n0 0\n\n0 0\n0 1\n")
    np.save(tmp_path / "dy.npy", np.array([[10.0]]))
    (tmp_path / "b.csv").write_text("100\n")
    words = [
        f"--{name}={tmp_path / file}"
        for name, file in (("x", "x.csv"), ("w", "w.csv"), ("dy", "dy.npy"), ("b", "b.csv"))
    ]
    out = said(capsys, "conv2d", *words, "--channels", 2, "--cell", "y[0,0,0,0]")
    assert "= 109, the sum" in out
    assert "w has shape (2, 1, 2, 2)" in complaint(capsys, "conv2d", *words, "--outputs", 3)
    assert "--w: the file has 2 kernels; a multiple of 3, the channels per group, is needed" in complaint(
        capsys, "conv2d", *words, "--channels", 3
    )
    (tmp_path / "row.csv").write_text("1 2 3 4\n")
    out = said(capsys, "conv1d", "--x", tmp_path / "row.csv", "--w", tmp_path / "row.csv", "--cell", "y[0,0,0]")
    assert "= 30, the sum" in out
    assert "none.csv" in complaint(capsys, "conv1d", "--x", tmp_path / "none.csv")


def test_a_written_trace_can_be_read(capsys, tmp_path):
    files = [tmp_path / name for name in ("t.json", "t.npz", "t.html")]
    out = said(
        capsys, "conv2d", "--stride", 2, "--json", files[0], "--npz", files[1], "--html", files[2], "--lang", "zh"
    )
    assert out == "".join(f"已写入 {file}\n" for file in files)
    assert '<html lang="zh">' in files[2].read_text("utf-8")
    for file in files[:2]:
        assert Trace.load(file).window.stride == (2, 2)
        assert "conv2d (stride=2)" in said(capsys, file, "--cell", "y[0,0,0,0]")
    assert said(capsys, "--html", files[2]) == f"Wrote {files[2]}\n"  # the example
    data = json.loads(re.search(r'type="application/json">(.*?)</script>', files[2].read_text("utf-8"))[1])
    assert data["trace"]["arrays"]["w"]["values"] == list(range(1, 10))


def test_a_large_layer_shows_the_part_with_the_cell(capsys):
    words = ["conv2d", "--input", 28, "--channels", 8, "--outputs", 16]
    assert "output channels 11" in said(capsys, *words, "--cell", "y[0,11,3,3]")
    out = said(capsys, *words, "--select", "o=5", "--select", "c=2,3", "--cell", "dw[5,3,0,0]")
    assert "input channels 2, 3, output channels 5" in out
    assert "index 3 is out of range on axis o (only 5)" in complaint(
        capsys, *words, "--select", "o=5", "--cell", "y[0,3,0,0]"
    )


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    image = pytest.importorskip("PIL.Image")
    path = tmp_path_factory.mktemp("images") / "digit.png"
    cells = np.full((8, 8), 255, np.uint8)
    cells[1:7, 3:5] = 0
    image.fromarray(cells).save(path)
    return path


@pytest.fixture(scope="module")
def convolutional(tmp_path_factory):
    from tests.cli.conftest import threads_restored

    out = tmp_path_factory.mktemp("runs") / "small"
    with threads_restored():
        assert main(["train", "digits", "--model", "small", "--epochs", "1", "--no-report", "--out", str(out)]) == 0
    return out


def test_a_layer_of_a_trained_run(capsys, convolutional, picture, tmp_path):
    words = ["--run", convolutional, "--layer", "conv1", "--image", picture]
    out = said(capsys, *words, "--cell", "y[0,3,4,4]", "--json", tmp_path / "t.json")
    assert "y[0,3,4,4] = " in out and "x[0,0,4,4] * w[3,0,1,1]" in out
    t = Trace.load(tmp_path / "t.json")
    assert t.source["layer"] == "conv1" and t.source["run"] == str(convolutional) and t.source["class"] in "0123456789"
    assert t.arrays["dy"].any() and t.arrays["x"].max() == 1
    assert "is a ReLU; only convolutions and pooling can be shown" in complaint(
        capsys, "--run", convolutional, "--layer", "1", "--image", picture
    )
    err = complaint(capsys, "--run", convolutional, "--layer", "conv9", "--image", picture)
    assert "the model has no layer 'conv9'; the layers that can be shown are 0 (Conv2d)" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["conv3d"], "unknown operation 'conv3d': did you mean 'conv1d' or 'conv2d'? The operations are conv1d"),
        (["conv2d", "--kernel", "9"], "conv2d: the kernel is 9 on spatial axis 0, but the input has only 5"),
        (["conv2d", "--kernel", "3x3x3"], "must be a number, or one per axis, e.g. 3x5; got '3x3x3'"),
        (["conv2d", "--padding", "1:x2"], "must be before:after for each axis, e.g. 1:0x2:1; got '1:x2'"),
        (["conv2d", "--select", "x=1"], "must be images (n=) or channels (c=, o=), e.g. o=3 or c=0,2; got 'x=1'"),
        (["conv2d", "--cell", "q[1]"], "a cell is y, dx, dw, db with an index, for example dx[0,0,1,1]; got 'q[1]'"),
        (["max-pool2d", "--bias"], "max_pool2d has no setting bias"),
        (["--stride", "2"], "--stride cannot be combined with the example; name an operation"),
        (["--select", "o=3"], "--select cannot be combined with the example; name an operation"),
        (["conv2d", "--run", "r", "--layer", "a"], "conv2d cannot be combined with --run"),
        (["--run", "r", "--layer", "a"], "--run, --layer and --image must be given together"),
        (["none.json"], "none.json: No such file or directory"),
        (["a.json", "--stride", "2"], "--stride cannot be combined with a saved trace"),
        (["conv2d", "--json", "a.npz"], "--json: the file name must end in .json; got a.npz"),
        (["conv2d", "--port", "70000"], "argument --port: must be an integer from 0 to 65535; got '70000'"),
        (["conv2d", "--input", "60", "--kernel", "11"], "302,500 products of 12,442 cells are too many to show"),
    ],
)
def test_wrong_usage(capsys, words, message):
    assert message in complaint(capsys, *words)


def test_a_port_in_use(capsys):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"explain: port {port} is in use; choose another" in complaint(capsys, "--port", port, "--no-browser")


def test_a_file_in_a_missing_folder_is_refused(capsys, tmp_path):
    page = tmp_path / "none" / "page.html"
    assert f"--html: there is no folder {page.parent}" in complaint(capsys, "--html", str(page))


def test_the_page_is_served_until_it_is_interrupted(capsys, monkeypatch):
    from rot180.explain.server import Server

    def interrupted(self, poll_interval):
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "serve_forever", interrupted)
    out = said(capsys, "conv1d", "--no-browser", "--port", 0, "--lang", "zh")
    assert re.fullmatch(r"讲解页面已启动：http://127\.0\.0\.1:\d+/（按 Ctrl-C 停止）。\n\n", out)
