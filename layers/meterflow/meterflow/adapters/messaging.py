"""Handing a message to Amazon SES or, as SMS, to Amazon SNS, once.

The SDK must not try again by itself: a second try after a lost answer is a second message. What an error proves
decides:

    certainly not taken, may work later   throttling, no connection           TransientError
    certainly not taken, never will be    refused content or address          Refused
    certainly not taken, our fault        access denied, malformed request    NotConfigured
    perhaps taken                         answer lost, broken connection, 5xx Lost
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ProxyConnectionError,
)
from botocore.exceptions import ConnectionError as Unreachable
from botocore.parsers import ResponseParserError

from meterflow import settings
from meterflow.adapters.aws import TRANSIENT_CODES, error_code
from meterflow.errors import NotConfigured, TransientError
from meterflow.message import Message

_ONE_TRY = Config(connect_timeout=2, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 1})

# What SES and SNS say when they will never take this message, and the word for it in our ledger.
REFUSALS = {
    "MessageRejected": "content_or_address_refused",
    "BadRequestException": "content_or_address_refused",
    "InvalidParameter": "invalid_address",
    "InvalidParameterException": "invalid_address",
    "ParameterValueInvalid": "invalid_address",
    "OptedOut": "opted_out",
    "OptedOutException": "opted_out",
    "AccountSuspendedException": "account_suspended",
    "SendingPausedException": "sending_paused",
    "MailFromDomainNotVerifiedException": "sender_not_verified",
}
# SNS has a name of its own for throttling; a 429 or 503 is a refusal at the door.
_NOT_NOW = (TRANSIENT_CODES - {"InternalFailure", "InternalServerError", "InternalError", "RequestTimeout"}) | {
    "Throttled",
    "ThrottledException",
}


@dataclass(frozen=True)
class Accepted:
    """The provider took the message under this id."""

    provider_message_id: str


@dataclass(frozen=True)
class Refused:
    """The provider will never take this message; `reason` is one of our codes."""

    reason: str


@dataclass(frozen=True)
class Lost:
    """Whether the provider took the message is unknown."""


Delivery = Accepted | Refused | Lost


def send_email(address: str, message: Message) -> Delivery:
    """Hand `message` to SES as text and HTML. Raises MeterflowError only where it was certainly not taken."""

    def call() -> dict[str, Any]:
        answer: dict[str, Any] = _provider("sesv2").send_email(
            FromEmailAddress=settings.setting("SENDER_EMAIL"),
            Destination={"ToAddresses": [address]},
            Content={
                "Simple": {
                    "Subject": _utf8(message.subject),
                    "Body": {"Text": _utf8(message.text), "Html": _utf8(message.html)},
                }
            },
        )
        return answer

    return _hand_over(call)


def send_sms(number: str, message: Message) -> Delivery:
    """Hand `message` to SNS for `number` (E.164). Raises MeterflowError only where it was certainly not taken."""

    def call() -> dict[str, Any]:
        answer: dict[str, Any] = _provider("sns").publish(
            PhoneNumber=number,
            Message=message.sms,
            MessageAttributes={"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}},
        )
        return answer

    return _hand_over(call)


def _hand_over(call: Callable[[], dict[str, Any]]) -> Delivery:
    try:
        return Accepted(str(call()["MessageId"]))
    except ClientError as error:
        code = error_code(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in REFUSALS:
            return Refused(REFUSALS[code])
        if code in _NOT_NOW or status in (429, 503):
            raise TransientError(f"{error.operation_name}: {code}") from error
        if status >= 500:
            return Lost()
        raise NotConfigured(f"{error.operation_name}: {code}") from error
    except (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError) as error:
        raise TransientError(type(error).__name__) from error
    except (Unreachable, HTTPClientError, IncompleteReadError, ResponseParserError):
        return Lost()


@cache
def _provider(service: str) -> Any:
    return boto3.client(service, config=_ONE_TRY)


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
