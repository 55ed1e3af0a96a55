"""A check in a process of its own: what strangers wrote may raise, hang, print, leave or crash, and is reported.

    python -m rot180.check.child REQUEST        a JSON file that says what to check; the answer is written beside it

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

ANSWER = "answer.json"  # beside the request
OURS = "check.layer: "  # how our own messages begin; the command says `check: `
MOST_SHOWN, MOST_QUOTED = 2000, 200  # bytes of what the code printed, and of these in an error
LINGERING = 1.0  # seconds that are waited for what is left to be read, where something still runs that may print
PATIENCE = 60.0  # seconds


class CouldNotCheckError(Rot180Error, RuntimeError):
    """The code could not be loaded, called or waited for; there is no verdict."""


# ---- the parent ----


def check_file(
    path: str | Path, names: tuple[str, str] | None, options: Mapping[str, Any], timeout: float = PATIENCE
) -> tuple[LayerReport, str]:
    """The report on two functions of a file, and what they printed.

    Args:
        path: of a Python file.  names: of the forward and the backward in it; None to find them by their names.
        options: of `check.layer`.  timeout: seconds until the child is ended.

    Raises CouldNotCheckError.
    """
    path = Path(path)
    if not path.is_file():
        raise CouldNotCheckError(f"check: there is no file {path}")
    with tempfile.TemporaryDirectory(prefix="rot180-check-") as folder:
        request = Path(folder, "request.json")
        request.write_text(json.dumps({"path": str(path.resolve()), "names": names, "options": dict(options)}))
        status, printed = _run([sys.executable, "-u", "-m", "rot180.check.child", str(request)], timeout)
        answer = Path(folder, ANSWER)
        if not answer.exists():
            said = f"; it printed: {printed[:MOST_QUOTED]}" if printed else ""
            raise CouldNotCheckError(f"check: {path} {_ending(status, timeout)}{said}")
        found = json.loads(answer.read_text())
    if found.get("failure"):
        raise CouldNotCheckError(f"check: {found['failure']}")
    return LayerReport.from_dict(found["report"]), printed


def _run(command: list[str], timeout: float) -> tuple[int | None, str]:
    """The status of a process, None if it took too long and was ended with all of its own; and what it printed."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=os.name != "nt",
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8:backslashreplace"},
    )  # fmt: skip
    kept = bytearray()
    reader = threading.Thread(target=_keep, args=(process.stdout, kept), daemon=True)
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
    text = bytes(kept).decode(errors="replace").strip()
    return status, "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text)


def _keep(stream: IO[bytes], kept: bytearray) -> None:
    """Read to the end, so that whoever prints never waits, and keep what comes first."""
    with stream:
        while block := os.read(stream.fileno(), 1 << 16):
            kept += block[: MOST_SHOWN - len(kept)]


def _ending(status: int | None, timeout: float) -> str:
    if status is None:
        return f"did not come to an end within {timeout:g} seconds; does it hang? --timeout gives it longer"
    how = f"exit status {status}"
    if status < 0:
        with contextlib.suppress(ValueError):
            how = f"killed by {signal.Signals(-status).name}"
    return f"ended the process ({how}) before there was a verdict"


# ---- the child ----


def main(request: str) -> None:
    """Check what the request says, and write the answer beside it, at once and whole."""
    asked = json.loads(Path(request).read_text())
    answer: dict[str, Any] = {"failure": None, "report": None}
    try:
        answer["report"] = _checked(asked).as_dict()
    except SystemExit as leave:
        answer["failure"] = f"{asked['path']} called sys.exit({leave.code!r})"
    except BaseException as error:
        answer["failure"] = _told(error, asked["path"])
    atomic.write_text(Path(request).with_name(ANSWER), json.dumps(answer))


def _checked(asked: Mapping[str, Any]) -> LayerReport:
    from .layer import layer

    module = _load(asked["path"])
    forward, backward = asked["names"] or _pair(module, asked["path"])
    options: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in asked["options"].items()}
    return layer(_function(module, forward, asked["path"]), _function(module, backward, asked["path"]), **options)


def _load(path: str) -> ModuleType:
    """The file as a module; files beside it can be imported."""
    sys.path.insert(0, os.path.dirname(path))
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    if spec is None or spec.loader is None:
        raise CouldNotCheckError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _function(module: ModuleType, name: str, path: str) -> Any:
    """By its name, which may have dots: Layer.forward is a method of an object that Layer() makes."""
    owner, _, method = name.rpartition(".")
    found: Any = module
    for part in owner.split(".") if owner else []:
        found = getattr(found, part, None)
    if isinstance(found, type):
        found = _instance(found)
    found = getattr(found, method, None)
    if not callable(found):
        there = ", ".join(sorted(n for n, f in vars(module).items() if callable(f) and not n.startswith("_")))
        raise CouldNotCheckError(f"{path} has no function {name}; it has {there or 'none'}")
    return found


_instances: dict[type, Any] = {}


def _instance(kind: type) -> Any:
    """One object for both methods, so that backward finds what forward has kept."""
    if kind not in _instances:
        _instances[kind] = kind()
    return _instances[kind]


def _pair(module: ModuleType, path: str) -> tuple[str, str]:
    """The one function named ...forward... for which there is a ...backward...."""
    names = [n for n, f in vars(module).items() if callable(f) and "forward" in n.lower()]
    pairs = []
    for name in names:
        for old, new in (("forward", "backward"), ("Forward", "Backward")):
            other = name.replace(old, new)
            if other != name and callable(getattr(module, other, None)):
                pairs.append((name, other))
    if len(pairs) == 1:
        return pairs[0]
    said = f"{len(pairs)} pairs: {', '.join(f'{a},{b}' for a, b in pairs)}" if pairs else "no pair"
    raise CouldNotCheckError(
        f"{path} has {said} of functions named forward and backward; name them: {Path(path).name}:FORWARD,BACKWARD"
    )


def _told(error: BaseException, path: str) -> str:
    """What went wrong: one of our own messages as it is, another one with its kind and the user's line."""
    where = _where(error, path)
    if not where and (isinstance(error, Rot180Error) or str(error).startswith(OURS)):
        return str(error).removeprefix(OURS)
    return f"{type(error).__name__}: {error}{where}"


def _where(error: BaseException, path: str) -> str:
    """The line of the user's file at which it happened."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    if isinstance(error, SyntaxError) and error.filename == path:
        return ""
    return f" (line {frames[-1].lineno} of {path})" if frames else ""


if __name__ == "__main__":
    main(sys.argv[1])
    os._exit(0)  # not waiting for threads that the code has left running
