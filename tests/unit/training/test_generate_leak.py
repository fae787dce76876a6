"""The generator keeps its physics, its truth and its seed."""

from datetime import timedelta

import numpy as np
import pytest

from training.scoring.generate_leak import sensor, sensors
from training.scoring.leak_network import Pipe, demand, head_loss, leak_flow

SOME = [sensor(3, number) for number in range(40)]


def test_head_loss_of_a_known_pipe() -> None:
    """Hazen-Williams: 1000 m of 200 mm pipe with C = 130 lose 5.0 m at 30 l/s; backwards the loss is negative."""
    assert float(head_loss(0.030, 1000, 130, 0.2)) == pytest.approx(4.98, abs=0.05)
    assert float(head_loss(-0.030, 1000, 130, 0.2)) == -float(head_loss(0.030, 1000, 130, 0.2))


def test_a_hole_follows_torricelli_and_grows_by_favad() -> None:
    head = np.array([20.0, 80.0])
    stiff = leak_flow(head, np.array(1e-4), 0.0)
    assert float(stiff[0]) == pytest.approx(0.6 * 1e-4 * np.sqrt(2 * 9.80665 * 20), rel=1e-9)
    assert stiff[1] / stiff[0] == pytest.approx(2.0)
    soft = leak_flow(head, np.array(1e-4), 0.02)
    assert np.log(soft[1] / soft[0]) / np.log(4) > 0.8  # exponents of plastic pipes lie above a half
    assert float(leak_flow(np.array(-3.0), np.array(1e-4), 0.0)) == 0.0


def test_demand_has_the_mean_that_was_asked_and_a_quiet_night() -> None:
    hour = np.tile(np.arange(24.0), 28)
    day = np.repeat(np.arange(28), 24)
    ratios = []
    for seed in range(20):
        drawn = demand(hour, day % 7, day, 0.02, np.random.default_rng(seed))
        assert drawn.min() > 0
        assert drawn.mean() == pytest.approx(0.02, rel=0.25)
        ratios.append(drawn[hour == 3].mean() / drawn.mean())
    assert np.mean(ratios) < 0.85


def test_a_main_carries_its_mean_flow_at_a_usual_speed() -> None:
    for seed in range(20):
        pipe = Pipe.for_flow(0.05, np.random.default_rng(seed))
        assert 0.19 < 0.05 / (np.pi * pipe.diameter**2 / 4) < 0.81


def test_the_same_seed_gives_the_same_sensor() -> None:
    first, again, other = sensor(3, 7), sensor(3, 7), sensor(4, 7)
    assert np.array_equal(first.pressure, again.pressure, equal_nan=True)
    assert np.array_equal(first.flow, again.flow, equal_nan=True)
    assert first.events == again.events
    assert len(first) != len(other) or not np.array_equal(first.pressure, other.pressure, equal_nan=True)


def test_sensors_are_of_every_scale_interval_and_kind() -> None:
    flows = [float(np.nanmean(one.flow)) for one in SOME if not np.isnan(one.flow).all()]
    assert min(flows) < 3
    assert max(flows) > 100
    assert {one.hours for one in SOME} >= {5 / 60, 0.25, 0.5, 1.0}
    assert any(np.isnan(one.flow).all() for one in SOME)
    assert any(np.isnan(one.pressure).all() for one in SOME)
    assert {one.zone for one in SOME} == {"CRITICAL", "STANDARD"}
    assert {str(fault) for one in SOME for fault in set(one.fault)} >= {"", "drift", "freeze", "dropout"}


def test_measurements_stay_physical() -> None:
    for one in SOME:
        for values in (one.pressure, one.flow):
            known = values[~np.isnan(values)]
            assert (known >= 0).all()
        assert np.nanmax(np.append(one.pressure, 0.0)) < 40


def test_a_leak_lets_flow_rise_and_pressure_fall() -> None:
    """Against the same hours of the day before, over every burst that both instruments saw."""
    fell = rose = seen = 0
    for number in range(120):
        one = sensor(5, number)
        day = round(24 / one.hours)
        for kind, first, end, _ in one.events:
            span = min(end - first, day)
            if kind != "burst" or first < day or span < 4 or np.isnan(one.flow).all() or np.isnan(one.pressure).all():
                continue
            if (one.fault[first - day : first + span] != "").any() or one.leak[first - day : first].any():
                continue
            seen += 1
            at, before = slice(first, first + span), slice(first - day, first - day + span)
            fell += np.nanmean(one.pressure[at]) < np.nanmean(one.pressure[before])
            rose += np.nanmean(one.flow[at]) > np.nanmean(one.flow[before])
    assert seen >= 10
    assert rose >= 0.9 * seen
    assert fell >= 0.75 * seen


def test_truth_follows_the_events() -> None:
    for one in SOME:
        covered = np.zeros(len(one), dtype=bool)
        for kind, first, end, share in one.events:
            assert one.leak[first]
            covered[first:end] = True
            assert kind != "burst" or (one.burst[first:end].all() and share >= 0.25)
        assert np.array_equal(covered, one.leak)
        assert not (one.burst & ~one.leak).any()


def test_rows_come_as_the_scorer_takes_them() -> None:
    one = SOME[0]
    rows = list(one.rows())
    assert len(rows) == len(one)
    assert rows[1].timestamp - rows[0].timestamp == timedelta(hours=one.hours)
    assert all(row.pressure_bar is None or row.pressure_bar >= 0 for row in rows)


def test_as_many_samples_as_asked() -> None:
    found = list(sensors(3, 5000))
    assert sum(map(len, found)) >= 5000
    assert sum(map(len, found[:-1])) < 5000
