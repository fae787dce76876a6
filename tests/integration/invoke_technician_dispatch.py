"""The steps of technician_dispatch under `sam local invoke`: one function a step, named for it."""

from datetime import timedelta
from typing import Any

from local.city.people import TECHNICIAN_ID
from meterflow import completion, offers, work_order
from meterflow.adapters.items import to_item
from meterflow.assignment import Choice
from meterflow.clock import now
from meterflow.meter import Meter
from meterflow.work_order import Answer, Completion, WorkOrder
from tests.integration.invoke_stage import Stage

METER = "WTR-0001"
HOLDER = "sample-execution"
JOB_KEY = "invoke:WTR-0001"
CHOICE = Choice(technician_id=TECHNICIAN_ID, why="nearest")


def open_job(stage: Stage) -> WorkOrder:
    """The job of the sample events, as CreateJob makes it."""
    meter = Meter.model_validate(stage.row("Meters", meter_id=METER))
    return work_order.new_job(JOB_KEY, "manual", meter, "HIGH", "Water runs.", HOLDER, now())


def offered_job(stage: Stage) -> WorkOrder:
    """The job, offered to the technician who logs in."""
    return offers.offer(open_job(stage), CHOICE, HOLDER, timedelta(minutes=15), now()).job


def accepted_job(stage: Stage) -> WorkOrder:
    """The job, accepted."""
    return offers.answer(offered_job(stage), TECHNICIAN_ID, Answer.ACCEPTED, now()).job


def reported_job(stage: Stage) -> WorkOrder:
    """The job, its work reported."""
    return completion.complete(accepted_job(stage), TECHNICIAN_ID, Completion(completed_at=now()), now()).job


def have(stage: Stage, job: WorkOrder, **wait: str) -> None:
    """Have `job` in the tables as it would be: its row, its meter's mark, its technician's load."""
    stage.put("Jobs", to_item(job) | {"version": 1} | wait, "job_id")
    stage.put("Meters", stage.row("Meters", meter_id=METER) | {"open_job": job.job_id}, "meter_id")
    technician = stage.row("Technicians", technician_id=TECHNICIAN_ID)
    stage.put("Technicians", technician | {"load": 1 if job.assigned_to else 0}, "technician_id")


def stored(stage: Stage, job: WorkOrder) -> dict[str, Any]:
    """The job's row now."""
    return stage.row("Jobs", job_id=job.job_id)


def load(stage: Stage) -> int:
    """How many jobs the technician has accepted and not finished."""
    return int(stage.row("Technicians", technician_id=TECHNICIAN_ID)["load"])


def create_job(stage: Stage) -> None:
    wanted = work_order.job_id(stage.event["job_key"])
    stage.absent("Jobs", job_id=wanted)
    stage.remember("Meters", meter_id=METER)
    assert stage.invoke() == {"outcome": "CREATED", "job_id": wanted, "status": "OPEN"}
    row = stage.row("Jobs", job_id=wanted)
    assert (row["status"], row["holder"], row["reason"]) == ("OPEN", HOLDER, stage.event["reason"])
    assert stage.row("Meters", meter_id=METER)["open_job"] == wanted


def choose_technician(stage: Stage) -> None:
    job = open_job(stage)
    have(stage, job)
    result = stage.invoke()
    # Teo has every skill, works round the clock and lives beside the meter.
    assert (result["outcome"], result["technician_id"]) == ("CHOSEN", TECHNICIAN_ID)
    others = {one["technician_id"] for one in stage.tools.table("Technicians").scan()["Items"]} - {TECHNICIAN_ID}
    passed_over = {one["technician_id"] for one in result["passed_over"]}
    assert passed_over
    assert passed_over <= others


def offer_job(stage: Stage) -> None:
    job = open_job(stage)
    have(stage, job)
    heard = stage.listen("JobOffered")
    assert stage.invoke() == {"outcome": "OFFERED"}
    row = stored(stage, job)
    assert (row["status"], row["technician_id"]) == ("OFFERED", TECHNICIAN_ID)
    assert (row["waits_for"], row["task_token"]) == ("offer-1", stage.event["task_token"])
    (event,) = [one for one in heard() if one["job_id"] == job.job_id]
    assert event["technician_id"] == TECHNICIAN_ID


def record_answer(stage: Stage) -> None:
    job = offered_job(stage)
    have(stage, job)
    assert stage.invoke() == {"outcome": "ACCEPTED", "job_id": job.job_id, "status": "ACCEPTED"}
    row = stored(stage, job)
    assert (row["status"], row["offers"][0]["answer"]) == ("ACCEPTED", "ACCEPTED")
    assert load(stage) == 1


def escalate_job(stage: Stage) -> None:
    job = accepted_job(stage)
    have(stage, job)
    heard = stage.listen("JobEscalated")
    assert stage.invoke()["outcome"] == "ESCALATED"
    row = stored(stage, job)
    assert (row["status"], row["escalations"][0]["reason"]) == ("ESCALATED", "LATE")
    assert row["technician_id"] == TECHNICIAN_ID
    assert [one["reason"] for one in heard() if one["job_id"] == job.job_id] == ["LATE"]


def await_completion(stage: Stage) -> None:
    job = accepted_job(stage)
    have(stage, job)
    assert stage.invoke() == {"outcome": "WAITING"}
    row = stored(stage, job)
    assert (row["waits_for"], row["task_token"]) == (completion.COMPLETION_WAIT, stage.event["task_token"])


def close_job(stage: Stage) -> None:
    job = reported_job(stage)
    have(stage, job)
    assert stage.invoke() == {"outcome": "DONE", "job_id": job.job_id, "status": "DONE"}
    assert stored(stage, job)["status"] == "DONE"
    assert "open_job" not in stage.row("Meters", meter_id=METER)
    assert load(stage) == 0


def announce_job(stage: Stage) -> None:
    job = accepted_job(stage)
    have(stage, job)
    heard = stage.listen("JobChanged")
    assert stage.invoke()["outcome"] == "TOLD"
    (event,) = [one for one in heard() if one["job_id"] == job.job_id]
    assert (event["status"], event["customer_id"]) == ("ACCEPTED", job.customer_id)
