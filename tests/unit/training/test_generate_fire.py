"""The generated fire sensors: seeded, with the truth that they tell, and physically sound."""

import numpy as np
import pytest

from meterflow.scoring.fire_features import FEATURES
from training.scoring.fire_scene import GROWTH, NUISANCES, carbon_dioxide, ceiling_jet, nuisance, room
from training.scoring.generate_fire import Sensor, sensor


@pytest.fixture(scope="module")
def sensors() -> list[Sensor]:
    return [sensor(3, number) for number in range(12)]


def test_the_same_seed_gives_the_same_sensor(sensors: list[Sensor]) -> None:
    again = sensor(3, 4)
    assert list(again.rows()) == list(sensors[4].rows())
    assert list(sensor(4, 4).rows()) != list(again.rows())


def test_every_feature_is_generated_and_none_is_infinite(sensors: list[Sensor]) -> None:
    for one in sensors:
        assert set(one.features) == set(FEATURES)
        assert not any(np.isinf(values).any() for values in one.features.values())


def test_some_burn_and_some_do_not_and_fires_last(sensors: list[Sensor]) -> None:
    burning = [one for one in sensors if one.fire]
    assert 0 < len(burning) < len(sensors)
    for one in sensors:
        assert (np.diff(one.seconds) > 0.0).all()
    for one in burning:
        first = int(np.argmax(one.kilowatts > 0.0))
        assert (one.kilowatts[first:] > 0.0).all()
        assert (np.diff(one.kilowatts) >= 0.0).all()


def test_image_statistics_agree_with_each_other(sensors: list[Sensor]) -> None:
    for one in sensors:
        sound = ~one.faulty
        mean, high, peak = (one.features[name][sound] for name in ("t_mean", "t_p95", "t_max"))
        known = ~(np.isnan(mean) | np.isnan(high) | np.isnan(peak))
        assert (mean[known] <= peak[known] + 0.2).all()
        assert (high[known] <= peak[known] + 0.2).all()


def test_the_ceiling_jet_is_alperts() -> None:
    assert ceiling_jet(np.array([1000.0]), 3.0, 0.1)[0] == pytest.approx(16.9 * 100.0 / 3.0 ** (5 / 3))
    assert ceiling_jet(np.array([1000.0]), 3.0, 3.0)[0] == pytest.approx(5.38 * (1000 / 3) ** (2 / 3) / 3.0)


def test_a_fast_fire_reaches_a_megawatt_in_150_seconds() -> None:
    assert GROWTH["fast"] * 150.0**2 == pytest.approx(1055.0, rel=0.01)


def test_carbon_dioxide_rises_with_its_source_and_settles() -> None:
    rng = np.random.default_rng(1)
    place, seconds = room(rng), np.arange(0.0, 36_000.0, 60.0)
    still = carbon_dioxide(np.zeros_like(seconds), seconds, place, np.random.default_rng(2))
    people = carbon_dioxide(np.full_like(seconds, 3e-5), seconds, place, np.random.default_rng(2))
    assert (people >= still - 1e-6).all()
    assert people[-1] > still[-1] + 1.0


@pytest.mark.parametrize("kind", NUISANCES)
def test_a_nuisance_ends_without_burning(kind: str) -> None:
    rng = np.random.default_rng(5)
    seconds = np.arange(0.0, 3600.0, 10.0)
    happening = nuisance(kind, seconds, 600.0, room(rng), rng)
    assert (happening.spots[0].degrees[seconds < 590.0] <= happening.spots[0].degrees.max()).all()
    assert (happening.co2 >= 0.0).all()
    assert happening.co2[0] == 0.0
