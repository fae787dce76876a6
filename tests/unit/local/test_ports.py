"""Ports: chosen by one variable, refused with the way out where a stranger has them."""

import socket

import pytest

from local import ports


def test_the_others_follow_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METERFLOW_PORT", "5000")
    assert ports.chosen() == ports.Ports(emulator=5000, rekognition=5001, inbox=5002)


def test_without_the_variable_it_is_the_emulators_usual_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("METERFLOW_PORT", raising=False)
    assert ports.chosen().emulator == 4566


@pytest.mark.parametrize("text", ["", "abc", "80", "1023", "65001", "-5000", "4566.0", " 4566", "４５６６", "²²²²"])
def test_what_is_no_port_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("METERFLOW_PORT", text)
    with pytest.raises(ValueError, match="is not a port between 1024 and 65000"):
        ports.chosen()


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.create_server((ports.HOST, 0)) as stranger:
        port = stranger.getsockname()[1]
        with pytest.raises(ports.PortBusy, match=rf"port {port} is taken .* the inbox needs it") as refused:
            ports.require_free(port, "the inbox")
    assert "METERFLOW_PORT=" in str(refused.value)
    assert "\n" not in str(refused.value)
    ports.require_free(port, "the inbox")


@pytest.mark.parametrize("port", [4566, 64999, 65000, 65002])
def test_the_proposed_port_is_one_that_is_taken(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(ports, "listening", lambda _port: True)
    with pytest.raises(ports.PortBusy) as refused:
        ports.require_free(port, "it")
    monkeypatch.setenv("METERFLOW_PORT", str(refused.value).split("METERFLOW_PORT=")[1].split()[0])
    assert ports.chosen().emulator != port


def test_a_proxy_of_the_machine_is_kept_out_once() -> None:
    environment = {"NO_PROXY": "intranet.example,127.0.0.1"}
    ports.without_proxy(environment)
    ports.without_proxy(environment)
    assert environment["NO_PROXY"] == "intranet.example,127.0.0.1,localhost"
    assert environment["no_proxy"] == "127.0.0.1,localhost"
