"""Requests and responses of the API: who calls, what the body says, and problem+json for what is wrong.

Errors follow RFC 9457 (application/problem+json): `type, title, status, detail`, and `errors` naming the fields.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ValidationError

from meterflow.errors import TransientError
from meterflow.observability import logger, step

Response = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)

MAX_BODY_BYTES = 64 * 1024


class Problem(Exception):
    """An answer that is not a success. `errors` names fields: `{"field": "value", "message": "…"}`."""

    def __init__(self, status: int, title: str, detail: str = "", errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(title)
        self.status, self.title, self.detail, self.errors = status, title, detail, errors or []


@dataclass(frozen=True)
class Caller:
    """Who calls, as the verified ID token says. No group means customer."""

    user_id: str
    groups: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_operator(self) -> bool:
        """Whether an operator granted this user the operators' group."""
        return "operator" in self.groups

    @property
    def is_technician(self) -> bool:
        """Whether an operator granted this user the technicians' group."""
        return "technician" in self.groups


@dataclass(frozen=True)
class Request:
    """One call of the API."""

    caller: Caller
    path: dict[str, str]
    query: dict[str, str]
    raw_body: str

    def body(self, model: type[Model]) -> Model:
        """The body as `model`. Raises Problem 400 naming each wrong field, 413 where it is too large."""
        if len(self.raw_body.encode()) > MAX_BODY_BYTES:
            raise Problem(413, "The body is too large", f"At most {MAX_BODY_BYTES} bytes are read.")
        try:
            data = json.loads(self.raw_body or "null")
        except (ValueError, RecursionError):
            raise Problem(400, "The body is not JSON") from None
        if not isinstance(data, dict):
            raise Problem(400, "The body is not a JSON object")
        try:
            return model.model_validate(data)
        except ValidationError as error:
            raise Problem(400, "The body is not as expected", errors=field_errors(error)) from None


def field_errors(error: ValidationError) -> list[dict[str, str]]:
    """The fields at fault and why, without the values: they may be personal."""
    return [
        {"field": ".".join(str(part) for part in item["loc"]), "message": item["msg"]}
        for item in error.errors(include_input=False, include_context=False, include_url=False)
    ]


def parse_request(event: dict[str, Any]) -> Request:
    """The call that an API Gateway proxy event describes.

    Raises Problem 401 where the token is not an ID token: an access token says nothing about who a person is.
    """
    claims = ((event.get("requestContext") or {}).get("authorizer") or {}).get("claims") or {}
    if claims.get("token_use") != "id" or not claims.get("sub"):
        raise Problem(401, "Log in first", "The Authorization header must carry the ID token.")
    raw_groups = claims.get("cognito:groups") or ""
    groups = raw_groups if isinstance(raw_groups, list) else str(raw_groups).strip("[]").replace(",", " ").split()
    return Request(
        caller=Caller(user_id=str(claims["sub"]), groups=frozenset(groups)),
        path={key: str(value) for key, value in (event.get("pathParameters") or {}).items()},
        query={key: str(value) for key, value in (event.get("queryStringParameters") or {}).items()},
        raw_body=str(event.get("body") or ""),
    )


def respond(status: int, body: Any, content_type: str = "application/json") -> Response:
    """A proxy response. Never cached: answers are about one person's data."""
    return {
        "statusCode": status,
        "headers": {
            "Content-Type": content_type,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
        },
        "body": json.dumps(body, ensure_ascii=False),
    }


def problem_response(problem: Problem) -> Response:
    """`problem` as application/problem+json."""
    document: dict[str, Any] = {"type": "about:blank", "title": problem.title, "status": problem.status}
    if problem.detail:
        document["detail"] = problem.detail
    if problem.errors:
        document["errors"] = problem.errors
    response = respond(problem.status, document, "application/problem+json")
    if problem.status in (429, 503):
        response["headers"]["Retry-After"] = "1"
    return response


def route(handle: Callable[[Request], Response]) -> Callable[[dict[str, Any], LambdaContext], Response]:
    """A Lambda handler from a function of a Request: problems and outages become clear answers, bugs stay bugs."""

    def handler(event: dict[str, Any], _context: LambdaContext) -> Response:
        try:
            return handle(parse_request(event))
        except Problem as problem:
            logger.info("request refused", extra={"status": problem.status})
            return problem_response(problem)
        except TransientError:
            return problem_response(Problem(503, "Try again in a moment", "A service that we need is busy."))

    handler.__module__ = handle.__module__
    return step(handler)
