"""A local server for the page: GET / sends the document; nothing else is served.

The page computes its own layers, so the server only delivers the document. The server binds to the loopback address. It
refuses requests with a different Host header, to prevent DNS rebinding. It never reads files or request bodies.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ..errors import Rot180Error
from .document import document
from .record import Trace
from .strings import language as known_language
from .strings import say

ADDRESS, PORT = "127.0.0.1", 8180
SECONDS = 20.0  # a request must arrive completely within this time


class PortError(Rot180Error, OSError):
    """Raised if the port is in use or not permitted."""


class Server(ThreadingHTTPServer):
    """A server for one trace, at the address `url`.

    Args:
        trace: the layer that the page opens with.
        port: a port; 0 for any free port; None for 8180 or, if that is in use, any free port.
        language: "en" or "zh".
        cell: the cell to open on, for example "dx[0,0,1,1]".

    Raises:
        PortError: if the port is in use or not permitted.
    """

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # on Windows it would let two servers share a port

    def __init__(
        self, trace: Trace, *, port: int | None = None, language: str = "en", cell: str | None = None
    ) -> None:  # fmt: skip
        self.document = document(trace, language=known_language(language), cell=cell).encode()
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


def serve(
    trace: Trace, *, port: int | None = None, browser: bool = True, language: str = "en", cell: str | None = None
) -> None:  # fmt: skip
    """Show a trace in the browser until Ctrl-C is pressed.

    Args:
        trace: the layer to show.
        port: a port; 0 for any free port; None for 8180 or, if that is in use, any free port.
        browser: True to open a browser if there is a screen.
        language: "en" or "zh"; the reader can switch in the page.
        cell: the cell to open on, for example "dx[0,0,1,1]".

    Raises:
        PortError: if the port is in use or not permitted.
    """
    server = Server(trace, port=port, language=language, cell=cell)
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


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server
    timeout = SECONDS
    server_version, sys_version = "rot180", ""

    def setup(self) -> None:
        """Limit the time of the whole request. A limit per read would not stop a client that sends bytes one by one."""
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
        hosts = [[f"{name}:{self.server.server_port}"] for name in (ADDRESS, "localhost")]
        if self.headers.get_all("Host", []) not in hosts:
            self._refuse(HTTPStatus.FORBIDDEN, "this server does not answer requests for another Host")
        elif self.path.split("?")[0] != "/":
            self._refuse(HTTPStatus.NOT_FOUND, "the only page is /")
        else:
            self._send(HTTPStatus.OK, self.server.document, "text/html; charset=utf-8")

    do_HEAD = do_GET

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._send(status, f"explain: {why}\n".encode(), "text/plain; charset=utf-8")

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
    """True if a graphical browser can be opened. A text browser, for example over ssh, would take over the terminal."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _port_message(port: int | None, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"explain: port {port} is in use; choose another with port (--port), or 0 for any free port"
    return f"explain: cannot use port {PORT if port is None else port}: {error.strerror or error}"
