"""A job from request to done: offered to the nearest, accepted, declined, met with silence, late, and told."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from local.city.people import TECHNICIAN_ID
from meterflow import ids, work_order
from meterflow.clock import now, to_text
from meterflow.meter import Location
from meterflow.technician import Technician, on_shift
from meterflow.travel import great_circle_m
from tests.integration.conftest import Cloud

CUSTOMER = "customer"
TECHNICIAN = "technician"
# Some 150 m from a base: nearer than anybody else's.
BESIDE = 0.001


def technicians(laptop: Cloud) -> dict[str, Technician]:
    """Everyone who can be sent, by id."""
    rows = laptop.table("Technicians").scan()["Items"]
    return {row["technician_id"]: Technician.model_validate(row) for row in rows}


def able(laptop: Cloud, place: Location) -> list[str]:
    """Who can be sent to a water meter at `place` now, the nearest first; computed here, not by the product."""
    people = [one for one in technicians(laptop).values() if "water" in one.skills and on_shift(one, now())]
    return [one.technician_id for one in sorted(people, key=lambda one: great_circle_m(one.base, place))]


def beside(laptop: Cloud, technician_id: str) -> Location:
    """A place beside the base of a technician."""
    base = technicians(laptop)[technician_id].base
    return Location(lat=base.lat + BESIDE, lon=base.lon)


def meter_at(laptop: Cloud, place: Location) -> str:
    return laptop.new_meter(location={"lat": place.lat, "lon": place.lon})


def wanted(meter_id: str) -> dict[str, Any]:
    """The event's detail that asks for a job at the meter."""
    return {"job_key": str(uuid.uuid4()), "cause": "manual", "meter_id": meter_id, "risk_level": "HIGH", "reason": "t"}


def ask(laptop: Cloud, detail: dict[str, Any], times: int = 1) -> str:
    """Put the request on the bus; the id that its job has."""
    event = {
        "EventBusName": laptop.outputs["EventBusName"],
        "Source": "meterflow",
        "DetailType": "DispatchRequested",
        "Detail": json.dumps(detail),
    }
    assert laptop.client("events").put_events(Entries=[event] * times)["FailedEntryCount"] == 0
    return work_order.job_id(detail["job_key"])


def row(laptop: Cloud, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = laptop.table("Jobs").get_item(Key={"job_id": job_id}, ConsistentRead=True).get("Item", {})
    return found


def in_status(laptop: Cloud, job_id: str, status: str, seconds: float = 30) -> dict[str, Any]:
    """The job's row when it is in `status`."""
    found: dict[str, Any] = laptop.eventually(
        lambda: (job := row(laptop, job_id)).get("status") == status and job, seconds
    )
    return found


def offered(laptop: Cloud, job_id: str, number: int = 1) -> dict[str, Any]:
    """The job's row when its offer `number` stands and the machine waits for the answer."""
    found: dict[str, Any] = laptop.eventually(
        lambda: (job := row(laptop, job_id)).get("waits_for") == f"offer-{number}" and job
    )
    assert found["status"] == "OFFERED"
    return found


def answer(laptop: Cloud, job_id: str, word: str, role: str = TECHNICIAN, **body: Any) -> Any:
    """The answer of `POST /jobs/{job_id}/<word>`."""
    return laptop.request("POST", f"/jobs/{job_id}/{word}", body, token=laptop.session(role).id_token)


def listed(laptop: Cloud, job_id: str) -> dict[str, Any] | None:
    """The job in the technician's own list."""
    items = laptop.session(TECHNICIAN).call("GET", "/jobs")["items"]
    return next((item for item in items if item["job_id"] == job_id), None)


def told(laptop: Cloud, job: dict[str, Any], status: str) -> Any:
    """The customer's one message that says `status` of the job."""
    event_id = ids.derived_id("job-event", job["job_id"], status, str(len(job["offers"])))
    messages = laptop.eventually(lambda: laptop.messages(event_id))
    assert [message.to for message in messages] == [laptop.endpoints["users"][CUSTOMER]["email"]]
    return messages[0]


def load(laptop: Cloud, technician_id: str) -> int:
    item = laptop.table("Technicians").get_item(Key={"technician_id": technician_id}, ConsistentRead=True)["Item"]
    return int(item["load"])


def nobody_left(laptop: Cloud, job_id: str) -> dict[str, Any]:
    """Let every offer that stands time out, one after the other, until the job is escalated."""
    states = laptop.client("stepfunctions")
    answered: set[str] = set()

    def step() -> Any:
        job = row(laptop, job_id)
        token = job.get("task_token", "")
        if job["status"] == "OFFERED" and token not in answered:
            answered.add(token)
            states.send_task_failure(taskToken=token, error="States.Timeout", cause="the test does not wait")
        return job["status"] == "ESCALATED" and job

    found: dict[str, Any] = laptop.eventually(step, 60)
    return found


@contextmanager
def impatient(laptop: Cloud, offer: int, completion: int) -> Iterator[str]:
    """A copy of the machine as it is deployed, with other deadlines (seconds)."""
    states = laptop.client("stepfunctions")
    deployed = states.describe_state_machine(stateMachineArn=laptop.outputs["TechnicianDispatchStateMachineArn"])
    definition = deployed["definition"]
    for was, becomes in (("$number('900')", str(offer)), ("$number('86400')", str(completion))):
        assert was in definition
        definition = definition.replace(was, becomes)
    arn = states.create_state_machine(
        name=f"impatient-{uuid.uuid4().hex[:8]}", definition=definition, roleArn=deployed["roleArn"]
    )["stateMachineArn"]
    try:
        yield arn
    finally:
        states.delete_state_machine(stateMachineArn=arn)


def start(laptop: Cloud, machine: str, detail: dict[str, Any]) -> tuple[str, str]:
    """Start `machine` directly: the job's id and the execution."""
    states = laptop.client("stepfunctions")
    arn = states.start_execution(stateMachineArn=machine, input=json.dumps(detail))["executionArn"]
    return work_order.job_id(detail["job_key"]), arn


def finished(laptop: Cloud, arn: str) -> dict[str, Any]:
    """The execution when it has ended."""
    states = laptop.client("stepfunctions")
    found: dict[str, Any] = laptop.eventually(
        lambda: (execution := states.describe_execution(executionArn=arn))["status"] != "RUNNING" and execution
    )
    return found


def test_the_nearest_accepts_and_completes_and_the_customer_is_told_of_both(laptop: Cloud) -> None:
    meter_id = meter_at(laptop, beside(laptop, TECHNICIAN_ID))
    before = load(laptop, TECHNICIAN_ID)
    # Five times the same need is one job.
    job_id = ask(laptop, wanted(meter_id), times=5)
    job = offered(laptop, job_id)
    assert job["technician_id"] == TECHNICIAN_ID
    assert [offer["technician_id"] for offer in job["offers"]] == [TECHNICIAN_ID]
    assert laptop.table("Meters").get_item(Key={"meter_id": meter_id})["Item"]["open_job"] == job_id

    shown = laptop.eventually(lambda: listed(laptop, job_id))
    assert shown["status"] == "OFFERED"
    assert shown["meter_id"] == meter_id
    assert shown["offer_expires_at"] > to_text(now() + timedelta(minutes=10))
    assert not {"customer_id", "technician_id", "task_token", "holder", "offers"} & shown.keys()

    assert answer(laptop, job_id, "complete", note="too early").status_code == 409
    first = answer(laptop, job_id, "accept")
    assert (first.status_code, first.json()["status"]) == (200, "ACCEPTED")
    assert answer(laptop, job_id, "accept").json() == first.json()
    assert answer(laptop, job_id, "decline").status_code == 409
    assert load(laptop, TECHNICIAN_ID) == before + 1
    told(laptop, job, "ACCEPTED")

    report = {"value": "00012.000", "note": "valve replaced"}
    done = answer(laptop, job_id, "complete", **report)
    assert done.status_code == 200, done.text
    again = answer(laptop, job_id, "complete", **report)
    assert (again.status_code, again.json()) == (200, done.json())
    assert answer(laptop, job_id, "complete", note="another").status_code == 409
    job = in_status(laptop, job_id, "DONE")
    assert job["completion"]["note"] == "valve replaced"
    told(laptop, job, "DONE")
    assert load(laptop, TECHNICIAN_ID) == before
    assert "open_job" not in laptop.table("Meters").get_item(Key={"meter_id": meter_id})["Item"]
    assert laptop.eventually(lambda: listed(laptop, job_id) is None)
    assert len(row(laptop, job_id)["offers"]) == 1


def test_after_a_no_the_next_nearest_is_asked_and_then_the_operators(laptop: Cloud) -> None:
    place = beside(laptop, TECHNICIAN_ID)
    ladder = able(laptop, place)
    assert ladder[0] == TECHNICIAN_ID
    assert len(ladder) > 1, "the city has somebody for water at any hour"
    job_id = ask(laptop, wanted(meter_at(laptop, place)))
    offered(laptop, job_id)
    assert answer(laptop, job_id, "decline").status_code == 200
    job = offered(laptop, job_id, 2)
    assert job["technician_id"] == ladder[1]
    first, second = job["offers"]
    assert first["answer"] == "DECLINED"
    assert {"technician_id": TECHNICIAN_ID, "reason": "already asked"} in second["passed_over"]
    assert answer(laptop, job_id, "accept").status_code == 409
    assert laptop.eventually(lambda: listed(laptop, job_id) is None)

    job = nobody_left(laptop, job_id)
    assert [offer["technician_id"] for offer in job["offers"]] == ladder
    assert [offer["answer"] for offer in job["offers"]] == ["DECLINED"] + ["SILENT"] * (len(ladder) - 1)
    assert [one["reason"] for one in job["escalations"]] == ["NOBODY"]
    told(laptop, job, "ESCALATED")
    board = laptop.session("operator").call("GET", "/jobs?status=ESCALATED")["items"]
    shown = next(item for item in board if item["job_id"] == job_id)
    assert [offer["technician_id"] for offer in shown["offers"]] == ladder


def test_another_technicians_job_is_not_there(laptop: Cloud) -> None:
    others = [name for name in able(laptop, beside(laptop, TECHNICIAN_ID)) if name != TECHNICIAN_ID]
    place = beside(laptop, others[0])
    job_id = ask(laptop, wanted(meter_at(laptop, place)))
    assert offered(laptop, job_id)["technician_id"] == others[0]
    for word in ("accept", "decline", "complete"):
        assert answer(laptop, job_id, word).status_code == 404, word
        assert answer(laptop, str(uuid.uuid4()), word).status_code == 404, word
        assert answer(laptop, job_id, word, role=CUSTOMER).status_code == 403, word
        assert answer(laptop, job_id, word, role="operator").status_code == 403, word
    assert listed(laptop, job_id) is None
    assert row(laptop, job_id)["offers"][0].get("answer") is None
    nobody_left(laptop, job_id)


def test_silence_until_the_deadline_goes_down_the_ladder_and_a_late_yes_is_refused(laptop: Cloud) -> None:
    place = beside(laptop, TECHNICIAN_ID)
    ladder = able(laptop, place)
    with impatient(laptop, offer=2, completion=2) as machine:
        job_id, execution = start(laptop, machine, wanted(meter_at(laptop, place)))
        offered(laptop, job_id, 2)
        late = answer(laptop, job_id, "accept")
        assert late.status_code == 409
        assert "too late" in late.json()["detail"]
        job = in_status(laptop, job_id, "ESCALATED", 60)
        assert finished(laptop, execution)["status"] == "SUCCEEDED"
    assert [offer["answer"] for offer in job["offers"]] == ["SILENT"] * len(ladder)
    for offer, following in zip(job["offers"], job["offers"][1:], strict=False):
        assert following["offered_at"] >= offer["expires_at"][:19]


def test_a_late_job_is_escalated_and_stays_with_its_technician(laptop: Cloud) -> None:
    place = beside(laptop, TECHNICIAN_ID)
    with impatient(laptop, offer=60, completion=2) as machine:
        job_id, execution = start(laptop, machine, wanted(meter_at(laptop, place)))
        offered(laptop, job_id)
        assert answer(laptop, job_id, "accept").status_code == 200
        job = in_status(laptop, job_id, "ESCALATED")
        assert [one["reason"] for one in job["escalations"]] == ["LATE"]
        assert job["technician_id"] == TECHNICIAN_ID
        assert laptop.eventually(lambda: (item := listed(laptop, job_id)) and item["status"] == "ESCALATED")
        assert answer(laptop, job_id, "complete", note="in the cellar").status_code == 200
        in_status(laptop, job_id, "DONE")
        assert finished(laptop, execution)["status"] == "SUCCEEDED"


def test_customers_see_no_jobs(laptop: Cloud) -> None:
    assert laptop.request("GET", "/jobs", token=laptop.session(CUSTOMER).id_token).status_code == 403


@pytest.mark.parametrize("query", ["status=NONSENSE", "limit=0", "next=forged"])
def test_a_wrong_question_for_jobs_is_named(laptop: Cloud, query: str) -> None:
    assert laptop.request("GET", f"/jobs?{query}", token=laptop.session("operator").id_token).status_code == 400
