from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from meterflow.technician import Technician, on_shift, qualified, why_not_qualified


def person(**fields: Any) -> Technician:
    facts = {
        "technician_id": "T",
        "skills": ["water"],
        "base": {"lat": 48, "lon": 11},
        "shift": {"from": "08:00", "to": "16:00"},
    }
    return Technician.model_validate({**facts, **fields})


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 21, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "inside", "outside"),
    [
        ("08:00", "16:00", [at(8), at(15, 59)], [at(7, 59), at(16)]),
        ("22:00", "06:00", [at(22), at(0), at(5, 59)], [at(6), at(21, 59)]),
        ("00:00", "24:00", [at(0), at(12), at(23, 59)], []),
        ("16:00", "24:00", [at(16), at(23, 59)], [at(0), at(15, 59)]),
    ],
)
def test_shifts(start: str, end: str, inside: list[datetime], outside: list[datetime]) -> None:
    someone = person(shift={"from": start, "to": end})
    assert all(on_shift(someone, moment) for moment in inside)
    assert not any(on_shift(someone, moment) for moment in outside)


def test_a_shift_follows_the_persons_clock() -> None:
    someone = person(timezone="America/New_York")  # 08:00 there is 13:00 UTC in November
    assert not on_shift(someone, at(12, 59))
    assert on_shift(someone, at(13))


def test_qualified_says_what_is_missing() -> None:
    assert qualified(person(), "water", at(9))
    assert why_not_qualified(person(), "gas", at(9)) == "lacks the skill gas"
    assert why_not_qualified(person(active=False), "water", at(9)) == "not active"
    assert why_not_qualified(person(), "water", at(7)) == "off shift (08:00 to 16:00 UTC)"


@pytest.mark.parametrize(
    "fields",
    [{"shift": {"from": "8", "to": "16:00"}}, {"timezone": "Mars/Base"}, {"load": -1}, {"base": {"lat": 91, "lon": 0}}],
)
def test_a_bad_row_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        person(**fields)
