import pytest

from meterflow.adapters import jobs
from meterflow.errors import BrokenInvariant
from meterflow.work_order import Change, JobStatus, Verdict, moved
from tests.unit.dispatch import JOB, NEAR, START, Dispatch


def record(dispatch: Dispatch, answer: str) -> dict[str, object]:
    return dispatch.step("record_answer", job_id=JOB, technician_id=NEAR, answer=answer)


def test_what_the_route_wrote_stands(dispatch: Dispatch) -> None:
    dispatch.accepted()
    assert record(dispatch, "ACCEPTED") == {"outcome": "ACCEPTED", "job_id": JOB, "status": "ACCEPTED"}
    assert dispatch.loads()[NEAR] == 1


def test_no_and_silence_open_the_job_again(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.offer()
    assert record(dispatch, "SILENT") == {"outcome": "SILENT", "job_id": JOB, "status": "OPEN"}
    assert record(dispatch, "SILENT") == {"outcome": "SILENT", "job_id": JOB, "status": "OPEN"}
    assert dispatch.api("accept_job")[0] == 409


def test_a_yes_in_the_last_moment_outlives_silence(dispatch: Dispatch) -> None:
    # The wait was over when the answer came, so only the row knows of it.
    dispatch.create()
    dispatch.offer()
    dispatch.over.add("token-1")
    assert dispatch.api("accept_job")[0] == 200
    assert record(dispatch, "SILENT")["outcome"] == "ACCEPTED"
    assert [offer.answer for offer in dispatch.job.offers] == ["ACCEPTED"]


def test_silence_recorded_first_beats_a_late_yes(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.offer()
    record(dispatch, "SILENT")
    status, body = dispatch.api("accept_job")
    assert (status, body["detail"]) == (409, "The offer has expired; your answer came too late.")
    assert dispatch.told == {}
    assert dispatch.loads()[NEAR] == 0


def test_an_offer_that_was_not_ours_to_make(dispatch: Dispatch) -> None:
    dispatch.create()
    assert record(dispatch, "CLOSED")["outcome"] == "CLOSED"


def test_an_offer_that_was_never_made_is_not_silence(dispatch: Dispatch) -> None:
    dispatch.create()
    with pytest.raises(BrokenInvariant):
        record(dispatch, "SILENT")


def test_a_job_that_was_cancelled_meanwhile(dispatch: Dispatch) -> None:
    dispatch.create()
    jobs.change(JOB, lambda job: Change(Verdict.APPLIED, moved(job, JobStatus.CANCELLED, START)))
    assert record(dispatch, "SILENT") == {"outcome": "CLOSED", "job_id": JOB, "status": "CANCELLED"}
    assert dispatch.open_job() is None


def test_run_again_when_the_job_is_further_on(dispatch: Dispatch) -> None:
    dispatch.accepted()
    dispatch.step("escalate_job", job_id=JOB, escalation="LATE")
    assert record(dispatch, "ACCEPTED") == {"outcome": "ACCEPTED", "job_id": JOB, "status": "ACCEPTED"}
