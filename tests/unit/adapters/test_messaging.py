"""Handing over: what each answer of SES and SNS proves, and that the SDK never tries twice."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from moto.sns.models import sns_backends

from meterflow.adapters import messaging
from meterflow.errors import NotConfigured, TransientError
from meterflow.message import Message

MESSAGE = Message(
    event_id="abcdefgh-1", subject="s", text="t Ref abcdefgh", html="<p>Ref abcdefgh</p>", sms="m Ref abcdefgh"
)


class Provider:
    """Stands for SES and SNS: raises what it is told to."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.calls = 0

    def send_email(self, **_request: Any) -> dict[str, Any]:
        self.calls += 1
        raise self.error

    publish = send_email


def refusal(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Send")


@pytest.fixture(autouse=True)
def _sender(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SENDER_EMAIL", "no-reply@meterflow.example")
    clear = messaging._provider.cache_clear
    clear()
    yield
    clear()


def hand_over(monkeypatch: pytest.MonkeyPatch, error: Exception) -> messaging.Delivery:
    provider = Provider(error)
    monkeypatch.setattr(messaging, "_provider", lambda _service: provider)
    try:
        return messaging.send_sms("+34600000001", MESSAGE)
    finally:
        assert provider.calls == 1


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("MessageRejected", "content_or_address_refused"),
        ("InvalidParameter", "invalid_address"),
        ("OptedOut", "opted_out"),
        ("SendingPausedException", "sending_paused"),
    ],
)
def test_a_hard_refusal_is_an_outcome(monkeypatch: pytest.MonkeyPatch, code: str, reason: str) -> None:
    assert hand_over(monkeypatch, refusal(code)) == messaging.Refused(reason)


@pytest.mark.parametrize(
    "error",
    [
        refusal("Throttling"),
        refusal("Throttled", 429),
        refusal("TooManyRequestsException", 429),
        refusal("LimitExceededException"),
        refusal("ServiceUnavailable", 503),
        refusal("SomethingNew", 429),
        ConnectTimeoutError(endpoint_url="u"),
        EndpointConnectionError(endpoint_url="u"),
    ],
)
def test_what_was_certainly_not_taken_may_be_tried_again(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    with pytest.raises(TransientError):
        hand_over(monkeypatch, error)


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url="u"),
        ConnectionClosedError(endpoint_url="u"),
        refusal("InternalFailure", 500),
        refusal("InternalError", 500),
        refusal("SomethingNew", 502),
    ],
)
def test_a_lost_answer_is_never_called_a_failure(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    assert hand_over(monkeypatch, error) == messaging.Lost()


@pytest.mark.parametrize("code", ["AccessDeniedException", "AuthorizationError", "ValidationException"])
def test_our_own_fault_is_not_the_recipients(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    with pytest.raises(NotConfigured):
        hand_over(monkeypatch, refusal(code, 403))


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("service", ["sesv2", "sns"])
def test_the_sdk_tries_once(service: str) -> None:
    assert messaging._provider(service).meta.config.retries["total_max_attempts"] == 1


@pytest.mark.usefixtures("aws")
def test_an_email_goes_out_with_both_parts() -> None:
    boto3.client("sesv2").create_email_identity(EmailIdentity="meterflow.example")
    delivery = messaging.send_email("ada@example.com", MESSAGE)
    assert isinstance(delivery, messaging.Accepted)
    (sent,) = ses_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].sent_messages
    assert sent.destinations["ToAddresses"] == ["ada@example.com"]
    assert sent.source == "no-reply@meterflow.example"


@pytest.mark.usefixtures("aws")
def test_a_text_goes_to_the_number() -> None:
    delivery = messaging.send_sms("+34600000001", MESSAGE)
    assert isinstance(delivery, messaging.Accepted)
    (sent,) = sns_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].sms_messages.values()
    assert sent == ("+34600000001", "m Ref abcdefgh")
