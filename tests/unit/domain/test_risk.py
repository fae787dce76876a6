"""Every boundary of the leak document's algorithm (section 2.4.2), on it and beside it."""

import pytest

from meterflow.risk import alert_required, calculate_risk_level

# zone, leak, burst, level. Thresholds are exclusive: on one means below it.
TABLE = [
    ("CRITICAL", 0.0, 0.0, "LOW"),
    ("CRITICAL", 0.2, 0.0, "LOW"),
    ("CRITICAL", 0.2001, 0.0, "MEDIUM"),
    ("CRITICAL", 0.4, 0.0, "MEDIUM"),
    ("CRITICAL", 0.4001, 0.0, "HIGH"),
    ("CRITICAL", 0.7, 0.0, "HIGH"),
    ("CRITICAL", 0.7001, 0.0, "CRITICAL"),
    ("CRITICAL", 0.0, 0.1, "LOW"),
    ("CRITICAL", 0.0, 0.1001, "HIGH"),
    ("CRITICAL", 0.0, 0.3, "HIGH"),
    ("CRITICAL", 0.0, 0.3001, "CRITICAL"),
    ("CRITICAL", 0.2001, 0.1, "MEDIUM"),
    ("CRITICAL", 1.0, 1.0, "CRITICAL"),
    ("STANDARD", 0.0, 0.0, "LOW"),
    ("STANDARD", 0.3, 0.0, "LOW"),
    ("STANDARD", 0.3001, 0.0, "MEDIUM"),
    ("STANDARD", 0.6, 0.0, "MEDIUM"),
    ("STANDARD", 0.6001, 0.0, "HIGH"),
    ("STANDARD", 0.8, 0.0, "HIGH"),
    ("STANDARD", 0.8001, 0.0, "CRITICAL"),
    ("STANDARD", 0.0, 0.2, "LOW"),
    ("STANDARD", 0.0, 0.2001, "HIGH"),
    ("STANDARD", 0.0, 0.5, "HIGH"),
    ("STANDARD", 0.0, 0.5001, "CRITICAL"),
    ("STANDARD", 0.3001, 0.2, "MEDIUM"),
    ("STANDARD", 1.0, 1.0, "CRITICAL"),
    # Only the exact name is the strict zone; a zone nobody named is a standard one.
    ("default", 0.7001, 0.0, "HIGH"),
    ("critical", 0.7001, 0.0, "HIGH"),
    ("", 0.7001, 0.0, "HIGH"),
]


@pytest.mark.parametrize(("zone", "leak", "burst", "level"), TABLE)
def test_boundary(zone: str, leak: float, burst: float, level: str) -> None:
    assert calculate_risk_level(leak, burst, zone) == level


def test_people_are_alarmed_for_high_and_critical() -> None:
    assert [alert_required(level) for level in ("LOW", "MEDIUM", "HIGH", "CRITICAL")] == [False, False, True, True]


def test_it_takes_the_three_arguments_of_its_definition() -> None:
    # The document's caller passes two (reliability.md, section 0): that must not pass here either.
    with pytest.raises(TypeError):
        calculate_risk_level({"leak_probability": 0.9}, "CRITICAL")  # type: ignore[arg-type, call-arg]
