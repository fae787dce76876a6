"""Trains the energy ensemble: `python -m training.scoring.train_energy [--samples 120000] [--report FILE]`."""

from training.scoring.rows_energy import NAMES, rows
from training.scoring.train_device import main

if __name__ == "__main__":
    main("energy", "anomaly", NAMES, rows, samples=120_000)
