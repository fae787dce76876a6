"""Customers and technicians: complete, invented, reachable nowhere."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

from local.city import people
from local.city.meters import meters
from local.users import PEOPLE
from meterflow.meter import MeterKind
from meterflow.preferences import Preferences
from meterflow.technician import Technician, qualified

CUSTOMERS = people.customers()
TECHNICIANS = people.technicians()


def test_every_owner_is_a_customer_and_every_customer_owns_something() -> None:
    owners = {meter.owner for meter in meters()}
    assert owners | {people.OPERATOR_ID} == {row["customer_id"] for row in CUSTOMERS}
    assert len(owners) == 120


def test_contacts_are_in_reserved_ranges_and_single() -> None:
    rows = [*CUSTOMERS, *TECHNICIANS]
    assert all(re.fullmatch(r"[^@]+@example\.(com|org)", row["email"]) for row in rows)
    assert all(re.fullmatch(r"\+34600000\d{3}", row["phone"]) for row in rows)
    assert len({row["email"] for row in rows}) == len({row["phone"] for row in rows}) == len(rows)


def test_preferences_are_valid_and_varied() -> None:
    found = [Preferences.model_validate(row["preferences"]) for row in (*CUSTOMERS, *TECHNICIANS)]
    assert {each.channel for each in found} == {"email", "sms"}
    assert {each.language for each in found} == {"en", "es"}
    assert len({each.timezone for each in found}) == 4
    quiet = [each for each in found if each.quiet_hours]
    assert 30 < len(quiet) < 70
    assert Counter(topic for each in found for topic in each.topics_off).keys() == {"job_changed"}


def test_the_three_who_log_in_are_told_by_mail_at_any_hour() -> None:
    by_id = {row["customer_id"]: row for row in CUSTOMERS} | {row["technician_id"]: row for row in TECHNICIANS}
    for person in PEOPLE.values():
        row = by_id[person["sub"]]
        assert (row["email"], row["phone"]) == (person["email"], person["phone"])
        assert row["preferences"]["channel"] == "email"
        assert "quiet_hours" not in row["preferences"]
        assert row["preferences"]["topics_off"] == []


def test_twelve_technicians_whom_dispatch_can_read() -> None:
    assert [row["technician_id"] for row in TECHNICIANS] == [
        people.TECHNICIAN_ID,
        *(f"TECH-{number:02d}" for number in range(2, 13)),
    ]
    found = [Technician.model_validate(row) for row in TECHNICIANS]
    assert all(each.active and each.load == 0 for each in found)


def test_somebody_can_take_every_kind_at_every_hour() -> None:
    found = [Technician.model_validate(row) for row in TECHNICIANS]
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    for hour in range(24):
        for kind in MeterKind:
            assert any(qualified(each, kind.value, midnight + timedelta(hours=hour)) for each in found)
    others = {skill for each in found[1:] for skill in each.skills}
    assert others == {kind.value for kind in MeterKind}
