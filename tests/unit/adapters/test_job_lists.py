from collections.abc import Callable

import pytest

from meterflow import settings
from meterflow.adapters import job_lists
from meterflow.adapters.aws import table
from meterflow.adapters.items import to_item
from meterflow.work_order import JobStatus, WorkOrder
from tests.unit.dispatch import START, Dispatch, at_work
from tests.unit.domain.orders import accepted, order


@pytest.fixture
def dispatch(request: pytest.FixtureRequest) -> Dispatch:
    return at_work(request)


def write(number: int, status: JobStatus, technician_id: str | None = None) -> str:
    job = order(job_key=f"need-{number}").model_copy(update={"status": status, "technician_id": technician_id})
    job = job.model_copy(update={"updated_at": START.replace(minute=number % 60, hour=number // 60)})
    table(settings.setting("JOBS_TABLE")).put_item(Item={**to_item(job), "version": 1})
    return job.job_id


def walk(page: Callable[[job_lists.After | None], tuple[list[WorkOrder], job_lists.After | None]]) -> list[str]:
    found: list[str] = []
    after: job_lists.After | None = None
    for _ in range(100):
        jobs, after = page(after)
        found += [job.job_id for job in jobs]
        if after is None:
            return found
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
@pytest.mark.usefixtures("dispatch")
def test_every_job_once_in_the_order_of_need(limit: int) -> None:
    written = {status: [write(10 * at + n, status) for n in range(3)] for at, status in enumerate(JobStatus)}
    expected = [job for status in job_lists.OPERATOR_ORDER for job in reversed(written[status])]
    assert walk(lambda after: job_lists.by_status(job_lists.OPERATOR_ORDER, limit, after)) == expected


@pytest.mark.parametrize("limit", [1, 3, 50])
@pytest.mark.usefixtures("dispatch")
def test_a_technicians_own_without_what_is_done(limit: int) -> None:
    for number in range(20):
        write(number, JobStatus.DONE, "me")
    write(30, JobStatus.ACCEPTED, "other")
    mine = [
        write(5, JobStatus.OFFERED, "me"),
        write(40, JobStatus.ACCEPTED, "me"),
        write(41, JobStatus.ESCALATED, "me"),
    ]
    assert walk(lambda after: job_lists.to_do_of("me", limit, after)) == [mine[2], mine[1], mine[0]]


@pytest.mark.parametrize("limit", [2, 3, 4, 5])
@pytest.mark.usefixtures("dispatch")
def test_pages_that_take_several_queries_lose_nothing(limit: int) -> None:
    mixed = [write(n, JobStatus.DONE if n % 3 == 0 else JobStatus.ACCEPTED, "me") for n in range(25)]
    expected = [job for n, job in enumerate(mixed) if n % 3][::-1]
    assert walk(lambda after: job_lists.to_do_of("me", limit, after)) == expected


@pytest.mark.usefixtures("dispatch")
def test_a_page_of_one_status_and_a_token_of_another() -> None:
    job = write(1, JobStatus.OPEN)
    after = {"status": "DONE", "updated_at": "2026-11-21T00:00:00Z", "job_id": "x"}
    jobs, last = job_lists.by_status((JobStatus.OPEN,), 50, after)
    assert ([one.job_id for one in jobs], last) == ([job], None)


@pytest.mark.usefixtures("dispatch")
def test_a_row_comes_back_whole() -> None:
    table(settings.setting("JOBS_TABLE")).put_item(
        Item={**to_item(accepted("me")), "version": 1, "task_token": "secret"}
    )
    (job,), _ = job_lists.to_do_of("me", 50, None)
    assert job == accepted("me")
    assert "secret" not in repr(job)
