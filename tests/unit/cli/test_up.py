"""`meterflow up`: the stages in their order, one line where a stage fails."""

from collections.abc import Callable
from typing import Any

import pytest

from cli import cloud as command
from cli import demonstration
from local import cloud, deploy, endpoints, paths, sender, site, users
from local.build import BuildFailed
from local.city import seed

Run = Callable[..., Any]
OUTPUTS = {"UserPoolId": "pool", "MetersTableName": "meters-1", "ClaimsTableName": "claims-1", "ApiUrl": "x"}
WHERE = dict.fromkeys(("site_url", "map_url", "dashboard_url", "inbox_url", "api_url"), "http://there")


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> list[Any]:
    """Every stage only notes that it was run."""
    done: list[Any] = []
    monkeypatch.setattr(paths, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(cloud, "up", lambda _say: done.append("start"))
    monkeypatch.setattr(deploy, "deploy", lambda _say: done.append("deploy") or OUTPUTS)
    monkeypatch.setattr(deploy, "client", lambda service: service)
    monkeypatch.setattr(deploy, "resource", lambda service: service)
    monkeypatch.setattr(users, "ensure", lambda pool, known: done.append(("users", pool, known)) or {})
    monkeypatch.setattr(sender, "verify", lambda: done.append("sender"))
    monkeypatch.setattr(seed, "seed", lambda _dynamodb, tables, say: done.append(("seed", tables)) or say("seeded"))
    where = WHERE | {"region": "r", "aws_endpoint_url": "u"}
    monkeypatch.setattr(endpoints, "write", lambda _outputs, _people: done.append("endpoints") or where)
    monkeypatch.setattr(site, "publish", lambda *_: done.append("site"))
    monkeypatch.setattr(deploy, "fingerprint", lambda: "sources-1")
    monkeypatch.setattr(
        site, "rebuild_pages_once", lambda sqs, _outputs, deployed: done.append(("pages", sqs, deployed)) or True
    )
    monkeypatch.setattr(demonstration, "run", lambda _where, _say: done.append("demonstration"))
    return done


def test_the_stages_in_their_order(meterflow: Run, stages: list[Any]) -> None:
    done = meterflow("up")
    assert (done.status, done.err) == (0, "")
    assert stages == [
        "start",
        "deploy",
        ("users", "pool", {}),
        "sender",
        ("seed", {"Meters": "meters-1", "Claims": "claims-1"}),
        "endpoints",
        "site",
        ("pages", "sqs", "sources-1"),
        "demonstration",
    ]
    assert done.out.count("http://there") == len(WHERE)


def test_without_the_demonstration(meterflow: Run, stages: list[Any]) -> None:
    assert meterflow("up", "--no-demonstration").status == 0
    assert "demonstration" not in stages


@pytest.mark.usefixtures("stopped_cloud")
def test_passwords_of_the_run_before_are_kept(meterflow: Run, stages: list[Any]) -> None:
    meterflow("up", "--no-demonstration")
    [known] = [stage[2] for stage in stages if stage[0] == "users"]
    assert known["customer"]["password"] == "secret"


@pytest.mark.usefixtures("stages")
@pytest.mark.parametrize(
    ("module", "stage", "error"),
    [
        (deploy, "deploy", deploy.DeployFailed("sam deploy failed: Queue: no (all of it: x.log)")),
        (deploy, "deploy", BuildFailed("sam build failed: Error: no (all of it: x.log)")),
        (seed, "seed", seed.SeedingFailed("readings did not take 3 items after 10 attempts")),
        (users, "ensure", users.WrongIdentity("ana is 1, and the seeded data say 2")),
        (demonstration, "run", RuntimeError("no message about x came within 30 s")),
    ],
)
def test_a_stage_that_fails_is_one_line(
    meterflow: Run, monkeypatch: pytest.MonkeyPatch, module: Any, stage: str, error: Exception
) -> None:
    def fail(*_arguments: Any, **_options: Any) -> Any:
        raise error

    monkeypatch.setattr(module, stage, fail)
    done = meterflow("up")
    assert (done.status, done.err) == (1, f"meterflow: {error}\n")
    assert "ready" not in done.out


def test_only_tables_are_tables() -> None:
    assert command.tables({"MetersTableName": "m", "TableNames": "x", "ApiUrl": "y"}) == {"Meters": "m"}
