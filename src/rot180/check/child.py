"""Run a check in a separate process, because user code can raise, hang, print, exit or crash; all of this is reported.

    python -m rot180.check.child REQUEST        a JSON file with the arguments; the answer is written next to it

`check_file` is the parent's side. Nothing is pickled: both sides exchange JSON.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from ..errors import Rot180Error
from ..formats import atomic
from .report import LayerReport

ANSWER = "answer.json"  # next to the request
OURS = "check.layer: "  # prefix of our own messages; the command writes `check: ` instead
MAX_OUTPUT, MAX_QUOTED = 2000, 200  # bytes of the code's output to keep, and characters of it in an error
LINGERING = 1.0  # seconds to wait for the rest of the output if a child of the process still runs
TIMEOUT = 60.0  # seconds


class CouldNotCheckError(Rot180Error, RuntimeError):
    """The code could not be loaded, called or finished in time, so there is no verdict."""


# ---- the parent ----


def check_file(
    path: str | Path, names: tuple[str, str] | None, options: Mapping[str, Any], timeout: float = TIMEOUT
) -> tuple[LayerReport, str]:
    """Check two functions of a file; returns the report and the output of the code.

    Args:
        path: of a Python file.
        names: of the forward and the backward in it; None to find them by their names.
        options: of `check.layer`.
        timeout: seconds until the child process is killed (default: 60).

    Raises CouldNotCheckError.
    """
    path = Path(path)
    if not path.is_file():
        raise CouldNotCheckError(f"check: {path} {'is not a regular file' if path.exists() else 'does not exist'}")
    with tempfile.TemporaryDirectory(prefix="rot180-check-") as folder:
        request = Path(folder, "request.json")
        request.write_text(json.dumps({"path": str(path.resolve()), "names": names, "options": dict(options)}))
        status, printed = _run([sys.executable, "-u", "-m", "rot180.check.child", str(request)], timeout)
        answer = Path(folder, ANSWER)
        if not answer.exists():
            quoted = f"; it printed: {printed[:MAX_QUOTED]}" if printed else ""
            raise CouldNotCheckError(f"check: {path} {_ending(status, timeout)}{quoted}")
        answer_data = json.loads(answer.read_text())
    if answer_data.get("failure"):
        raise CouldNotCheckError(f"check: {answer_data['failure']}")
    return LayerReport.from_dict(answer_data["report"]), printed


def _run(command: list[str], timeout: float) -> tuple[int | None, str]:
    """Run a process; returns its exit status and its output.

    The status is None if it took too long; then it is killed with all of its children.
    """
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=os.name != "nt",
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8:backslashreplace"},
    )  # fmt: skip
    output = bytearray()
    reader = threading.Thread(target=_drain, args=(process.stdout, output), daemon=True)
    reader.start()
    status: int | None = None
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = process.wait(timeout)
    finally:
        if process.poll() is None:
            if os.name != "nt":
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()
    reader.join(LINGERING)
    text = bytes(output).decode(errors="replace").strip()
    return status, "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text)


def _drain(stream: IO[bytes], output: bytearray) -> None:
    """Read the stream to its end, so that the process never blocks, and keep the first part."""
    with stream:
        while block := os.read(stream.fileno(), 1 << 16):
            output += block[: MAX_OUTPUT - len(output)]


def _ending(status: int | None, timeout: float) -> str:
    if status is None:
        return f"did not finish within {timeout:g} seconds; increase --timeout if it does not hang"
    how = f"exit status {status}"
    if status < 0:
        with contextlib.suppress(ValueError):
            how = f"killed by {signal.Signals(-status).name}"
    return f"ended the process ({how}) before there was a verdict"


# ---- the child ----


def main(request: str) -> None:
    """Run the check of a request, and write the answer next to it, atomically."""
    request_data = json.loads(Path(request).read_text())
    answer: dict[str, Any] = {"failure": None, "report": None}
    try:
        answer["report"] = _checked(request_data).as_dict()
    except SystemExit as leave:
        answer["failure"] = f"{request_data['path']} called sys.exit({leave.code!r})"
    except BaseException as error:
        answer["failure"] = _describe_error(error, request_data["path"])
    atomic.write_text(Path(request).with_name(ANSWER), json.dumps(answer))


def _checked(request_data: Mapping[str, Any]) -> LayerReport:
    from .layer import layer

    module = _load(request_data["path"])
    forward, backward = request_data["names"] or _pair(module, request_data["path"])
    options: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in request_data["options"].items()}
    return layer(
        _function(module, forward, request_data["path"]), _function(module, backward, request_data["path"]), **options
    )


def _load(path: str) -> ModuleType:
    """Load the file as a module that can import files next to it."""
    sys.path.insert(0, os.path.dirname(path))
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    if spec is None or spec.loader is None:
        raise CouldNotCheckError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _function(module: ModuleType, name: str, path: str) -> Any:
    """Find a function by its name. With dots, Layer.forward is a method of an object created by Layer()."""
    owner, _, method = name.rpartition(".")
    target: Any = module
    for part in owner.split(".") if owner else []:
        target = getattr(target, part, None)
    if isinstance(target, type):
        target = _instance(target)
    target = getattr(target, method, None)
    if not callable(target):
        there = ", ".join(sorted(n for n, f in vars(module).items() if callable(f) and not n.startswith("_")))
        raise CouldNotCheckError(f"{path} has no function {name}; its functions are {there or 'none'}")
    return target


_instances: dict[type, Any] = {}


def _instance(kind: type) -> Any:
    """Return one object for both methods, so that backward finds the attributes that forward set."""
    if kind not in _instances:
        _instances[kind] = kind()
    return _instances[kind]


def _pair(module: ModuleType, path: str) -> tuple[str, str]:
    """Find the only function named ...forward... for which there is a ...backward...."""
    names = [n for n, f in vars(module).items() if callable(f) and "forward" in n.lower()]
    pairs = []
    for name in names:
        for old, new in (("forward", "backward"), ("Forward", "Backward")):
            other = name.replace(old, new)
            if other != name and callable(getattr(module, other, None)):
                pairs.append((name, other))
    if len(pairs) == 1:
        return pairs[0]
    quoted = f"{len(pairs)} pairs: {', '.join(f'{a},{b}' for a, b in pairs)}" if pairs else "no pair"
    raise CouldNotCheckError(
        f"{path} has {quoted} of functions named forward and backward; "
        f"choose two functions: {Path(path).name}:FORWARD,BACKWARD"
    )


def _describe_error(error: BaseException, path: str) -> str:
    """Describe an error: our own messages as they are, others with their type and the line of the user's file."""
    where = _line_of(error, path)
    if not where and (isinstance(error, Rot180Error) or str(error).startswith(OURS)):
        return str(error).removeprefix(OURS)
    return f"{type(error).__name__}: {error}{where}"


def _line_of(error: BaseException, path: str) -> str:
    """Return the line of the user's file where the error was raised."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    if isinstance(error, SyntaxError) and error.filename == path:
        return ""
    return f" (line {frames[-1].lineno} of {path})" if frames else ""


if __name__ == "__main__":
    main(sys.argv[1])
    os._exit(0)  # without waiting for threads that the code started
