"""What an alarm is about and who hears of it."""

import pytest

from meterflow.alert_types import AlertType, Subject, alert_type_for, alert_type_of, needs_ladder
from meterflow.meter import MeterKind


@pytest.mark.parametrize(
    ("kind", "zone", "leak", "burst", "expected"),
    [
        (MeterKind.WATER, "STANDARD", 0.95, 0.05, "LEAK_DETECTED"),
        (MeterKind.WATER, "STANDARD", 0.95, 0.55, "BURST_DETECTED"),  # both say CRITICAL: the worse name
        (MeterKind.WATER, "STANDARD", 0.95, 0.25, "LEAK_DETECTED"),  # the burst alone is only HIGH
        (MeterKind.WATER, "CRITICAL", 0.65, 0.15, "BURST_DETECTED"),
        (MeterKind.GAS, "STANDARD", 0.7, 0.0, "LEAK_DETECTED"),
        (MeterKind.ELECTRICITY, "STANDARD", 0.95, 0.95, "EXCESSIVE_USE"),
    ],
)
def test_the_type_is_what_makes_the_level(kind: MeterKind, zone: str, leak: float, burst: float, expected: str) -> None:
    assert alert_type_for(kind, zone, leak, burst) == expected


@pytest.mark.parametrize(
    ("found", "subject", "about"),
    [
        ("burst", "leak", "BURST_DETECTED"),
        ("never_zero", "leak", "LEAK_DETECTED"),
        ("sensor_fault", "fire", "SENSOR_FAULT"),
        ("fire", "fire", "FIRE_DETECTED"),
        ("heat_rise", "fire", "FIRE_DETECTED"),
        ("voltage_sag", "energy", "ENERGY_FAULT"),
        ("leak", "energy", "ENERGY_FAULT"),
        ("leak", "electricity", "EXCESSIVE_USE"),
        ("roll_back", "water", "UNUSUAL_USE"),
        ("tampering", "electricity", "TAMPERING"),
        ("stuck", "water", "METER_STUCK"),
        ("spike", "heat", "UNUSUAL_USE"),
    ],
)
def test_a_scorers_word_becomes_a_type(found: str, subject: Subject, about: AlertType) -> None:
    assert alert_type_of(found, subject) == about


def test_only_a_fire_leaves_the_ladder_out() -> None:
    assert not needs_ladder("FIRE_DETECTED", "CRITICAL")
    assert needs_ladder("FIRE_DETECTED", "HIGH")
    assert needs_ladder("LEAK_DETECTED", "CRITICAL")
    assert not needs_ladder("SENSOR_FAULT", "MEDIUM")
