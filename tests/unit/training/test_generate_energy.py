"""The generated energy devices: seeded, with their truth, and physically sound where nothing is wrong."""

import numpy as np
import pytest

from meterflow.scoring.energy_row import MEASUREMENTS
from training.scoring.generate_energy import EVENTS, FAULTS, Device, device


@pytest.fixture(scope="module")
def devices() -> list[Device]:
    return [device(3, number) for number in range(8)]


def test_the_same_seed_gives_the_same_device(devices: list[Device]) -> None:
    assert list(device(3, 2).rows()) == list(devices[2].rows())


def test_the_first_two_days_are_quiet_and_causes_have_names(devices: list[Device]) -> None:
    causes = set[str]()
    for one in devices:
        assert not one.cause[: round(2 * 1440 / one.minutes)].any()
        causes |= set(map(str, np.unique(one.cause)))
    assert causes - {""}
    assert causes <= {"", *EVENTS, *FAULTS}


def test_consumption_is_volts_times_amperes_times_power_factor_in_some_unit(devices: list[Device]) -> None:
    checked = 0
    for one in devices:
        used, volts, amperes, factor = (one.columns[name] for name in MEASUREMENTS[:4])
        sound = (one.cause == "") & (amperes > 1.0) & ~np.isnan(used * volts * amperes * factor)
        if sound.sum() < 100 or one.minutes > 5:
            continue
        ratio = np.log2(used[sound] / (volts[sound] * amperes[sound] * factor[sound]))
        assert np.median(np.abs(ratio - np.median(ratio))) < 0.2
        checked += 1
    assert checked


def test_no_home_has_a_negative_or_infinite_measurement(devices: list[Device]) -> None:
    for one in devices:
        for name in MEASUREMENTS[:4]:
            values = one.columns[name][~np.isnan(one.columns[name])]
            assert np.isfinite(values).all()
            assert (values >= 0.0).all()
