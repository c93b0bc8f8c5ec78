"""No call reaches the inside (P102, R159, acceptance 13)."""

import socket
from collections.abc import Iterator

import pytest

from apps.connections.addresses import RefusedAddress, UnknownHost, resolve_target
from apps.connections.http import GuardedClient, Outcome
from tests.integrations.receiver import CountingListener, receiver, status

INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "10.255.255.255", "172.16.0.1",  # noqa: S104
    "172.31.255.254", "192.168.1.1", "169.254.169.254", "169.254.0.1", "100.64.0.1",
    "192.0.0.8", "192.0.0.170", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "[::1]", "[::]", "[::127.0.0.1]", "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]", "[::ffff:0:10.0.0.1]", "[64:ff9b::a00:1]", "[64:ff9b:1::a00:1]",
    "[2002:a00:1::]", "[2002:7f00:1::1]", "[2001::1]", "[2001:10::1]", "[2001:db8::1]",
    "[3fff::1]", "[5f00::1]", "[100::1]", "[fc00::1]", "[fd12:3456::1]", "[fe80::1]",
    "[fec0::1]", "[ff02::1]", "[ff0e::1]",
    "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "localhost.", "LOCALHOST",
    "①②⑦.0.0.1", "127。0。0。1",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "93.184.215.14", "[2606:4700:4700::1111]", "[::ffff:8.8.8.8]"]
ODD = [
    "http://8.8.8.8/", "https://8.8.8.8:80/", "https://8.8.8.8:0/", "https://8.8.8.8:99999/",
    "https://a@8.8.8.8/", "https://a:b@8.8.8.8/", "https://@8.8.8.8/", "//8.8.8.8/", "https:///x",
    "https://", "file:///etc/passwd", "gopher://8.8.8.8/", "https://8.8.8.8\\@10.0.0.1/",
    "https://8.8.8.8/\r\nX: y", "https://8.8.8.8/ x", "https://8.8.8.8/\x00", "https://[fe80::1%25eth0]/",
    "https://exa mple.com/", "https://8.8.8.8/ä", "https://[::1", "https://" + "a" * 64 + ".com/",
]  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
def test_p102_an_inside_address_is_refused(host: str) -> None:
    with pytest.raises(RefusedAddress):
        resolve_target(f"https://{host}/hook")


@pytest.mark.parametrize("host", OUTSIDE)
def test_an_outside_address_is_allowed(host: str) -> None:
    assert resolve_target(f"https://{host}/hook?x=1").path == "/hook?x=1"
    assert resolve_target(f"https://{host}:8443/").port == 8443


@pytest.mark.parametrize("url", ODD)
def test_a_doubtful_url_is_refused(url: str) -> None:
    with pytest.raises(RefusedAddress):
        resolve_target(url)


def test_every_address_of_a_name_must_be_allowed() -> None:
    def one_good_one_bad(*_args: object) -> list[str]:
        return ["8.8.8.8", "10.0.0.1"]

    with pytest.raises(RefusedAddress):
        resolve_target("https://both.example/", resolve=one_good_one_bad)


def test_the_operators_exceptions_are_hosts_and_networks() -> None:
    def inside(*_args: object) -> list[str]:
        return ["10.1.2.3"]

    for allow in (["hooks.example"], ["10.1.0.0/16"], ["10.1.2.3"]):
        assert resolve_target("http://hooks.example:8080/", allow, resolve=inside).port == 8080
    for allow in (["other.example"], ["10.2.0.0/16"]):
        with pytest.raises(RefusedAddress):
            resolve_target("http://hooks.example:8080/", allow, resolve=inside)
        with pytest.raises(RefusedAddress):
            resolve_target("http://8.8.8.8/", allow)


def test_a_name_without_an_address_is_unknown() -> None:
    with pytest.raises(UnknownHost):
        resolve_target("https://nothing.example/", resolve=lambda *_args: [])


@pytest.fixture(params=["127.0.0.1", "::1"])
def inside(request: pytest.FixtureRequest) -> Iterator[tuple[str, CountingListener]]:
    """A listening socket inside that counts who connects."""
    import threading

    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    try:
        server = CountingListener(family, request.param)
    except OSError:
        pytest.skip("this machine has no such loopback")
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    yield request.param, server
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_acceptance_13_no_packet_reaches_the_inside(inside: tuple[str, CountingListener]) -> None:
    """By address, by a name that leads there, and by a name that changes its mind."""
    address, server = inside
    port = server.server_address[1]
    host = f"[{address}]" if ":" in address else address
    client = GuardedClient()
    for url in (f"https://{host}:{port}/", f"http://{host}:{port}/", f"https://{host}:8443/"):
        answer = client.send("POST", url, headers={}, deadline_seconds=1)
        assert answer.outcome == Outcome.PERMANENT
        assert "refused" in answer.error
    answers = [["8.8.8.8", address], [address]]
    turning = GuardedClient(resolve=lambda *_args: answers[0])
    for _ in answers:
        got = turning.send("POST", "https://turning.example/", headers={}, deadline_seconds=1)
        assert got.outcome == Outcome.PERMANENT
        answers.reverse()
    assert server.connections == 0


def test_a_name_is_resolved_once_and_the_checked_address_is_the_one_that_is_called() -> None:
    """A name that changes after the check has no second look-up to answer."""
    asked: list[str] = []

    def resolve(host: str, _port: int, _seconds: float) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with receiver() as peer:
        port = peer.url.split(":")[2].split("/")[0]
        client = GuardedClient(["127.0.0.1"], resolve=resolve)
        answer = client.send("POST", f"http://peer.example:{port}/x", headers={}, content=b"{}")
        assert answer.outcome == Outcome.OK
        assert peer.got[0].headers["host"] == f"peer.example:{port}"
    assert asked == ["peer.example"]


def test_a_redirect_to_the_inside_is_not_followed(inside: tuple[str, CountingListener]) -> None:
    address, server = inside
    host = f"[{address}]" if ":" in address else address
    place = f"http://{host}:{server.server_address[1]}/"
    for code in (301, 302, 303, 307, 308):
        with receiver(status(code, location=place)) as peer:
            answer = GuardedClient(["127.0.0.1"]).send("POST", peer.url, headers={})
        assert (answer.outcome, answer.status) == (Outcome.PERMANENT, code)
    assert server.connections == 0
