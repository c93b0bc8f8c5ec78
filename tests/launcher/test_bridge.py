"""The bridge behind a real uvicorn: what Django receives and what the client receives."""

import hashlib
import http.client
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 2**20


class Server:
    """A uvicorn process that serves `tests/launcher/echo.py`."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Return the answer and its body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response, content

    def talk(self, *lines: str) -> socket.socket:
        """Return a connection on which these lines and an empty one were sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        connection.sendall(("\r\n".join([*lines, "", ""])).encode())
        return connection

    def environ(self, path: str, *headers: str) -> dict[str, str]:
        """Return the text values of the WSGI environment for a GET."""
        with self.talk(f"GET {path} HTTP/1.1", "Host: x", "Connection: close", *headers) as client:
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        values: dict[str, str] = json.loads(answer.split(b"\r\n\r\n", 1)[1])["environ"]
        return values

    def peak_megabytes(self) -> float:
        """Return the highest resident memory of the process so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1]) / 1024


@pytest.fixture(scope="module", params=["httptools", "h11"])
def server(request: pytest.FixtureRequest, free_port: Callable[[], int]) -> Iterator[Server]:
    """Serve with both of uvicorn's parsers: they differ in how they end a request."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "tests.launcher.echo:application"]
    options = ["--port", str(port), "--http", request.param, "--log-level", "critical"]
    process = subprocess.Popen([*command, *options, "--lifespan", "off"], cwd=ROOT)
    try:
        _wait_for(port)
        yield Server(process, port)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("The server did not start.")


def test_json_goes_in_and_out(server: Server) -> None:
    response, content = server.ask("POST", "/x?q=1", '{"a": 1}', {"Content-Type": "text/json"})
    answer = json.loads(content)
    assert answer["body"] == '{"a": 1}'
    assert answer["environ"]["CONTENT_TYPE"] == "text/json"
    assert answer["environ"]["CONTENT_LENGTH"] == "8"
    assert answer["environ"]["QUERY_STRING"] == "q=1"
    assert answer["environ"]["REMOTE_ADDR"] == "127.0.0.1"
    assert answer["environ"]["SERVER_PORT"] == str(server.port)
    assert response.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert response.headers["Content-Length"] == str(len(content))


def test_the_path_is_utf8_read_as_latin_1(server: Server) -> None:
    environ = server.environ("/caf%C3%A9/%E2%82%AC")
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/café/€"


def test_bytes_that_are_not_utf8_survive(server: Server) -> None:
    assert server.environ("/%FF")["PATH_INFO"] == "/\xff"


def test_headers_with_an_underscore_are_dropped(server: Server) -> None:
    environ = server.environ("/", "X_Forwarded_For: 1.2.3.4", "X-Real: yes")
    assert "HTTP_X_FORWARDED_FOR" not in environ
    assert environ["HTTP_X_REAL"] == "yes"


def test_repeated_headers_are_joined(server: Server) -> None:
    environ = server.environ("/", "X-A: 1", "X-A: 2", "Cookie: a=1", "Cookie: b=2")
    assert environ["HTTP_X_A"] == "1,2"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"


def test_head_has_the_headers_and_no_body(server: Server) -> None:
    response, content = server.ask("HEAD", "/download")
    assert response.headers["Content-Length"] == str(50 * MEGABYTE)
    assert content == b""


def test_204_has_no_body_and_no_length(server: Server) -> None:
    response, content = server.ask("GET", "/nothing")
    assert (response.status, content) == (204, b"")
    assert "Content-Length" not in response.headers


def test_lines_are_read_across_chunks(server: Server) -> None:
    lines = [f"{number}".rjust(3000) + "\n" for number in range(100)] + ["the end"]
    _, content = server.ask("POST", "/lines", "".join(lines))
    assert json.loads(content)["lines"] == lines


def test_50_megabytes_up_leave_memory_flat(server: Server) -> None:
    block = bytes(range(256)) * 4096
    server.ask("POST", "/digest", block)
    before = server.peak_megabytes()
    length = {"Content-Length": str(50 * len(block))}
    _, content = server.ask("POST", "/digest", (block for _ in range(50)), length)
    answer = json.loads(content)
    assert answer["sha256"] == hashlib.sha256(block * 50).hexdigest()
    assert answer["largest"] == 65536
    assert server.peak_megabytes() - before < 10


def test_a_slow_reader_leaves_memory_flat_and_others_served(server: Server) -> None:
    before = server.peak_megabytes()
    with server.talk("GET /download HTTP/1.1", "Host: x") as slow:
        slow.recv(1000)
        assert server.ask("GET", "/")[0].status == 200
        time.sleep(0.3)  # the server would fill its memory in this time
        assert server.peak_megabytes() - before < 10
    assert server.ask("GET", "/")[0].status == 200


def test_a_stream_ends_when_its_reader_leaves(server: Server) -> None:
    ended = int(json.loads(server.ask("GET", "/closed")[1])["closed"])
    with server.talk("GET /endless HTTP/1.1", "Host: x") as client:
        assert client.recv(1000)
    deadline = time.monotonic() + 10
    while json.loads(server.ask("GET", "/closed")[1])["closed"] == ended:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_body_shorter_than_declared_holds_no_thread(server: Server) -> None:
    for _ in range(6):  # more than the server has threads
        client = server.talk("POST /digest HTTP/1.1", "Host: x", "Content-Length: 200000")
        client.sendall(b"x" * 100_000)
        client.close()
    assert server.ask("GET", "/")[0].status == 200


def test_a_failure_is_a_plain_500(server: Server) -> None:
    response, content = server.ask("GET", "/boom")
    assert (response.status, content) == (500, b"Internal Server Error")


def test_a_body_without_length_is_411(server: Server) -> None:
    with server.talk("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked") as client:
        assert client.recv(1000).startswith(b"HTTP/1.1 411 ")
