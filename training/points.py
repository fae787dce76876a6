"""Fit how the point's place is told from colours and visible points: `python -m training.points --registers 300`.

Prints COLOUR, EACH_DECIMAL, POINT and ANY_POINT for `meterflow.point`, fitted on rendered registers that no training
saw (conditional logistic regression over the places where the point can stand), and how often the likeliest place is
the right one. What the renderer itself draws more often is taken out by `DRAWN`, so that the numbers say what a picture
tells and not how we draw.
"""

import argparse

import numpy as np
from numpy.typing import NDArray

from training import photos
from training.reader import Sheet, point, reading

MOST_DECIMALS, VISIBLE_POINT = point.MOST_DECIMALS, point.VISIBLE_POINT

# Shares of the rendered registers by their number of decimals (registers/wheels.py, registers/lcd.py).
DRAWN = (0.25, 0.3, 0.12, 0.28, 0.05)
STEPS, STEP, RIDGE = 500, 0.05, 0.05
Numbers = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registers", type=int, default=300)
    options = parser.parse_args()
    cases = [case for case in map(_case, photos.registers(options.registers, photos.NEVER_TRAINED + 2_000_000)) if case]
    clues = np.stack([clue for clue, _ in cases])
    wanted = np.array([decimals for _, decimals in cases])
    numbers = fit(clues, wanted)
    right = int((scores(clues, numbers).argmax(1) == wanted).sum())
    print(dict(zip(("COLOUR", "EACH_DECIMAL", "POINT", "ANY_POINT"), numbers.round(3).tolist(), strict=True)))
    print(f"{right} of {len(cases)} points in the right place")


def _case(made: tuple[photos.Labelled, photos.Corners]) -> tuple[Numbers, int] | None:
    """The clues for 0 to MOST_DECIMALS decimals, and how many there are; None where the figures are not all seen."""
    photo, corners = made
    read = reading.read_at(Sheet(photo.image), [(corners, 0.85)])
    if read is None or photo.reading is None:
        return None
    seen = [(place.decimal, point) for place, point in zip(read.places, read.points, strict=True) if place.there > 0.5]
    whole, _, part = photo.reading.partition(".")
    if len(seen) != len(whole) + len(part) or len(seen) <= MOST_DECIMALS:
        return None
    colours, points = (_log_odds(np.array(shares)) for shares in zip(*seen, strict=True))
    clues = [(colours[len(seen) - count :].sum(), points[len(seen) - count]) for count in range(1, MOST_DECIMALS + 1)]
    return np.array([(0.0, 0.0), *clues]), len(part)


def _log_odds(shares: Numbers) -> Numbers:
    kept = np.clip(shares, 0.003, 0.997)
    return np.asarray(np.log(kept / (1 - kept)))


def scores(clues: Numbers, numbers: Numbers) -> Numbers:
    """Log odds of each count of decimals (cases x counts), as `meterflow.point` sums them."""
    colour, each, shown, any_point = numbers
    counts = np.arange(clues.shape[1])
    seen = np.log(1 - VISIBLE_POINT + VISIBLE_POINT * np.exp(shown * clues[..., 1] + any_point))
    return np.asarray(np.log(DRAWN) + colour * clues[..., 0] + each * counts + np.where(counts > 0, seen, 0.0))


def fit(clues: Numbers, wanted: NDArray[np.int_]) -> Numbers:
    """The four numbers of least loss, by descent along the measured slope."""

    def loss(numbers: Numbers) -> float:
        logs = scores(clues, numbers)
        logs = logs - logs.max(1, keepdims=True)
        chosen = logs[np.arange(len(wanted)), wanted] - np.log(np.exp(logs).sum(1))
        return float(-chosen.mean() + RIDGE * (numbers**2).sum() / len(wanted))

    numbers = np.array([0.5, 0.0, 1.0, 2.0])
    mean, spread = np.zeros(4), np.zeros(4)
    for at in range(STEPS):  # Adam (Kingma and Ba, 2015)
        slope = np.array([(loss(numbers + side) - loss(numbers - side)) / 2e-4 for side in np.eye(4) * 1e-4])
        mean, spread = 0.9 * mean + 0.1 * slope, 0.99 * spread + 0.01 * slope**2
        numbers -= STEP * (1 - at / STEPS) * mean / (np.sqrt(spread) + 1e-9)
    return numbers


if __name__ == "__main__":
    main()
