"""The page served on this machine: GET / is the document, POST /trace asks for another trace or a file.

It binds to loopback, and answers nobody but the page that it sent: another Host is a rebound name, another Origin a
foreign page. There are no files behind it, so there is no path to climb. What is too long is refused
before it is read, what is no JSON before it is looked at.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import json
import os
import socket
import sys
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ..errors import Rot180Error
from .document import document
from .errors import ExplainError
from .files import from_dict, to_npz
from .make import requested
from .record import Trace
from .strings import language as known_language
from .strings import say

ADDRESS, PORT = "127.0.0.1", 8180
MOST_BODY = 1 << 23  # bytes: the largest trace with all its triples
SECONDS = 20.0  # that a request may take to arrive


class PortError(Rot180Error, OSError):
    """The port is in use, or not for us."""


class Server(ThreadingHTTPServer):
    """Serves one trace until it is told to stop; `url` is where.

    Args:
        shown: what the page opens with.  language: "en" or "zh".
        port: 0 for any that is free; None for 8180, or any if that is taken. PortError if the port cannot be had.
    """

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # elsewhere it would let two servers share a port

    def __init__(self, shown: Trace, *, port: int | None = None, language: str = "en") -> None:
        self.document = document(shown, live=True, language=known_language(language)).encode()
        self.one_at_a_time = threading.Lock()
        try:
            super().__init__((ADDRESS, PORT if port is None else port), _Handler)
        except OSError as error:
            if port is not None or error.errno != errno.EADDRINUSE:
                raise PortError(_port_message(port, error)) from None
            super().__init__((ADDRESS, 0), _Handler)
        self.url = f"http://{ADDRESS}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is no error of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def serve(shown: Trace, *, port: int | None = None, browser: bool = True, language: str = "en") -> None:
    """Show a trace in the browser until Ctrl-C.

    Args:
        shown: what `trace` made.
        port: 0 for any that is free; None for 8180, or any if that is taken. PortError if the port cannot be had.
        browser: whether to open one, where there is a screen.
        language: "en" or "zh"; the page can change it.
    """
    server = Server(shown, port=port, language=language)
    print(say("text.serving", language, url=server.url), flush=True)
    try:
        if browser and _has_screen():
            import webbrowser

            threading.Thread(target=webbrowser.open, args=(server.url,), daemon=True).start()
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()


def answer(body: Any) -> dict[str, Any]:
    """What is sent back for {"request": ...}: {"trace"}, {"file"} or {"error"}, the library's own words."""
    try:
        if not isinstance(body, Mapping) or not isinstance(body.get("request"), Mapping):
            raise ExplainError("explain: the body must be an object with a request, which is an object")
        request = body["request"]
        shown = from_dict(request["trace"]) if "trace" in request else requested(request)
        if request.get("file"):
            return {"file": exported(shown, request["file"], request.get("language", "en"))}
        return {"trace": shown.as_dict()}
    except Rot180Error as error:
        return {"error": str(error)}
    except RecursionError:
        return {"error": "explain: the request is nested too deeply"}


def exported(shown: Trace, kind: Any, language: Any = "en") -> dict[str, str]:
    """{"name", "base64"} of a file: "html", "npz" or "json"."""
    name = f"rot180-{shown.op}"
    if kind == "html":
        data = document(shown, language=known_language(language)).encode()
    elif kind == "npz":
        data = to_npz(shown)
    elif kind == "json":
        data = shown.to_json().encode()
    else:
        raise ExplainError(f"explain: there is no file of kind {kind!r:.40}; there are html, npz, json")
    return {"name": f"{name}.{kind}", "base64": base64.b64encode(data).decode()}


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    timeout = SECONDS
    server_version, sys_version = "rot180", ""

    def setup(self) -> None:
        """Whoever sends a byte now and then keeps each read short: the request as a whole has its time too."""
        super().setup()
        self.late = threading.Timer(SECONDS, self._stop_reading)
        self.late.daemon = True
        self.late.start()

    def finish(self) -> None:
        self.late.cancel()
        super().finish()

    def _stop_reading(self) -> None:
        with contextlib.suppress(OSError):  # it may have gone
            self.connection.shutdown(socket.SHUT_RD)

    def do_GET(self) -> None:
        if self._is_ours():
            if self.path.split("?")[0] == "/":
                self._send(HTTPStatus.OK, self.server.document, "text/html; charset=utf-8")
            else:
                self._refuse(HTTPStatus.NOT_FOUND, "there is only /")

    do_HEAD = do_GET

    def do_POST(self) -> None:
        if not self._is_ours():
            return
        if self.path != "/trace":
            return self._refuse(HTTPStatus.NOT_FOUND, "there is only /trace")
        kind = self.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            return self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "application/json is needed")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()) or "Transfer-Encoding" in self.headers:
            return self._refuse(HTTPStatus.LENGTH_REQUIRED, "a Content-Length is needed")
        if len(length) > 12 or int(length) > MOST_BODY:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {MOST_BODY:,} bytes are taken")
        data = self.rfile.read(int(length))
        self.late.cancel()
        if len(data) < int(length):
            return self._refuse(HTTPStatus.BAD_REQUEST, "the body broke off, or took too long to arrive")
        try:
            body = json.loads(data)
        except (ValueError, RecursionError):
            return self._refuse(HTTPStatus.BAD_REQUEST, "the body is not JSON")
        try:
            with self.server.one_at_a_time:
                found = answer(body)
        except Exception as error:  # a fault of ours must not leave the page waiting
            message = f"internal error: {type(error).__name__}: {error} (please report it)"
            return self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, message)
        self._send(HTTPStatus.OK, json.dumps(found, separators=(",", ":")).encode(), "application/json")

    def _is_ours(self) -> bool:
        """Whether it comes from a page of this server; everybody else is refused."""
        hosts = {f"{name}:{self.server.server_port}" for name in (ADDRESS, "localhost")}
        origins = self.headers.get_all("Origin", [])
        if self.headers.get_all("Host", []) not in [[host] for host in hosts]:
            self._refuse(HTTPStatus.FORBIDDEN, "this Host is not served here")
        elif any(origin not in {f"http://{host}" for host in hosts} for origin in origins):
            self._refuse(HTTPStatus.FORBIDDEN, "pages from elsewhere are not answered")
        else:
            return True
        return False

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._send(status, json.dumps({"error": f"explain: {why}"}).encode(), "application/json")

    def _send(self, status: HTTPStatus, data: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(data))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Nothing: the terminal belongs to the user."""


def _has_screen() -> bool:
    """Whether opening a browser makes sense: not over ssh, where a text browser would take the terminal."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _port_message(port: int | None, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"explain: port {port} is in use; choose another with port (--port), or 0 for any that is free"
    return f"explain: port {PORT if port is None else port} cannot be had: {error.strerror or error}"
