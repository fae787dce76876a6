"""Whose alarms a caller sees: operators all, technicians those at the meters of their jobs, customers their own's."""

from meterflow.adapters import job_lists, meters
from meterflow.explanation import Audience
from meterflow.http import Caller

# A technician's day and a customer's meters fit into these many pages of a hundred.
PAGES = 5
PAGE = 100


def audience_of(caller: Caller) -> Audience:
    """In whose words the caller is told. Who is in both groups is an operator."""
    return "operator" if caller.is_operator else "technician" if caller.is_technician else "customer"


def places(caller: Caller) -> list[str]:
    """The ids of the meters whose alarms a technician or customer sees, sorted."""
    if caller.is_technician:
        return sorted(_of_jobs(caller.user_id))
    found: list[str] = []
    after: str | None = None
    for _ in range(PAGES):
        page, after = meters.list_by_owner(caller.user_id, PAGE, after)
        found += [meter.meter_id for meter in page]
        if after is None:
            break
    return sorted(found)


def may_see(caller: Caller, meter_id: str) -> bool:
    """Whether the caller sees the alarms of this meter or sensor."""
    if caller.is_operator:
        return True
    if caller.is_technician:
        return meter_id in _of_jobs(caller.user_id)
    meter = meters.get(meter_id)
    return meter is not None and meter.owner == caller.user_id


def _of_jobs(technician_id: str) -> set[str]:
    found: set[str] = set()
    after: job_lists.After | None = None
    for _ in range(PAGES):
        jobs, after = job_lists.to_do_of(technician_id, PAGE, after)
        found |= {job.meter_id for job in jobs}
        if after is None:
            break
    return found
