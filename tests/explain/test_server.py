"""The local server: it answers only its own page, refuses malformed requests, and stops cleanly."""

import http.client
import signal
import socket
import subprocess
import sys
import threading

import pytest

from rot180.explain.server import PortError, Server
from rot180.explain.tracing import example


@pytest.fixture(scope="module")
def server():
    running = Server(example(), port=0)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


def ask(server, method="GET", path="/", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, None, headers)
    response = connection.getresponse()
    data = response.read()
    connection.close()
    return response, data


def raw(server, text):
    """Send bytes and return the reply."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while part := connection.recv(65536):
            found += part
    return found


def test_a_slow_request_times_out(server, monkeypatch):
    monkeypatch.setattr("rot180.explain.server.SECONDS", 0.3)
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        connection.settimeout(0.05)
        for _ in range(400):
            try:
                part = connection.recv(65536)
            except TimeoutError:
                connection.sendall(b"x")
                continue
            except ConnectionError:  # sent after the end
                break
            if not part:
                break
        else:
            pytest.fail("the server still reads a request that trickles in")


def test_the_page_is_served_and_may_not_request_anything(server):
    response, page = ask(server)
    assert response.status == 200 and page == server.document and b"connect-src 'none'" in page
    assert response.headers["Cache-Control"] == "no-store" and response.headers["X-Frame-Options"] == "DENY"
    assert ask(server, path="/?lang=zh")[0].status == 200 and ask(server, "HEAD")[1] == b""
    assert ask(server, Host=f"localhost:{server.server_port}")[0].status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8180", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_requests_to_another_host_are_refused(server, method, host):
    response, data = ask(server, method, Host=host.format(port=server.server_port))
    assert response.status == 403
    assert data == (b"explain: this server does not answer requests for another Host\n" if method == "GET" else b"")


@pytest.mark.parametrize(
    "path", ["/trace", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/page/main.js", "/x", "/.git"]
)
def test_no_files_are_served(server, path):
    response, data = ask(server, path=path)
    assert response.status == 404 and data == b"explain: the only page is /\n"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_sent(server, method):
    assert ask(server, method)[0].status == 501


def test_the_server_survives_invalid_http(server):
    assert b"400" in raw(server, b"\x16\x03\x01 nonsense\r\n\r\n")
    assert b"403" in raw(server, b"GET / HTTP/1.1\r\n\r\n")  # no Host
    two = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{server.server_port}\r\nHost: evil.example\r\n\r\n"
    assert b"403" in raw(server, two.encode())
    assert b"414" in raw(server, b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n")
    assert ask(server)[0].status == 200


def test_it_listens_on_loopback_only_and_a_port_in_use_is_an_error(server):
    assert server.server_address[0] == "127.0.0.1"
    with pytest.raises(PortError, match=rf"port {server.server_port} is in use; choose another with port \(--port\)"):
        Server(example(), port=server.server_port)


def test_ctrl_c_stops_the_server_cleanly():
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "  # a background job ignores it
        "from rot180 import explain; explain.serve(explain.trace('conv1d'), port=0, browser=False)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = child.stdout.readline()
        assert line.startswith("The explainer is running at http://127.0.0.1:")
        port = int(line.split(":")[2].split("/")[0])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=120)
    finally:
        child.kill()
    assert child.returncode == 0 and err == "" and out.strip() == ""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
