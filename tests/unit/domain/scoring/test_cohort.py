"""What moves all meters at once is no alarm of each of them."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from meterflow.scoring.cohort import FEWEST_MEMBERS, Cohort
from meterflow.scoring.meter import MeterRow, MeterScorer

START = datetime(2026, 6, 1, tzinfo=UTC)


def rate(meter: int, hour: int, draw: random.Random) -> float:
    """A small business of size `meter` + 1: a day, and noise."""
    return (meter + 1) * (60 if 8 <= hour % 24 < 20 else 20) * draw.gauss(1, 0.1)


def factor_after(members: int, heat: float) -> float:
    cohort, draw = Cohort(), random.Random(2)
    for hour in range(24 * 30):
        for meter in range(members):
            used = rate(meter, hour, draw) * (heat if hour >= 24 * 27 else 1.0)
            cohort.observe(f"m{meter}", START + timedelta(hours=hour), used)
    return cohort.factor(START + timedelta(days=30))


def test_the_factor_follows_what_all_do() -> None:
    assert factor_after(12, 1.0) == pytest.approx(1.0, abs=0.15)
    assert factor_after(12, 1.8) == pytest.approx(1.7, abs=0.25)


def test_a_few_meters_are_no_cohort() -> None:
    assert factor_after(FEWEST_MEMBERS - 1, 1.8) == 1.0


def test_a_cohort_from_its_item_goes_on_identically() -> None:
    cohort, draw = Cohort(), random.Random(2)
    for hour in range(24 * 20):
        for meter in range(10):
            cohort.observe(f"m{meter}", START + timedelta(hours=hour), rate(meter, hour, draw))
    again = Cohort.from_item(json.loads(json.dumps(cohort.to_item())))
    at = START + timedelta(days=21)
    assert again.factor(at) == cohort.factor(at)
    assert again.to_item() == cohort.to_item()


def alarms(with_cohort: bool, odd: int | None) -> list[int]:
    """The meters that were told of in five hot days, during which all use twice as much and `odd` ten times."""
    cohort, draw = Cohort(), random.Random(7)
    scorers = [MeterScorer() for _ in range(12)]
    told = []
    for hour in range(24 * 33):
        at = START + timedelta(hours=hour)
        hot = hour >= 24 * 28
        heat = [(2.0 if hot else 1.0) * (5.0 if hot and meter == odd else 1.0) for meter in range(12)]
        used = [rate(meter, hour, draw) * heat[meter] for meter in range(12)]
        for meter in range(12):
            cohort.observe(f"m{meter}", at, used[meter])
        for meter, scorer in enumerate(scorers):
            row = MeterRow(at, consumption=used[meter])
            if scorer.observe(row, cohort.factor(at) if with_cohort else 1.0).alert and hot:
                told.append(meter)
    return told


def test_heat_is_no_alarm_of_every_meter_and_the_odd_one_is_still_found() -> None:
    alone, together = alarms(False, None), alarms(True, None)
    assert len(set(alone)) >= 9
    assert len(set(together)) <= 3
    assert 5 in alarms(True, 5)
