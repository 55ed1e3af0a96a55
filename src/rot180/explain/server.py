"""A local server for the page: GET / sends the document, POST /trace computes another trace or a file.

The server binds to the loopback address and answers only its own page. The server refuses a different Host header,
which means DNS rebinding, and a different Origin, which means a page of another site. The server reads no files from
disk, so path traversal is impossible. A body that is too long is refused before it is read, and a body that is not
declared as JSON is refused before it is parsed.
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
from .record import Trace
from .strings import language as known_language
from .strings import say
from .tracing import trace_from_page

ADDRESS, PORT = "127.0.0.1", 8180
MOST_BODY = 1 << 23  # bytes: enough for the largest trace with all its triples
SECONDS = 20.0  # the time in which a request must arrive


class PortError(Rot180Error, OSError):
    """The port is in use or not permitted."""


class Server(ThreadingHTTPServer):
    """A server for one trace, at the address `url`.

    Args:
        trace: the layer that the page opens with.
        port: a port; 0 for any free port; None for 8180 or, if that is in use, any free port.
        language: "en" or "zh".

    Raises:
        PortError: if the port is in use or not permitted.
    """

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # on Windows it would let two servers share a port

    def __init__(self, trace: Trace, *, port: int | None = None, language: str = "en") -> None:
        self.document = document(trace, live=True, language=known_language(language)).encode()
        self.one_at_a_time = threading.Lock()
        try:
            super().__init__((ADDRESS, PORT if port is None else port), _Handler)
        except OSError as error:
            if port is not None or error.errno != errno.EADDRINUSE:
                raise PortError(_port_message(port, error)) from None
            super().__init__((ADDRESS, 0), _Handler)
        self.url = f"http://{ADDRESS}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors of connections that the browser closed."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def serve(trace: Trace, *, port: int | None = None, browser: bool = True, language: str = "en") -> None:
    """Show a trace in the browser until Ctrl-C is pressed.

    Args:
        trace: the layer to show.
        port: a port; 0 for any free port; None for 8180 or, if that is in use, any free port.
        browser: True to open a browser if there is a screen.
        language: "en" or "zh"; the reader can switch in the page.

    Raises:
        PortError: if the port is in use or not permitted.
    """
    server = Server(trace, port=port, language=language)
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
    """The reply to {"request": ...}: {"trace": ...}, {"file": ...}, or {"error": message} for an error of rot180."""
    try:
        if not isinstance(body, Mapping) or not isinstance(body.get("request"), Mapping):
            raise ExplainError('explain: the body must be a JSON object with an object "request"')
        request = body["request"]
        trace = Trace.from_dict(request["trace"]) if "trace" in request else trace_from_page(request)
        if request.get("file"):
            return {"file": export(trace, request["file"], request.get("language", "en"))}
        return {"trace": trace.as_dict()}
    except Rot180Error as error:
        return {"error": str(error)}
    except RecursionError:
        return {"error": "explain: the request is nested too deeply"}


def export(trace: Trace, kind: Any, language: Any = "en") -> dict[str, str]:
    """A file of the kind "html", "npz" or "json", as {"name": ..., "base64": ...}."""
    name = f"rot180-{trace.op}"
    if kind == "html":
        data = document(trace, language=known_language(language)).encode()
    elif kind == "npz":
        data = trace.to_npz()
    elif kind == "json":
        data = trace.to_json().encode()
    else:
        raise ExplainError(f"explain: unknown kind of file {kind!r:.40}; choose html, npz or json")
    return {"name": f"{name}.{kind}", "base64": base64.b64encode(data).decode()}


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server
    timeout = SECONDS
    server_version, sys_version = "rot180", ""

    def setup(self) -> None:
        """Limit the time of the whole request; a limit per read would not stop a client that sends single bytes."""
        super().setup()
        self.timer = threading.Timer(SECONDS, self._stop_reading)
        self.timer.daemon = True
        self.timer.start()

    def finish(self) -> None:
        self.timer.cancel()
        super().finish()

    def _stop_reading(self) -> None:
        with contextlib.suppress(OSError):  # the client may have closed it
            self.connection.shutdown(socket.SHUT_RD)

    def do_GET(self) -> None:
        if self._is_own_page():
            if self.path.split("?")[0] == "/":
                self._send(HTTPStatus.OK, self.server.document, "text/html; charset=utf-8")
            else:
                self._refuse(HTTPStatus.NOT_FOUND, "the only page is /")

    do_HEAD = do_GET

    def do_POST(self) -> None:
        if not self._is_own_page():
            return
        if self.path != "/trace":
            return self._refuse(HTTPStatus.NOT_FOUND, "POST is only for /trace")
        kind = self.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            return self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "application/json is needed")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()) or "Transfer-Encoding" in self.headers:
            return self._refuse(HTTPStatus.LENGTH_REQUIRED, "a Content-Length is needed")
        if len(length) > 12 or int(length) > MOST_BODY:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body may have at most {MOST_BODY:,} bytes")
        data = self.rfile.read(int(length))
        self.timer.cancel()
        if len(data) < int(length):
            return self._refuse(HTTPStatus.BAD_REQUEST, "the body is incomplete, or arrived too late")
        try:
            body = json.loads(data)
        except (ValueError, RecursionError):
            return self._refuse(HTTPStatus.BAD_REQUEST, "the body is not JSON")
        try:
            with self.server.one_at_a_time:
                reply = answer(body)
        except Exception as error:  # so that a bug does not leave the page waiting
            message = f"internal error: {type(error).__name__}: {error} (please report it)"
            return self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, message)
        self._send(HTTPStatus.OK, json.dumps(reply, separators=(",", ":")).encode(), "application/json")

    def _is_own_page(self) -> bool:
        """True if the request comes from this server's own page; otherwise send a refusal."""
        hosts = {f"{name}:{self.server.server_port}" for name in (ADDRESS, "localhost")}
        origins = self.headers.get_all("Origin", [])
        if self.headers.get_all("Host", []) not in [[host] for host in hosts]:
            self._refuse(HTTPStatus.FORBIDDEN, "this server does not answer requests for another Host")
        elif any(origin not in {f"http://{host}" for host in hosts} for origin in origins):
            self._refuse(HTTPStatus.FORBIDDEN, "this server does not answer pages of other sites")
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
        """Print nothing: a line per request would fill the user's terminal."""


def _has_screen() -> bool:
    """True if a browser can be opened. Over ssh a text browser might take over the terminal."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _port_message(port: int | None, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"explain: port {port} is in use; choose another with port (--port), or 0 for any free port"
    return f"explain: cannot use port {PORT if port is None else port}: {error.strerror or error}"
