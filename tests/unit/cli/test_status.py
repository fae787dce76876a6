"""`meterflow status`: 0 only where everything runs and the stack is there."""

import json
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import pytest

from local import cloud, deploy, processes

Run = Callable[..., Any]


def test_nothing_runs(meterflow: Run) -> None:
    done = meterflow("status")
    assert done.status == 1
    assert done.err == ""
    assert done.out.count("stopped") == len(cloud.PARTS)
    assert "not deployed" in done.out


def test_nothing_runs_as_json(meterflow: Run) -> None:
    done = meterflow("status", "--json")
    assert done.status == 1
    parts = dict.fromkeys(cloud.PARTS, False)
    assert json.loads(done.out) == {"running": False, "parts": parts, "deployed": False, "endpoints": {}}


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every part runs and the stack is there."""
    monkeypatch.setattr(processes, "running", lambda _name: True)
    monkeypatch.setattr(deploy, "outputs", lambda: {"ApiUrl": "x"})


@pytest.mark.usefixtures("running")
def test_all_is_well(meterflow: Run, stopped_cloud: dict[str, Any]) -> None:
    done = meterflow("status")
    assert done.status == 0
    assert stopped_cloud["api_url"] in done.out
    shown = json.loads(meterflow("status", "--json").out)
    assert shown["running"]
    assert shown["deployed"]
    assert shown["endpoints"]["api_url"] == stopped_cloud["api_url"]


@pytest.mark.usefixtures("running", "stopped_cloud")
def test_passwords_are_not_shown(meterflow: Run) -> None:
    assert "secret" not in meterflow("status").out + meterflow("status", "--json").out


@pytest.mark.usefixtures("running", "stopped_cloud")
def test_one_part_is_missing(meterflow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "running", lambda name: name != "inbox")
    assert meterflow("status").status == 1


@pytest.mark.usefixtures("running")
def test_the_first_run_is_still_under_way(meterflow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy, "outputs", dict)
    done = meterflow("status")
    assert (done.status, done.err) == (1, "")


@pytest.mark.usefixtures("running")
def test_the_emulator_is_still_starting(meterflow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> dict[str, str]:
        raise botocore.exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    monkeypatch.setattr(deploy, "outputs", refused)
    done = meterflow("status", "--json")
    assert (done.status, done.err) == (1, "")
    assert not json.loads(done.out)["deployed"]
