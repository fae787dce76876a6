"""The evaluation on the real home: what it injects, how it counts, and what it finds in a short run."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from meterflow.scoring.energy import EnergyScorer
from meterflow.scoring.energy_row import EnergyRow
from training.scoring.energy_faults import injections
from training.scoring.evaluate_energy import (
    DATA,
    HOUSEHOLD,
    FixedThresholds,
    ThreeSigma,
    baseline,
    found_after,
    read,
    resample,
    untouched,
)

ROW = EnergyRow(datetime(2026, 3, 2, tzinfo=UTC), 1.0, 230.0, 5.0, 0.9)


def test_every_fault_changes_what_it_needs_and_leaves_time_alone() -> None:
    before = replace(ROW, energy_consumption=0.7, voltage=231.5, current=3.3, power_factor=0.8)
    for fault in injections(60.0):
        changed = fault.change(ROW, before)
        assert changed.timestamp == ROW.timestamp
        assert changed != ROW
        assert fault.rows >= 1


def test_lengths_follow_the_interval() -> None:
    rows = {fault.name: fault.rows for fault in injections(4.0)}
    assert rows["nothing counted, 3 h"] == 12
    assert rows["sag -20 %, 5 min"] == 1


def test_means_keep_the_mean() -> None:
    rows = [replace(ROW, timestamp=ROW.timestamp + timedelta(minutes=n), voltage=230.0 + n) for n in range(30)]
    assert [row.voltage for row in resample(rows, 15)] == [237.0, 252.0]


def test_fixed_thresholds() -> None:
    rule = FixedThresholds()
    assert not rule.alert(ROW)
    assert rule.alert(replace(ROW, voltage=206.9))
    assert rule.alert(replace(ROW, energy_consumption=0.0))


def test_three_sigma_alerts_beyond_what_it_has_seen() -> None:
    rule = ThreeSigma()
    wave = [rule.alert(replace(ROW, voltage=230.0 + math.sin(n))) for n in range(500)]
    assert not any(wave)
    assert rule.alert(replace(ROW, voltage=240.0))


def test_an_hour_of_calm_ends_an_episode() -> None:
    rows = [replace(ROW, timestamp=ROW.timestamp + timedelta(minutes=10 * n)) for n in range(300)]
    alarming = {200, 201, 206, 250}
    places = {row.timestamp: number for number, row in enumerate(rows)}
    episodes, marks = baseline(rows, lambda row: places[row.timestamp] in alarming)
    assert (episodes, sum(marks)) == (2, 4)


@pytest.mark.skipif(not (DATA / HOUSEHOLD).exists(), reason="METERFLOW_DATA has no energy-household")
def test_four_days_of_the_real_home_are_quiet_and_a_sag_is_found() -> None:
    rows = resample(read(DATA / HOUSEHOLD)[: 4 * 1440], 5)

    def make(item: dict[str, object] | None = None) -> EnergyScorer:
        return EnergyScorer(None) if item is None else EnergyScorer.from_item(item, None)

    quiet = untouched(rows, make)
    assert quiet.alarms == []
    sag = next(fault for fault in injections(12.0) if fault.name.startswith("sag -20"))
    assert found_after(rows, sag, 900, quiet, make) == 1
