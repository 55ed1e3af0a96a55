"""The number of threads: set by a call or the environment, and applied to NumPy's BLAS."""

import pytest

import rot180
from rot180.kernels import threads
from tests.kernels.processes import run

CONV = "import numpy, rot180.functional as F; F.linear(numpy.ones((1, 1)), numpy.ones((1, 1)))"

TWO = {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}  # what BLAS would choose without us, given the cores


@pytest.fixture
def restored(monkeypatch):
    """Restore the number of threads after the test."""
    import threadpoolctl

    monkeypatch.setattr(threads, "_number", threads._number)
    with threadpoolctl.threadpool_limits(limits=None):
        yield


@pytest.mark.parametrize("n", [1, 2])
def test_blas_uses_the_number_that_is_set(restored, n):
    rot180.set_num_threads(n)
    assert rot180.get_num_threads() == n
    assert all(pool["num_threads"] <= n for pool in threads.blas_pools())


@pytest.mark.parametrize("n", [0, -1, True, 1025, 100000])
def test_numbers_out_of_range_are_an_error(n):
    with pytest.raises(ValueError, match=f"set_num_threads: the number of threads must be from 1 to 1024; got {n}"):
        rot180.set_num_threads(n)


def test_a_number_that_is_not_an_integer_is_an_error():
    with pytest.raises(TypeError, match=r"set_num_threads: the number of threads must be an integer; got 1\.5"):
        rot180.set_num_threads(1.5)


def test_the_default_is_the_number_of_blas(monkeypatch):
    monkeypatch.setattr(threads, "_number", None)
    pools = threads.blas_pools()
    assert rot180.get_num_threads() >= 1
    assert not pools or rot180.get_num_threads() == max(pool["num_threads"] for pool in pools)


def test_the_environment_sets_it_before_the_first_kernel_runs():
    done = run(f"{CONV}; import rot180; print(rot180.get_num_threads())", ROT180_NUM_THREADS="1", **TWO)
    assert done.stdout == "1\n", done.stderr


def test_the_environment_applies_after_set_engine():
    done = run(
        f"import rot180; rot180.set_engine('numpy'); {CONV}; print(rot180.get_num_threads())",
        ROT180_NUM_THREADS="1",
        **TWO,
    )
    assert done.stdout == "1\n", done.stderr


def test_the_environment_applies_before_any_kernel_has_run():
    done = run("import rot180; print(rot180.get_num_threads())", ROT180_NUM_THREADS="1", **TWO)
    assert done.stdout == "1\n", done.stderr


def test_a_call_takes_precedence_over_the_environment():
    done = run(
        f"import rot180; rot180.set_num_threads(2); {CONV}; print(rot180.get_num_threads())",
        ROT180_NUM_THREADS="1",
        **TWO,
    )
    assert done.stdout == "2\n", done.stderr


@pytest.mark.parametrize("text", ["0", "two", "-1", "1.5", "²", "100000"])
def test_a_wrong_number_in_the_environment_is_an_error_at_every_call(text):
    again = "\ntry: k()\nexcept ValueError: k()\n"
    code = f"import numpy, rot180.functional as F\nk = lambda: F.linear(numpy.ones((1, 1)), numpy.ones((1, 1))){again}"
    done = run(code, ROT180_NUM_THREADS=text)
    assert done.returncode == 1
    assert f"ROT180_NUM_THREADS: the number of threads must be an integer from 1 to 1024; got {text!r}" in done.stderr
