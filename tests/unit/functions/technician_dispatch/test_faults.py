"""Every single call to AWS fails once, before or after its effect; whoever made it tries again; the end is the same.

The story is the longest that ends well: a no, a yes, a deadline passed on site, and the report.
"""

from collections.abc import Callable
from typing import Any

import pytest

from meterflow import settings
from meterflow.adapters import jobs
from meterflow.adapters.aws import table
from meterflow.work_order import JobStatus, job_id
from tests.unit.dispatch import NEAR, NEXT, Died, Dispatch


def again(act: Callable[[], Any]) -> Any:
    """What a retrier, and a person at a phone, do when something breaks."""
    try:
        return act()
    except Died:
        return act()


def story(dispatch: Dispatch, key: str, job: str) -> None:
    def step(name: str, **payload: Any) -> dict[str, Any]:
        result: dict[str, Any] = again(lambda: dispatch.step(name, job_id=job, **payload))
        return result

    def say(route: str, who: str, body: Any = None) -> None:
        assert again(lambda: dispatch.api(route, who=who, body=body, job=job))[0] == 200

    def offer(to: str, token: str) -> None:
        assert step("choose_technician")["technician_id"] == to
        offered = {"technician_id": to, "holder": "run-1", "task_token": f"{key}-{token}", "deadline_seconds": 900}
        assert step("offer_job", **offered)["outcome"] == "OFFERED"

    assert again(lambda: dispatch.create(key=key))["outcome"] == "CREATED"
    offer(NEAR, "offer-1")
    say("decline_job", NEAR)
    assert step("record_answer", technician_id=NEAR, answer="DECLINED")["outcome"] == "DECLINED"
    offer(NEXT, "offer-2")
    say("accept_job", NEXT)
    assert step("record_answer", technician_id=NEXT, answer="ACCEPTED")["outcome"] == "ACCEPTED"
    step("announce_job", status="ACCEPTED")
    step("await_completion", task_token=f"{key}-wait-1")
    assert step("escalate_job", escalation="LATE")["outcome"] == "ESCALATED"
    step("await_completion", task_token=f"{key}-wait-2")
    say("complete_job", NEXT, {"value": "00123.456"})
    assert step("close_job")["outcome"] == "DONE"
    step("announce_job", status="DONE")


# A read that fails after its effect is a read that fails.
READS = frozenset({"GetItem", "Scan", "Query"})
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_one_job_one_assignment_one_message_whatever_breaks(dispatch: Dispatch, part: int) -> None:
    dispatch.operations.clear()
    told(dispatch, "whole", 0, False)
    faults = [
        (number, after)
        for number, operation in enumerate(dispatch.operations, start=1)
        for after in ((False,) if operation in READS else (False, True))
    ]
    assert len(faults) > 50, "the sweep has something to sweep"
    for number, after in faults[part::PARTS]:
        told(dispatch, f"fault-{number}-{after}", number, after)


def told(dispatch: Dispatch, key: str, fail_at: int, after: bool) -> None:
    """Tell the story of the job `key` with one fault in it, and check how it ends."""
    dispatch.published.clear()
    dispatch.told.clear()
    dispatch.die_at(fail_at, after)
    story(dispatch, key, job_id(key))
    dispatch.die_at(0)
    check(dispatch, job_id(key), key)
    # moto copies every table for each transaction, so the sweep stays fast only while they stay small.
    table(settings.setting("JOBS_TABLE")).delete_item(Key={"job_id": job_id(key)})


def check(dispatch: Dispatch, name: str, where: str) -> None:
    job = jobs.existing(name).job
    assert job.status is JobStatus.DONE, where
    assert [(one.technician_id, one.answer) for one in job.offers] == [(NEAR, "DECLINED"), (NEXT, "ACCEPTED")], where
    assert [one.reason for one in job.escalations] == ["LATE"], where
    assert set(dispatch.loads().values()) == {0}, where
    assert dispatch.open_job() is None, where
    assert [one["technician_id"] for one in dispatch.events("JobOffered")] == [NEAR, NEXT], where
    assert [one["status"] for one in dispatch.events("JobChanged")] == ["ACCEPTED", "DONE"], where
    assert len(dispatch.events("JobEscalated")) == 1, where
    # Each wait heard the one answer that was meant for it.
    key = job.job_key
    assert dispatch.told == {
        f"{key}-offer-1": {"answer": "DECLINED"},
        f"{key}-offer-2": {"answer": "ACCEPTED"},
        f"{key}-wait-2": {"outcome": "COMPLETED"},
    }, where
