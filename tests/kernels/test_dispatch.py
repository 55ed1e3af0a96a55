"""The registry of kernels, the choice of the engine, and the fallback rule."""

from __future__ import annotations

import contextvars
import inspect
import sys
import threading
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import pytest

import rot180
from rot180 import kernels
from rot180.errors import EngineError
from rot180.kernels import dispatch, extension
from rot180.kernels.dispatch import Array, Reason, current_engine, fallbacks, kernel, not_implemented, register_engine
from rot180.window import DENSE
from tests.kernels.processes import run

X, W = np.ones((2, 3)), np.ones((4, 3))
ODD, BY_CHOICE = Reason("the size is odd"), Reason("NumPy is faster for 0 elements", by_choice=True)


def even_sizes(x: Array, factor: float = 2.0) -> Reason | None:
    """What the test engine supports of `scaled`."""
    return BY_CHOICE if not x.size else ODD if x.size % 2 else None


class StandInEngine(NamedTuple):
    """An engine "test" that implements one kernel, for even sizes."""

    scaled: Any
    calls: list[tuple[int, float]]  # of the implementation: the size and the factor


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> StandInEngine:
    for name in ("_kernels", "_engines", "_selected"):
        monkeypatch.setattr(dispatch, name, dict(getattr(dispatch, name)))
    monkeypatch.setattr(dispatch, "_fallbacks", Counter())
    monkeypatch.setattr(sys.modules[__name__], "__all__", [], raising=False)
    calls: list[tuple[int, float]] = []

    @kernel
    def scaled(x: Array, factor: float = 2.0) -> Array:
        """Multiply by a factor."""
        return x * factor

    implements = register_engine("test", lambda: None)

    @implements("scaled", supports=even_sizes)
    def scaled_by_engine(x: Array, factor: float = 2.0) -> Array:
        calls.append((x.size, factor))
        return x * factor

    return StandInEngine(scaled, calls)


# ---- the registry ----


def test_a_kernel_has_the_name_signature_and_text_of_its_reference() -> None:
    for name, k in dispatch.registered_kernels().items():
        assert k.__name__ == name and k.__doc__ == k.reference.__doc__
        dispatcher, reference = (inspect.signature(f, follow_wrapped=False) for f in (k, k.reference))
        assert [(p.name, p.default) for p in dispatcher.parameters.values()] == [
            (p.name, p.default) for p in reference.parameters.values()
        ]
        assert getattr(kernels, name) is k


def test_kernels_accept_keywords_and_defaults(engine: StandInEngine) -> None:
    with rot180.engine("test"):
        engine.scaled(np.ones(4), 3.0), engine.scaled(np.ones(4), factor=4.0), engine.scaled(x=np.ones(4))
    assert engine.calls == [(4, 3.0), (4, 4.0), (4, 2.0)]
    with pytest.raises(TypeError, match=r"scaled\(\) missing 1 required positional argument: 'x'"):
        engine.scaled()


def test_every_implementation_and_its_supports_take_the_arguments_of_the_reference() -> None:
    for name, k in dispatch.registered_kernels().items():
        parameters = inspect.signature(k.reference).parameters.values()
        for supports, implementation in k.versions.values():
            theirs = inspect.signature(implementation).parameters.values()
            assert [(p.name, p.default) for p in theirs] == [(p.name, p.default) for p in parameters], name
            assert supports is not None
            inspect.signature(supports).bind(*parameters)


def test_a_kernel_that_is_defined_twice_is_an_error(engine: StandInEngine) -> None:
    def conv_y() -> None: ...

    with pytest.raises(
        EngineError, match=r"kernel: 'conv_y' is defined twice, in rot180.kernels.reference.conv and .*test_dispatch"
    ):
        kernel(conv_y)


def test_a_kernel_with_other_than_plain_parameters_is_an_error(engine: StandInEngine) -> None:
    def variadic(*arrays: Array) -> None: ...
    def keyword_only(x: Array, *, factor: float) -> None: ...
    def open_ended(x: Array, **options: float) -> None: ...

    for function in (variadic, keyword_only, open_ended):
        with pytest.raises(EngineError, match=f"kernel: '{function.__name__}' may have neither"):
            kernel(function)
        assert function.__name__ not in dispatch.registered_kernels()


def test_implementations_of_unknown_kernels_and_second_ones_are_errors(engine: StandInEngine) -> None:
    implements = register_engine("other", lambda: None)
    with pytest.raises(EngineError, match="implements: there is no kernel 'conv_z'; its reference must be registered"):
        implements("conv_z", supports=even_sizes)
    implements("scaled", supports=even_sizes)(even_sizes)
    with pytest.raises(EngineError, match="implements: engine 'other' already implements 'scaled'"):
        implements("scaled", supports=even_sizes)
    with pytest.raises(EngineError, match="register_engine: there is already an engine 'numpy'"):
        register_engine("numpy", lambda: None)


def test_an_engine_that_was_chosen_before_gets_new_kernels(engine: StandInEngine) -> None:
    with rot180.engine("test"), rot180.engine("numpy"):

        def late(x: Array) -> Array:
            return x + 1

        assert kernel(late)(np.zeros(1)) == 1


def test_every_kernel_but_three_is_implemented_by_the_native_engine() -> None:
    assert not_implemented("native") == ("max_at", "average_y", "average_x")
    assert not_implemented("numpy") == ()


# ---- the fallback rule ----


def test_a_call_that_the_engine_does_not_support_runs_on_the_reference_and_is_counted(engine: StandInEngine) -> None:
    with rot180.engine("test"):
        for size in (2, 3, 5, 0):
            assert np.array_equal(engine.scaled(np.ones(size)), np.full(size, 2.0))
        kernels.conv_y(X, W, DENSE)
    assert engine.calls == [(2, 2.0)]
    assert fallbacks() == {
        ("scaled", "the size is odd"): 2,
        ("scaled", "NumPy is faster for 0 elements"): 1,
        ("conv_y", "it is not implemented"): 1,
    }


def test_strict_is_an_error_that_names_kernel_and_reason(engine: StandInEngine) -> None:
    with rot180.engine("test", strict=True):
        engine.scaled(np.ones(2))
        with pytest.raises(
            EngineError,
            match="scaled: engine 'test' cannot run this call: the size is odd; strict=True forbids the",
        ):
            engine.scaled(np.ones(3))
        with pytest.raises(EngineError, match="conv_y: engine 'test' cannot run this call: it is not implemented; st"):
            kernels.conv_y(X, W, DENSE)
    assert not fallbacks()
    with rot180.engine("test"):  # the same engine without strict
        engine.scaled(np.ones(3))


def test_strict_permits_fallbacks_that_the_engine_chooses(engine: StandInEngine) -> None:
    with rot180.engine("test", strict=True):
        engine.scaled(np.ones(0))
    assert fallbacks() == {("scaled", "NumPy is faster for 0 elements"): 1}


def test_fallbacks_are_counted_in_every_thread(engine: StandInEngine) -> None:
    def work() -> None:
        with rot180.engine("test"):
            for _ in range(500):
                engine.scaled(np.ones(1))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fallbacks() == {("scaled", "the size is odd"): 2000}


def test_the_numpy_engine_never_falls_back(engine: StandInEngine) -> None:
    with rot180.engine("numpy", strict=True) as chosen:
        assert chosen is current_engine() and chosen.name == "numpy" and chosen.strict
        assert np.array_equal(kernels.conv_y(X, W, DENSE), np.full((2, 4), 3))
        engine.scaled(np.ones(3))
    assert not fallbacks()


# ---- the choice of the engine ----


def test_an_unknown_engine_is_named() -> None:
    for choose in (rot180.engine, rot180.set_engine):
        with pytest.raises(EngineError, match=r"engine: there is no engine 'cuda'; choose one of 'numpy', 'native'"):
            choose("cuda")


def test_native_without_the_extension_is_an_error_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(dispatch._engines, "native", lambda: "the compiled extension is not part of this installation")
    for choose in (rot180.engine, rot180.set_engine):
        with pytest.raises(EngineError, match=r"'native' cannot run here: the compiled ext.*; choose 'numpy'"):
            choose("native")


def test_a_failed_choice_changes_nothing() -> None:
    before = current_engine()
    for choose in (rot180.engine, rot180.set_engine):
        with pytest.raises(EngineError):
            choose("cuda")
        assert current_engine() is before


def test_creating_an_engine_block_without_entering_it_has_no_effect() -> None:
    before = current_engine()
    rot180.engine("numpy", strict=True)
    assert current_engine() is before


def test_blocks_nest_and_end(engine: StandInEngine) -> None:
    outside = current_engine()
    with rot180.engine("test") as outer:
        with rot180.engine("numpy") as inner:
            assert current_engine() is inner and inner.name == "numpy"
        assert current_engine() is outer
        with pytest.raises(ZeroDivisionError), rot180.engine("numpy"):
            raise ZeroDivisionError
        assert current_engine() is outer
    assert current_engine() is outside


def test_one_block_can_be_entered_repeatedly_and_inside_itself() -> None:
    outside, block = current_engine(), rot180.engine("numpy", strict=True)
    for _ in range(2):
        with block as chosen:
            with block:
                assert current_engine() is chosen
            assert current_engine() is chosen
        assert current_engine() is outside


def test_a_block_that_ends_in_another_context_changes_nothing_there() -> None:
    """As a generator does that is created in one task and closed in another."""
    outside, block = current_engine(), rot180.engine("numpy", strict=True)
    contextvars.copy_context().run(block.__enter__)
    contextvars.copy_context().run(block.__exit__, None, None, None)
    block.__exit__(None, None, None)
    assert current_engine() is outside


def test_a_block_belongs_to_its_thread(engine: StandInEngine) -> None:
    names = []
    outside = current_engine()
    with rot180.engine("test"):
        thread = threading.Thread(target=lambda: names.append(current_engine()))
        thread.start()
        thread.join()
        assert current_engine().name == "test"
    assert names == [outside]


def test_one_block_object_in_two_threads_at_the_same_time() -> None:
    block, barrier, wrong = rot180.engine("numpy", strict=True), threading.Barrier(2), []

    def work(outer: str) -> None:
        with rot180.engine(outer, strict=outer == "numpy") as before:
            for _ in range(50):
                barrier.wait()
                with block:
                    barrier.wait()
                if current_engine() is not before:
                    wrong.append(outer)

    second = "numpy" if extension.unavailable() else "native"
    threads = [threading.Thread(target=work, args=(name,)) for name in ("numpy", second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_set_engine_holds_in_every_thread_and_a_block_takes_precedence() -> None:
    code = """
import threading, rot180
from rot180.kernels.dispatch import current_engine, engine_origin
names = []
with rot180.engine("numpy", strict=True):
    rot180.set_engine("numpy")
    names.append(current_engine().strict)
    thread = threading.Thread(target=lambda: names.append(current_engine().strict))
    thread.start(); thread.join()
    names.append(engine_origin())
print(*names, current_engine().strict, engine_origin(), sep="; ")
"""
    done = run(code)
    assert done.stdout == (
        "True; False; numpy: chosen by rot180.engine(...); False; numpy: chosen by rot180.set_engine(...)\n"
    ), done.stderr


ORIGIN = "from rot180.kernels.dispatch import engine_origin; print(engine_origin())"


@pytest.mark.skipif(extension.unavailable() is not None, reason=f"no extension: {extension.unavailable()}")
def test_an_instruction_set_that_does_not_exist_is_an_error() -> None:
    done = run(ORIGIN, ROT180_ISA="sse9")
    assert done.returncode == 1
    assert "EngineError: engine: ROT180_ISA=sse9: unknown instruction set; use" in done.stderr
    assert run(ORIGIN, ROT180_ISA="sse9", ROT180_ENGINE="numpy").stdout == "numpy: chosen by ROT180_ENGINE\n"


def test_the_environment_chooses_the_engine() -> None:
    assert run(ORIGIN, ROT180_ENGINE="numpy").stdout == "numpy: chosen by ROT180_ENGINE\n"


def test_without_a_choice_the_reason_is_given() -> None:
    reason = extension.unavailable()
    expected = f"numpy: {reason}" if reason else "native: the compiled extension is installed"
    assert run(ORIGIN).stdout == expected + "\n"


def test_an_unknown_engine_in_the_environment_is_an_error() -> None:
    done = run(ORIGIN, ROT180_ENGINE="cuda")
    assert done.returncode == 1
    assert "EngineError: engine: there is no engine 'cuda'; choose one of 'numpy', 'native'" in done.stderr


@pytest.mark.skipif(extension.unavailable() is None, reason="data: the extension is installed here")
def test_native_in_the_environment_without_the_extension_is_an_error() -> None:
    done = run(ORIGIN, ROT180_ENGINE="native")
    assert done.returncode == 1 and "EngineError: engine: 'native' cannot run here" in done.stderr
