"""Clients, made on first use, and the translation of AWS's errors into ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as Unreachable

from meterflow.errors import TransientError

# Codes that pass by themselves; all the rest is a bug or an outcome of a condition.
TRANSIENT_CODES = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "InternalError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)

_CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})


@cache
def client(service: str) -> Any:
    """The boto3 client of `service`, made once in a process."""
    return boto3.client(service, config=_CONFIG)


@cache
def table(name: str) -> Any:
    """The DynamoDB table `name` with Python values, made once in a process."""
    return boto3.resource("dynamodb", config=_CONFIG).Table(name)


def error_code(error: ClientError) -> str:
    """The service's name of `error`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_transient(error: ClientError) -> bool:
    """Whether the service's answer says that the same call may succeed later."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return error_code(error) in TRANSIENT_CODES or status >= 500


@contextmanager
def aws_calls() -> Iterator[None]:
    """Turn an outage of AWS inside the block into TransientError; leave every other error as it is."""
    try:
        yield
    except ClientError as error:
        if is_transient(error):
            raise TransientError(f"{error.operation_name}: {error_code(error)}") from error
        raise
    except (Unreachable, HTTPClientError) as error:
        raise TransientError(type(error).__name__) from error
