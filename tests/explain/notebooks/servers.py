"""Run JupyterLab and marimo as processes: on loopback, behind a token, with a home in the test's folder."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 90.0  # for a server to answer
STOPPING = 20.0  # for a server to stop when asked to


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """Run JupyterLab on the notebooks of a folder; yields an address with {} for the name of a notebook."""
    disable_news(folder)
    token, port = secrets.token_hex(16), free_port()
    command = [
        "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}", "--LabApp.extension_manager=readonly",
    ]  # fmt: skip
    with running(command, folder, {"JUPYTER_TOKEN": token}, f"http://127.0.0.1:{port}/api"):
        yield f"http://127.0.0.1:{port}/lab/tree/{{}}?reset&token={token}"


@contextmanager
def marimo(notebook: Path) -> Iterator[str]:
    """Run marimo's editor on a notebook, whose cells it executes; yields the address."""
    settings = notebook.parent / "home" / ".config" / "marimo" / "marimo.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text("[runtime]\nauto_instantiate = true\n")
    token, port = secrets.token_hex(16), free_port()
    command = [
        "marimo", "--yes", "edit", "--headless", "--skip-update-check", "--no-sandbox", "--host", "127.0.0.1",
        "--port", str(port), "--token-password-file", "-", str(notebook),
    ]  # fmt: skip
    with running(command, notebook.parent, {}, f"http://127.0.0.1:{port}/health", token):
        yield f"http://127.0.0.1:{port}/?access_token={token}"


def disable_news(folder: Path) -> None:
    """Disable JupyterLab's dialog that asks about news."""
    settings = (
        folder / "home/.jupyter/lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    )
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('{"fetchNews": "false", "checkForUpdates": false}')


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a process that reads and writes settings only in `folder`."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON", "XDG_"))}
    return {**kept, "HOME": str(home), "PYDEVD_DISABLE_FILE_VALIDATION": "1", **more}


@contextmanager
def running(command: list[str], folder: Path, secret: dict[str, str], health: str, said: str = "") -> Iterator[None]:
    """Run a Python module as a process that ends, with all its children, at the end of the block."""
    log = folder / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=folder, env=environment(folder, **secret), stdin=subprocess.PIPE,
            stdout=out, stderr=out, text=True, start_new_session=True,
        )  # fmt: skip
    try:
        assert server.stdin is not None
        server.stdin.write(said)
        server.stdin.close()
        wait_until_it_answers(server, health, log)
        yield
    finally:
        stop(server)


def wait_until_it_answers(server: subprocess.Popen[Any], health: str, log: Path) -> None:
    end = time.monotonic() + SECONDS
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        assert server.poll() is None, f"the server ended with {server.returncode}:\n{log.read_text()}"
        try:
            direct.open(health, timeout=5).close()
            return
        except urllib.error.HTTPError:  # it answers, if only to refuse
            return
        except OSError:
            assert time.monotonic() < end, f"the server did not answer in {SECONDS} s:\n{log.read_text()}"
            time.sleep(0.1)


def stop(server: subprocess.Popen[Any]) -> None:
    """Ask the server to stop, which stops its kernels; kill the remaining processes of its group."""
    server.terminate()
    try:
        server.wait(STOPPING)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(server.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    server.wait()
