"""The number of threads: set by call or by environment, seen by NumPy's BLAS."""

import pytest

import rot180
from rot180.kernels import threads
from tests.kernels.processes import run

CONV = "import numpy, rot180.functional as F; F.linear(numpy.ones((1, 1)), numpy.ones((1, 1)))"

TWO = {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}  # what BLAS would choose without us, given the cores


@pytest.fixture
def restored(monkeypatch):
    """The number of threads as it was before."""
    import threadpoolctl

    monkeypatch.setattr(threads, "_number", threads._number)
    with threadpoolctl.threadpool_limits(limits=None):
        yield


@pytest.mark.parametrize("n", [1, 2])
def test_what_is_set_is_what_blas_uses(restored, n):
    rot180.set_num_threads(n)
    assert rot180.get_num_threads() == n
    assert all(pool["num_threads"] <= n for pool in threads.blas_pools())


@pytest.mark.parametrize("n", [0, -1, True, 1025, 100000])
def test_fewer_than_one_and_absurdly_many_are_refused(n):
    with pytest.raises(ValueError, match=f"set_num_threads: the number of threads must be from 1 to 1024; got {n}"):
        rot180.set_num_threads(n)


def test_a_number_with_a_fraction_is_refused():
    with pytest.raises(TypeError, match=r"set_num_threads: the number of threads must be an integer; got 1\.5"):
        rot180.set_num_threads(1.5)


def test_without_a_choice_blas_is_asked(monkeypatch):
    monkeypatch.setattr(threads, "_number", None)
    pools = threads.blas_pools()
    assert rot180.get_num_threads() >= 1
    assert not pools or rot180.get_num_threads() == max(pool["num_threads"] for pool in pools)


def test_the_environment_sets_it_before_the_first_kernel_runs():
    done = run(f"{CONV}; import rot180; print(rot180.get_num_threads())", ROT180_NUM_THREADS="1", **TWO)
    assert done.stdout == "1\n", done.stderr


def test_the_environment_counts_where_the_engine_was_chosen_first():
    done = run(
        f"import rot180; rot180.engine('numpy'); {CONV}; print(rot180.get_num_threads())", ROT180_NUM_THREADS="1", **TWO
    )
    assert done.stdout == "1\n", done.stderr


def test_the_environment_counts_when_nothing_has_run_yet():
    done = run("import rot180; print(rot180.get_num_threads())", ROT180_NUM_THREADS="1", **TWO)
    assert done.stdout == "1\n", done.stderr


def test_a_call_wins_over_the_environment():
    done = run(
        f"import rot180; rot180.set_num_threads(2); {CONV}; print(rot180.get_num_threads())",
        ROT180_NUM_THREADS="1",
        **TWO,
    )
    assert done.stdout == "2\n", done.stderr


@pytest.mark.parametrize("text", ["0", "two", "-1", "1.5", "²", "100000"])
def test_a_wrong_number_in_the_environment_is_an_error_each_time(text):
    again = "\ntry: k()\nexcept ValueError: k()\n"
    code = f"import numpy, rot180.functional as F\nk = lambda: F.linear(numpy.ones((1, 1)), numpy.ones((1, 1))){again}"
    done = run(code, ROT180_NUM_THREADS=text)
    assert done.returncode == 1
    assert f"ROT180_NUM_THREADS: the number of threads must be an integer from 1 to 1024; got {text!r}" in done.stderr
