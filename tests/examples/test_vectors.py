"""The C++ program of examples/vectors: compiled, tried on all vectors, right; and wrong on purpose, diagnosed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from rot180.cli.entry_point import main

SOURCE = Path(__file__).parents[2] / "examples" / "vectors" / "conv_transpose2d.cpp"
COMPILER = shutil.which("g++") or shutil.which("c++")


@pytest.mark.slow
@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler")
@pytest.mark.parametrize(
    ("flags", "status", "said"), [([], 0, ": right"), (["-DROTATE"], 1, "dx-kernel-not-rotated: dx")]
)
def test_a_program_in_another_language(tmp_path, capsys, flags, status, said):
    program, folder = tmp_path / "answer", tmp_path / "cases"
    warnings = ["-Wall", "-Wextra", "-Werror"]
    subprocess.run([COMPILER, "-std=c++17", "-O1", *warnings, *flags, str(SOURCE), "-o", str(program)], check=True)
    assert main(["vectors", "export", str(folder), "--op", "conv_transpose2d", "--set", "exhaustive"]) == 0
    assert "115 cases of conv_transpose2d" in capsys.readouterr().out
    subprocess.run([program, folder], check=True)
    assert main(["vectors", "verify", str(folder)]) == status
    assert said in capsys.readouterr().out
    assert main(["vectors", "verify", str(folder), "--json"]) == status
    assert f'"ok": {str(not status).lower()}' in capsys.readouterr().out
