"""Each route's function called with its sample event, in a small utility in which everything can happen."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from meterflow.adapters import readings, reviews, validation_results
from meterflow.contracts.image_validation import Comparison, ReviewRequest
from meterflow.observability import metrics
from meterflow.reading import PhotoResult, Quality, Source, Status, new_reading
from tests.unit.conftest import LambdaContext
from tests.unit.dispatch import JOB, Dispatch, at_work

CUSTOMER, TECHNICIAN, OPERATOR = (f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
USERS = {"customer": CUSTOMER, "technician": TECHNICIAN, "operator": OPERATOR}
SUBMISSION = "0f2d9cf1-b6c5-59ed-bec7-31c1fff24c81"
TAKEN_AT = "2026-11-20T08:00:00Z"

Answer = tuple[int, dict[str, str], Any]
Call = Callable[..., Answer]


@pytest.fixture
def call(load_handler: Any, event: Any, monkeypatch: pytest.MonkeyPatch) -> Call:
    """`call("get_meter")` sends the sample event and returns status, headers and body; the rest changes the event."""
    monkeypatch.setenv("SESSION_SECRET", "s" * 40)
    monkeypatch.setenv("COOKIE_SECURE", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")

    def answer(
        route: str,
        *,
        role: str | None = None,
        user: str | None = None,
        body: Any = ...,
        path: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        token_use: str = "id",
    ) -> Answer:
        sent = event(f"api/{route}")
        claims = sent["requestContext"]["authorizer"]["claims"]
        claims["token_use"] = token_use
        if role:
            claims.pop("cognito:groups", None)
            claims |= {"sub": USERS[role]} | ({} if role == "customer" else {"cognito:groups": role})
        if user:
            claims["sub"] = user
        if body is not ...:
            sent["body"] = body if isinstance(body, str | None) else json.dumps(body)
        sent["pathParameters"] = path or sent["pathParameters"]
        sent["queryStringParameters"] = query
        metrics.clear_metrics()
        response = load_handler("api", route).handler(sent, LambdaContext())
        return response["statusCode"], response["headers"], json.loads(response["body"])

    return answer


class World:
    """The utility: its dispatch, and the readings and reviews that the routes show."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
        self.dispatch: Dispatch = at_work(request)
        self.dispatch.add_technician(TECHNICIAN, 48.138, {"water"})
        definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
        arn = boto3.client("stepfunctions").create_state_machine(
            name="meter-submission", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/r"
        )["stateMachineArn"]
        self.monkeypatch.setenv("METER_SUBMISSION_STATE_MACHINE_ARN", arn)

    def busy(self) -> None:
        """From now on every call of AWS is throttled."""

        def throttled(_client: Any, operation: str, _parameters: Any) -> None:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Slow down"}}, operation)

        self.monkeypatch.setattr(BaseClient, "_make_api_call", throttled)

    def reading(
        self,
        submission_id: str = SUBMISSION,
        value: str = "00123.456",
        source: Source = Source.CUSTOMER,
        minutes: int = 0,
        photo_key: str | None = None,
    ) -> None:
        """A reading of WTR-0001 that is being processed."""
        taken_at = TAKEN_AT.replace(":00Z", f":{minutes:02d}Z")
        row = new_reading(
            submission_id=submission_id,
            meter_id="WTR-0001",
            value=value,
            taken_at=taken_at,
            source=source,
            submitted_by=CUSTOMER,
            photo_key=photo_key,
            received_at=self.dispatch.now,
        )
        readings.put_new_submission(row)

    def settled(self, submission_id: str = SUBMISSION, edit: dict[str, str] | None = None, **changes: Any) -> None:
        """The reading is settled, with all that can be known of one."""
        known: dict[str, Any] = {
            "meter_id": "WTR-0001",
            "status": Status.ACCEPTED,
            "quality": Quality.EDITED if edit else Quality.VALID,
            "reasons": ["photo_mismatch", "review_corrected"],
            "value": "00123.457",
            "taken_at": TAKEN_AT,
            "photo": PhotoResult(
                verdict="MISMATCH", reading="00123.457", confidence=0.93, reasons=("glare",), photo_id="canary-photo"
            ),
            "risk_level": "HIGH",
            "job_id": JOB,
            "edit": edit,
            "now": self.dispatch.now + timedelta(milliseconds=1),
        }
        assert readings.settle(submission_id, **known | changes) == "SETTLED"

    def compared(self, submission_id: str, verdict: Any = "MATCH") -> None:
        """A photo was compared with the reading."""
        comparison = Comparison(verdict=verdict, reading="00123.456", confidence=0.97, photo_id=None)
        validation_results.store_verdict(
            submission_id, "WTR-0001", "00123.456", TAKEN_AT, comparison, self.dispatch.now
        )

    def review(self, submission_id: str = SUBMISSION, *, kept_key: str | None = "photos/a.jpg") -> None:
        """A review of the reading waits for a person."""
        refused = reviews.open_review(
            ReviewRequest(
                submission_id=submission_id,
                meter_id="WTR-0001",
                customer_id="canary-customer",
                photo_key="uploads/canary/a.jpg",
                value="00123.456",
                taken_at=TAKEN_AT,
                reasons=("photo_unreadable", "blurred"),
            ),
            holder="canary-holder",
            task_token=f"canary-token-{submission_id}",
            escalated=False,
            deadline_at=self.dispatch.now + timedelta(days=1),
            kept_key=kept_key,
            now=self.dispatch.now,
        )
        assert refused is None

    def offered(self, to: str = TECHNICIAN) -> None:
        """The job is created and offered."""
        self.dispatch.create()
        self.dispatch.offer(to=to, token=f"canary-token-{to}")


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """The utility, with its AWS."""
    return World(request)
