"""Let containers reach a port of this machine's loopback interface, on which alone the laptop cloud listens."""

import contextlib
import errno
import ipaddress
import json
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence

from local import ports

# How Docker Desktop, whose containers run in a machine of their own, names the person's machine and its loopback.
DESKTOP_HOST = "host.docker.internal"
CHUNK = 64 * 1024


class Forwarder(socketserver.ThreadingTCPServer):
    """Passes every connection on to one port of the loopback interface."""

    daemon_threads = True
    # A container may die with its connections open; leaving does not wait for them.
    block_on_close = False

    def __init__(self, host: str, target: int) -> None:
        self.target = target
        super().__init__((host, 0), _Connection)

    @property
    def port(self) -> int:
        """The free port that it took."""
        return int(self.server_address[1])


class _Connection(socketserver.BaseRequestHandler):
    server: Forwarder

    def handle(self) -> None:
        with contextlib.suppress(OSError), socket.create_connection((ports.HOST, self.server.target)) as inside:
            back = threading.Thread(target=_copy, args=(inside, self.request), daemon=True)
            back.start()
            _copy(self.request, inside)
            back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    """Copy until `source` ends, then say so to `sink`. A broken connection ends both ways, as it would directly."""
    with contextlib.suppress(OSError):
        while part := source.recv(CHUNK):
            sink.sendall(part)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def reachable(target: int, gateway: str) -> Iterator[str]:
    """Yield `host:port` at which a container on the bridge with `gateway` reaches `target` of the loopback interface.

    Where the bridge is this machine's own (Linux), a forwarder listens on its gateway address, which only containers
    and this machine can reach. Where it is not (Docker Desktop), Docker forwards by itself.
    """
    try:
        server = Forwarder(gateway, target)
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        yield f"{DESKTOP_HOST}:{target}"
        return
    with server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield f"{gateway}:{server.port}"
        finally:
            server.shutdown()


def bridge_gateway() -> str:
    """The gateway of Docker's default bridge. Raises OSError where no Docker engine answers."""
    if shutil.which("docker") is None:
        raise FileNotFoundError("there is no docker command here")
    command = ["docker", "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ConnectionError(done.stderr.strip())
    return gateway_of(json.loads(done.stdout) or [])


def gateway_of(networks: Sequence[Mapping[str, str]]) -> str:
    """The IPv4 gateway among a network's IPAM entries; where none is named, Docker takes the first address.

    Raises ConnectionError where the network has no IPv4.
    """
    for one in networks:
        subnet = ipaddress.ip_network(one["Subnet"])
        if subnet.version == 4:
            return one.get("Gateway") or str(next(subnet.hosts()))
    raise ConnectionError("Docker's default bridge has no IPv4")
