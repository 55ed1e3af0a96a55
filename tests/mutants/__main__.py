"""Break the library on purpose, one fault at a time, and count the faults that the tests catch.

    make mutants                        all faults
    make mutants ARGS="--only relu"     faults whose description or file contains a word

The faults are in `faults.py`. Each is written into a copy of the checkout, never into the checkout itself. Tests run on
the copy in three stages until one fails: the test file that mirrors the source, then the tests of its floor and the
battery, then the whole fast suite. A test failure, a crash and a timeout all count as caught. No fault is in the C++
sources, because each would need a compilation. Exit status: 0 if every fault was caught, 1 if one survived.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import cache_from_source
from pathlib import Path

from .faults import FAULTS, Fault

CHECKOUT = Path(__file__).resolve().parents[2]
NOT_COPIED = (".git", ".venv*", "build", "dist", "runs", "__pycache__", ".*_cache")
FAST = "not peers and not notebooks and not slow"
TIMEOUT = 1200  # seconds for one stage; a fault that makes a test hang is caught by it
ALSO = {"window.py": ["tests/kernels"], "kernels": ["tests/functional"], "optim": ["tests/kernels"]}

# An editable installation puts a finder before sys.path, which would import the checkout instead of the copy. Python
# imports this module at its start, in pytest and in every process that a test starts.
SITECUSTOMIZE = """
import sys
sys.meta_path[:] = [finder for finder in sys.meta_path if "Editable" not in type(finder).__name__
                    and "ScikitBuildRedirecting" not in type(finder).__name__]
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--only", metavar="WORD", default="", help="try only faults whose description or file contains WORD"
    )
    parser.add_argument("--skip-check", action="store_true", help="do not run the fast suite without a fault first")
    options = parser.parse_args()
    faults = [fault for fault in FAULTS if options.only in f"{fault.file} {fault.description}"]
    if not faults:
        parser.error(f"no fault contains {options.only!r}")
    with tempfile.TemporaryDirectory(prefix="rot180-mutants-") as folder:
        copy = Copy(Path(folder) / "rot180")
        for fault in FAULTS:
            copy.check(fault)
        if not options.skip_check and (failed := copy.first_failure(["tests"])):
            print(f"error: the fast suite fails without any fault: {failed}", file=sys.stderr)
            return 2
        survivors = [fault for fault in faults if not report(copy, fault)]
    print(f"{len(faults) - len(survivors)} of {len(faults)} faults caught")
    for fault in survivors:
        print(f"survived: {fault.file}: {fault.description}")
    return 1 if survivors else 0


def report(copy: Copy, fault: Fault) -> bool:
    """Run the tests on one fault and print the result; True if it was caught."""
    start = time.monotonic()
    failed = copy.try_fault(fault)
    verdict = f"caught by {failed}" if failed else "SURVIVED"
    print(f"{fault.file}: {fault.description}\n    {verdict}, {time.monotonic() - start:.0f} s", flush=True)
    return failed is not None


class Copy:
    """A copy of the checkout, with the compiled engine of this environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(CHECKOUT, folder, ignore=shutil.ignore_patterns(*NOT_COPIED))
        site = folder / ".mutants"
        site.mkdir()
        (site / "sitecustomize.py").write_text(SITECUSTOMIZE, encoding="utf-8")
        source = folder / "src"
        self.environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(source), str(folder)])}
        try:
            import rot180._native as native
        except ImportError:
            print("note: the native engine is not installed; faults of its wrappers will survive", file=sys.stderr)
        else:
            shutil.copy(native.__file__, source / "rot180")
        found = self._run("-c", "import rot180; print(rot180.__file__)").stdout.strip()
        if not found.startswith(str(source)):
            raise SystemExit(f"error: the copy in {source} is not the package that Python imports, but {found!r}")

    def check(self, fault: Fault) -> None:
        """Exit with an error unless the text that the fault replaces stands exactly once in its file."""
        path = self._path(fault)
        count = path.read_text(encoding="utf-8").count(fault.old) if path.is_file() else 0
        if count != 1:
            raise SystemExit(
                f"error: {fault.description!r}: the text {fault.old!r} occurs {count} times in "
                f"src/rot180/{fault.file}, not once; write the same mistake for the new source in faults.py"
            )

    def try_fault(self, fault: Fault) -> str | None:
        """The first test that fails with this fault; None if all pass."""
        path = self._path(fault)
        text = path.read_text(encoding="utf-8")
        write(path, text.replace(fault.old, fault.new))
        try:
            return next((failed for tests in self._stages(fault.file) if (failed := self.first_failure(tests))), None)
        finally:
            write(path, text)

    def first_failure(self, tests: list[str]) -> str | None:
        """Run the fast tests of these files and folders until one fails; its name, or None."""
        options = ["-q", "-x", "--tb=no", "-p", "no:cacheprovider", "-m", FAST]
        try:
            done = self._run("-m", "pytest", *options, *tests, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return f"a timeout of {TIMEOUT} s"
        if done.returncode in (0, 5):  # 5: no test in the selection
            return None
        found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
        return found[1] if found else f"exit status {done.returncode}"

    def _stages(self, file: str) -> list[list[str]]:
        """The tests to run for a source: its mirror, its floor and the battery, everything."""
        source = Path(file)
        mirror = Path("tests") / source.parent / f"test_{source.name}"
        floor = [f"tests/{source.parts[0]}"] if len(source.parts) > 1 else []
        stages = [[str(mirror)], [*floor, *ALSO.get(source.parts[0], []), "tests/battery"], ["tests"]]
        return [tests for tests in stages if all((self.folder / test).exists() for test in tests)]

    def _path(self, fault: Fault) -> Path:
        return self.folder / "src" / "rot180" / fault.file

    def _run(self, *arguments: str, timeout: float | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=timeout
        )


def write(path: Path, text: str) -> None:
    """Write a source and remove its bytecode: Python compares only the size and the second of the last change."""
    path.write_text(text, encoding="utf-8")
    Path(cache_from_source(str(path))).unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
