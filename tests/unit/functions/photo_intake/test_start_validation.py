"""StartValidation: one execution an upload, whatever the deliveries; a poisoned message hurts only itself."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from meterflow.adapters import executions
from meterflow.contracts.photo_intake import ObjectCreated
from meterflow.errors import TransientError

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:image"
KEY = "uploads/00000000-0000-4000-8000-000000000001/a.jpg"


def uploaded(key: str = KEY, version: str | None = "v1", **more: Any) -> str:
    created = {"key": key, "size": 1, "sequencer": "0001", "version-id": version}
    event = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": "u"}, "object": created},
    }
    return json.dumps(event | more)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, Any]]]:
    """What was started: machine, business key, input."""
    found: list[tuple[str, str, dict[str, Any]]] = []

    def start(machine: str, key: str, payload: dict[str, Any]) -> str:
        found.append((machine, key, payload))
        return "arn"

    monkeypatch.setattr(executions, "start", start)
    return found


@pytest.fixture
def deliver(
    load_handler: Callable[[str, str], Any], lambda_context: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[str]]:
    """`deliver(body, …)` hands the bodies over as one batch and returns the ids that failed."""
    monkeypatch.setenv("IMAGE_VALIDATION_STATE_MACHINE_ARN", MACHINE)
    app = load_handler("photo_intake", "start_validation")

    def call(*bodies: str) -> list[str]:
        records = [{"messageId": f"m-{number}", "body": body} for number, body in enumerate(bodies)]
        answer = app.handler({"Records": records}, lambda_context)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return call


def test_each_upload_starts_the_machine_with_the_event_as_it_came(
    deliver: Callable[..., Any], started: list[tuple[str, str, dict[str, Any]]]
) -> None:
    assert deliver(uploaded(), uploaded(version="v2")) == []
    assert [(machine, key) for machine, key, _ in started] == [
        (MACHINE, f"upload#{KEY}@v1"),
        (MACHINE, f"upload#{KEY}@v2"),
    ]
    assert started[0][2] == json.loads(uploaded())


def test_a_second_delivery_has_the_same_name(
    deliver: Callable[..., Any], started: list[tuple[str, str, dict[str, Any]]]
) -> None:
    deliver(uploaded(), uploaded())
    assert len({key for _, key, _ in started}) == 1


def test_without_versions_the_sequencer_tells_two_uploads_apart() -> None:
    bare = ObjectCreated.model_validate_json(uploaded(version=None))
    assert bare.business_key.endswith("@0001")


@pytest.mark.parametrize(
    "poison",
    ["", "no json", "[]", "null", "{}", uploaded(source="aws.ec2"), uploaded(detail={}), uploaded("")],
    ids=lambda body: body[:12] or "empty",
)
def test_a_poisoned_message_fails_alone(
    deliver: Callable[..., Any], started: list[tuple[str, str, dict[str, Any]]], poison: str
) -> None:
    assert deliver(uploaded(), poison, uploaded(version="v2")) == ["m-1"]
    assert len(started) == 2


def test_an_outage_fails_only_what_it_hit(
    deliver: Callable[..., Any], started: list[tuple[str, str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter([None, TransientError("throttled"), None])

    def start(_machine: str, key: str, payload: dict[str, Any]) -> str:
        if error := next(calls):
            raise error
        started.append((MACHINE, key, payload))
        return "arn"

    monkeypatch.setattr(executions, "start", start)
    assert deliver(uploaded(), uploaded(version="v2"), uploaded(version="v3")) == ["m-1"]
    assert len(started) == 2


def test_a_bug_is_no_poison(deliver: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw is raised, so that the whole batch comes back and an alarm sees the failed step."""

    def start(*_arguments: Any) -> str:
        raise KeyError("bug")

    monkeypatch.setattr(executions, "start", start)
    with pytest.raises(KeyError):
        deliver(uploaded())


def test_what_is_no_upload_is_done(deliver: Callable[..., Any], started: list[tuple[str, str, dict[str, Any]]]) -> None:
    assert deliver(uploaded("elsewhere/a.jpg")) == []
    assert started == []
