"""Deploying: only what changed, from any state, never to anybody's account."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local import build, cloud, deploy, paths, sam, stack

OUTPUTS = {"ApiUrl": "https://api"}


@pytest.fixture(autouse=True)
def _own_session() -> Any:
    deploy.session.cache_clear()
    yield
    deploy.session.cache_clear()


@pytest.fixture(autouse=True)
def source(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project in place of this one."""
    root = home / "clone"
    (root / "functions/api/get_meter").mkdir(parents=True)
    (root / "functions/api/get_meter/app.py").write_text("1")
    (root / "template.yaml").write_text("Resources: {}")
    (root / "samconfig.toml").write_text('[local.deploy.parameters]\nparameter_overrides = ["Stage=local"]\n')
    monkeypatch.setattr(paths, "ROOT", root)
    return root


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What `deploy` does, in order; sam succeeds and the stack has its outputs."""
    done: list[str] = []
    monkeypatch.setattr(deploy, "outputs", lambda: OUTPUTS)
    monkeypatch.setattr(deploy, "client", lambda _service: None)
    monkeypatch.setattr(build, "build", lambda *_: done.append("build"))
    monkeypatch.setattr(stack, "mend", lambda _client, name, _loss, _say: done.append(f"mend {name}"))
    monkeypatch.setattr(sam, "run", lambda arguments, *_: done.append(arguments[0]) or 0)
    return done


WHOLE = ["build", "mend aws-sam-cli-managed-default", "mend meterflow", "deploy"]


def test_it_deploys_once(steps: list[str]) -> None:
    assert deploy.deploy(lambda _line: None) == OUTPUTS
    assert steps == WHOLE
    said: list[str] = []
    assert deploy.deploy(said.append) == OUTPUTS
    assert steps == WHOLE
    assert said == ["  nothing has changed since the last deployment"]


@pytest.mark.parametrize("name", ["functions/api/get_meter/app.py", "template.yaml", "functions/api/new/app.py"])
def test_a_change_is_deployed(steps: list[str], source: Path, name: str) -> None:
    deploy.deploy(lambda _line: None)
    (source / name).parent.mkdir(exist_ok=True)
    (source / name).write_text("2")
    deploy.deploy(lambda _line: None)
    assert steps == WHOLE * 2


def test_a_removed_function_is_deployed(steps: list[str], source: Path) -> None:
    deploy.deploy(lambda _line: None)
    (source / "functions/api/get_meter/app.py").unlink()
    deploy.deploy(lambda _line: None)
    assert steps == WHOLE * 2


def test_another_port_is_deployed(steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    deploy.deploy(lambda _line: None)
    monkeypatch.setenv("METERFLOW_PORT", "6000")
    deploy.deploy(lambda _line: None)
    assert steps == WHOLE * 2


def test_bytecode_is_no_change(steps: list[str], source: Path) -> None:
    deploy.deploy(lambda _line: None)
    (source / "functions/api/get_meter/__pycache__").mkdir()
    (source / "functions/api/get_meter/__pycache__/app.cpython-311.pyc").write_bytes(b"x")
    deploy.deploy(lambda _line: None)
    assert steps == WHOLE


def test_a_stack_that_is_gone_is_deployed(steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    deploy.deploy(lambda _line: None)
    monkeypatch.setattr(deploy, "outputs", dict)
    deploy.deploy(lambda _line: None)
    assert steps == WHOLE * 2


def test_an_interrupted_deployment_is_not_taken_for_done(
    steps: list[str], source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy.deploy(lambda _line: None)
    app = source / "functions/api/get_meter/app.py"
    app.write_text("2")
    run = sam.run
    monkeypatch.setattr(sam, "run", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        deploy.deploy(lambda _line: None)
    # The emulator may have finished the second version alone; back to the first is a change.
    monkeypatch.setattr(sam, "run", run)
    app.write_text("1")
    deploy.deploy(lambda _line: None)
    assert steps == [*WHOLE, *WHOLE[:-1], *WHOLE]


@pytest.mark.usefixtures("steps")
def test_a_failed_deployment_names_the_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sam, "run", lambda *_: 1)
    monkeypatch.setattr(stack, "first_failure", lambda *_: "Queue: no such thing")
    with pytest.raises(deploy.DeployFailed, match=r"^sam deploy failed: Queue: no such thing \(all of it: .*\)$"):
        deploy.deploy(lambda _line: None)
    assert not (paths.home() / "deployed.json").exists()


@pytest.mark.usefixtures("steps")
def test_sam_gets_the_port_that_the_cloud_has(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    (home / "ports.json").write_text(json.dumps({"emulator": 7000, "rekognition": 7001, "inbox": 7002}))
    seen: list[Any] = []
    monkeypatch.setattr(sam, "run", lambda arguments, environment, *_: seen.extend((arguments, environment)) or 0)
    deploy.deploy(lambda _line: None)
    assert "LocalPort=7000" in seen[0]
    assert "Stage=local" in seen[0]
    assert seen[1]["AWS_ENDPOINT_URL"] == "http://127.0.0.1:7000" == cloud.endpoint_url()


def test_a_persons_own_settings_are_not_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config").write_text("[default]\nregion = us-east-1\nuse_dualstack_endpoint = true\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "config"))
    monkeypatch.setenv("AWS_PROFILE", "a-profile-that-is-not-there")
    dynamodb = deploy.client("dynamodb")
    assert dynamodb.meta.region_name == "eu-central-1"
    assert dynamodb.meta.endpoint_url == "http://127.0.0.1:4566"
    assert not dynamodb.meta.config.use_dualstack_endpoint


@pytest.fixture
def table() -> Callable[..., str]:
    """The events as `sam deploy` prints them."""
    return lambda *rows: "\n".join(f"{status:<24} AWS::SQS::Queue   Q" for status in rows)


def test_how_far_it_is(table: Callable[..., str]) -> None:
    upload = "\tUploading to 31c  2 / 6  (33%)\r\tUploading to 31c  6 / 6  (100%)\n\n"
    packing = upload + "\tFile with same data already exists at 2cb, skipping upload\n"
    assert deploy.how_far(packing) == "    2 artefacts packed"
    events = table("CREATE_IN_PROGRESS", "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    assert deploy.how_far(packing + events) == "    2 resources"
