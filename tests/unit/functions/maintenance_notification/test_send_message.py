"""SendMessage: the address and the wish of this moment, and one hand-over."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from meterflow.message import Status


@pytest.fixture
def composed(machine: Any, lambda_context: Any, event: Any) -> Any:
    for step in ("claim_message", "compose_message"):
        machine.steps[step].handler(event(f"maintenance_notification/{step}"), lambda_context)
    return lambda: machine.steps["send_message"].handler(event("maintenance_notification/send_message"), lambda_context)


def test_the_sample_event_is_sent_to_the_address_in_the_table(composed: Any, provider: Any, rows: Any) -> None:
    assert composed()["outcome"] == "SENT"
    (request,) = provider.accepted
    assert request["Destination"] == {"ToAddresses": ["ada@example.com"]}
    assert request["FromEmailAddress"] == "no-reply@meterflow.example"
    (row,) = rows()
    assert (row.status, row.provider_message_id) == (Status.SENT, "provider-1")
    assert row.sent_at is not None
    assert "ada@example.com" not in row.model_dump_json()


def test_a_second_try_sends_nothing(composed: Any, provider: Any) -> None:
    composed()
    assert composed()["outcome"] == "SENT"
    assert len(provider.accepted) == 1


def test_the_address_is_that_of_the_moment(composed: Any, provider: Any, person: Any) -> None:
    person(email="new@example.com")
    composed()
    assert provider.accepted[0]["Destination"] == {"ToAddresses": ["new@example.com"]}


def test_a_topic_turned_off_meanwhile_is_not_sent(composed: Any, provider: Any, person: Any, rows: Any) -> None:
    person(preferences={"topics_off": ["reading_settled"]})
    assert composed()["outcome"] == "SUPPRESSED"
    assert not provider.accepted
    assert rows()[0].status is Status.SUPPRESSED


def test_nobody_to_reach_is_recorded(composed: Any, provider: Any, person: Any, rows: Any) -> None:
    person(email="", phone="")
    assert composed()["outcome"] == "FAILED"
    assert not provider.accepted
    assert rows()[0].reason == "no_address"


def test_a_refusal_is_recorded_and_final(composed: Any, provider: Any, rows: Any) -> None:
    def refuse(name: str, _call: Any) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": "MessageRejected"}}, name)

    provider.around = refuse
    assert composed()["outcome"] == "FAILED"
    assert (rows()[0].status, rows()[0].reason) == (Status.FAILED, "content_or_address_refused")
    assert composed()["outcome"] == "FAILED"


def test_an_sms_is_the_short_form(machine: Any, provider: Any, person: Any, event: Any) -> None:
    person(preferences={"channel": "sms", "language": "es"})
    assert machine.run(event("maintenance_notification/workflow")) == "SENT"
    (request,) = provider.accepted
    assert request["PhoneNumber"] == "+34600000001"
    assert request["Message"] == (
        "Contador WTR-0001: lectura 1234,567 m3 aceptada. Gracias. Responda STOP para no recibir SMS. Ref 7d0c1a52"
    )


def test_a_technician_and_the_operators_are_reached_too(machine: Any, provider: Any) -> None:
    boto3.resource("dynamodb").Table("meterflow-TechniciansTable").put_item(
        Item={"technician_id": "TECH-02", "name": "Bo", "email": "bo@example.com"}
    )
    data = {"job_id": "J-1", "meter_id": "WTR-0001", "submission_id": "s-1"}
    offer = {"event_id": "offer-0001", "topic": "job_offered", "recipient": "technician:TECH-02", "data": data}
    assert machine.run(offer) == "SENT"
    review = {"event_id": "review-0001", "topic": "review_escalated", "recipient": "operators", "data": data}
    assert machine.run(review) == "SENT"
    nobody = {
        "event_id": "job-0001",
        "topic": "job_escalated",
        "recipient": "operators",
        "data": data | {"reason": "NOBODY"},
    }
    assert machine.run(nobody) == "SENT"
    reached = [request["Destination"]["ToAddresses"][0] for request in provider.accepted]
    assert reached == ["bo@example.com", "operators@meterflow.example", "operators@meterflow.example"]
