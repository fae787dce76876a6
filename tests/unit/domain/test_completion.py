from datetime import timedelta

import pytest

from meterflow.completion import COMPLETION_WAIT, await_completion, close, complete, escalate
from meterflow.errors import BrokenInvariant
from meterflow.work_order import Completion, EscalationReason, JobStatus, Verdict, WorkOrder
from tests.unit.domain.orders import START, accepted, offered, order

REPORT = Completion(value="00123.456", note="Gasket renewed", completed_at=START)
NOBODY, LATE = EscalationReason.NOBODY, EscalationReason.LATE
ABANDONED, FAULT = EscalationReason.ABANDONED, EscalationReason.FAULT


def reported() -> WorkOrder:
    return complete(accepted(), "A", REPORT, START).job


def late() -> WorkOrder:
    return escalate(accepted(), LATE, START).job


def test_a_report_is_kept_and_the_machine_closes() -> None:
    change = complete(accepted(), "A", REPORT, START)
    assert (change.verdict, change.job.status, change.job.completion) == (Verdict.APPLIED, JobStatus.ACCEPTED, REPORT)


def test_a_report_counts_once() -> None:
    again = REPORT.model_copy(update={"completed_at": START + timedelta(minutes=1)})
    assert complete(reported(), "A", again, START).verdict is Verdict.REPEATED
    other = again.model_copy(update={"value": "00999.000"})
    assert complete(reported(), "A", other, START).verdict is Verdict.ANSWERED
    done = close(reported(), START).job
    assert complete(done, "A", again, START).verdict is Verdict.REPEATED


def test_who_may_report() -> None:
    assert complete(accepted("A"), "B", REPORT, START).verdict is Verdict.NOT_YOURS
    assert complete(offered("A"), "A", REPORT, START).verdict is Verdict.NOT_ACCEPTED
    assert complete(order(), "A", REPORT, START).verdict is Verdict.NOT_YOURS
    assert complete(late(), "A", REPORT, START).verdict is Verdict.APPLIED
    given_up = escalate(late(), ABANDONED, START).job
    assert complete(given_up, "A", REPORT, START).verdict is Verdict.CLOSED
    cancelled = accepted().model_copy(update={"status": JobStatus.CANCELLED})
    assert complete(cancelled, "A", REPORT, START).verdict is Verdict.CLOSED


def test_waiting() -> None:
    assert await_completion(accepted()).waits == COMPLETION_WAIT
    assert await_completion(late()).waits == COMPLETION_WAIT
    assert (await_completion(reported()).verdict, await_completion(reported()).waits) == (Verdict.ANSWERED, None)
    assert await_completion(order()).verdict is Verdict.CLOSED


def test_nobody_ends_the_search_and_late_keeps_the_person() -> None:
    nobody = escalate(order(), NOBODY, START)
    assert (nobody.verdict, nobody.job.status, nobody.job.assigned_to) == (Verdict.APPLIED, JobStatus.ESCALATED, None)
    assert (late().status, late().technician_id, late().assigned_to) == (JobStatus.ESCALATED, "A", "A")


def test_escalating_again_changes_nothing() -> None:
    assert escalate(late(), LATE, START + timedelta(hours=1)).job == late()
    twice = escalate(late(), ABANDONED, START).job
    assert [one.reason for one in twice.escalations] == [LATE, ABANDONED]


def test_what_cannot_be_escalated() -> None:
    assert escalate(reported(), LATE, START).verdict is Verdict.ANSWERED
    done = close(reported(), START).job
    assert escalate(done, LATE, START).verdict is Verdict.ANSWERED
    cancelled = order().model_copy(update={"status": JobStatus.CANCELLED})
    assert escalate(cancelled, NOBODY, START).verdict is Verdict.CLOSED
    assert escalate(accepted(), NOBODY, START).verdict is Verdict.CLOSED


@pytest.mark.parametrize("job", [order(), offered(), accepted(), reported()])
def test_a_fault_is_told_and_the_job_stays_where_it_is(job: WorkOrder) -> None:
    change = escalate(job, FAULT, START)
    assert (change.verdict, change.job.status) == (Verdict.APPLIED, job.status)
    assert change.job.escalated_for(FAULT)


def test_closing() -> None:
    done = close(reported(), START)
    assert (done.verdict, done.job.status, done.job.assigned_to) == (Verdict.APPLIED, JobStatus.DONE, None)
    assert close(done.job, START).verdict is Verdict.REPEATED
    cancelled = accepted().model_copy(update={"status": JobStatus.CANCELLED})
    assert close(cancelled, START).verdict is Verdict.CLOSED
    with pytest.raises(BrokenInvariant):
        close(accepted(), START)
