"""Rows for the energy model: generated devices, seen through the scorer's own features and its own suspicion."""

from collections.abc import Iterator
from itertools import count

from meterflow.scoring.energy import EnergyScorer
from meterflow.scoring.energy_features import DERIVED
from meterflow.scoring.energy_rules import HISTORY_ROWS
from training.scoring.generate_energy import Device, device
from training.scoring.matrix import Row, sample

NAMES = DERIVED
# Of the thousands of rows of a home; events are a few in a hundred of them.
_ROWS_OF_A_DEVICE = 400
# Runs of repeated or missing rows are found by counting them; a single row of them looks like any other.
_NOT_IN_ONE_ROW = frozenset({"all stuck", "voltage stuck", "consumption stuck", "dropout"})


def rows(seed: int) -> Iterator[Row]:
    """Rows without end."""
    for number in count():
        yield from sample(list(of_device(device(seed, number))), seed, number, _ROWS_OF_A_DEVICE)


def of_device(found: Device) -> Iterator[Row]:
    """One device's rows once there is a history; those that no single row can tell of are left out."""
    scorer = EnergyScorer(None)
    for number, (row, cause) in enumerate(zip(found.rows(), map(str, found.cause), strict=True)):
        features = scorer.features(row)
        scorer.observe(row)
        if number < HISTORY_ROWS or features is None or cause in _NOT_IN_ONE_ROW:
            continue
        yield Row(found.device_id, "STANDARD", cause or "quiet", features, {"anomaly": bool(cause)})
