"""The running cloud answers as openapi.yaml says: every route once as whom it is for, and each kind of refusal."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from meterflow.adapters.items import to_item
from meterflow.clock import now, to_text
from meterflow.work_order import job_id
from tests.integration.conftest import Cloud
from tests.unit.alarms import alarm
from tests.unit.api_contract.contract import contract

# Filled as the tests go; the last one looks whether every route was called.
CALLED: set[tuple[str, int]] = set()
TESTS = 12 + len(contract().operations())


class Caller:
    """One person who holds every answer against the contract."""

    def __init__(self, laptop: Cloud, role: str) -> None:
        self.laptop, self.role = laptop, role

    def __call__(
        self, operation_id: str, status: int, body: Any = None, query: str = "", raw: bytes | None = None, **path: str
    ) -> Any:
        """Call the route, expect `status`, and return the body of the answer."""
        method, template, _ = contract().operations()[operation_id]
        token = self.laptop.session(self.role).id_token
        answer = self.laptop.request(method, template.format(**path) + query, body, token=token, raw=raw)
        assert answer.status_code == status, answer.text
        assert contract().answer_faults(operation_id, status, answer.headers, answer.json()) == []
        CALLED.add((operation_id, status))
        return answer.json()


@pytest.fixture(scope="module")
def customer(laptop: Cloud) -> Caller:
    return Caller(laptop, "customer")


@pytest.fixture(scope="module")
def technician(laptop: Cloud) -> Caller:
    return Caller(laptop, "technician")


@pytest.fixture(scope="module")
def operator(laptop: Cloud) -> Caller:
    return Caller(laptop, "operator")


def _reading(meter_id: str, value: str, **changes: Any) -> dict[str, Any]:
    moment = to_text(now() - timedelta(minutes=1))
    return {"meter_id": meter_id, "value": value, "taken_at": moment, "client_token": str(uuid.uuid4())} | changes


def _new_meter(meter_id: str, lat: float = 38.35, lon: float = -0.48) -> dict[str, Any]:
    place = {"lat": lat, "lon": lon}
    return {"meter_id": meter_id, "kind": "water", "unit": "m3", "digits": 5, "decimals": 3, "location": place}


@pytest.fixture(scope="module")
def meter_id(customer: Caller) -> str:
    """A meter of the customer's own."""
    name = f"T-{uuid.uuid4().hex[:10].upper()}"
    customer("register_meter", 201, _new_meter(name))
    return name


@pytest.fixture(scope="module")
def reviewed(laptop: Cloud, customer: Caller, meter_id: str) -> str:
    """A submission whose photo never arrived, so that a person has to look."""
    key = customer("request_upload", 200, {"meter_id": meter_id, "content_type": "image/jpeg"})["photo_key"]
    taken = customer("submit_reading", 202, _reading(meter_id, "00001.000", photo_key=key))
    submission_id: str = taken["submission_id"]
    laptop.settled(submission_id)
    return submission_id


def test_meters(customer: Caller, operator: Caller, meter_id: str) -> None:
    customer("get_meter", 200, meter_id=meter_id)
    customer("get_meter", 200, meter_id="WTR-0001")
    page = customer("list_meters", 200, query="?limit=2")
    customer("list_meters", 200, query=f"?limit=2&next={page['next']}")
    owner = "00000000-0000-4000-8000-000000000001"
    assert operator("list_meters", 200, query=f"?owner={owner}")["items"]


def test_an_exchanged_meter(laptop: Cloud, customer: Caller, technician: Caller, operator: Caller) -> None:
    name = f"T-{uuid.uuid4().hex[:10].upper()}"
    customer("register_meter", 201, _new_meter(name))
    days_ago = {days: to_text((now() - timedelta(days=days)).replace(microsecond=0)) for days in (2, 1)}
    before = _reading(name, "00050.000", taken_at=days_ago[2])
    assert laptop.settled(customer("submit_reading", 202, before)["submission_id"])["status"] == "ACCEPTED"
    exchange = {
        "exchanged_at": days_ago[1],
        "removal_value": "00050.500",
        "start_value": "00000.000",
        "serial_number": "N-1",
    }
    for caller in (customer, technician):
        caller("record_exchange", 403, exchange, meter_id=name)
    first = operator("record_exchange", 200, exchange, meter_id=name)
    assert operator("record_exchange", 200, exchange, meter_id=name) == first
    operator("record_exchange", 409, exchange | {"removal_value": "00050.501"}, meter_id=name)
    operator("record_exchange", 400, exchange | {"exchanged_at": "2999-01-01T00:00:00Z"}, meter_id=name)
    assert customer("get_meter", 200, meter_id=name)["serial_number"] == "N-1"
    # Below the old register's value, and right.
    after = laptop.settled(customer("submit_reading", 202, _reading(name, "00000.400"))["submission_id"])
    assert (after["status"], after["reasons"]) == ("ACCEPTED", ["meter_exchanged"])


def test_submeters(customer: Caller, technician: Caller, operator: Caller) -> None:
    whole, part, deeper = (f"T-{uuid.uuid4().hex[:10].upper()}" for _ in range(3))
    for name in (whole, part, deeper):
        customer("register_meter", 201, _new_meter(name))
    for caller in (customer, technician):
        caller("set_submeters", 403, {"submeters": [part]}, meter_id=whole)
    assert operator("set_submeters", 200, {"submeters": [part]}, meter_id=whole)["submeters"] == [part]
    operator("set_submeters", 200, {"submeters": [deeper]}, meter_id=part)
    operator("set_submeters", 409, {"submeters": [whole]}, meter_id=deeper)
    operator("set_submeters", 400, {"submeters": [whole]}, meter_id=whole)
    operator("set_submeters", 404, {"submeters": []}, meter_id=f"{whole}-X")
    operator("set_submeters", 200, {"submeters": []}, meter_id=whole)


def test_readings(customer: Caller, meter_id: str, reviewed: str) -> None:
    reading = customer("get_reading", 200, submission_id=reviewed)
    assert (reading["status"], reading["photo"]["verdict"]) == ("NEEDS_REVIEW", "UNREADABLE")
    customer("list_readings", 200, meter_id="WTR-0001", query="?limit=100")
    assert customer("list_readings", 200, meter_id=meter_id)["items"]


def test_a_review(
    laptop: Cloud, technician: Caller, operator: Caller, customer: Caller, meter_id: str, reviewed: str
) -> None:
    def waiting() -> bool:
        query = "?status=NEEDS_REVIEW&limit=100"
        while True:
            page = operator("list_validations", 200, query=query)
            if any(item["submission_id"] == reviewed for item in page["items"]):
                return True
            if "next" not in page:
                return False
            query = f"?limit=100&next={page['next']}"

    laptop.eventually(waiting, 60)
    wrong = {"value": "999999", "reason": "Seen on site"}
    assert technician("correct_reading", 400, wrong, submission_id=reviewed)["errors"][0]["field"] == "value"
    right = {"value": "00001.001", "reason": "Seen on site"}
    technician("correct_reading", 200, right, submission_id=reviewed)
    operator("correct_reading", 409, right, submission_id=reviewed)
    technician("correct_reading", 200, right, submission_id=reviewed)
    operator("list_validations", 200, query="?status=DECIDED&limit=100")
    operator("list_validations", 200, query="?status=MATCHED&limit=100")
    settled = laptop.eventually(
        lambda: (r := customer("get_reading", 200, submission_id=reviewed))["status"] != "NEEDS_REVIEW" and r, 60
    )
    assert (settled["status"], settled["quality"]) == ("ACCEPTED", "edited")
    laptop.eventually(lambda: operator("list_reviewers", 200, query="?kind=water")["items"], 60)
    assert customer("list_readings", 200, meter_id=meter_id)["items"][0]["original_value"] == "00001.000"
    # The record is made when the decision is announced, a moment after it.
    token, path = laptop.session("customer").id_token, f"/readings/{reviewed}/evidence"
    laptop.eventually(lambda: laptop.request("GET", path, token=token).status_code == 200, 60)
    assert customer("get_evidence", 200, submission_id=reviewed)["submission_id"] == reviewed


@pytest.fixture
def job(laptop: Cloud, customer: Caller) -> Callable[[], str]:
    """`job()` asks for a job beside the technician's own door, and waits until it is offered to them."""
    person = laptop.table("Technicians").get_item(Key={"technician_id": "00000000-0000-4000-8000-000000000002"})
    base = person["Item"]["base"]

    def ask() -> str:
        name = f"T-{uuid.uuid4().hex[:10].upper()}"
        customer("register_meter", 201, _new_meter(name, float(base["lat"]), float(base["lon"])))
        key = f"test-{uuid.uuid4()}"
        detail = {
            "job_key": key,
            "cause": "manual",
            "meter_id": name,
            "risk_level": "LOW",
            "reason": "A test asks for it.",
        }
        event = {
            "Source": "meterflow",
            "DetailType": "DispatchRequested",
            "EventBusName": laptop.outputs["EventBusName"],
            "Detail": json.dumps(detail),
        }
        assert laptop.client("events").put_events(Entries=[event])["FailedEntryCount"] == 0
        mine = Caller(laptop, "technician")

        def offered() -> bool:
            page = mine("list_jobs", 200, query="?limit=100")
            assert contract().shape_faults("TechnicianJobPage", page) == []
            return any(item["job_id"] == job_id(key) for item in page["items"])

        laptop.eventually(offered, 60)
        return job_id(key)

    return ask


def test_a_job_accepted_and_done(job: Callable[[], str], technician: Caller, operator: Caller) -> None:
    name = job()
    assert technician("complete_job", 409, {}, job_id=name)["detail"] == "Accept the job first."
    technician("complete_job", 400, {"vaule": "1"}, job_id=name)
    technician("accept_job", 200, job_id=name)
    technician("decline_job", 409, job_id=name)
    technician("list_jobs", 200)
    technician("complete_job", 200, {"value": "00001.000", "note": "Done"}, job_id=name)
    for status in ("ACCEPTED", "DONE", "ESCALATED"):
        page = operator("list_jobs", 200, query=f"?status={status}&limit=100")
        assert contract().shape_faults("OperatorJobPage", page) == []


def test_a_job_declined(job: Callable[[], str], technician: Caller, operator: Caller) -> None:
    name = job()
    technician("decline_job", 200, job_id=name)
    technician("accept_job", 409, job_id=name)
    assert contract().shape_faults("OperatorJobPage", operator("list_jobs", 200, query="?limit=100")) == []


def test_alerts(laptop: Cloud, customer: Caller, technician: Caller, operator: Caller, meter_id: str) -> None:
    raised = now().replace(microsecond=0)
    names = [f"ALERT-T-{uuid.uuid4().hex[:10].upper()}" for _ in range(2)]
    for name in names:
        laptop.table("Alerts").put_item(Item=to_item(alarm(name, meter_id, raised)))
    first = laptop.eventually(
        lambda: (p := customer("list_alerts", 200, query=f"?meter={meter_id}&limit=1"))["items"] and p
    )
    customer("list_alerts", 200, query=f"?meter={meter_id}&limit=1&next={first['next']}")
    shown = laptop.eventually(
        lambda: len((p := operator("list_alerts", 200, query=f"?meter={meter_id}&status=active"))["items"]) == 2 and p
    )
    assert contract().shape_faults("OperatorAlertPage", shown) == []
    assert contract().shape_faults("CustomerAlertPage", first) == []
    assert contract().shape_faults("TechnicianAlertPage", technician("list_alerts", 200)) == []
    operator("list_alerts", 400, query="?status=open")
    technician("list_alerts", 404, query=f"?meter={meter_id}")
    technician("acknowledge_alert", 404, {"reason": "fixed"}, alert_id=names[0])
    customer("acknowledge_alert", 403, {"reason": "not_reachable"}, alert_id=names[0])
    customer("acknowledge_alert", 400, {"reason": "x"}, alert_id=names[0])
    answer = customer("acknowledge_alert", 200, {"reason": "normal_for_me"}, alert_id=names[0])
    assert answer["learned_until"] > answer["acknowledged_at"]
    assert customer("acknowledge_alert", 200, {"reason": "normal_for_me"}, alert_id=names[0]) == answer
    customer("acknowledge_alert", 409, {"reason": "fixed"}, alert_id=names[0])
    operator("acknowledge_alert", 200, {"reason": "false_alarm", "comment": "Nothing there"}, alert_id=names[1])


def test_the_session(customer: Caller, operator: Caller) -> None:
    assert customer("create_session", 200) == {"groups": []}
    assert operator("create_session", 200) == {"groups": ["operator"]}


@pytest.mark.parametrize("operation_id", contract().operations())
def test_an_access_token_is_refused(laptop: Cloud, operation_id: str) -> None:
    method, path, _ = contract().operations()[operation_id]
    token = laptop.session("operator").access_token
    answer = laptop.request(method, path.format(meter_id="x", submission_id="x", job_id="x", alert_id="x"), token=token)
    assert contract().answer_faults(operation_id, 401, answer.headers, answer.json()) == []
    assert answer.status_code == 401


def test_refusals(customer: Caller, technician: Caller, operator: Caller, meter_id: str) -> None:
    assert customer("register_meter", 400, {"meter_id": "a b"})["errors"]
    customer("register_meter", 409, _new_meter(meter_id))
    customer("submit_reading", 400, raw=b"not json")
    customer("submit_reading", 413, _reading(meter_id, "1", more="x" * 65_536))
    customer("list_meters", 400, query="?limit=0")
    customer("list_readings", 400, meter_id=meter_id, query="?next=x")
    customer("list_meters", 403, query="?owner=somebody")
    customer("list_validations", 403)
    customer("list_reviewers", 403)
    technician("list_reviewers", 403)
    operator("list_reviewers", 400, query="?kind=steam")
    customer("list_jobs", 403)
    for name in ("accept_job", "decline_job"):
        operator(name, 403, job_id="x")
        technician(name, 404, job_id="x")
    operator("complete_job", 403, {}, job_id="x")
    technician("complete_job", 404, {}, job_id="x")
    operator("list_jobs", 400, query="?status=open")
    operator("list_validations", 400, query="?status=open")
    customer("correct_reading", 403, {"value": "1", "reason": "x"}, submission_id="x")
    operator("correct_reading", 404, {"value": "1", "reason": "x"}, submission_id="x")
    customer("get_meter", 404, meter_id="WTR-0100")
    customer("list_readings", 404, meter_id="WTR-0100")
    customer("get_reading", 404, submission_id=str(uuid.uuid4()))
    customer("request_upload", 400, {"meter_id": meter_id, "content_type": "text/html"})
    customer("request_upload", 404, {"meter_id": "WTR-0100", "content_type": "image/png"})
    customer("submit_reading", 404, _reading("WTR-0100", "1"))


def test_a_token_for_another_reading(laptop: Cloud, customer: Caller, meter_id: str) -> None:
    body = _reading(meter_id, "00002.000")
    first = customer("submit_reading", 202, body)
    assert customer("submit_reading", 202, body) == first
    customer("submit_reading", 422, body | {"value": "00003.000"})
    laptop.settled(first["submission_id"])


def test_every_route_was_called(request: pytest.FixtureRequest) -> None:
    """Runs last: pytest keeps the order of a file."""
    ran = {item.name for item in request.session.items if item.path == request.path}
    if len(ran) < TESTS:
        pytest.skip("only part of this file runs")
    assert {name for name, status in CALLED if status < 400} == set(contract().operations())
    assert {status for _, status in CALLED} == {200, 201, 202, 400, 403, 404, 409, 413, 422}
