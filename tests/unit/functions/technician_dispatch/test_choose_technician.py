from meterflow.work_order import JobStatus
from tests.unit.dispatch import FAR, GAS_FITTER, JOB, NEAR, NEXT, Dispatch, people


def choose(dispatch: Dispatch) -> dict[str, object]:
    return dispatch.step("choose_technician", job_id=JOB)


def test_the_nearest_and_why(dispatch: Dispatch) -> None:
    dispatch.create()
    result = choose(dispatch)
    assert (result["outcome"], result["technician_id"]) == ("CHOSEN", NEAR)
    assert "nearest of 3" in str(result["why"])
    assert {"technician_id": GAS_FITTER, "reason": "lacks the skill water"} in result["passed_over"]  # type: ignore[operator]


def test_down_the_ladder_to_nobody(dispatch: Dispatch) -> None:
    dispatch.create()
    asked = []
    for number in range(3):
        technician_id = str(choose(dispatch)["technician_id"])
        asked.append(technician_id)
        dispatch.offer(to=technician_id, token=f"token-{number}")
        dispatch.step("record_answer", job_id=JOB, technician_id=technician_id, answer="SILENT")
    assert asked == [NEAR, NEXT, FAR]
    result = choose(dispatch)
    assert (result["outcome"], result["technician_id"], result["status"]) == ("NOBODY", None, "OPEN")


def test_choosing_changes_nothing(dispatch: Dispatch) -> None:
    dispatch.create()
    before = dispatch.job
    choose(dispatch)
    assert dispatch.job == before


def test_a_job_that_has_its_person_keeps_it(dispatch: Dispatch) -> None:
    dispatch.accepted()
    assert (choose(dispatch)["outcome"], choose(dispatch)["technician_id"]) == ("CHOSEN", NEAR)


def test_a_job_that_nobody_took_stays_so_when_it_is_run_again(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.step("escalate_job", job_id=JOB, escalation="NOBODY")
    assert choose(dispatch)["outcome"] == "NOBODY"
    assert dispatch.job.status is JobStatus.ESCALATED


def test_nothing_personal_leaves(dispatch: Dispatch) -> None:
    dispatch.create()
    assert not any(word in str(choose(dispatch)) for word in ("Canary", "canary", "+49", "Marienplatz"))
    assert not any(word in str(people()) for word in ("Canary", "canary", "+49"))
