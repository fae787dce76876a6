"""A small year of generated submissions: every kind of error is injected, found as promised, and few are accused.

The thresholds fail where a rule stops working: each kind has a floor for what is found, the true readings a ceiling for
what is falsely accused. `python -m tests.benchmarks.vee_year` prints the whole table.
"""

import pytest

from tests.benchmarks.vee_year import EVENTS, SLIPS, Result, run


@pytest.fixture(scope="module")
def year() -> Result:
    """40 meters: every event happens to four of them, one of each kind."""
    return run(40, 7)


def test_every_kind_of_error_was_injected(year: Result) -> None:
    assert [name for name in (*SLIPS, *EVENTS) if not year.errors[name].injected] == []


# What must never slip through, whatever the draw.
CERTAIN = (
    "dropped figure", "point left out", "unit named", "unit not named", "duplicate", "future", "late", "rollover",
    "exchange recorded", "exchange told by technician", "exchange unrecorded", "stuck", "inactive",
    "sub-meter mismatch", "false high accepted",
)  # fmt: skip


@pytest.mark.parametrize("name", CERTAIN)
def test_found_without_exception(year: Result, name: str) -> None:
    one = year.errors[name]
    assert one.found == one.injected, one


def test_slips_of_figures_are_found_where_they_matter(year: Result) -> None:
    """A wrong red wheel is no more than a drop; what is missed and large is what matters."""
    slips = [year.errors[name] for name in ("wrong figure", "transposed", "wrong meter")]
    injected = sum(one.injected for one in slips)
    assert sum(one.found for one in slips) >= 0.4 * injected
    assert sum(one.missed_large for one in slips) <= 0.15 * injected


def test_leaks_are_seen_in_their_first_whole_week(year: Result) -> None:
    assert year.errors["leak"].found >= 3


def test_true_readings_are_left_alone(year: Result) -> None:
    assert year.true > 1500
    assert year.accused_readings <= 0.005 * year.true
    assert year.accepted_wrong <= 0.005 * year.readings


def test_every_locked_meter_recovers_with_one_confirming_reading(year: Result) -> None:
    injected = year.errors["false high accepted"].injected
    assert year.recoveries == injected
    assert year.recovery_readings <= 2 * injected


def test_estimates_hold_their_intervals(year: Result) -> None:
    scored = sum(year.estimates.values())
    assert scored >= 15
    assert sum(year.inside.values()) >= 0.85 * scored
