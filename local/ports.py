"""The ports of the laptop cloud, all on the loopback interface."""

import os
import socket
from collections.abc import MutableMapping
from dataclasses import dataclass

HOST = "127.0.0.1"
DEFAULT = 4566
# The first of three ports lies between these.
FIRST, LAST = 1024, 65000
VARIABLE = "METERFLOW_PORT"


class PortBusy(RuntimeError):
    """Another program listens where the laptop cloud should."""


@dataclass(frozen=True)
class Ports:
    """One port for each part; METERFLOW_PORT moves the first and the others follow."""

    emulator: int
    rekognition: int
    inbox: int


def chosen() -> Ports:
    """The ports that the environment asks for. Raises ValueError where METERFLOW_PORT is no port."""
    text = os.environ.get(VARIABLE, str(DEFAULT))
    if not (text.isascii() and text.isdigit()) or not FIRST <= int(text) <= LAST:
        raise ValueError(f"{VARIABLE}={text} is not a port between {FIRST} and {LAST}")
    first = int(text)
    return Ports(emulator=first, rekognition=first + 1, inbox=first + 2)


def listening(port: int) -> bool:
    """Whether something accepts connections on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def require_free(port: int, what: str) -> None:
    """Raise PortBusy, saying what to do, where `port` is taken."""
    if listening(port):
        raise PortBusy(
            f"port {port} is taken by another program, and {what} needs it. "
            f"End that program, or choose another place: {VARIABLE}={_elsewhere(port)} make run"
        )


def _elsewhere(port: int) -> int:
    """A first port to propose instead: a hundred on, or back where that would be beyond what `chosen` takes."""
    return port + 100 if port + 100 <= LAST else port - 100


def without_proxy(environment: MutableMapping[str, str]) -> None:
    """Keep a proxy of the machine's out of `environment` for what runs on this machine."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in environment.get(name, "").split(",") if host]
        environment[name] = ",".join(dict.fromkeys([*hosts, HOST, "localhost"]))


def free_base() -> int:
    """A port whose two neighbours are free as well: for clouds that tests start."""
    for base in range(21000, 29000, 10):
        if not any(listening(base + offset) for offset in range(3)):
            return base
    raise PortBusy("no three free ports in a row between 21000 and 29000")
