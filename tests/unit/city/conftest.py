"""The city of one day, made once."""

from datetime import date

import pytest

from local.city import history
from local.city.meters import meters
from meterflow.meter import Meter
from meterflow.reading import Reading

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="session")
def fleet() -> list[Meter]:
    """All meters, without readings."""
    return meters()


@pytest.fixture(scope="session")
def histories(fleet: list[Meter]) -> dict[str, list[Reading]]:
    """Every meter's year up to TODAY."""
    return {meter.meter_id: history.readings(meter, TODAY) for meter in fleet}
