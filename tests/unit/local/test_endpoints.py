"""What `make run` writes for others: whole, for the owner's eyes only, with what the functions really have."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from local import deploy, endpoints

OUTPUTS = {
    "ApiUrl": "https://abc123.execute-api.eu-central-1.amazonaws.com/v1",
    "SiteUrl": "https://dabc.cloudfront.net",
    "UserPoolId": "pool",
}
USERS = {"customer": {"username": "ana", "password": "secret", "email": "ana@example.com", "phone": "+1"}}


class Emulator:
    """Two functions, of which one is the stack's."""

    def __init__(self, _service: str) -> None:
        pass

    def get_paginator(self, operation: str) -> Any:
        pages: dict[str, list[dict[str, Any]]] = {
            "list_functions": [
                {"Functions": [{"FunctionName": "fn-1", "Environment": {"Variables": {"METERS_TABLE": "meters-1"}}}]},
                {"Functions": [{"FunctionName": "fn-2"}]},
            ],
            "list_stack_resources": [
                {
                    "StackResourceSummaries": [
                        {
                            "ResourceType": "AWS::Lambda::Function",
                            "LogicalResourceId": "GetMeterFunction",
                            "PhysicalResourceId": "fn-1",
                        },
                        {
                            "ResourceType": "AWS::SQS::Queue",
                            "LogicalResourceId": "Queue",
                            "PhysicalResourceId": "queue",
                        },
                    ]
                }
            ],
        }

        class Paginator:
            def paginate(self, **_options: str) -> list[dict[str, Any]]:
                return pages[operation]

        return Paginator()


@pytest.fixture(autouse=True)
def _emulator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy, "client", Emulator)


def test_the_contract_of_endpoints_json(home: Path) -> None:
    written = endpoints.write(OUTPUTS, USERS)
    assert endpoints.read() == written == json.loads((home / "endpoints.json").read_text())
    assert written == {
        "aws_endpoint_url": "http://127.0.0.1:4566",
        "region": "eu-central-1",
        "stack_name": "meterflow",
        "api_url": "http://127.0.0.1:4566/restapis/abc123/v1/_user_request_",
        "site_url": "http://dabc.cloudfront.localhost:4566",
        "map_url": "http://dabc.cloudfront.localhost:4566/map.html",
        "dashboard_url": "http://dabc.cloudfront.localhost:4566/dashboard.html",
        "inbox_url": "http://127.0.0.1:4568",
        "users": USERS,
        "outputs": OUTPUTS,
    }


def test_passwords_are_for_the_owner_alone(home: Path) -> None:
    (home / "endpoints.json").write_text("{}")
    (home / "endpoints.json").chmod(0o644)
    endpoints.write(OUTPUTS, USERS)
    for name in ("endpoints.json", "env.json"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600


def test_each_function_gets_its_own_environment_and_the_emulators_address(home: Path) -> None:
    endpoints.write(OUTPUTS, USERS)
    environments = json.loads((home / "env.json").read_text())
    assert list(environments) == ["GetMeterFunction"]
    assert environments["GetMeterFunction"] == {
        "METERS_TABLE": "meters-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_ENDPOINT_URL_REKOGNITION": "http://127.0.0.1:4567",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_REGION": "eu-central-1",
    }


def test_users_are_known_from_the_run_before() -> None:
    assert endpoints.known_users() == {}
    endpoints.write(OUTPUTS, USERS)
    assert endpoints.known_users() == USERS


def test_an_interrupted_run_leaves_the_old_content(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoints.write(OUTPUTS, USERS)
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        endpoints.write(OUTPUTS, {})
    assert endpoints.known_users() == USERS
