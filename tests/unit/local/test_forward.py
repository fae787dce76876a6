"""Containers reach the loopback interface, byte for byte, and only while it is asked for."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from local import forward


class _Shout(socketserver.StreamRequestHandler):
    """Answers what was sent, once the sender has said that this is all, in capitals."""

    def handle(self) -> None:
        self.wfile.write(self.rfile.read().upper())


@pytest.fixture
def shouting() -> Iterator[int]:
    """The port of a server on the loopback interface."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Shout) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def ask(address: str, text: bytes) -> bytes:
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def test_what_is_sent_arrives_and_so_does_the_answer(shouting: int) -> None:
    long = b"meter" * 200_000
    with forward.reachable(shouting, "127.0.0.1") as address:
        assert not address.endswith(f":{shouting}")
        assert ask(address, b"meter") == b"METER"
        assert ask(address, long) == long.upper()


def test_nothing_listens_afterwards(shouting: int) -> None:
    with forward.reachable(shouting, "127.0.0.1") as address:
        pass
    with pytest.raises(ConnectionRefusedError):
        ask(address, b"meter")


def test_a_target_that_is_not_there_ends_the_connection() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        target = free.getsockname()[1]
        with forward.reachable(target, "127.0.0.1") as address, contextlib.suppress(OSError):
            assert ask(address, b"meter") == b""


def test_a_bridge_that_is_not_this_machines_is_left_to_docker_desktop() -> None:
    # TEST-NET-1, which no machine has.
    with forward.reachable(4566, "192.0.2.1") as address:
        assert address == "host.docker.internal:4566"


@pytest.mark.parametrize(
    ("networks", "gateway"),
    [
        ([{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.9"}], "172.17.0.9"),
        ([{"Subnet": "172.18.0.0/16"}], "172.18.0.1"),
        ([{"Subnet": "fd00::/64", "Gateway": "fd00::1"}, {"Subnet": "10.1.0.0/24"}], "10.1.0.1"),
    ],
)
def test_the_gateway_is_the_named_one_or_the_first_address(networks: list[dict[str, str]], gateway: str) -> None:
    assert forward.gateway_of(networks) == gateway


@pytest.mark.parametrize("networks", [[], [{"Subnet": "fd00::/64"}]])
def test_a_bridge_without_ipv4_is_refused(networks: list[dict[str, str]]) -> None:
    with pytest.raises(ConnectionError):
        forward.gateway_of(networks)


def test_without_docker_there_is_no_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FileNotFoundError):
        forward.bridge_gateway()
