"""`POST /session` gives whoever logged in a cookie, and nobody else."""

import base64
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def app(load_handler: Callable[[str, str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("SESSION_SECRET", "s" * 40)
    monkeypatch.setenv("COOKIE_SECURE", "true")
    return load_handler("api", "create_session")


def test_the_cookie_says_who_and_which_groups(
    app: ModuleType, event: Callable[[str], Any], lambda_context: Any
) -> None:
    response = app.handler(event("api/create_session"), lambda_context)
    assert response["statusCode"] == 200
    assert json.loads(response["body"]) == {"groups": ["operator"]}
    header = response["headers"]["Set-Cookie"]
    assert header.endswith("; HttpOnly; SameSite=Lax; Secure")
    payload = json.loads(base64.urlsafe_b64decode(header.split("=", 1)[1].split(".")[0] + "=="))
    assert payload["sub"] == "00000000-0000-4000-8000-000000000003"
    assert payload["groups"] == ["operator"]


def test_plain_http_only_where_the_setting_says_so(
    app: ModuleType, event: Callable[[str], Any], lambda_context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COOKIE_SECURE", "false")
    response = app.handler(event("api/create_session"), lambda_context)
    assert "Secure" not in response["headers"]["Set-Cookie"]


def test_an_access_token_opens_no_session(app: ModuleType, event: Callable[[str], Any], lambda_context: Any) -> None:
    call = event("api/create_session")
    call["requestContext"]["authorizer"]["claims"]["token_use"] = "access"
    response = app.handler(call, lambda_context)
    assert response["statusCode"] == 401
    assert "Set-Cookie" not in response["headers"]
