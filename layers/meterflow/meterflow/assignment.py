"""Who is asked next, and why: the nearest qualified technician who has not been asked."""

from collections.abc import Collection, Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from meterflow.meter import Location
from meterflow.technician import Technician, why_not_qualified
from meterflow.travel import minutes, road_m


class PassedOver(BaseModel):
    """A technician who was not chosen, and why."""

    model_config = ConfigDict(frozen=True)

    technician_id: str
    reason: str


class Choice(BaseModel):
    """The technician to ask and why; nobody where `technician_id` is None. Everyone else is in `passed_over`.

    The texts name people by id only.
    """

    model_config = ConfigDict(frozen=True)

    technician_id: str | None
    why: str
    passed_over: tuple[PassedOver, ...] = ()


def choose(
    technicians: Iterable[Technician], skill: str, place: Location, asked: Collection[str], moment: datetime
) -> Choice:
    """Choose whom to ask for a job that needs `skill` at `place` at `moment`.

    The nearest by road (whole metres, from the technician's base) among those who are active, have the skill, are on
    shift and are not in `asked`. Equal distance, as from one depot, goes to the smaller load, then to the smaller id,
    so that the same facts always give the same person. `passed_over` has the near misses first.
    """
    free: list[tuple[int, int, str]] = []
    unfit: list[PassedOver] = []
    for person in technicians:
        reason = "already asked" if person.technician_id in asked else why_not_qualified(person, skill, moment)
        if reason:
            unfit.append(PassedOver(technician_id=person.technician_id, reason=reason))
        else:
            free.append((road_m(person.base, place), person.load, person.technician_id))
    unfit.sort(key=lambda one: one.technician_id)
    if not free:
        return Choice(technician_id=None, why=f"none of {len(unfit)} can be asked", passed_over=tuple(unfit))
    free.sort()
    chosen, *others = free
    distance, load, technician_id = chosen
    why = (
        f"{_far(distance)}, about {minutes(distance)} min by road; has the skill {skill}; on shift; "
        f"{load} open jobs; nearest of {len(free)} who can be asked"
    )
    behind = tuple(PassedOver(technician_id=other[2], reason=_behind(other, chosen)) for other in others)
    return Choice(technician_id=technician_id, why=why, passed_over=behind + tuple(unfit))


def _far(distance_m: int) -> str:
    return f"{distance_m / 1000:.1f} km away" if distance_m >= 1000 else f"{distance_m} m away"


def _behind(other: tuple[int, int, str], chosen: tuple[int, int, str]) -> str:
    distance, load, _ = other
    if distance != chosen[0]:
        return f"farther: {_far(distance)}"
    if load != chosen[1]:
        return f"as near, but {load} open jobs"
    return "as near and as free, later by id"
