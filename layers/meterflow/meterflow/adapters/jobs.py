"""The Jobs table: one row per work order, its version, and the token of the machine that waits for an answer.

Every write names the version that it was judged by, so of two writers one wins and the other judges again. What a
change means for other tables (a technician's load, the meter's `open_job`) is written in the same transaction and
follows from the job before and after, so the counts cannot drift from the jobs.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, error_code, table
from meterflow.adapters.items import to_item
from meterflow.errors import BrokenInvariant, TransientError
from meterflow.observability import logger
from meterflow.work_order import CLOSED, Change, WorkOrder

# A conflict means that somebody else got on: a handful of rounds settles any race between people and machine.
ROUNDS = 8


class NoSuchJob(BrokenInvariant):
    """A job id that names no row. A machine works only on jobs that it made, so there it is a bug."""


@dataclass(frozen=True)
class Stored:
    """A job's row. `waits_for` names the wait that `task_token` answers. The token never leaves adapters."""

    job: WorkOrder
    version: int
    waits_for: str | None = None
    task_token: str | None = field(default=None, repr=False)


def get(job_id: str) -> Stored | None:
    """The job's row, read consistently, or None."""
    with aws_calls():
        answer = _jobs().get_item(Key={"job_id": job_id}, ConsistentRead=True)
    return _stored(answer["Item"]) if "Item" in answer else None


def existing(job_id: str) -> Stored:
    """The job's row. Raises NoSuchJob where there is none."""
    stored = get(job_id)
    if stored is None:
        raise NoSuchJob("no such job")
    return stored


def create(job: WorkOrder) -> Stored:
    """Write `job` and its meter's `open_job`, unless the job exists; return the row that stands.

    Of two meters' jobs the newer shows in `open_job`. Raises BrokenInvariant where the meter is gone.
    """
    put = {"Put": {"TableName": _jobs().name, "Item": {**to_item(job), "version": 1},
                   "ConditionExpression": "attribute_not_exists(job_id)"}}  # fmt: skip
    for _ in range(ROUNDS):
        if (stored := get(job.job_id)) is not None:
            return stored
        failed = _transact([put, _set_open_job(job)])
        if not failed:
            return Stored(job, 1)
        if failed == {1}:
            raise BrokenInvariant("the job's meter does not exist")
    raise TransientError("the job's row is busy")


def change(job_id: str, judge: Callable[[WorkOrder], Change], task_token: str | None = None) -> tuple[Change, Stored]:
    """Let `judge` decide on the job as it stands, and write what it decides if the row has not moved meanwhile.

    Judges again where it has. Where the decision waits, `task_token` is kept as the wait's. Returns the decision and
    the row that it left. Raises NoSuchJob, and TransientError on an outage or where the row never stands still.
    """
    for _ in range(ROUNDS):
        before = existing(job_id)
        decision = judge(before.job)
        token = task_token if decision.waits else None
        if decision.job == before.job and token is None:
            return decision, before
        after = Stored(
            job=decision.job,
            version=before.version + 1,
            waits_for=decision.waits if token else before.waits_for,
            task_token=token or before.task_token,
        )
        if _save(before, after):
            return decision, after
    raise TransientError("the job's row is busy")


def _save(before: Stored, after: Stored) -> bool:
    writes = [_update(before, after), *_side_writes(before.job, after.job)]
    failed = _transact(writes)
    if failed and 0 not in failed:
        # The technician or the meter is gone, or has moved on: nothing is left there to change, and the job must not
        # hang on it.
        logger.warning("a job's side row has moved on", extra={"job_id": after.job.job_id})
        failed = _transact([write for place, write in enumerate(writes) if place not in failed])
    return not failed


def _side_writes(before: WorkOrder, after: WorkOrder) -> Iterable[dict[str, Any]]:
    if before.assigned_to != after.assigned_to:
        if before.assigned_to:
            yield _count(before.assigned_to, -1)
        if after.assigned_to:
            yield _count(after.assigned_to, 1)
    if after.status in CLOSED and before.status not in CLOSED:
        yield _remove_open_job(after)


def _count(technician_id: str, by: int) -> dict[str, Any]:
    # An absent load is zero; it never falls below.
    condition = "attribute_exists(technician_id)" + (" AND #load >= :most" if by < 0 else "")
    values = {":by": by, **({":most": -by} if by < 0 else {})}
    return _update_of("TECHNICIANS_TABLE", {"technician_id": technician_id}, "ADD #load :by", condition,
                      {"#load": "load"}, values)  # fmt: skip


def _set_open_job(job: WorkOrder) -> dict[str, Any]:
    return _update_of("METERS_TABLE", {"meter_id": job.meter_id}, "SET open_job = :job",
                      "attribute_exists(meter_id)", {}, {":job": job.job_id})  # fmt: skip


def _remove_open_job(job: WorkOrder) -> dict[str, Any]:
    # Only this job's own mark: a newer job of the meter stays marked. The meter without the mark is left as it is.
    return _update_of("METERS_TABLE", {"meter_id": job.meter_id}, "REMOVE open_job", "open_job = :job",
                      {}, {":job": job.job_id})  # fmt: skip


def _update(before: Stored, after: Stored) -> dict[str, Any]:
    """The job row's write: only what changed, so that fields of a newer version of this code survive an older one."""
    old, new = _row(before), _row(after)
    put = {name: value for name, value in new.items() if old.get(name) != value and name != "job_id"}
    gone = [name for name in old if name not in new]
    names = {f"#{name}": name for name in (*put, *gone)}
    text = "SET " + ", ".join(f"#{name} = :{name}" for name in put)
    if gone:
        text += " REMOVE " + ", ".join(f"#{name}" for name in gone)
    values = {f":{name}": value for name, value in put.items()}
    return _update_of("JOBS_TABLE", {"job_id": after.job.job_id}, text, "#version = :was", names,
                      {**values, ":was": before.version})  # fmt: skip


def _row(stored: Stored) -> dict[str, Any]:
    row = {**to_item(stored.job), "version": stored.version}
    if stored.task_token:
        row |= {"task_token": stored.task_token, "waits_for": stored.waits_for}
    return row


def _stored(item: dict[str, Any]) -> Stored:
    return Stored(
        job=WorkOrder.model_validate(item),
        version=int(item["version"]),
        waits_for=item.get("waits_for"),
        task_token=item.get("task_token"),
    )


def _update_of(
    table_setting: str, key: dict[str, str], update: str, condition: str, names: dict[str, str], values: dict[str, Any]
) -> dict[str, Any]:
    write: dict[str, Any] = {
        "TableName": settings.setting(table_setting),
        "Key": key,
        "UpdateExpression": update,
        "ConditionExpression": condition,
        "ExpressionAttributeValues": values,
    }
    return {"Update": write | ({"ExpressionAttributeNames": names} if names else {})}


def _transact(writes: list[dict[str, Any]]) -> set[int]:
    """Write all or nothing; the places of the writes that stood in the way, empty where all are written."""
    with aws_calls():
        try:
            _jobs().meta.client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if error_code(error) != "TransactionCanceledException":
                raise
            reasons = [str(reason.get("Code", "None")) for reason in error.response.get("CancellationReasons", [])]
            if "TransactionConflict" in reasons:
                # Another writer was at one of the rows in this moment: judge again.
                return {0}
            failed = {place for place, reason in enumerate(reasons) if reason == "ConditionalCheckFailed"}
            if not failed:
                raise TransientError(f"transaction cancelled: {', '.join(reasons)}") from error
            return failed
    return set()


def _jobs() -> Any:
    return table(settings.setting("JOBS_TABLE"))
