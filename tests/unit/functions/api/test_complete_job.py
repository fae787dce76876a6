from typing import Any

import pytest

from tests.unit.dispatch import JOB, NEAR, NEXT, Died, Dispatch, at_work


@pytest.fixture
def dispatch(request: pytest.FixtureRequest) -> Dispatch:
    return at_work(request)


REPORT = {"value": "00123.456", "photo_key": f"uploads/{NEAR}/a.jpg", "note": "Gasket renewed.\nNo flow at night."}


def waiting(dispatch: Dispatch) -> None:
    dispatch.accepted()
    dispatch.step("await_completion", job_id=JOB, task_token="token-2")


def test_done(dispatch: Dispatch) -> None:
    waiting(dispatch)
    dispatch.pass_time(hours=1)
    assert dispatch.api("complete_job", body=REPORT) == (200, {"job_id": JOB, "completed_at": "2026-11-21T09:00:00Z"})
    assert dispatch.job.completion is not None
    assert dispatch.job.completion.model_dump(exclude={"completed_at"}) == REPORT
    assert dispatch.told["token-2"] == {"outcome": "COMPLETED"}


def test_twice_is_once_and_another_report_is_refused(dispatch: Dispatch) -> None:
    waiting(dispatch)
    first = dispatch.api("complete_job", body=REPORT)
    dispatch.pass_time(minutes=5)
    assert dispatch.api("complete_job", body=REPORT) == first
    dispatch.step("close_job", job_id=JOB)
    assert dispatch.api("complete_job", body=REPORT) == first
    status, body = dispatch.api("complete_job", body={"value": "00999"})
    assert (status, body["detail"]) == (409, "The work was reported before, with another content.")


@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_call_the_same_call_again_completes_it(dispatch: Dispatch, call: int, after: bool) -> None:
    waiting(dispatch)
    dispatch.die_at(call, after)
    with pytest.raises(Died):
        dispatch.api("complete_job", body=REPORT)
    assert dispatch.api("complete_job", body=REPORT)[0] == 200
    assert dispatch.told["token-2"] == {"outcome": "COMPLETED"}


def test_only_who_accepted(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.offer()
    status, body = dispatch.api("complete_job", body={})
    assert (status, body["detail"]) == (409, "Accept the job first.")
    dispatch.api("accept_job")
    assert dispatch.api("complete_job", body={}, who=NEXT)[0] == 404
    assert dispatch.api("complete_job", body={}, groups="operator")[0] == 403
    assert dispatch.api("complete_job", body={}, job="no-such-job")[0] == 404
    assert dispatch.job.completion is None


@pytest.mark.parametrize(
    "body",
    [
        {"value": "12,5"},
        {"value": "-1"},
        {"value": 12.5},
        {"value": "1e3"},
        {"note": "x" * 1001},
        {"note": "bell \u0007"},
        {"note": "turned \u202e round"},
        {"photo_key": "../../secret"},
        {"photo_key": f"uploads/{NEXT}/a.jpg"},
        {"photo_key": "x" * 600},
        {"status": "DONE"},
        {"technician_id": "me"},
        [],
    ],
)
def test_bad_reports(dispatch: Dispatch, body: Any) -> None:
    waiting(dispatch)
    assert dispatch.api("complete_job", body=body)[0] == 400
    assert dispatch.job.completion is None


def test_a_note_is_kept_as_it_was_written(dispatch: Dispatch) -> None:
    # Escaping is for whoever shows it; changed here, it would be escaped twice.
    waiting(dispatch)
    note = "<script>alert('x')</script> & \u00fcber 5 \u00b0C"
    assert dispatch.api("complete_job", body={"note": note})[0] == 200
    assert dispatch.job.completion is not None
    assert dispatch.job.completion.note == note
