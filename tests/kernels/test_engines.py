"""The table of engines: the choice by context, by process and by environment, and what a missing kernel does."""

import contextvars
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import rot180
from rot180 import kernels
from rot180.errors import EngineError
from rot180.kernels import engines, native
from rot180.window import DENSE

X, W = np.ones((2, 3)), np.ones((4, 3))


@pytest.fixture
def extension(monkeypatch):
    """A stand-in for the compiled extension, with one kernel."""
    calls = []

    def conv_y(x, w, window, bias=None, relu=False):
        calls.append("conv_y")
        return engines.KERNELS["conv_y"](x, w, window, bias, relu)

    monkeypatch.setattr(native, "unavailable", lambda: None)
    monkeypatch.setattr(native, "operations", lambda: {"conv_y": conv_y})
    monkeypatch.setattr(native, "summary", lambda: {"native": "available"})
    monkeypatch.setattr(engines, "_made", {})
    return calls


def run(code, **environment):
    """A fresh interpreter with these variables; its exit status, output and errors."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("ROT180_")}
    path = os.pathsep.join([os.path.dirname(os.path.dirname(rot180.__file__)), inherited.pop("PYTHONPATH", "")])
    environment = {**inherited, "PYTHONPATH": path, **environment}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)


def test_the_numpy_engine_is_always_there_and_lacks_nothing():
    with rot180.engine("numpy", strict=True) as chosen:
        assert chosen is engines.current() and chosen.name == "numpy" and chosen.detours == ()
        assert np.array_equal(kernels.conv_y(X, W, DENSE), np.full((2, 4), 3))


def test_every_kernel_of_the_table_is_a_function_of_the_package_and_of_every_engine():
    for name in engines.KERNELS:
        assert callable(getattr(kernels, name)) and callable(getattr(engines.make("numpy"), name))


def test_an_unknown_engine_is_named():
    with pytest.raises(EngineError, match=r"engine: there is no engine 'cuda'; choose one of 'numpy', 'native'"):
        rot180.engine("cuda")


def test_native_without_the_extension_says_so(monkeypatch):
    monkeypatch.setattr(native, "unavailable", lambda: "the compiled extension is not part of this installation")
    with pytest.raises(EngineError, match=r"'native' cannot run here: the compiled extension.*; use engine\('numpy'\)"):
        rot180.engine("native")


def test_a_failed_choice_changes_nothing():
    before = engines.current()
    with pytest.raises(EngineError):
        rot180.engine("cuda")
    assert engines.current() is before


def test_a_missing_kernel_detours_to_numpy_and_is_listed(extension):
    with rot180.engine("native") as chosen:
        assert "conv_y" not in chosen.detours and "conv_x" in chosen.detours and "max_y" in chosen.detours
        kernels.conv_y(X, W, DENSE)
        assert extension == ["conv_y"]
        assert np.array_equal(kernels.conv_x(np.ones((2, 4)), W, DENSE), np.full((2, 3), 4))


def test_strict_forbids_the_detour(extension):
    with rot180.engine("native", strict=True):
        kernels.conv_y(X, W, DENSE)
        with pytest.raises(EngineError, match=r"engine: 'native' has no conv_x, and strict=True forbids"):
            kernels.conv_x(np.ones((2, 4)), W, DENSE)
    with rot180.engine("native"):  # the same name without strict is another column
        kernels.conv_x(np.ones((2, 4)), W, DENSE)


def test_blocks_nest_and_end(extension):
    outside = engines.current()
    with rot180.engine("native") as outer:
        with rot180.engine("numpy") as inner:
            assert engines.current() is inner and inner.name == "numpy"
        assert engines.current() is outer
        with pytest.raises(ZeroDivisionError), rot180.engine("numpy"):
            raise ZeroDivisionError
        assert engines.current() is outer
    assert engines.current() is outside


def test_the_choice_belongs_to_its_thread(extension):
    seen = []
    with rot180.engine("native"):
        thread = threading.Thread(target=lambda: seen.append(engines.current().name))
        thread.start()
        thread.join()
        assert engines.current().name == "native"
    assert seen == [engines.current().name]


def test_as_a_function_it_holds_until_further_notice():
    done = run("import rot180; rot180.engine('numpy'); from rot180.kernels import engines; print(engines.why())")
    assert done.stdout == "numpy: chosen by rot180.engine(...)\n", done.stderr


def test_as_a_function_it_holds_in_every_thread():
    text = """
import threading, rot180
from rot180.kernels import engines
with rot180.engine("native" if rot180.kernels.native.unavailable() is None else "numpy"):
    rot180.engine("numpy")
    seen = []
    thread = threading.Thread(target=lambda: seen.append(engines.current().name))
    thread.start(); thread.join()
with rot180.engine("numpy", strict=True):  # a block leaves the program's choice alone
    pass
print(seen[0], engines.current().name, engines.why())
"""
    done = run(text)
    assert done.stdout == "numpy numpy numpy: chosen by rot180.engine(...)\n", done.stderr


def test_blocks_that_begin_at_once_in_several_threads_choose_nothing_for_the_program():
    """Made in one order and entered in another, as threads may: what remains is what was there before."""
    text = """
import rot180
from rot180.kernels import engines
before = engines.current()
one, two = rot180.engine("numpy"), rot180.engine("numpy", strict=True)
with one:
    with two:
        pass
assert engines.current() is before and engines.why().endswith("ROT180_ENGINE"), engines.why()
rot180.engine("numpy", strict=True)
one, two = rot180.engine("numpy"), rot180.engine("numpy")
with one, two:
    pass
chosen = engines.current()
assert chosen.name == "numpy" and chosen is not before, engines.why()
for _ in range(1000):
    rot180.engine("numpy")
assert len(engines._for_program) == 2  # the last and the one it covers
"""
    done = run(text, ROT180_ENGINE="numpy")
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(native.unavailable() is not None, reason=f"no extension: {native.unavailable()}")
def test_an_instruction_set_that_is_not_there_is_an_error_and_no_slow_run():
    done = run(WHY, ROT180_ISA="sse9")
    assert done.returncode == 1
    assert "EngineError: engine: ROT180_ISA=sse9: there is no such instruction set; there are" in done.stderr
    assert run(WHY, ROT180_ISA="sse9", ROT180_ENGINE="numpy").stdout == "numpy: chosen by ROT180_ENGINE\n"


WHY = "from rot180.kernels import engines; engines.current(); print(engines.why())"


def test_the_environment_chooses_the_engine():
    assert run(WHY, ROT180_ENGINE="numpy").stdout == "numpy: chosen by ROT180_ENGINE\n"


def test_without_a_choice_the_reason_is_given():
    reason = native.unavailable()
    expected = f"numpy: {reason}" if reason else "native: the compiled extension is installed"
    assert run(WHY).stdout == expected + "\n"


def test_a_wrong_engine_in_the_environment_is_an_error():
    done = run(WHY, ROT180_ENGINE="cuda")
    assert done.returncode == 1
    assert "EngineError: engine: there is no engine 'cuda'; choose one of 'numpy', 'native'" in done.stderr


@pytest.mark.skipif(native.unavailable() is None, reason="data: the extension is installed here")
def test_native_in_the_environment_without_the_extension_is_an_error():
    done = run(WHY, ROT180_ENGINE="native")
    assert done.returncode == 1 and "EngineError: engine: 'native' cannot run here" in done.stderr


def test_one_choice_may_be_entered_again_and_left_in_another_context():
    chosen = rot180.engine("numpy")
    for _ in range(2):
        with chosen:
            assert engines.current().name == "numpy"
    block = rot180.engine("numpy")
    contextvars.copy_context().run(block.__enter__)
    contextvars.copy_context().run(block.__exit__, None, None, None)
    block.__exit__(None, None, None)  # or all tests that follow run on this engine
