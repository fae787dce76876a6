"""Technicians as dispatch sees them: where they start, what they can do and when they work.

Name, phone and e-mail are not here: a choice needs none of them, so none of them reaches its state or its logs.
"""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from meterflow.meter import Location

DAY_MINUTES = 24 * 60

# "HH:MM" on a 24 h clock; 24:00 ends a day.
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError("not an IANA time zone") from None
    return name


class Shift(BaseModel):
    """When a technician works each day, `from` inclusive to `to` exclusive, by the technician's own clock.

    `to` before `from` runs over midnight; both alike is the whole day.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    start: TimeOfDay = Field(alias="from")
    end: TimeOfDay = Field(alias="to")

    def covers(self, time_of_day: int) -> bool:
        """Whether the shift holds the minute `time_of_day`, counted from midnight."""
        start, end = _minutes(self.start) % DAY_MINUTES, _minutes(self.end) % DAY_MINUTES
        if start == end:
            return True
        return start <= time_of_day < end if start < end else time_of_day >= start or time_of_day < end


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


class Technician(BaseModel):
    """A person who can be sent. `load` counts the jobs that the person has accepted and not finished."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    technician_id: str
    skills: frozenset[str]
    base: Location
    shift: Shift
    active: bool = True
    load: int = Field(default=0, ge=0)
    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"


def on_shift(technician: Technician, moment: datetime) -> bool:
    """Whether `technician` works at `moment`."""
    local = moment.astimezone(ZoneInfo(technician.timezone))
    return technician.shift.covers(local.hour * 60 + local.minute)


def why_not_qualified(technician: Technician, skill: str, moment: datetime) -> str | None:
    """The first reason why `technician` cannot take a job that needs `skill` at `moment`, or None."""
    if not technician.active:
        return "not active"
    if skill not in technician.skills:
        return f"lacks the skill {skill}"
    if not on_shift(technician, moment):
        return f"off shift ({technician.shift.start} to {technician.shift.end} {technician.timezone})"
    return None


def qualified(technician: Technician, skill: str, moment: datetime) -> bool:
    """Whether `technician` is active, has `skill` and is on shift at `moment`."""
    return why_not_qualified(technician, skill, moment) is None
