"""Trains the fire ensemble: `python -m training.scoring.train_fire [--samples 120000] [--report FILE]`."""

from training.scoring.rows_fire import NAMES, rows
from training.scoring.train_device import main

if __name__ == "__main__":
    main("fire", "fire", NAMES, rows, samples=120_000)
