"""The local server: it answers only its own page, refuses malformed requests, and stops cleanly."""

import base64
import http.client
import io
import json
import random
import signal
import socket
import subprocess
import sys
import threading

import numpy as np
import pytest

from rot180.explain import Trace
from rot180.explain.operations import OPERATIONS
from rot180.explain.request import KEYWORDS
from rot180.explain.server import MOST_BODY, PortError, Server, answer
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


def ask(server, method="POST", path="/trace", body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    headers = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    if isinstance(body, dict | list):
        body = json.dumps(body)
    if method == "POST":
        headers = {"Content-Type": "application/json", **headers}
    connection.request(method, path, body, headers)
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
    host = f"Host: 127.0.0.1:{server.server_port}\r\nContent-Type: application/json\r\n"
    for start in (f"POST /trace HTTP/1.1\r\n{host}Content-Length: 900\r\n\r\n", "POST /trace HTTP/1.1\r\nX: "):
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as connection:
            connection.sendall(start.encode())
            found = b""
            connection.settimeout(0.05)
            for _ in range(400):
                try:
                    part = connection.recv(65536)
                except TimeoutError:
                    connection.sendall(b"x")
                    continue
                except ConnectionError:  # sent after the end
                    break
                found += part
                if not part:
                    break
            else:
                pytest.fail("the server still reads a request that trickles in")
            assert b"arrived too late" in found or "POST /trace HTTP/1.1\r\nX" in start


def test_the_page_and_its_requests(server):
    response, page = ask(server, "GET", "/")
    assert response.status == 200 and page == server.document and b"connect-src 'self'" in page
    assert response.headers["Cache-Control"] == "no-store" and response.headers["X-Frame-Options"] == "DENY"
    assert ask(server, "GET", "/?lang=zh")[0].status == 200 and ask(server, "HEAD", "/")[1] == b""
    response, data = ask(server, body={"request": {"op": "conv1d", "stride": 2, "input": [7]}})
    assert response.status == 200 and json.loads(data)["trace"]["settings"]["stride"] == [2]
    origin = f"http://localhost:{server.server_port}"
    body = {"request": {"op": "conv2d", "kernel": [9, 9]}}
    response, data = ask(server, body=body, Origin=origin, Host=origin.removeprefix("http://"))
    assert response.status == 200 and "conv2d: the kernel is 9 on spatial axis 0" in json.loads(data)["error"]


def test_exported_files_contain_the_numbers_of_the_page(server):
    for kind, begin in (("npz", b"PK"), ("json", b"{"), ("html", b"<!DOCTYPE html>")):
        data = json.loads(example().to_json())
        data["arrays"]["x"]["values"][0] = 77
        body = {"request": {"trace": {**data, "triples": {}, "views": {}}, "file": kind, "language": "zh"}}
        file = json.loads(ask(server, body=body)[1])["file"]
        content = base64.b64decode(file["base64"])
        assert file["name"] == f"rot180-conv2d.{kind}" and content.startswith(begin)
        if kind == "npz":
            assert np.load(io.BytesIO(content))["x"].flat[0] == 77
        elif kind == "json":
            assert Trace.from_json(content).arrays["x"].flat[0] == 77
    assert answer({"request": {"op": "conv2d", "file": "exe"}}) == {
        "error": "explain: unknown kind of file 'exe'; choose html, npz or json"
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8180"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:1"},
        {"Host": "localhost.evil.example:{port}"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1:{port}"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_requests_from_other_pages_are_refused(server, method, headers):
    headers = {name: value.format(port=server.server_port) for name, value in headers.items()}
    path = "/" if method == "GET" else "/trace"
    response, data = ask(server, method, path, {"request": {"op": "conv1d"}}, **headers)
    assert response.status == 403 and "trace" not in json.loads(data)


@pytest.mark.parametrize(
    "path", ["/trace", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/page/main.js", "/x", "/.git"]
)
def test_no_files_are_served(server, path):
    response, data = ask(server, "GET", path)
    assert response.status == 404 and json.loads(data) == {"error": "explain: the only page is /"}
    if path != "/trace":
        assert ask(server, "POST", path, {"request": {"op": "conv1d"}})[0].status == 404


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ("{", {}, 400),
        ("\x00\xff", {}, 400),
        ("[" * 50_000, {}, 400),
        ("1" * 5000, {}, 400),
        ('{"request": {"op": "conv1d"}}', {"Content_Type": "text/plain"}, 415),
        ('{"request": {"op": "conv1d"}}', {"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ("{}", {"Content_Length": "-1"}, 411),
        ("{}", {"Content_Length": "two"}, 411),
        ("{}", {"Content_Length": "²"}, 411),
        ("{}", {"Content_Length": str(MOST_BODY + 1)}, 413),
        ("{}", {"Content_Length": "9" * 5000}, 413),
        ("{}", {"Transfer_Encoding": "chunked"}, 411),
    ],
)
def test_malformed_and_oversized_requests_are_refused(server, body, headers, status):
    headers = {name.replace("_", "-"): value.encode("latin-1", "replace") for name, value in headers.items()}
    assert ask(server, body=body.encode("latin-1"), **headers)[0].status == status


@pytest.mark.parametrize(
    "body",
    [
        [], 3, None, {}, {"request": None}, {"request": []}, {"request": {}}, {"request": {"op": {}}},
             {"request": {"op": "conv1d", "input": [[[[1]]]]}}, {"request": {"op": "conv1d", "stride": {"a": 1}}},
             {"request": {"op": "conv1d", "arrays": {"x": [["a"]]}}}, {"request": {"op": "conv1d", "padding": 10**30}},
             {"request": {"op": "conv1d", "seed": 1.5}}, {"request": {"trace": 1}},
        {"request": {"trace": {}, "file": 2}},
             {"request": {"op": "conv1d", "file": ["x"]}}, {"request": {"op": "conv1d", "stride": "2"}},
             {"request": {"op": "conv1d", "groups": [1]}}, {"request": {"op": "conv1d", "bias": "no", "input": "5"}},
    ],
)  # fmt: skip
def test_invalid_requests_get_an_error_message(server, body):
    response, data = ask(server, body=json.dumps(body))
    assert response.status == 200 and len(json.loads(data)["error"]) > 10


def test_the_server_survives_invalid_http(server):
    assert b"400" in raw(server, b"\x16\x03\x01 nonsense\r\n\r\n")
    assert b"403" in raw(server, b"GET / HTTP/1.1\r\n\r\n")  # no Host
    two = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{server.server_port}\r\nHost: evil.example\r\n\r\n"
    assert b"403" in raw(server, two.encode())
    assert b"501" in raw(server, f"DELETE / HTTP/1.1\r\nHost: 127.0.0.1:{server.server_port}\r\n\r\n".encode())
    assert b"414" in raw(server, b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n")
    assert b"400" in raw(server, f"POST /trace HTTP/1.1\r\nHost: 127.0.0.1:{server.server_port}\r\n"
                                 "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode())  # fmt: skip
    assert ask(server, "GET", "/")[0].status == 200


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


ODD = [
    None, True, False, 0, -1, 1, 2, 3, 1.5, 1e308, 10**40, float("nan"), "same", "valid", "x", "", [], {}, [1], [1, 2],
    [0, 0], [1, 2, 3], [[1, 0], [0, 1]], [[1]], [[1, 2]], [[[]]], ["a"], {"n": [0]}, {"n": 0, "c": [1]},
    [[1, 2], [3, 4]], [True], [None], 7, 100, 1025,
]  # fmt: skip


@pytest.mark.parametrize("n", [300, pytest.param(3000, marks=pytest.mark.slow)])
def test_random_requests_get_a_trace_or_a_message(n):
    rng, traced = random.Random(0), 0
    names = [name for name in KEYWORDS if name not in ("kernel_size", "x", "w", "b", "dy")] + [
        "kernel",
        "file",
        "user_arrays",
    ]
    for _ in range(n):
        request = {
            "op": rng.choice(list(OPERATIONS)),
            **{k: rng.choice(ODD) for k in rng.sample(names, rng.randint(0, 4))},
        }
        if rng.random() < 0.3:
            request["arrays"] = {rng.choice("xwb"): rng.choice(ODD)}
        found = answer({"request": request})
        json.dumps(found, allow_nan=False)
        assert "trace" in found or "file" in found or len(found["error"]) > 10, request
        traced += "trace" in found
    assert n / 20 < traced < n / 2
