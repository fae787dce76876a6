from datetime import timedelta

import pytest

from meterflow.errors import BrokenInvariant
from meterflow.work_order import NEXT, SLA, JobStatus, job_id, moved
from tests.unit.domain.orders import START, order


def test_a_job_is_named_by_its_need_and_due_by_its_severity() -> None:
    job = order(risk_level="CRITICAL")
    assert job.job_id == job_id("need-1") != job_id("need-2")
    assert (job.status, job.skill, job.customer_id) == (JobStatus.OPEN, "water", "customer")
    assert job.due_at == START + timedelta(hours=4)
    assert list(SLA.values()) == sorted(SLA.values()), "the more severe, the sooner"


@pytest.mark.parametrize("start", list(JobStatus))
@pytest.mark.parametrize("end", list(JobStatus))
def test_only_legal_steps(start: JobStatus, end: JobStatus) -> None:
    job = order().model_copy(update={"status": start})
    if end in NEXT[start]:
        assert moved(job, end, START).status is end
    else:
        with pytest.raises(BrokenInvariant):
            moved(job, end, START)


def test_nothing_leaves_the_end() -> None:
    assert not NEXT[JobStatus.DONE]
    assert not NEXT[JobStatus.CANCELLED]


def test_events_have_the_same_id_each_time_and_another_for_other_news() -> None:
    job = order()
    assert job.event_id("ACCEPTED") == job.event_id("ACCEPTED")
    assert len({job.event_id("ACCEPTED"), job.event_id("DONE"), order(job_key="need-2").event_id("DONE")}) == 3
