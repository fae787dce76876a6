import pytest

from meterflow import completion, offers, settings
from meterflow.adapters import jobs
from meterflow.adapters.aws import table
from meterflow.assignment import Choice
from meterflow.errors import BrokenInvariant, TransientError
from meterflow.work_order import Answer, Change, JobStatus, Verdict, WorkOrder
from tests.unit.dispatch import JOB, NEAR, NEXT, START, Died, Dispatch, at_work
from tests.unit.domain.orders import DEADLINE, order


@pytest.fixture
def dispatch(request: pytest.FixtureRequest) -> Dispatch:
    return at_work(request)


def accept(job: WorkOrder) -> Change:
    return offers.answer(job, NEAR, Answer.ACCEPTED, START)


def test_what_is_written_is_what_is_read(dispatch: Dispatch) -> None:
    dispatch.accepted()
    stored = jobs.existing(JOB)
    assert stored.job.location.address == "Marienplatz 1"
    assert stored.job.offers[0].answer is Answer.ACCEPTED
    assert (stored.waits_for, stored.task_token) == ("offer-1", "token-1")


def test_the_token_is_in_no_text_of_the_row(dispatch: Dispatch) -> None:
    dispatch.accepted()
    assert "token-1" not in repr(jobs.existing(JOB))


@pytest.mark.usefixtures("dispatch")
def test_created_once_by_whoever_came_first() -> None:
    first = jobs.create(order())
    second = jobs.create(order(holder="run-2"))
    assert (first.job.holder, second.job.holder) == ("run-1", "run-1")


@pytest.mark.usefixtures("dispatch")
def test_two_create_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # The second has looked before the first wrote.
    real, looks = jobs.get, iter([None])
    jobs.create(order())
    monkeypatch.setattr(jobs, "get", lambda job_id: next(looks, real(job_id)))
    assert jobs.create(order(holder="run-2")).job.holder == "run-1"


@pytest.mark.usefixtures("dispatch")
def test_no_job_for_a_meter_that_is_gone() -> None:
    gone = order().model_copy(update={"meter_id": "WTR-9999"})
    with pytest.raises(BrokenInvariant):
        jobs.create(gone)
    assert jobs.get(gone.job_id) is None


def test_the_loser_of_a_race_judges_again(dispatch: Dispatch) -> None:
    dispatch.create()
    seen: list[JobStatus] = []

    def second_dispatcher(job: WorkOrder) -> Change:
        seen.append(job.status)
        if len(seen) == 1:
            dispatch.offer(to=NEAR)
        return offers.offer(job, Choice(technician_id=NEXT, why=""), "run-1", DEADLINE, START)

    decision, stored = jobs.change(JOB, second_dispatcher, "token-2")
    assert seen == [JobStatus.OPEN, JobStatus.OFFERED]
    assert (decision.verdict, stored.job.technician_id, stored.task_token) == (Verdict.CLOSED, NEAR, "token-1")
    assert len(dispatch.job.offers) == 1


def test_a_row_that_never_stands_still_is_an_outage(dispatch: Dispatch) -> None:
    dispatch.create()

    def always_late(job: WorkOrder) -> Change:
        table(settings.setting("JOBS_TABLE")).update_item(
            Key={"job_id": JOB}, UpdateExpression="ADD version :one", ExpressionAttributeValues={":one": 1}
        )
        return Change(Verdict.APPLIED, job.model_copy(update={"reason": "x"}))

    with pytest.raises(TransientError):
        jobs.change(JOB, always_late)


def test_the_load_follows_the_job(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.offer()
    assert dispatch.loads()[NEAR] == 0
    jobs.change(JOB, accept)
    jobs.change(JOB, accept)
    assert dispatch.loads()[NEAR] == 1
    dispatch.step("escalate_job", job_id=JOB, escalation="LATE")
    assert dispatch.loads()[NEAR] == 1
    dispatch.api("complete_job", body={})
    dispatch.step("close_job", job_id=JOB)
    assert dispatch.loads()[NEAR] == 0


def test_a_technician_who_left_does_not_hold_the_job(dispatch: Dispatch) -> None:
    dispatch.accepted()
    table(settings.setting("TECHNICIANS_TABLE")).delete_item(Key={"technician_id": NEAR})
    dispatch.api("complete_job", body={})
    dispatch.step("close_job", job_id=JOB)
    assert dispatch.job.status is JobStatus.DONE
    assert dispatch.open_job() is None
    assert NEAR not in dispatch.loads(), "no stub of a person came into being"


def test_the_load_never_falls_below_nothing(dispatch: Dispatch) -> None:
    dispatch.accepted()
    dispatch.add_technician(NEAR, 48.1, {"water"})  # The row was written anew, with a load of 0.
    dispatch.api("complete_job", body={})
    dispatch.step("close_job", job_id=JOB)
    assert dispatch.loads()[NEAR] == 0
    assert dispatch.job.status is JobStatus.DONE


def test_closing_leaves_a_newer_jobs_mark(dispatch: Dispatch) -> None:
    dispatch.accepted()
    newer = dispatch.create(key="need-2")["job_id"]
    dispatch.api("complete_job", body={})
    dispatch.step("close_job", job_id=JOB)
    assert dispatch.open_job() == newer


def test_what_a_newer_version_keeps_in_the_row_survives(dispatch: Dispatch) -> None:
    dispatch.create()
    rows = table(settings.setting("JOBS_TABLE"))
    rows.update_item(Key={"job_id": JOB}, UpdateExpression="SET parts = :p", ExpressionAttributeValues={":p": ["seal"]})
    dispatch.offer()
    assert rows.get_item(Key={"job_id": JOB})["Item"]["parts"] == ["seal"]


@pytest.mark.usefixtures("dispatch")
def test_a_job_that_is_none() -> None:
    with pytest.raises(jobs.NoSuchJob):
        jobs.change("nothing", completion.await_completion)


def test_a_write_that_took_effect_and_was_not_heard_of(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.offer()
    dispatch.die_at(2, after=True)  # 1 reads the row, 2 writes it.
    with pytest.raises(Died):
        jobs.change(JOB, accept)
    decision, _ = jobs.change(JOB, accept)
    assert (decision.verdict, dispatch.loads()[NEAR]) == (Verdict.REPEATED, 1)
